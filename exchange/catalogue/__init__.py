"""The catalogue of layers; `entries` has them written out."""

from exchange.catalogue.entries import CATALOGUE, Entry, entry

__all__ = ["CATALOGUE", "Entry", "entry"]
