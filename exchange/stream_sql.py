"""SQL of streamed exports: PostgreSQL writes each line of the file itself.

Values are parameters; names come from `Layer`, never from a request. Statements are (sql, params).
"""

from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import PointOnSurface
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import EmptyResultSet
from django.db.models import (
    BooleanField,
    CharField,
    DateTimeField,
    F,
    Field,
    Func,
    JSONField,
    QuerySet,
    TextField,
    Value,
)

from core.layers import KEY, Layer, as_expression
from core.sql import COORDINATE_DIGITS, LocalMoment, feature_sql, in_order

Statement = tuple[str, tuple[Any, ...]]

# Dates in ISO form and floats that read back the same, whatever the role is set to.
PLAIN_VALUES = "SET LOCAL datestyle = 'ISO'; SET LOCAL extra_float_digits = 1"
# Held by the transaction, so that it goes with it, behind a pooler too.
TAKE_PLACE = "SELECT pg_try_advisory_xact_lock(%s, %s)"
COUNT_FOR_A_MOMENT = "SAVEPOINT counting; SET LOCAL statement_timeout = %s"
COUNT_ENDED = "RELEASE SAVEPOINT counting; SET LOCAL statement_timeout = 0"
COUNT_GIVEN_UP = "ROLLBACK TO SAVEPOINT counting"

GEOMETRY = "layer_geometry"
MARK = "\x03"  # no JSON from PostgreSQL holds it
LON, LAT = "layer_lon", "layer_lat"
LIST_SEPARATOR = ", "
_CSV = "FORMAT csv"
_RAW = "FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'"
# What XML 1.0 §2.2 has no place for, and what the raw COPY would put quotes around.
_NO_XML = "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF)))
_NEEDS_XML = r'[\\x01-\\x1f&<>"\\ufffe\\uffff]'
_ENTITIES = (
    ("'&'", "&amp;"), ("'<'", "&lt;"), ("'>'", "&gt;"), ("'\"'", "&quot;"), ("E'\\n'", "&#10;"), ("E'\\r'", "&#13;"),
)  # fmt: skip
# A spreadsheet would run a cell that begins so as a formula (row F15).
_FORMULA = r"^[=+@\t\r-]"


@dataclass(frozen=True, slots=True)
class Columns:
    """The inner query, and for each column of the file the SQL of its value as `r.<alias>` with its type."""

    inner: str
    params: tuple[Any, ...]
    named: tuple[tuple[str, str, Field[Any, Any]], ...]


def arranged(layer: Layer, rows: QuerySet[Any], *, is_sorted: bool) -> QuerySet[Any]:
    """Return `rows` in the order of the API's pages, or as the database comes by them: sorting a million features keeps
    the reader waiting for seconds, and takes half a gigabyte of disk."""
    return in_order(layer, rows) if is_sorted else rows.order_by()


def count(rows: QuerySet[Any], key: str) -> Statement | None:
    """Return the query of how many rows there are; None where the ORM knows that there are none."""
    return _about_keys("SELECT count(*) FROM ({keys}) AS r", rows, key)


def expected_rows(rows: QuerySet[Any], key: str) -> Statement | None:
    """Return the question how many rows the planner expects: an EXPLAIN in JSON. None as in `count`."""
    return _about_keys("EXPLAIN (FORMAT JSON) {keys}", rows, key)


def _about_keys(question: str, rows: QuerySet[Any], key: str) -> Statement | None:
    try:
        keys, params = rows.order_by().values_list(key).query.sql_with_params()
    except EmptyResultSet:
        return None
    return question.format(keys=keys), params


def copy_raw(query: str) -> str:
    """Return the COPY of one text column, unescaped: the text holds neither U+0001 nor U+0002 nor a line break."""
    return f"COPY ({query}) TO STDOUT WITH ({_RAW})"


def copy_csv(query: str) -> str:
    """Return the COPY of columns as CSV (RFC 4180), without a header."""
    return f"COPY ({query}) TO STDOUT WITH ({_CSV})"


def features(layer: Layer, rows: QuerySet[Any], *, separator: str = "", is_marked: bool = False) -> Statement:
    """Return features in the order of `rows`, one a row, each after `separator`. Of a comma the reader drops the first one; numbering the
    rows to leave it out would cost half as much again."""
    geometry = _marked(layer) if is_marked else None
    inner, params = feature_sql(layer, rows, geometry=geometry)
    return f"SELECT '{separator}' || f.feature FROM ({inner}) AS f", params


def table(layer: Layer, rows: QuerySet[Any], *, is_lonlat: bool, is_marked: bool = False) -> Statement:
    """Return id, fields and shape of each row: WKT in WGS 84, or longitude and latitude of a point on it."""
    if is_marked:
        shapes = {GEOMETRY: _marked(layer, is_point=is_lonlat)}
    else:
        shapes = _lonlat(layer) if is_lonlat else {GEOMETRY: _shown(layer, "ST_AsText")}
    columns = _columns(layer, rows, shapes)
    values = [_guarded(_text(alias, kind), kind) for _name, alias, kind in columns.named]
    if is_marked:
        values = [f"replace(({value})::text, '{MARK}', '')" for value in values]
    selected = ", ".join([f"r.{KEY}", *values, *(f"r.{alias}" for alias in shapes)])
    return f"SELECT {selected} FROM ({columns.inner}) AS r", columns.params


