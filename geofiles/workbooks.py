"""Workbooks out, to be filled in or corrected: XLSX (ISO/IEC 29500) of text and numbers, written row by row.

Text is written as inline strings, which no spreadsheet runs as a formula; so values need no guard of their own.
"""

from __future__ import annotations

import io
import math
import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.sax.saxutils import escape

_NAMESPACE = "http://schemas.openxmlformats.org"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = f'xmlns="{_NAMESPACE}/spreadsheetml/2006/main"'
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT, _HEADING, _WRAPPED = 1, 2, 3  # places in the list of cell formats below
_TIME = (2026, 1, 1, 0, 0, 0)  # a fixed date: the same sheets are the same bytes
MAX_CELL = 32_767  # characters that Excel keeps in a cell
MAX_ROWS = 1_048_576
XLSX_TYPE = f"{_TYPES}.sheet"
_STYLES = (
    f"{_HEAD}<styleSheet {_MAIN}>"
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="3"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '<fill><patternFill patternType="solid"><fgColor rgb="FFE3EFDA"/></patternFill></fill></fills>'
    '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="4"><xf/>'
    '<xf numFmtId="49" applyNumberFormat="1"/>'  # 49: text, so that a number typed later keeps its zeros
    '<xf numFmtId="49" fontId="1" fillId="2" applyNumberFormat="1" applyFont="1" applyFill="1"/>'
    '<xf numFmtId="49" applyNumberFormat="1" applyAlignment="1"><alignment wrapText="1" vertical="top"/></xf>'
    "</cellXfs></styleSheet>"
)


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
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in _parts(sheets):
            archive.writestr(_info(path), text)
        for number, sheet in enumerate(sheets, start=1):
            with archive.open(_info(f"xl/worksheets/sheet{number}.xml"), "w", force_zip64=True) as part:
                for piece in _sheet(sheet):
                    part.write(piece.encode())


def _info(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, _TIME)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _parts(sheets: Sequence[Sheet]) -> Iterable[tuple[str, str]]:
    numbers = range(1, len(sheets) + 1)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>' for n in numbers
    )
    yield (
        "[Content_Types].xml",
        f'{_HEAD}<Types xmlns="{_NAMESPACE}/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{overrides}</Types>',
    )
    kind = f"{_NAMESPACE}/officeDocument/2006/relationships"
    package = f'xmlns="{_NAMESPACE}/package/2006/relationships"'
    yield (
        "_rels/.rels",
        f'{_HEAD}<Relationships {package}><Relationship Id="rId1" Type="{kind}/officeDocument" '
        'Target="xl/workbook.xml"/></Relationships>',
    )
    names = "".join(
        f'<sheet name="{escape(sheet.name[:31], {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, sheet in zip(numbers, sheets, strict=True)
    )
    yield "xl/workbook.xml", f'{_HEAD}<workbook {_MAIN} xmlns:r="{kind}"><sheets>{names}</sheets></workbook>'
    links = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
    )
    yield (
        "xl/_rels/workbook.xml.rels",
        f'{_HEAD}<Relationships {package}>{links}<Relationship Id="rId{len(sheets) + 1}" Type="{kind}/styles" '
        'Target="styles.xml"/></Relationships>',
    )
    yield "xl/styles.xml", _STYLES


def _sheet(sheet: Sheet) -> Iterator[str]:
    style = _WRAPPED if sheet.is_wrapped else _TEXT
    widths = [*sheet.widths, *[16] * (len(sheet.headings) - len(sheet.widths))]
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="{style}" customWidth="1"/>'
        for n, width in enumerate(widths, start=1)
    )
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    yield f'{_HEAD}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
    yield f"<cols>{columns}</cols><sheetData>{_row(1, sheet.headings, _HEADING)}"
    for number, row in enumerate(sheet.rows, start=2):
        if number > MAX_ROWS:
            raise ValueError("more rows than a sheet holds")
        yield _row(number, row, style)
    yield "</sheetData></worksheet>"


def _row(number: int, cells: Sequence[Any], style: int) -> str:
    shown = "".join(_cell(f"{_letters(column)}{number}", cell, style) for column, cell in enumerate(cells, start=1))
    return f'<row r="{number}">{shown}</row>'


def _cell(address: str, value: Any, style: int) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, int | float) and math.isfinite(value):
        return f'<c r="{address}"><v>{int(value) if isinstance(value, bool) else repr(value)}</v></c>'
    # Inline strings: a cell of this type is never computed, whatever it begins with.
    text = escape(_UNWRITABLE.sub("", str(value))[:MAX_CELL])
    return f'<c r="{address}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
