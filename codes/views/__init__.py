"""Pages of areas and codes."""
