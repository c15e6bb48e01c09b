"""GeoJSON: longitude and latitude by RFC 7946, whatever an old ``crs`` member says is never followed.

GDAL fetches a ``crs`` of type ``link`` from its address, in the collection and in each geometry, so every
such member is taken out before GDAL sees the text. A *named* system is a plain string and is honoured.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from geofiles import crs
from geofiles.errors import CrsInDoubt, GeoFileError, UnreadableFile, UnsupportedFormat
from geofiles.features import Notice
from geofiles.readers.sources import ACCEPTED, Layer

# The key may be written with escapes: any escape of its three letters takes the slow, certain way.
_CRS_KEY = re.compile(rb'"crs"|\\u00(?:43|63|52|72|53|73)', re.IGNORECASE)
# A collection that says its system once, before its features, as QGIS and GDAL do: a large one need not be parsed.
_CRS_FIRST = re.compile(
    rb'\s*\{(?:\s*"[^"\\]*"\s*:\s*(?:"[^"\\]*"|-?[\d.]+|true|false|null)\s*,)*?'
    rb'\s*("crs"\s*:\s*(\{[^{}\\]*(?:\{[^{}\\]*\}[^{}\\]*)?\}|null)\s*,)'
)
_HEAD = 8192
_NUMBERED = re.compile(rb'"id"\s*:\s*-?\d')
_BETWEEN = b"\x1e \t\r\n"
_FIRST, _ANOTHER = re.compile(rb"[\x1e\s]*"), re.compile(rb"[\x1e\s]*\{")
_OWN_NUMBER, _LOOKED_AT = "\x00id", 1_000
_STEP = 1024 * 1024
_MAX_LINE = 64 * 1024 * 1024
_TYPES = frozenset({
    "FeatureCollection", "Feature", "GeometryCollection", "Point", "MultiPoint",
    "LineString", "MultiLineString", "Polygon", "MultiPolygon",
})  # fmt: skip


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """The one layer of a GeoJSON file or of a sequence with one feature a line (RFC 8142 or newlines alone).

    Raises UnreadableFile, UnsupportedFormat.
    """
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf").lstrip(_BETWEEN)
    _require_utf8(raw)
    if not re.search(rb'"type"\s*:\s*"(?:' + "|".join(_TYPES).encode() + rb')"', raw):
        raise UnsupportedFormat(found="json", accepted=list(ACCEPTED))
    if _is_sequence(raw):
        raw = _collected(raw)
    system: str | None = crs.WGS84
    problem: GeoFileError | None = None
    notices: tuple[Notice, ...] = ()
    if _CRS_KEY.search(raw):
        raw, declared = _without_crs(raw)
        system, problem, notices = _judge(declared)
    path.write_bytes(raw)
    layer = Layer(name=title, driver="GeoJSON", path=path, crs=system, crs_problem=problem, notices=notices)
    return (replace(layer, key="id") if _NUMBERED.search(raw) and _has_numbers(layer) else layer,)


def _has_numbers(layer: Layer) -> bool:
    """Whether the features bear numbers of their own, which GDAL takes for its own and would not tell as attributes.

    Where they bear none it counts them from 0.
    """
    for table, _shapes in replace(layer, key=_OWN_NUMBER).stream(limit=_LOOKED_AT):
        names = table.column_names
        return "id" not in names and table.column(_OWN_NUMBER).to_pylist() != list(range(table.num_rows))
    return False


def _require_utf8(raw: bytes) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")()
    for start in range(0, len(raw), _STEP):  # a large file is not held a second time as text
        try:
            decoder.decode(raw[start : start + _STEP], final=start + _STEP >= len(raw))
        except UnicodeDecodeError as error:
            raise UnreadableFile(reason="not_utf8", format="geojson", offset=start + error.start) from error


def _is_sequence(raw: bytes) -> bool:
    """Whether the first line is a whole feature and something else follows it."""
    start = _FIRST.match(raw)
    end = raw.find(b"\n", start.end() if start else 0, _MAX_LINE)
    if end < 0 or not _ANOTHER.match(raw, end):
        return False
    try:
        feature = json.loads(raw[start.end() if start else 0 : end])
    except (ValueError, RecursionError):
        return False
    return isinstance(feature, dict) and feature.get("type") == "Feature"


def _collected(raw: bytes) -> bytes:
    """The features of a sequence as one collection; every line must be a document of its own."""
    features = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        text = line.strip(_BETWEEN)
        if not text:
            continue
        try:
            feature = json.loads(text)
        except (ValueError, RecursionError) as error:
            detail = str(error)[:200]
            raise UnreadableFile(reason="damaged", format="geojsonl", line=number, detail=detail) from error
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise UnreadableFile(reason="damaged", format="geojsonl", line=number)
        features.append(text)
    return b'{"type":"FeatureCollection","features":[' + b",".join(features) + b"]}"


def _without_crs(raw: bytes) -> tuple[bytes, Any]:
    """The document without any ``crs`` of collection, feature or geometry, and the one of the root."""
    first = _CRS_FIRST.match(raw[:_HEAD])
    try:
        if first and len(_CRS_KEY.findall(raw)) == 1:
            return raw[: first.start(1)] + raw[first.end(1) :], json.loads(first[2])
        document = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise UnreadableFile(reason="damaged", format="geojson", detail=str(error)[:200]) from error
    if not isinstance(document, dict) or document.get("type") not in _TYPES:
        raise UnsupportedFormat(found="json", accepted=list(ACCEPTED))
    declared = document.get("crs")
    _strip(document)
    # Half a surrogate pair, which has no bytes in UTF-8, stays the escape that it was.
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace"), declared


def _strip(part: Any) -> None:
    """Take ``crs`` out of a GeoJSON object and the objects in it; properties of that name stay."""
    pending = [part]
    while pending:
        found = pending.pop()
        if isinstance(found, list):
            pending.extend(found)
        elif isinstance(found, dict):
            found.pop("crs", None)
            pending.extend(found.get(key) for key in ("features", "geometry", "geometries"))


def _judge(declared: Any) -> tuple[str | None, GeoFileError | None, tuple[Notice, ...]]:
    if declared is None:
        return crs.WGS84, None, ()
    properties = declared.get("properties") if isinstance(declared, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return crs.WGS84, None, (Notice("crs_member_ignored"),)
    try:
        return crs.normalise(name), None, ()
    except GeoFileError as error:
        problem = CrsInDoubt(reason="unknown_crs", crs=name[:200], candidates=[])
        return None, error if error.params.get("reason") == "hanoi_1972" else problem, ()
