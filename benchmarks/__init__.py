"""Side-by-side measurements; run by `make bench` or `python -m benchmarks`."""
