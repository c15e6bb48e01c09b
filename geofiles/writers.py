"""Geographic files out: zipped shapefile, GeoJSON, GeoPackage, KML."""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geofiles import crs as systems
from geofiles import encodings, gdal
from geofiles.errors import GeoFileError, UnsupportedFormat
from geofiles.features import FeatureBatch, make_batch

if TYPE_CHECKING:
    import numpy as np

FORMATS = {"shapefile": "zip", "geojson": "geojson", "gpkg": "gpkg", "kml": "kml"}
_ALWAYS_WGS84 = frozenset({"geojson", "kml"})
_DRIVERS = {"shapefile": "ESRI Shapefile", "geojson": "GeoJSON", "gpkg": "GPKG", "kml": "LIBKML"}
_GEOMETRY = "geofiles_geometry"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same data give the same bytes


def write(
    batch: FeatureBatch, path: Path | str, format: str, *, crs: str | None = None, encoding: str = "UTF-8"
) -> Path:
    """Write a batch to ``path`` and return it; an existing file is replaced.

    ``format`` is a key of FORMATS. ``crs``: the system of the coordinates in the file (default: the batch's
    own); GeoJSON and KML are always WGS 84 and refuse another. VN-2000 goes by the official pipeline.
    ``encoding`` is that of a shapefile's DBF, stated in its ``.cpg``. Text is NFC. Raises UnsupportedFormat,
    GeoFileError.
    """
    if format not in FORMATS:
        raise UnsupportedFormat(found=format, accepted=sorted(FORMATS))
    target = systems.normalise(crs or (systems.WGS84 if format in _ALWAYS_WGS84 else batch.crs or ""))
    if format in _ALWAYS_WGS84 and target != systems.WGS84:
        raise GeoFileError("crs_not_for_format", format=format, crs=target)
    shapes = batch.geometries
    if batch.crs != target:
        shapes = systems.from_wgs84(systems.to_wgs84(shapes, batch.crs), target)
    path = Path(path)
    with tempfile.TemporaryDirectory(prefix="geofiles-", dir=path.parent) as scratch:
        made = _write_one(batch, shapes, Path(scratch), format, target, encoding, path.stem)
        made.replace(path)
    return path


def batch_of_wkb(
    shapes: Sequence[bytes | None], attributes: Mapping[str, Sequence[Any]], *, layer: str
) -> FeatureBatch:
    """A batch in EPSG:4326 from WKB (None: no shape) and attribute columns of the same length, ready to be written."""
    import shapely

    return make_batch(list(shapely.from_wkb(list(shapes))), attributes, layer=layer)


def _write_one(
    batch: FeatureBatch,
    shapes: np.ndarray[Any, Any],
    scratch: Path,
    format: str,
    crs: str,
    encoding: str,
    stem: str,
) -> Path:
    if format == "shapefile":
        return _write_shapefile(batch, shapes, scratch, crs, encoding, stem)
    made = scratch / f"{stem}.{FORMATS[format]}"
    options: dict[str, Any] = {"RFC7946": "NO", "COORDINATE_PRECISION": 9} if format == "geojson" else {}
    _write_gdal(batch, shapes, made, format, crs, layer_options=options)
    if format == "geojson":
        _drop_crs_member(made)
    return made


def _write_gdal(
    batch: FeatureBatch,
    shapes: np.ndarray[Any, Any],
    made: Path,
    format: str,
    crs: str | None,
    *,
    layer_options: dict[str, Any] | None = None,
) -> None:
    import pyarrow as pa
    import shapely

    pyogrio = gdal.prepare()
    wkb = pa.array(shapely.to_wkb(shapes, flavor="iso").tolist(), type=pa.binary())
    field = pa.field(_GEOMETRY, pa.binary(), metadata={"ARROW:extension:name": "geoarrow.wkb"})
    with gdal.readable(format):
        pyogrio.raw.write_arrow(
            batch.attributes.append_column(field, wkb) if batch.columns else pa.table([wkb], pa.schema([field])),
            str(made),
            layer=batch.layer or "layer",
            driver=_DRIVERS[format],
            geometry_name=_GEOMETRY,
            geometry_type=_type_of(shapes),
            crs=crs,
            encoding="ISO-8859-1" if format == "shapefile" else None,
            layer_options=layer_options or None,
        )


def _type_of(shapes: np.ndarray[Any, Any]) -> str:
    """The narrowest OGR type that holds all shapes."""
    import shapely

    present = shapes[~shapely.is_missing(shapes)]
    names = {shape.geom_type for shape in present}
    suffix = " Z" if len(present) and shapely.has_z(present).any() else ""
    if len(names) == 1:
        return names.pop() + suffix
    for single in ("Polygon", "LineString", "Point"):
        if names == {single, f"Multi{single}"}:
            return f"Multi{single}{suffix}"
    return "Unknown"


def _drop_crs_member(path: Path) -> None:
    """RFC 7946 has no ``crs``; GDAL's writer adds one outside its strict mode, which rounds to 7 decimals."""
    head, mark, rest = path.read_text("utf-8").partition('"features"')
    document = json.loads(head + '"features":[]}')
    document.pop("crs", None)
    members = "".join(
        f'"{key}": {json.dumps(value, ensure_ascii=False)},\n' for key, value in document.items() if key != "features"
    )
    path.write_text("{\n" + members + mark + rest, "utf-8")


def _write_shapefile(
    batch: FeatureBatch, shapes: np.ndarray[Any, Any], scratch: Path, crs: str, encoding: str, stem: str
) -> Path:
    """One zip with .shp, .shx, .dbf, .prj and .cpg.

    GDAL writes the bytes as Latin-1 letters that we made from the wanted encoding: TCVN3 and VNI, which it
    does not know, come out as well as UTF-8.
    """
    from dataclasses import replace

    folder = scratch / "parts"
    folder.mkdir()
    table = _as_latin(batch.attributes, encoding)
    _write_gdal(replace(batch, attributes=table), shapes, folder / f"{stem}.shp", "shapefile", None)
    (folder / f"{stem}.prj").write_text(systems.wkt_for_prj(crs), "ascii", errors="replace")
    (folder / f"{stem}.cpg").write_text("UTF-8" if encoding == encodings.UTF8 else encoding, "ascii")
    made = scratch / f"{stem}.zip"
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.iterdir()):
            info = zipfile.ZipInfo(part.name, _ZIP_TIME)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o644 << 16
            archive.writestr(info, part.read_bytes())
    return made


def _as_latin(table: Any, encoding: str) -> Any:
    """The table with each text value spelt as the Latin-1 letters of its encoded bytes."""
    import pyarrow as pa

    from geofiles.readers import text

    def spell(value: str) -> str:
        return encodings.encode(value, encoding).decode("latin-1")

    columns = [text.map_distinct(column, spell) if text.is_text(column.type) else column for column in table.columns]
    return pa.table(columns, names=[spell(name) for name in table.column_names])
