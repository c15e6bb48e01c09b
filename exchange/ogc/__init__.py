"""OGC API Features over the layers of the catalogue: Part 1 (core), Part 2 (CRS), Part 3 (filtering with CQL2)."""
