"""SQL of the fiboa profile. `inner` has row_key, fiboa_shape (geometry, EPSG:4326), fiboa_area (m2), fiboa_method,
fiboa_day, fiboa_crop, fiboa_name, fiboa_name_en."""

from dataclasses import dataclass
from typing import Any

from core.sql import COORDINATE_DIGITS

Params = tuple[Any, ...]
# A day here is its noon in Viet Nam, so that it is the same day in UTC.
_MOMENT = "to_char(r.fiboa_day, 'YYYY-MM-DD') || 'T05:00:00Z'"
_PERIMETER = "ST_Perimeter(r.fiboa_shape::geography)"


@dataclass(frozen=True, slots=True)
class Told:
    """What is the same in all rows."""

    collection: str
    categories: tuple[str, ...]
    code_list: str
    country: str


def counts(inner: str, params: Params) -> tuple[str, Params]:
    """Return a query of the number of boundaries and of points."""
    ground = "ST_Dimension(r.fiboa_shape) = 2"
    return f"SELECT count(*) FILTER (WHERE {ground}), count(*) FILTER (WHERE NOT {ground}) FROM ({inner}) AS r", params


def features(inner: str, params: Params, told: Told) -> tuple[str, Params]:
    """Return a query of one GeoJSON feature (text) a boundary."""
    sql = f"""
        SELECT '{{"type":"Feature","id":' || to_json(r.row_key)
               || ',"geometry":' || ST_AsGeoJSON(ST_ForcePolygonCCW(r.fiboa_shape), {COORDINATE_DIGITS})
               || ',"properties":' || json_strip_nulls(json_build_object(
                      'collection', %s::text, 'category', %s::text[],
                      'metrics:area', r.fiboa_area, 'metrics:perimeter', {_PERIMETER},
                      'determination:method', r.fiboa_method, 'determination:datetime', {_MOMENT},
                      'admin:country_code', %s::text, 'crop:code_list', %s::text, 'crop:code', r.fiboa_crop,
                      'crop:name', r.fiboa_name, 'crop:name_en', nullif(r.fiboa_name_en, '')))
               || '}}'
        FROM ({inner}) AS r
        WHERE ST_Dimension(r.fiboa_shape) = 2"""
    return sql, (told.collection, list(told.categories), told.country, told.code_list, *params)


def table(inner: str, params: Params, told: Told) -> tuple[str, Params]:
    """Return the same as columns for `geofiles.copied`, in the order of `fiboa._COLUMNS`, the shape last."""
    sql = f"""
        SELECT r.row_key, %s::text, array_to_string(%s::text[], chr(31)), r.fiboa_area, {_PERIMETER},
               r.fiboa_method, {_MOMENT}, %s::text, %s::text, r.fiboa_crop, r.fiboa_name,
               nullif(r.fiboa_name_en, ''), encode(ST_AsBinary(r.fiboa_shape), 'hex')
        FROM ({inner}) AS r
        WHERE ST_Dimension(r.fiboa_shape) = 2"""
    return sql, (told.collection, list(told.categories), told.country, told.code_list, *params)
