"""SQL around the ORM for whole sets of features: pages of the API, single features, exports.

PostGIS writes the GeoJSON text itself: serialising in Python costs some 60 times the database's own time per
feature. Values are parameters; names come from `Layer`, never from a request.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.exceptions import EmptyResultSet, ValidationError
from django.db.models import CharField, DateTimeField, F, Func, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _
from psycopg2.extensions import BYTES, register_type

from core.errors import BadInput
from core.layers import KEY, Layer, as_expression
from core.problems import parameter_finding
from core.replicas import connection

COORDINATE_DIGITS = 7  # 1 cm on the ground
# One atomic statement: two requests at once are both counted.
COUNT_REQUEST = """
    INSERT INTO core_requestcount (scope, caller, window_start, hits)
    VALUES (%(scope)s, %(caller)s, %(window)s, %(hits)s)
    ON CONFLICT (scope, caller, window_start) DO UPDATE SET hits = core_requestcount.hits + excluded.hits
    RETURNING hits"""
REMOVE_OLD_COUNTS = "DELETE FROM core_requestcount WHERE window_start < %s"

SEPARATOR = ",\n"
KEY_TEXT = "layer_key_text"
ORDER_TEXT = "layer_order_text"
GEOJSON = "layer_geojson"


class LocalMoment(Func):
    """A timestamp as ISO 8601 text in Viet Nam time, to the second; the zone has had one offset since 1975."""

    template = "to_char(%(expressions)s AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM-DD\"T\"HH24:MI:SS') || '+07:00'"
    output_field = CharField()


@dataclass(frozen=True, slots=True)
class FeaturePage:
    """`features`: JSON texts in UTF-8, joined by SEPARATOR, as PostgreSQL sent them; `last`: order value and key of the
    last one, as text."""

    features: bytes
    returned: int
    last: tuple[str, str]
    has_more: bool


def order_column(layer: Layer) -> str:
    """Return the column of the keyset order, without its direction."""
    return (layer.order or layer.key).removeprefix("-")


def in_order(layer: Layer, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return `rows` in keyset order: the layer's order, then its key."""
    column, sign = order_column(layer), "-" if layer.order.startswith("-") else ""
    return rows.order_by(*dict.fromkeys([sign + column, sign + layer.key]))


def after(layer: Layer, rows: QuerySet[Any], last: tuple[str, str]) -> QuerySet[Any]:
    """Return the rows that come after `last` (order value, key as text) in keyset order; BadInput when they do not fit."""
    try:
        return _after(layer, rows, last)
    except (ValidationError, ValueError, TypeError) as error:  # a cursor from before the order changed
        raise BadInput(findings=[parameter_finding("cursor", "invalid", _("cursor không còn dùng được."))]) from error


def _after(layer: Layer, rows: QuerySet[Any], last: tuple[str, str]) -> QuerySet[Any]:
    column, way = order_column(layer), "lt" if layer.order.startswith("-") else "gt"
    value, key = last
    if column == layer.key:
        return rows.filter(**{f"{layer.key}__{way}": key})
    beyond = Q(**{f"{column}__{way}": value})
    return rows.filter(beyond | Q(**{column: value, f"{layer.key}__{way}": key}))


def feature_sql(layer: Layer, rows: QuerySet[Any], *, geometry: Any | None = None) -> tuple[str, tuple[Any, ...]]:
    """Return (sql, params) of a query with the columns layer_key_text, layer_order_text and feature (JSON text).

    `geometry`: an expression that writes the member `geometry`; default: GeoJSON in EPSG:4326, longitude first.
    """
    columns = layer.columns()
    rows = rows.annotate(
        **{
            KEY: F(layer.key),
            KEY_TEXT: Cast(F(layer.key), TextField()),
            ORDER_TEXT: Cast(F(order_column(layer)), TextField()),
            GEOJSON: _geojson(layer) if geometry is None else geometry,
        },
        **columns,
    )
    moments = {
        alias: LocalMoment(as_expression(layer.fields[name]))
        for name, alias in zip(layer.fields, columns, strict=True)
        if isinstance(rows.query.annotations[alias].output_field, DateTimeField)
    }
    if moments:
        rows = rows.annotate(**moments)
    inner, params = rows.values_list(KEY, KEY_TEXT, ORDER_TEXT, GEOJSON, *columns).query.sql_with_params()
    named = ", ".join(f'r.{alias} AS "{name}"' for name, alias in zip(layer.fields, columns, strict=True))
    # A row's JSON, not json_build_object: that looks every argument's type up again for each row (a third slower).
    sql = f"""
        SELECT r.{KEY_TEXT}, r.{ORDER_TEXT},
               '{{"type":"Feature","id":' || to_json(r.{KEY})::text
               || ',"geometry":' || coalesce(r.{GEOJSON}, 'null')
               || ',"properties":' || row_to_json(properties)::text || '}}' AS feature
        FROM ({inner}) AS r, LATERAL (SELECT {named}) AS properties"""
    return sql, params


