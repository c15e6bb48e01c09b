"""Text of attribute tables, by column and not by row: decoding, NFC, HTML to text."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from geofiles import encodings
from geofiles.errors import TooComplex

if TYPE_CHECKING:
    import pyarrow as pa

MAX_COLUMNS = 2_000  # a table of land has dozens; a file that makes up a column a row would take hours

_ESCAPE = re.compile(r"\\U\+((?!D[89A-F]|000|001)[0-9A-F]{4})", re.IGNORECASE)  # no control, no half of a pair
_TAG = re.compile(r"<(!--|/?[a-zA-Z][a-zA-Z0-9]*|[!?])")
_LINES = frozenset({"br", "p", "tr", "li", "div"})
_CELLS = frozenset({"td", "th"})
_SILENT = {name: re.compile(f"</{name}", re.IGNORECASE) for name in ("script", "style")}
# Columns that GDAL adds to every KML layer; kept where a file uses them.
_IF_USED = frozenset({"timestamp", "begin", "end"})


def clean(
    table: pa.Table,
    encoding: str,
    *,
    latin: bool = False,
    drop: frozenset[str] = frozenset(),
    html: frozenset[str] = frozenset(),
    escapes: bool = False,
) -> tuple[pa.Table, list[str]]:
    """The table with names and text decoded, and the names of binary columns that were left out.

    ``latin``: each letter stands for one undecoded byte of the file. ``drop``: columns that hold no
    attribute. ``html``: columns whose tags are taken out. ``escapes``: ``\\U+1EA1`` stands for a letter. Raises
    TooComplex for more than MAX_COLUMNS.
    """
    import pyarrow as pa

    require_width(table.num_columns)
    names: list[str] = []
    columns: list[pa.ChunkedArray] = []
    dropped: list[str] = []
    decode: Callable[[str, str], str] = encodings.decode_latin if latin else encodings.decode_text
    if escapes:
        decode = _unescaping(decode)
    for name in table.column_names:
        column = table.column(name)
        if name in drop or (name in _IF_USED and column.null_count == len(column)):
            continue
        column = _stored(column)
        if _is_binary(column.type):
            dropped.append(decode(name, encoding))
            continue
        if is_text(column.type):
            column = map_distinct(column, _decoder(decode, encoding, html=name in html))
        names.append(_unused(decode(name, encoding), names))
        columns.append(column)
    return pa.table(columns, names=names), dropped


def require_width(columns: int) -> None:
    """Raise TooComplex for more than MAX_COLUMNS."""
    if columns > MAX_COLUMNS:
        raise TooComplex(reason="columns", found=columns, limit=MAX_COLUMNS)


def _unescaping(decode: Callable[[str, str], str]) -> Callable[[str, str], str]:
    def convert(value: str, encoding: str) -> str:
        letters = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), decode(value, encoding))
        return unicodedata.normalize("NFC", letters)

    return convert


def _stored(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """The column in types that everything here knows: JSON as its text, a UUID as it is written, times in a known zone.

    A time whose zone nobody knows by that name comes in UTC.
    """
    import pyarrow as pa

    kind = column.type
    if isinstance(kind, pa.BaseExtensionType):
        if kind.extension_name == "arrow.uuid":
            return pa.chunked_array([pa.array([_plain_uuid(value) for value in column.to_pylist()], pa.large_string())])
        return pa.chunked_array([chunk.storage for chunk in column.chunks], kind.storage_type)
    if pa.types.is_timestamp(kind) and kind.tz is not None and not _is_known_zone(kind):
        return column.cast(pa.timestamp(kind.unit, "UTC"))
    return column


def _plain_uuid(value: Any) -> str | None:
    return None if value is None else str(value)


def _is_known_zone(kind: pa.DataType) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.cast(pa.scalar(0, kind), pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _is_binary(kind: pa.DataType) -> bool:
    import pyarrow as pa

    tests = (pa.types.is_binary, pa.types.is_large_binary, pa.types.is_fixed_size_binary, pa.types.is_binary_view)
    return any(test(kind) for test in tests)


def values(table: pa.Table) -> Iterator[str]:
    """Every distinct text value that is not ASCII."""
    import pyarrow.compute as pc

    for name in table.column_names:
        column = table.column(name)
        if is_text(column.type):
            distinct = column.unique().drop_null()
            yield from distinct.filter(pc.invert(pc.string_is_ascii(distinct))).to_pylist()


def is_text(kind: pa.DataType) -> bool:
    """Whether the Arrow type is text."""
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def kind(data_type: pa.DataType) -> str:
    """Our word for an Arrow type: ``text, integer, number, date, datetime, boolean`` or ``other``."""
    import pyarrow as pa

    if is_text(data_type):
        return "text"
    for word, test in (
        ("boolean", pa.types.is_boolean),
        ("integer", pa.types.is_integer),
        ("number", pa.types.is_floating),
        ("number", pa.types.is_decimal),
        ("date", pa.types.is_date),
        ("datetime", pa.types.is_timestamp),
    ):
        if test(data_type):
            return word
    return "other"


def _decoder(decode: Callable[[str, str], str], encoding: str, *, html: bool) -> Callable[[str | None], str | None]:
    def convert(value: str | None) -> str | None:
        if value is None:
            return None
        decoded = decode(value, encoding)
        return without_tags(decoded) if html else decoded

    return convert


def map_distinct(column: pa.ChunkedArray, convert: Callable[[Any], Any]) -> pa.ChunkedArray:
    """The column with each distinct value converted once; untouched where nothing changes."""
    import pyarrow as pa

    chunks = []
    for chunk in column.chunks:
        encoded = chunk.dictionary_encode()
        old = encoded.dictionary.to_pylist()
        new = [convert(value) for value in old]
        if new == old:
            chunks.append(chunk)
            continue
        chunks.append(pa.array(new, type=column.type).take(encoded.indices))
    return pa.chunked_array(chunks, type=column.type)


def _unused(name: str, taken: list[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def without_tags(value: str) -> str:
    """The text of an HTML fragment, lines for blocks; text without tags comes back as it is.

    One pass, whatever is left open: the parser of the standard library goes to the end for every comment without one.
    """
    if "<" not in value and "&" not in value:
        return value
    lines = (" ".join(line.split()) for line in "".join(_pieces(value)).split("\n"))
    return "\n".join(line for line in lines if line)


def _pieces(value: str) -> Iterator[str]:
    at = 0
    while found := _TAG.search(value, at):
        yield html.unescape(value[at : found.start()])
        name = found[1].lower()
        end = value.find("-->" if name == "!--" else ">", found.end())
        if end < 0:  # nothing closes from here on: what follows is text
            yield html.unescape(value[found.start() :])
            return
        at = end + (3 if name == "!--" else 1)
        yield "\n" if name in _LINES else " " if name in _CELLS else ""
        if name in _SILENT:
            close = _SILENT[name].search(value, at)
            if close is None:
                return
            at = close.start()
    yield html.unescape(value[at:])
