"""What a file holds before any feature is read: its format and its layers, told by content."""

from __future__ import annotations

import contextlib
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import gdal
from geofiles.archives import Member, extract, open_archive, shown_name
from geofiles.errors import GeoFileError, UnreadableFile, UnsupportedFormat
from geofiles.features import Notice
from geofiles.readers.sniffing import HEAD, sniff

if TYPE_CHECKING:
    import pyarrow as pa

ACCEPTED = (
    "zip", "geojson", "geojsonl", "gpkg", "kml", "kmz", "gpx", "fgb", "parquet", "dxf", "csv", "xlsx", "xls", "ods",
)  # fmt: skip
TABLES = frozenset({"csv", "xlsx", "xls", "ods"})

_FORMAT_OF_SUFFIX = {
    ".zip": "zip", ".geojson": "geojson", ".json": "geojson", ".gpkg": "gpkg", ".kml": "kml", ".kmz": "kmz",
    ".parquet": "parquet", ".geoparquet": "parquet", ".gpx": "gpx", ".fgb": "fgb", ".dxf": "dxf", ".tab": "mapinfo",
    ".mif": "mapinfo", ".geojsonl": "geojson", ".geojsons": "geojson", ".ndjson": "geojson", ".jsonl": "geojson",
    ".csv": "csv", ".tsv": "csv", ".txt": "csv", ".xlsx": "xlsx", ".xlsm": "xlsx", ".xls": "xls", ".ods": "ods",
}  # fmt: skip
Geometry = dict[str, Any]
_ZIPPED = frozenset({"kmz", "xlsx", "ods"})  # formats that are zip archives


