"""Arrow columns as the text that PostgreSQL's COPY reads, made by whole columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pyarrow as pa

# EWKB (PostGIS manual, ST_AsEWKB): the flag 0x20000000 of the type, then the SRID, here 4326, as little-endian uint32.
_SRID_FLAG_AND_4326 = "20E6100000"
_TYPE_END, _HEADER_END = 8, 10  # hex digits: byte order and three bytes of the type; with its fourth


def prepare_threads() -> None:
    """Call it before two threads use Arrow: it looks for pandas at its first use, which two cannot do at once."""
    import pyarrow as pa

    pa.array([0])


def copy_csv(batch: pa.RecordBatch, columns: Sequence[str]) -> bytes:
    """Columns of ``prepared.schema`` as CSV for ``COPY ... (FORMAT csv)``: null is empty, text is quoted.

    ``wkb`` and ``before_wkb`` (little-endian 2D WKB, EPSG:4326) become hexadecimal EWKB, other binaries ``bytea``.
    """
    import pyarrow as pa
    from pyarrow import csv

    table = pa.table([_text(batch.column(name), name) for name in columns], names=list(columns))
    sink = pa.BufferOutputStream()
    csv.write_csv(table, sink, csv.WriteOptions(include_header=False, quoting_style="needed"))
    return sink.getvalue().to_pybytes()


def _text(column: Any, name: str) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_large_binary(column.type):
        return column
    text, nothing = _hex(column), pa.scalar("", pa.large_string())
    if name in ("wkb", "before_wkb"):
        start = pc.utf8_slice_codeunits(text, 0, _TYPE_END)
        text = pc.binary_join_element_wise(
            start,
            pa.scalar(_SRID_FLAG_AND_4326, pa.large_string()),
            pc.utf8_slice_codeunits(text, _HEADER_END),
            nothing,
        )
    else:
        text = pc.binary_join_element_wise(pa.scalar("\\x", pa.large_string()), text, nothing)
    return pc.if_else(column.is_valid(), text, pa.scalar(None, pa.large_string()))


def _hex(column: Any) -> Any:
    """Hexadecimal text of a binary column: its one buffer is turned at once, the offsets doubled."""
    import numpy as np
    import pyarrow as pa

    whole = pa.concat_arrays([column])  # without an offset
    _validity, offsets, data = whole.buffers()
    places = np.frombuffer(offsets, dtype="int64", count=len(whole) + 1)
    raw = data.to_pybytes()[places[0] : places[-1]] if data is not None else b""
    digits = raw.hex().upper().encode()
    doubled = ((places - places[0]) * 2).astype("int64")
    return pa.LargeStringArray.from_buffers(len(whole), pa.py_buffer(doubled.tobytes()), pa.py_buffer(digits))
