"""Writes of the exchange: exports that are ordered and made, snapshots."""
