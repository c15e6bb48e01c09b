"""FlatGeobuf: one layer in UTF-8, its system in its header."""

from __future__ import annotations

from pathlib import Path

from geofiles import gdal
from geofiles.readers.declared import judge
from geofiles.readers.sources import Layer

_DRIVER = "FlatGeobuf"


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """The one layer of a FlatGeobuf file. Raises UnreadableFile."""
    system, problem = judge(gdal.describe(path, None, driver=_DRIVER).get("crs"))
    return (Layer(name=title, driver=_DRIVER, path=path, crs=system, crs_problem=problem),)
