"""A plain spreadsheet (XLSX, ECMA-376) out: one sheet of text and numbers, written row by row.

Text is written as inline strings, which no spreadsheet runs as a formula; so values need no guard of their own.
"""

from __future__ import annotations

import math
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

MAX_CELL = 32_767  # characters that Excel keeps in a cell
MAX_ROWS = 1_048_576

_TIME = (1980, 1, 1, 0, 0, 0)  # the same data give the same bytes
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udfff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS = {
    "[Content_Types].xml": (
        f'{_HEAD}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_CONTENT}.sheet.main+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_CONTENT}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'{_HEAD}<Relationships xmlns="{_RELATIONS}">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_sheet(
    target: Path | str | IO[bytes], name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Write one sheet. Cells are text, numbers, booleans (written 1 or 0) or None; longer text than MAX_CELL is cut.

    ``name`` is the sheet's, at most 31 characters. Raises ValueError for more rows than a sheet holds.
    """
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for part, content in _PARTS.items():
            archive.writestr(_info(part), content)
        book = (
            f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            f'<sheet name="{escape(name[:31], {chr(34): "&quot;"})}" sheetId="1" r:id="rId1"/></sheets></workbook>'
        )
        archive.writestr(_info("xl/workbook.xml"), book)
        with archive.open(_info("xl/worksheets/sheet1.xml"), "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            for number, row in enumerate(_with_head(headings, rows), start=1):
                if number > MAX_ROWS:
                    raise ValueError("more rows than a sheet holds")
                sheet.write(_row(number, row))
            sheet.write(b"</sheetData></worksheet>")


def _with_head(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterable[Sequence[Any]]:
    yield headings
    yield from rows


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _row(number: int, values: Sequence[Any]) -> bytes:
    cells = "".join(_cell(f"{_letters(place)}{number}", value) for place, value in enumerate(values))
    return f'<row r="{number}">{cells}</row>'.encode()


def _cell(address: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int | float) and math.isfinite(value):
        return f'<c r="{address}"><v>{value * 1 if isinstance(value, bool) else repr(value)}</v></c>'
    text = escape(_NOT_XML.sub("", str(value))[:MAX_CELL])
    return f'<c r="{address}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(place: int) -> str:
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
