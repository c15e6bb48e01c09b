"""Map layers, tiles, density cells, map pages, take-away maps."""
