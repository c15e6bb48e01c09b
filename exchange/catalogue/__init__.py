"""The catalogue of layers; `entries` has them written out, `meanings` what their fields say."""

from exchange.catalogue.entries import CATALOGUE, INTERNAL, LICENCE, LICENCE_URL, Entry, FieldInfo, entry
from exchange.catalogue.meanings import Meaning

__all__ = ["CATALOGUE", "INTERNAL", "LICENCE", "LICENCE_URL", "Entry", "FieldInfo", "Meaning", "entry"]
