"""The text formats: what stands before the rows, what PostgreSQL writes of each row, what stands after them."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from xml.sax.saxutils import escape

from django.core.exceptions import EmptyResultSet
from django.db.models import QuerySet

from core.layers import Layer
from exchange import stream_sql
from exchange.models import ExportFormat
from exchange.selection import LON_LAT, Selection
from exchange.stream_sql import Statement
from geofiles.crs import WGS84
from geofiles.shape_texts import geojson_texts
from geofiles.texts import point_texts, wkt_texts

Head = Mapping[str, Any]
Convert = Callable[[list[str]], list[str]]
_MARK = stream_sql.MARK.encode()
BYTE_ORDER_MARK = "\ufeff".encode()  # without it spreadsheets take a CSV file for Windows-1252


@dataclass(frozen=True, slots=True)
class TextFile:
    """How one format wraps the rows.

    opening    opening(selection, head): bytes before the rows
    copy       copy(selection, rows): the query of the rows in their order
    as_copy    turns the query into a COPY
    closing    closing(row_count): bytes after the rows; the count is None where the head had it already
    convert    convert(selection): marked shapes to text in the selection's system
    first      first(head): bytes instead of the first byte of the rows; None: it stays
    pause      what may stand between opening and rows, sent while the database looks for the first one, so that it
               is noticed when nobody waits any more
    notes      notes(head): the head in a form that some readers must be told to skip; None: the opening has it
    """

    opening: Callable[[Selection, Head], bytes]
    copy: Callable[[Selection, QuerySet[Any]], Statement]
    as_copy: Callable[[str], str]
    closing: Callable[[int | None], bytes]
    convert: Callable[[Selection], Convert]
    first: Callable[[Head], bytes] | None = None
    pause: bytes = b""
    notes: Callable[[Head], bytes] | None = None

    def query(self, selection: Selection, *, is_sorted: bool) -> Statement | None:
        """Return the query of the rows, None where the ORM knows that there are none.

        It is made before the first byte goes out: what is wrong with it is an answer, not a broken file.
        """
        try:
            return self.copy(selection, stream_sql.arranged(selection.layer, selection.rows(), is_sorted=is_sorted))
        except EmptyResultSet:
            return None


def shown_layer(selection: Selection) -> Layer:
    """Return the layer with the columns that go out."""
    return replace(selection.layer, fields=selection.fields, tile_fields=())


def converted(parts: Iterator[bytes], convert: Convert) -> Iterator[bytes]:
    """Yield `parts` with what stands between two marks converted, as many shapes at once as a part holds."""
    rest = b""
    for part in parts:
        pieces = (rest + part).split(_MARK)  # text and shapes take turns
        rest = _MARK + pieces.pop() if len(pieces) % 2 == 0 else b""  # a shape that hasn't ended waits for its end
        pieces[1::2] = [text.encode() for text in convert([piece.decode("ascii") for piece in pieces[1::2]])]
        yield b"".join(pieces)


# --- GeoJSON (RFC 7946) and GeoJSON text sequences by lines ----------------------------------------------------------


def _is_marked(selection: Selection) -> bool:
    return selection.crs != WGS84


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _shown_head(head: Head, selection: Selection) -> dict[str, Any]:
    """Return the head; in VN-2000 it says that coordinates are none of RFC 7946 (§4), and in which order they stand."""
    if not _is_marked(selection):
        return dict(head)
    return {
        **head,
        "coordRefSys": selection.system.uri,
        "coordinates": f"{selection.system.name}: easting, northing in metres; not RFC 7946",
    }


def _geojson_opening(selection: Selection, head: Head) -> bytes:
    opening = _json({"type": "FeatureCollection", **_shown_head(head, selection)})
    return f'{opening[:-1]}, "features": [\n'.encode()


def _geojson_closing(row_count: int | None) -> bytes:
    return b"]}\n" if row_count is None else f'], "row_count": {row_count}}}\n'.encode()


def _features(selection: Selection, rows: QuerySet[Any], *, separator: str) -> Statement:
    return stream_sql.features(shown_layer(selection), rows, separator=separator, is_marked=_is_marked(selection))


def _to_geojson(selection: Selection) -> Convert:
    return lambda wkb: geojson_texts(wkb, selection.crs, digits=selection.system.digits)


def _nothing(*_anything: Any) -> bytes:
    return b""


def _first_line(head: Head) -> bytes:
    """A foreign member of the first feature (RFC 7946 §6.1): a line of its own would be none of the rows."""
    return f'{{"file":{_json(head)},'.encode()


# --- CSV (RFC 4180) --------------------------------------------------------------------------------------------------


def shape_columns(selection: Selection) -> list[str]:
    """Return the names of the columns that hold the shape in a table."""
    if selection.layer.geometry is None:
        return []
    if selection.geometry != LON_LAT:
        return ["wkt"]
    return ["easting", "northing"] if selection.system.is_projected else ["lon", "lat"]


def table_columns(selection: Selection) -> list[str]:
    """Return the names of all columns of a table, in order."""
    return ["id", *selection.fields, *shape_columns(selection)]


def _csv_opening(selection: Selection, head: Head) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(table_columns(selection))
    return line.getvalue().encode()


def _csv_notes(head: Head) -> bytes:
    """Lines that begin with #, as pandas, DuckDB and R can be told to skip."""
    lines = (f"# {name}: {value if isinstance(value, str) else _json(value)}" for name, value in head.items())
    return "".join(line.replace("\n", " ").replace("\r", " ") + "\n" for line in lines).encode()


