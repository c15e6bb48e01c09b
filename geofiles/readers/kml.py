"""KML and the KML of a KMZ: always WGS 84; network links and styles are not followed, HTML becomes text."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.parsers import expat

from geofiles import crs, gdal
from geofiles.errors import UnreadableFile
from geofiles.features import Notice
from geofiles.readers.sources import Layer

_MAX_DEPTH = 64
# How a viewer draws it, not what it is.
_DRAWING = frozenset({"altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon"})


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """Folders with placemarks, each a layer. Raises UnreadableFile for a DOCTYPE, deep nesting, bad XML."""
    has_links = _check(path)
    pyogrio = gdal.prepare()
    with gdal.readable("kml"):
        names = [str(name) for name in pyogrio.list_layers(str(path))[:, 0]]
    notices = (Notice("network_links_ignored"),) if has_links else ()
    layers = [
        Layer(
            name=name or title,
            driver="LIBKML",
            path=path,
            gdal_layer=name,
            crs=crs.WGS84,
            dropped=_DRAWING,
            html_columns=frozenset({"description"}),
            notices=notices,
        )
        for name in names
    ]
    filled = tuple(layer for layer in layers if layer.features() > 0)
    if not filled:
        raise UnreadableFile(reason="no_features", format="kml")
    return filled


def _check(path: Path) -> bool:
    """Parse once with everything that could reach outside forbidden; whether there are network links."""
    parser = expat.ParserCreate()
    depth = 0
    links = False

    def start(name: str, _attributes: Any) -> None:
        nonlocal depth, links
        depth += 1
        links = links or name.rpartition(":")[2] == "NetworkLink"
        if depth > _MAX_DEPTH:
            raise UnreadableFile(reason="nested_too_deep", format="kml", limit=_MAX_DEPTH)

    def end(_name: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_arguments: Any) -> None:
        raise UnreadableFile(reason="doctype", format="kml")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(path.read_bytes(), True)
    except expat.ExpatError as error:
        raise UnreadableFile(reason="damaged", format="kml", detail=str(error)[:200]) from error
    return links
