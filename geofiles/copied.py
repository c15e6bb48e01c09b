"""Rows that PostgreSQL copied out as CSV, read into Arrow batches: no row is touched in Python.

What comes is `COPY ... TO STDOUT (FORMAT csv)`: NULL is an empty field, an empty text is quoted. Shapes come as
hexadecimal WKB, lists as texts joined by U+001F (ISO 646 "unit separator", which no text of ours holds).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

GEOMETRY = "geometry"
BETWEEN = "\x1f"
BLOCK_BYTES = 8 * 1024 * 1024  # also the longest row: a shape of a quarter of a million corners

KINDS = ("text", "integer", "number", "boolean", "day", "moment", "texts", "integers")


@dataclass(frozen=True, slots=True)
class Column:
    """A property: `kind` is one of KINDS; `moment` is UTC to the second, `texts` and `integers` are lists."""

    name: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"column {self.name}: no kind {self.kind!r}")


def schema_of(columns: Sequence[Column], *, has_shape: bool) -> pa.Schema:
    """Return the schema of the batches: the columns in order, then `geometry` (WKB) where there are shapes."""
    import pyarrow as pa

    fields = [pa.field(column.name, _types()[column.kind]) for column in columns]
    if has_shape:
        fields.append(pa.field(GEOMETRY, pa.binary()))
    return pa.schema(fields)


def read_copied(source: IO[bytes], columns: Sequence[Column], *, has_shape: bool) -> Iterator[pa.RecordBatch]:
    """Yield the rows of a CSV copy (no header; the shape last) by batches of some megabytes.

    `source` is read as it comes (a pipe); memory holds one or two blocks. Raises pa.ArrowInvalid for other text.
    """
    import pyarrow as pa
    from pyarrow import csv

    schema = schema_of(columns, has_shape=has_shape)
    names = [f"c{number}" for number in range(len(schema))]
    types = [_text_type(column.kind) for column in columns] + [pa.string()] * has_shape
    first = source.read(1)
    if not first:  # no row at all: the CSV reader would call that a fault
        return
    reader = csv.open_csv(
        pa.PythonFile(_Pushed(first, source), mode="r"),
        read_options=csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict(zip(names, types, strict=True)),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["t"],
            false_values=["f"],
            timestamp_parsers=[csv.ISO8601],
        ),
    )
    for batch in reader:
        arrays = [_as_kind(array, column.kind) for array, column in zip(batch.columns, columns, strict=False)]
        if has_shape:
            arrays.append(from_hex(batch.column(len(columns))))
        yield pa.RecordBatch.from_arrays(arrays, schema=schema)


class _Pushed:
    """A stream with one byte given back to it."""

    def __init__(self, first: bytes, source: IO[bytes]) -> None:
        self.first, self.source = first, source

    def read(self, size: int = -1) -> bytes:
        first, self.first = self.first, b""
        return first + self.source.read(size - len(first) if size and size > 0 else size)

    @property
    def closed(self) -> bool:
        return self.source.closed

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        """The caller opened the source and closes it."""


def _types() -> dict[str, Any]:
    import pyarrow as pa

    return {
        "text": pa.string(),
        "integer": pa.int64(),
        "number": pa.float64(),
        "boolean": pa.bool_(),
        "day": pa.date32(),
        "moment": pa.timestamp("ms", tz="UTC"),
        "texts": pa.list_(pa.string()),
        "integers": pa.list_(pa.int64()),
    }


def _text_type(kind: str) -> Any:
    import pyarrow as pa

    return pa.string() if kind in ("texts", "integers") else _types()[kind]


def _as_kind(array: Any, kind: str) -> Any:
    if kind not in ("texts", "integers"):
        return array
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.split_pattern(array, BETWEEN)
    # An empty list came as an empty text, which splits into one empty part.
    is_empty = pc.fill_null(pc.equal(array, ""), False)
    empty = pa.scalar([], pa.list_(pa.string()))
    return pc.if_else(is_empty, empty, parts).cast(_types()[kind])


def from_hex(array: pa.StringArray) -> pa.BinaryArray:
    """Hexadecimal text to bytes over the whole buffer at once; nulls stay null."""
    import numpy as np
    import pyarrow as pa

    array = array if array.offset == 0 else pa.concat_arrays([array])
    valid, offsets, data = array.buffers()
    ends = np.frombuffer(offsets, dtype="int32")[: len(array) + 1]
    text = np.frombuffer(data, dtype="uint8")[ends[0] : ends[-1]] if data is not None else np.empty(0, "uint8")
    digits = _digit_values()[text]
    packed = (digits[0::2] << 4) | digits[1::2]
    halves = ((ends - ends[0]) // 2).astype("int32")
    buffers = [valid, pa.py_buffer(halves), pa.py_buffer(packed)]
    return pa.Array.from_buffers(pa.binary(), len(array), buffers, null_count=array.null_count)


@cache
def _digit_values() -> Any:
    import numpy as np

    table = np.zeros(256, dtype="uint8")
    for value, digits in enumerate(zip("0123456789abcdef", "0123456789ABCDEF", strict=True)):
        for digit in digits:
            table[ord(digit)] = value
    return table


def with_looked_up(batch: pa.RecordBatch, key: str, columns: Mapping[str, Mapping[int, str]]) -> pa.RecordBatch:
    """Return the batch with a text column for each of `columns` (name -> value by key) in place of column `key`.

    Rows whose key has no value get null. The new columns stand before the shape.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = batch.column(key)
    arrays = {name: column for name, column in zip(batch.schema.names, batch.columns, strict=True) if name != key}
    shape = arrays.pop(GEOMETRY, None)
    for name, values in columns.items():
        places = pc.index_in(keys, value_set=pa.array(list(values), pa.int64()))
        arrays[name] = pa.array(list(values.values()), pa.string()).take(places)
    if shape is not None:
        arrays[GEOMETRY] = shape
    return pa.RecordBatch.from_arrays(list(arrays.values()), names=list(arrays))
