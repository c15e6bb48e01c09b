"""fiboa 0.3 on Vecorel 0.1: field boundaries as the world exchanges them, GeoJSON and GeoParquet.

Own schema of what we emit: `schemas/fiboa.json`. Extensions: administrative division 0.1 (country), crop 0.2 (our code
list is served at `exchange:crop-list`). Only ground goes out: what the reader sees as a point only is left out.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, DateField, F, FloatField, Func, TextField, Value
from django.db.models.functions import Cast
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import Finding
from core.replicas import connection
from core.sql import in_order
from exchange.exports.copying import Moment
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import fiboa_sql
from exchange.profiles.base import Profile, Progress, Statement
from exchange.selection import Selection
from geofiles.copied import GEOMETRY, Column, read_copied
from geofiles.parquet import GeoParquetWriter

if TYPE_CHECKING:
    import pyarrow as pa

VECOREL = "https://vecorel.org/specification/v0.1.0/schema.yaml"
SCHEMAS = (
    VECOREL,
    "https://fiboa.org/specification/v0.3.0/schema.yaml",
    "https://vecorel.org/administrative-division-extension/v0.1.0/schema.yaml",
    "https://fiboa.org/crop-extension/v0.2.0/schema.yaml",
)
COUNTRY = "VN"
# layer -> (categories of its boundaries, how and when they were determined, where the layer knows)
_CATEGORIES = {"plots": ("operational",), "areas": ("administrative",)}
_DETERMINED = {"plots": (F("determination"), F("determined_on"))}
_REQUIRED = ("id", "collection", GEOMETRY, "admin:country_code", "crop:code_list", "crop:code")
_COLUMNS = (
    Column("id", "text"),
    Column("collection", "text"),
    Column("category", "texts"),
    Column("metrics:area", "number"),
    Column("metrics:perimeter", "number"),
    Column("determination:method", "text"),
    Column("determination:datetime", "moment"),
    Column("admin:country_code", "text"),
    Column("crop:code_list", "text"),
    Column("crop:code", "text"),
    Column("crop:name", "text"),
    Column("crop:name_en", "text"),
)
_AT_ONCE = 1_000


class _Shape(Func):
    template = "%(expressions)s"
    output_field = TextField()


def collection_name(layer: str) -> str:
    """Return the collection's name: unique in the world as far as ours is."""
    return f"vung-trong-{layer}"


def head_of(selection: Selection, rows: int) -> dict[str, Any]:
    """Return the members of the collection: its schemas, and what the file says of itself under one name."""
    name = collection_name(selection.layer.name)
    return {"schemas": {name: list(SCHEMAS)}, "vung_trong": selection.head(rows)}


def _source(selection: Selection) -> Statement | None:
    """One row a boundary; `shape` may be a point, which the SQL leaves out."""
    layer = selection.layer
    method, day = _DETERMINED.get(layer.name, (Value(None, TextField()), Value(None, DateField())))
    rows = in_order(layer, selection.rows()).annotate(
        row_key=Cast(F(layer.key), TextField()),
        fiboa_shape=_Shape(F(layer.geometry or "")),
        fiboa_area=Cast(F("area_m2"), FloatField()),
        fiboa_method=Cast(method, TextField()),
        fiboa_day=Cast(day, DateField()),
        fiboa_crop=Cast(F("crop__slug"), CharField()),
        fiboa_name=Cast(F("crop__name_vi"), CharField()),
        fiboa_name_en=Cast(F("crop__name_en"), CharField()),
    )
    names = ("row_key", "fiboa_shape", "fiboa_area", "fiboa_method", "fiboa_day", "fiboa_crop", "fiboa_name")
    try:
        return rows.values_list(*names, "fiboa_name_en").query.sql_with_params()
    except EmptyResultSet:
        return None


def _told(selection: Selection) -> fiboa_sql.Told:
    return fiboa_sql.Told(
        collection_name(selection.layer.name),
        _CATEGORIES[selection.layer.name],
        settings.PUBLIC_URL + reverse("exchange:crop-list"),
        COUNTRY,
    )