def placemarks(layer: Layer, rows: QuerySet[Any]) -> Statement:
    """Return a KML Placemark for each row (OGC 12-007r2 §9.14), its fields as untyped Data."""
    columns = _columns(layer, rows, {GEOMETRY: _shown(layer, "ST_AsKML")})
    data = "".join(
        f""" || '<Data name="{name}"><value>' || {_xml(_text(alias, kind), is_plain=not _is_text(kind))} || '</value></Data>'"""
        for name, alias, kind in columns.named
    )
    named = next((f"r.{alias}::text" for name, alias, _kind in columns.named if name == "name"), "NULL")
    sql = f"""
        SELECT '<Placemark id="{layer.name}.' || {_xml(f"r.{KEY}::text")}
               || '"><name>' || {_xml(f"coalesce({named}, r.{KEY}::text)")} || '</name><ExtendedData>'{data}
               || '</ExtendedData>' || coalesce(r.{GEOMETRY}, '') || '</Placemark>'
        FROM ({columns.inner}) AS r"""
    return sql, columns.params


# --- inside ---


def _columns(layer: Layer, rows: QuerySet[Any], shapes: dict[str, Any]) -> Columns:
    annotations = layer.columns()
    rows = rows.annotate(**{KEY: F(layer.key)}, **shapes, **annotations)
    types = {alias: rows.query.annotations[alias].output_field for alias in annotations}
    moments = {
        alias: LocalMoment(as_expression(layer.fields[name]))
        for name, alias in zip(layer.fields, annotations, strict=True)
        if isinstance(types[alias], DateTimeField)
    }
    if moments:
        rows = rows.annotate(**moments)
        types |= dict.fromkeys(moments, CharField())
    inner, params = rows.values_list(KEY, *shapes, *annotations).query.sql_with_params()
    named = tuple((name, alias, types[alias]) for name, alias in zip(layer.fields, annotations, strict=True))
    return Columns(inner, params, named)


def _shown(layer: Layer, function: str) -> Any:
    if layer.geometry is None:
        return Value(None, TextField())
    return Func(F(layer.geometry), Value(COORDINATE_DIGITS), function=function, output_field=TextField())


def _marked(layer: Layer, *, is_point: bool = False) -> Any:
    """The shape, or a point on it, as hexadecimal WKB between two marks, for the reader to convert."""
    hexadecimal = f"'{MARK}' || encode(ST_AsBinary(%(expressions)s), 'hex') || '{MARK}'"
    if layer.geometry is None:
        return Value(2 * MARK if is_point else None, TextField())
    shape = PointOnSurface(F(layer.geometry)) if is_point else F(layer.geometry)
    template = f"coalesce({hexadecimal}, '{2 * MARK}')" if is_point else hexadecimal
    return Func(shape, function="", template=template, output_field=TextField())


def _lonlat(layer: Layer) -> dict[str, Any]:
    if layer.geometry is None:
        return {LON: Value(None, TextField()), LAT: Value(None, TextField())}
    rounded = f"round(%(function)s(%(expressions)s)::numeric, {COORDINATE_DIGITS})"
    return {
        alias: Func(PointOnSurface(F(layer.geometry)), function=function, template=rounded, output_field=TextField())
        for alias, function in ((LON, "ST_X"), (LAT, "ST_Y"))
    }


def _text(alias: str, kind: Field[Any, Any]) -> str:
    """Return the SQL of the value as a table shows it: lists joined, truth as a word, the rest as it is."""
    if isinstance(kind, ArrayField):
        return f"array_to_string(r.{alias}, '{LIST_SEPARATOR}')"
    if isinstance(kind, BooleanField | JSONField):
        return f"r.{alias}::text"
    return f"r.{alias}"


def _is_text(kind: Field[Any, Any]) -> bool:
    return isinstance(kind, CharField | TextField | ArrayField | JSONField)


def _guarded(value: str, kind: Field[Any, Any]) -> str:
    if not _is_text(kind):
        return value
    return f"CASE WHEN {value} ~ '{_FORMULA}' THEN '''' || {value} ELSE {value} END"


def _xml(value: str, *, is_plain: bool = False) -> str:
    """Return the SQL of `value` as XML text, also within an attribute; nothing where it is null.

    `is_plain`: a number, a day, a truth. Of texts one in many holds a sign of XML: the others are only looked through.
    """
    text = f"coalesce(({value})::text, '')"
    if is_plain:
        return text
    written = f"translate({text}, '{_NO_XML}', '')"
    for sign, entity in _ENTITIES:
        written = f"replace({written}, {sign}, '{entity}')"
    return f"CASE WHEN {text} ~ E'{_NEEDS_XML}' THEN {written} ELSE {text} END"
