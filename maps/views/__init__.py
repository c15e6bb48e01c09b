"""Pages, tiles and files of maps."""
