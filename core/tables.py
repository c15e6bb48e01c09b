"""Tables for spreadsheets: CSV that Excel opens in Vietnamese and in which no cell becomes a formula."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

BYTE_ORDER_MARK = "\ufeff"  # else Excel reads UTF-8 as an ANSI code page
# The full-width forms too: a spreadsheet of an East Asian language takes them for the narrow ones.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(value: Any) -> Any:
    """Return the cell with an apostrophe before what a spreadsheet would run as a formula (OWASP CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" \u00a0").startswith(_FORMULA) else value


def csv_lines(header: Sequence[Any], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """Yield the lines of a CSV file (UTF-8 with byte order mark, CRLF, RFC 4180), to be streamed."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    yield BYTE_ORDER_MARK
    for row in chain([header], rows):
        yield _line(writer, buffer, row)


def _line(writer: Any, buffer: io.StringIO, row: Sequence[Any]) -> str:
    writer.writerow([safe_cell(str(cell) if cell is not None else "") for cell in row])
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text