def _table(selection: Selection, rows: QuerySet[Any]) -> Statement:
    return stream_sql.table(
        shown_layer(selection),
        rows,
        is_lonlat=selection.geometry == LON_LAT,
        is_marked=_is_marked(selection),
    )


def _to_table(selection: Selection) -> Convert:
    digits = selection.system.digits
    if selection.geometry == LON_LAT:
        return lambda wkb: point_texts(wkb, selection.crs, digits=digits)
    return lambda wkb: [f'"{text}"' for text in wkt_texts(wkb, selection.crs, digits=digits)] if wkb else []


# --- KML 2.2 (OGC 12-007r2) ------------------------------------------------------------------------------------------


def _kml_opening(selection: Selection, head: Head) -> bytes:
    data = "".join(
        f'<Data name="{name}"><value>{escape(value if isinstance(value, str) else _json(value))}</value></Data>'
        for name, value in head.items()
    )
    title = escape(str(selection.layer.title))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">'
        f'<Document id="{selection.layer.name}"><name>{title}</name><ExtendedData>{data}</ExtendedData>\n'
    ).encode()


def _kml_closing(row_count: int | None) -> bytes:
    told = "" if row_count is None else f"<!-- row_count: {row_count} -->"
    return f"{told}</Document></kml>\n".encode()


def _placemarks(selection: Selection, rows: QuerySet[Any]) -> Statement:
    return stream_sql.placemarks(shown_layer(selection), rows)


def _stays(selection: Selection) -> Convert:
    return lambda wkb: wkb


TEXT_FILES: Mapping[ExportFormat, TextFile] = {
    ExportFormat.GEOJSON: TextFile(
        _geojson_opening,
        partial(_features, separator=","),
        stream_sql.copy_raw,
        _geojson_closing,
        _to_geojson,
        first=_nothing,
        pause=b"\n",
    ),
    ExportFormat.GEOJSONL: TextFile(
        _nothing, partial(_features, separator=""), stream_sql.copy_raw, _nothing, _to_geojson, first=_first_line
    ),
    ExportFormat.CSV: TextFile(_csv_opening, _table, stream_sql.copy_csv, _nothing, _to_table, notes=_csv_notes),
    ExportFormat.KML: TextFile(_kml_opening, _placemarks, stream_sql.copy_raw, _kml_closing, _stays, pause=b"\n"),
}