def statement_of(selection: Selection) -> Statement | None:
    """Return the query of the GeoJSON features, one text a row; None where no row can match."""
    source = _source(selection)
    return None if source is None else fiboa_sql.features(*source, _told(selection))


def check(selection: Selection) -> list[Finding]:
    """Return what does not become a field boundary: rows of which the reader sees a point only."""
    source = _source(selection)
    if source is None:
        return []
    with connection.cursor() as cursor:
        cursor.execute(*fiboa_sql.counts(*source))
        _fields, points = cursor.fetchone()
    if not points:
        return []
    text = _("%(count)s đối tượng chỉ được xem bằng một điểm, không có ranh nên không vào tệp.") % {"count": points}
    return [Finding("ground_not_shown", text, extra={"severity": "refused", "count": points})]


def write(selection: Selection, format: ExportFormat, path: Path, progress: Progress) -> int:
    """Write the boundaries; count and rows are of one moment."""
    FIBOA.require(selection, format)
    source = _source(selection)
    with Moment() as moment:
        rows = int(moment.one(fiboa_sql.counts(*source))[0]) if source else 0
        writing = _write_parquet if format == ExportFormat.PARQUET else _write_geojson
        writing(moment, selection, source, rows, path, progress)
    progress(100)
    return rows


def _write_geojson(
    moment: Moment, selection: Selection, source: Statement | None, rows: int, path: Path, progress: Progress
) -> None:
    head = json.dumps({"type": "FeatureCollection", **head_of(selection, rows)}, ensure_ascii=False)
    with path.open("wb") as file:
        file.write(f'{head[:-1]}, "features": [\n'.encode())
        if source is not None:
            found = moment.each(fiboa_sql.features(*source, _told(selection)), at_once=_AT_ONCE)
            for number, (feature,) in enumerate(found):
                file.write((",\n" if number else "").encode() + feature.encode())
                if number % _AT_ONCE == 0:
                    progress(min(99, 100 * number // max(rows, 1)))
        file.write(b"\n]}\n")


def _write_parquet(
    moment: Moment, selection: Selection, source: Statement | None, rows: int, path: Path, progress: Progress
) -> None:
    told = head_of(selection, rows)
    collection = {"schemas": told["schemas"], "collection": collection_name(selection.layer.name)}
    head = {name: json.dumps(value, ensure_ascii=False) for name, value in told["vung_trong"].items()}
    more = {"collection": json.dumps(collection)}
    schema = _schema()
    with GeoParquetWriter(path, schema, head=head, more=more) as writer:
        if source is None:
            return
        seen = 0
        with moment.copied(fiboa_sql.table(*source, _told(selection))) as stream:
            for batch in _batches(read_copied(stream, _COLUMNS, has_shape=True), schema):
                writer.write(batch)
                seen += len(batch)
                progress(min(99, 100 * seen // max(rows, 1)))


def _schema() -> "pa.Schema":
    """The Arrow schema: what Vecorel requires may not be null, figures are 32 bits wide as fiboa's `float`."""
    import pyarrow as pa

    from geofiles.copied import schema_of

    fields = []
    for one in schema_of(_COLUMNS, has_shape=True):
        kind = pa.float32() if one.name.startswith("metrics:") else one.type
        fields.append(pa.field(one.name, kind, nullable=one.name not in _REQUIRED))
    return pa.schema(fields)


def _batches(found: Iterator[Any], schema: "pa.Schema") -> Iterator[Any]:
    import pyarrow as pa

    for batch in found:
        arrays = [array.cast(field.type) for array, field in zip(batch.columns, schema, strict=True)]
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


FIBOA = Profile(
    name=ExportProfile.FIBOA,
    layers=tuple(_CATEGORIES),
    formats=(ExportFormat.GEOJSON, ExportFormat.PARQUET),
    sql=statement_of,
    check=check,
    write=write,
    note=_("Ranh thửa theo fiboa 0.3 trên Vecorel 0.1; chỉ gồm đối tượng có ranh."),
)