def _geojson(layer: Layer) -> Any:
    if layer.geometry is None:
        return Value(None, TextField())
    return AsGeoJSON(F(layer.geometry), precision=COORDINATE_DIGITS)


def feature_page(
    layer: Layer,
    rows: QuerySet[Any],
    *,
    limit: int,
    last: tuple[str, str] | None = None,
    offset: int = 0,
    geometry: Any | None = None,
) -> FeaturePage:
    """Return up to `limit` features of `rows` after `last` (and `offset` more), by one query; one row more tells
    whether there are more. `geometry` as in `feature_sql`."""
    return read_page(
        lambda cursor: cursor.execute(*page_sql(layer, rows, limit=limit, last=last, offset=offset, geometry=geometry)),
        limit=limit,
    )


def page_sql(
    layer: Layer,
    rows: QuerySet[Any],
    *,
    limit: int,
    last: tuple[str, str] | None = None,
    offset: int = 0,
    geometry: Any | None = None,
) -> tuple[str, list[Any]]:
    """Return (sql, params) of the page that `feature_page` returns, for `read_page`; raises EmptyResultSet where the
    ORM knows that no row can match."""
    if last is not None:
        rows = after(layer, rows, last)
    inner, params = feature_sql(layer, in_order(layer, rows)[offset : offset + limit + 1], geometry=geometry)
    # Plain aggregates over the ordered rows: a window or FILTER would cost half as much again.
    key = f"(array_agg(f.{KEY_TEXT}))[{limit:d}]"
    order_value = key if order_column(layer) == layer.key else f"(array_agg(f.{ORDER_TEXT}))[{limit:d}]"
    sql = f"""
        SELECT coalesce(string_agg(f.feature, %s), ''), count(*), {order_value}, {key}
        FROM ({inner}) AS f"""
    return sql, [SEPARATOR, *params]


def read_page(run: Callable[[Any], object], *, limit: int) -> FeaturePage:
    """Return the page that `run(cursor)` asks for by a statement of `page_sql` with the same `limit`."""
    with connection.cursor() as cursor:
        register_type(BYTES, cursor.cursor)  # half a megabyte: nothing in it is read here, so it need not be decoded
        try:
            run(cursor)
        except EmptyResultSet:
            return FeaturePage(b"", 0, ("", ""), has_more=False)
        features, found, order_value, key = cursor.fetchone()
    if found > limit:  # the row too many; JSON from PostgreSQL holds no line break, so none is in a feature
        features = features.rpartition(SEPARATOR.encode())[0]
    last = ((order_value or b"").decode(), (key or b"").decode())
    return FeaturePage(features, min(found, limit), last, found > limit)


def feature_text(layer: Layer, rows: QuerySet[Any], *, geometry: Any | None = None) -> str | None:
    """Return the one feature of `rows` as JSON text, None when there is no row; `geometry` as in `feature_sql`."""
    try:
        sql, params = feature_sql(layer, rows[:1], geometry=geometry)
    except EmptyResultSet:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        found = cursor.fetchone()
    return found[2] if found else None


# --- Rights of the app role; names are quoted, they cannot be parameters ---------------------------------------


def current_role(cursor: Any) -> str:
    """Return the role this connection acts as."""
    cursor.execute("SELECT current_user")
    return str(cursor.fetchone()[0])


def tables_owned(cursor: Any) -> list[str]:
    """Return the tables of schema public that the current role owns (so not PostGIS' own)."""
    cursor.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tableowner = current_user ORDER BY 1"
    )
    return [name for (name,) in cursor.fetchall()]


def sequences_owned(cursor: Any) -> list[str]:
    """Return the sequences of schema public that the current role owns."""
    cursor.execute(
        "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public' AND sequenceowner = current_user ORDER BY 1"
    )
    return [name for (name,) in cursor.fetchall()]


def set_table_rights(cursor: Any, table: str, rights: str, role: str) -> None:
    """Give `role` exactly `rights` (SQL keywords from code) on `table`."""
    quoted, to = connection.ops.quote_name(table), connection.ops.quote_name(role)
    cursor.execute(f"REVOKE ALL ON public.{quoted} FROM {to}")
    cursor.execute(f"GRANT {rights} ON public.{quoted} TO {to}")


def set_sequence_rights(cursor: Any, sequence: str, role: str) -> None:
    """Let `role` take numbers from `sequence`, not set it back."""
    quoted, to = connection.ops.quote_name(sequence), connection.ops.quote_name(role)
    cursor.execute(f"REVOKE ALL ON SEQUENCE public.{quoted} FROM {to}")
    cursor.execute(f"GRANT USAGE, SELECT ON SEQUENCE public.{quoted} TO {to}")
