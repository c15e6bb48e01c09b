"""Pages of the catalogue and of exports."""