Batches = Iterator[tuple["pa.Table", "pa.ChunkedArray"]]


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, ready to be streamed from a scratch copy.

    ``crs`` is our id; when it is None, ``crs_problem`` says why. ``raw_text`` holds samples of undecoded
    bytes for formats without a fixed encoding (None: the format is Unicode).

    A format that GDAL does not read gives ``counted`` and ``batches``: called with None or the number of
    features that are wanted at most, ``batches`` yields (attributes, WKB column) of equal length. A table whose
    columns do not say where the plots are gives ``geometry_problem`` (GeometryColumnsInDoubt) and its rows with
    null WKB.
    """

    name: str
    driver: str
    path: Path
    gdal_layer: str | None = None
    key: str | None = None  # name of the feature's own number where it is an attribute
    crs: str | None = None
    crs_problem: GeoFileError | None = None
    raw_text: tuple[bytes, ...] | None = None
    declared_encoding: str | None = None
    dropped: frozenset[str] = frozenset()
    html_columns: frozenset[str] = frozenset()
    has_escapes: bool = False  # letters written as \U+1EA1, as in drawings
    notices: tuple[Notice, ...] = field(default=())
    geometry_problem: GeoFileError | None = None
    counted: int | None = None
    batches: Callable[[int | None], Batches] | None = None

    def features(self) -> int:
        """Number of features, counted where the format does not say."""
        if self.counted is not None:
            return self.counted
        return int(gdal.describe(self.path, self.gdal_layer, driver=self.driver)["features"])

    def stream(self, limit: int | None = None) -> Batches:
        """(attributes, WKB) by batches."""
        if self.batches is not None:
            return self.batches(limit)
        return gdal.stream(self.path, self.gdal_layer, driver=self.driver, limit=limit, key=self.key)


def open_source(
    path: Path, scratch: Path, *, filename: str | None = None, geometry: Geometry | None = None
) -> tuple[str, tuple[Layer, ...]]:
    """Format name and layers of a file; copies what is needed into ``scratch``.

    ``filename`` is the name the user gave, when ``path`` is a temporary one; ``geometry`` which columns of a
    table make the plots (see ``errors.GeometryColumnsInDoubt``). Raises UnsupportedFormat, UnreadableFile,
    UnsafeArchive, MissingPart.
    """
    name = Path(filename or path.name)
    if not path.is_file() or path.is_symlink():
        raise UnreadableFile(reason="not_a_file")
    with path.open("rb") as source:
        head = source.read(HEAD)
    if not head:
        raise UnreadableFile(reason="empty_file")
    found = sniff(head)
    expected = _FORMAT_OF_SUFFIX.get(name.suffix.lower())
    if expected is None or not _agree(found, expected):
        raise UnsupportedFormat(found=found, reason=found, extension=name.suffix.lower()[:20], accepted=list(ACCEPTED))
    if expected in ("zip", "kmz"):
        return _open_zip(path, scratch, geometry, is_kmz=expected == "kmz")
    copy = scratch / f"source.{expected}"
    shutil.copyfile(path, copy)
    return expected, _open(expected, copy, shown_name(name.stem), geometry)


def _agree(found: str, expected: str) -> bool:
    """Whether content and name tell the same; text has no mark of its own, a workbook is a zip archive."""
    return found == expected or (found == "zip" and expected in _ZIPPED) or (found == "text" and expected == "csv")


def _open(kind: str, path: Path, title: str, geometry: Geometry | None) -> tuple[Layer, ...]:
    if kind in TABLES:
        from geofiles.readers import tables

        return tables.open_layers(path, title, geometry)
    return _openers()[kind](path, title)


def _openers() -> dict[str, Callable[[Path, str], tuple[Layer, ...]]]:
    from geofiles.readers import dxf, flatgeobuf, geojson, geopackage, geoparquet, gpx, kml, mapinfo

    return {
        "dxf": dxf.open_layers,
        "fgb": flatgeobuf.open_layers,
        "gpx": gpx.open_layers,
        "mapinfo": mapinfo.open_layers,
        "geojson": geojson.open_layers,
        "gpkg": geopackage.open_layers,
        "kml": kml.open_layers,
        "parquet": geoparquet.open_layers,
    }


def _open_zip(path: Path, scratch: Path, geometry: Geometry | None, *, is_kmz: bool) -> tuple[str, tuple[Layer, ...]]:
    from geofiles.readers import mapinfo, shapefile

    with open_archive(path) as (archive, members):
        if any(member.suffix in (".shp", ".shx") for member in members):
            layers = list(shapefile.open_layers(archive, members, scratch))
            for member in _inner_files(members, is_kmz=False):
                # What lies beside it may be a map too, or somebody's settings: those are passed over.
                if _FORMAT_OF_SUFFIX[member.suffix] not in TABLES:
                    with contextlib.suppress(GeoFileError):
                        layers += _open_member(archive, member, scratch / f"beside_{len(layers)}", geometry)
            return "shapefile", _told_apart(layers)
        if mapinfo.has_sets(members):
            return "mapinfo", mapinfo.open_archive_layers(archive, members, scratch)
        inner = _inner_files(members, is_kmz=is_kmz)
        if not inner:
            kinds = sorted({member.suffix for member in members})[:10]
            raise UnsupportedFormat(found="zip", contains=kinds, accepted=list(ACCEPTED))
        found: list[Layer] = []
        for index, member in enumerate(inner):
            found += _open_member(archive, member, scratch / f"member_{index}", geometry)
        return _FORMAT_OF_SUFFIX[inner[0].suffix], _told_apart(found)


def _open_member(
    archive: zipfile.ZipFile, member: Member, target: Path, geometry: Geometry | None
) -> tuple[Layer, ...]:
    target = target.with_suffix(member.suffix)
    extract(archive, member, target)
    with target.open("rb") as source:
        found = sniff(source.read(HEAD))
    kind = _FORMAT_OF_SUFFIX[member.suffix]
    if not _agree(found, kind):
        raise UnsupportedFormat(found=found, extension=member.suffix, accepted=list(ACCEPTED))
    return _open(kind, target, member.title, geometry)


def _told_apart(layers: list[Layer]) -> tuple[Layer, ...]:
    """The layers with different names, so that each can be chosen."""
    names: list[str] = []
    for layer in layers:
        name, number = layer.name, 2
        while name in names:
            name, number = f"{layer.name} ({number})", number + 1
        names.append(name)
    return tuple(replace(layer, name=name) for layer, name in zip(layers, names, strict=True))


def _inner_files(members: tuple[Member, ...], *, is_kmz: bool) -> list[Member]:
    readable = {*_openers(), *TABLES}
    wanted = [member for member in members if _FORMAT_OF_SUFFIX.get(member.suffix) in readable]
    if any(_FORMAT_OF_SUFFIX[member.suffix] not in TABLES for member in wanted):
        # A note or price list beside a map is not the map.
        wanted = [member for member in wanted if _FORMAT_OF_SUFFIX[member.suffix] not in TABLES]
    kml = [member for member in wanted if member.suffix == ".kml"]
    if is_kmz and kml:  # the first at the top is the document; the others belong to it
        return sorted(kml, key=lambda member: (member.folder.count("/"), member.stem != "doc"))[:1]
    return wanted
