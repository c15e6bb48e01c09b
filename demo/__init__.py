"""The demonstration and benchmark provinces, built through the other apps' services."""
