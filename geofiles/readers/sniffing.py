"""What a file is by its first bytes, whatever it is called."""

from __future__ import annotations

import re

HEAD = 4096  # bytes that ``sniff`` wants to see
_MAGIC = (
    (b"PK\x03\x04", "zip"), (b"SQLite format 3\x00", "gpkg"), (b"PAR1", "parquet"), (b"\xd0\xcf\x11\xe0", "xls"),
    (b"fgb\x03", "fgb"), (b"AutoCAD Binary DXF", "dxf"), (b"AC10", "dwg"),
)  # fmt: skip
_BETWEEN = b"\x1e \t\r\n"
_DXF = re.compile(rb"(?:999\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\b")
_MAPINFO = re.compile(rb"(?i)!table|version\s+\d+\s*[\r\n]+\s*(?:charset|delimiter|coordsys|columns|unique|index)")


def sniff(head: bytes) -> str:
    """The kind of file: a format that we read, ``text`` for what may be CSV, or a name of what is refused."""
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            return kind
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip(_BETWEEN)
    if text.startswith(b"{"):
        return _sniff_json(text)
    if text.startswith((b"<", b"\xff\xfe<", b"\xfe\xff\x00<")):
        return _sniff_xml(text)
    if _DXF.match(text):
        return "dxf"
    if _MAPINFO.match(text):
        return "mapinfo"
    is_wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "text" if is_wide or b"\x00" not in head else "unknown"


def _sniff_json(text: bytes) -> str:
    if b'"Topology"' in text:
        return "topojson"
    if re.search(rb'"esri(?:Geometry|FieldType)', text) or b'"spatialReference"' in text or b'"rings"' in text:
        return "esrijson"
    if b'"gdalg"' in text.lower():
        return "gdalg"
    return "geojson"


def _sniff_xml(text: bytes) -> str:
    lowered = text.replace(b"\x00", b"").lower()
    for mark, kind in (
        (b"<ogrvrt", "vrt"), (b"<vrtdataset", "vrt"), (b"<kml", "kml"), (b":kml", "kml"), (b"<gpx", "gpx"),
        (b"<html", "html"), (b"opengis.net/gml", "gml"), (b"<svg", "svg"),
    ):  # fmt: skip
        if mark in lowered:
            return kind
    # A document type may stand before the root and is refused by name where KML is read.
    return "kml" if b"<!doctype" in lowered else "xml"
