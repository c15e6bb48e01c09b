"""Workbooks out, to be filled in or corrected: XLSX (ISO/IEC 29500) of text and numbers, written row by row.

Text is always written as text, which no spreadsheet runs as a formula; so values need no guard of their own.
"""

from __future__ import annotations

import datetime as dt
import io
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import xlsxwriter

_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_FORBIDDEN_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_AS_TEXT = {"num_format": "@"}  # so that a number typed later keeps its zeros
_MADE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)  # a fixed date: the same sheets are the same bytes
_NAME, _WIDTH = 31, 16  # characters
MAX_CELL = 32_767  # characters that Excel keeps in a cell
MAX_ROWS = 1_048_576
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Headings and rows of text, numbers, booleans (written 1 or 0) or None; `name` is cut at 31 characters.

    `widths` in characters; `is_wrapped`: long cells break into lines.
    """

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[Any]]
    widths: Sequence[int] = ()
    is_wrapped: bool = False


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook; raises as `write_xlsx`."""
    buffer = io.BytesIO()
    write_xlsx(buffer, sheets)
    return buffer.getvalue()


def write_xlsx(target: Path | str | IO[bytes], sheets: Sequence[Sheet]) -> None:
    """Write the workbook; columns are formatted as text, also below the last row. Text above MAX_CELL is cut.

    Raises ValueError for more rows than a sheet holds.
    """
    # Row by row to a temporary file; what looks like a formula, a link or a number stays text.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(str(target) if isinstance(target, Path) else target, options) as book:
        book.set_properties({"created": _MADE})
        for sheet in sheets:
            _write(book, sheet)


def _write(book: xlsxwriter.Workbook, sheet: Sheet) -> None:
    page = book.add_worksheet(_FORBIDDEN_IN_NAMES.sub(" ", sheet.name)[:_NAME])
    wrapped = {"text_wrap": True, "valign": "top"} if sheet.is_wrapped else {}
    plain = book.add_format(_AS_TEXT | wrapped)
    heading = book.add_format(_AS_TEXT | {"bold": True, "bg_color": "#E3EFDA"})
    widths = [*sheet.widths, *[_WIDTH] * (len(sheet.headings) - len(sheet.widths))]
    for column, width in enumerate(widths):
        page.set_column(column, column, width, plain)
    page.freeze_panes(1, 0)
    for column, title in enumerate(sheet.headings):
        page.write_string(0, column, title, heading)
    for number, row in enumerate(sheet.rows, start=1):
        if number >= MAX_ROWS:
            raise ValueError("more rows than a sheet holds")
        for column, value in enumerate(row):
            _write_cell(page, number, column, value, plain)


def _write_cell(page: Any, row: int, column: int, value: Any, plain: Any) -> None:
    if value is None or value == "":
        return
    if isinstance(value, int | float) and math.isfinite(value):
        page.write_number(row, column, int(value) if isinstance(value, bool) else value)
        return
    page.write_string(row, column, _UNWRITABLE.sub("", str(value))[:MAX_CELL], plain)
