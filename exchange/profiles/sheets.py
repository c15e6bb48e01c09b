"""Tables of a profile: columns with keys for programs and headings for people; CSV and XLSX of the same rows."""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core.tables import csv_lines
from geofiles.workbooks import Sheet, write_xlsx


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column: `key` for programs, `heading` (msgid) for people, `width` in characters."""

    key: str
    heading: Any
    width: int = 16


def about_sheet(head: dict[str, Any]) -> Sheet:
    """Return the sheet that tells source, licence, filter, moment and count."""
    rows = [
        (name, value if isinstance(value, str | int) else json.dumps(value, ensure_ascii=False))
        for name, value in head.items()
    ]
    return Sheet(_("Về tệp này"), (_("Mục"), _("Nội dung")), rows, (20, 90), is_wrapped=True)


def write_sheets(path: Path, sheets: Sequence[Sheet]) -> None:
    """Write a workbook."""
    write_xlsx(path, sheets)


def write_csv(path: Path, columns: Sequence[SheetColumn], rows: Iterable[Sequence[Any]]) -> None:
    """Write a table for programs: the keys are the headings, lists are joined by "; "."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for line in csv_lines([column.key for column in columns], ([flat(value) for value in row] for row in rows)):
            file.write(line)


def flat(value: Any) -> Any:
    """Return a value as a cell: dates in ISO 8601, lists joined, booleans as words of JSON."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return "; ".join(str(item) for item in value)
    return value


def flattened(rows: Iterable[Sequence[Any]]) -> Iterator[list[Any]]:
    """Return the rows as cells."""
    for row in rows:
        yield [flat(value) for value in row]


def headings(columns: Sequence[SheetColumn]) -> list[str]:
    """Return the headings in the reader's language."""
    return [str(column.heading) for column in columns]
