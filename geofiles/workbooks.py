"""Workbooks to be filled in or corrected: XLSX (ISO/IEC 29500) in which every cell is text and none is a formula."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

_NAMESPACE = "http://schemas.openxmlformats.org"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = f'xmlns="{_NAMESPACE}/spreadsheetml/2006/main"'
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_TEXT, _HEADING, _WRAPPED = 1, 2, 3  # places in the list of cell formats below
MAX_CELL = 32_767
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
    """Headings and rows of text. `widths` in characters; `is_wrapped`: long cells break into lines."""

    name: str
    headings: Sequence[str]
    rows: Iterable[Sequence[str]]
    widths: Sequence[int] = ()
    is_wrapped: bool = False


def xlsx(sheets: Sequence[Sheet]) -> bytes:
    """Return the workbook; columns are formatted as text, also below the last row."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, text in _parts(sheets):
            # A fixed date: the same sheets are the same bytes.
            archive.writestr(zipfile.ZipInfo(path, (2026, 1, 1, 0, 0, 0)), text, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


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
        f'<sheet name="{escape(sheet.name, {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
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
    for n, sheet in zip(numbers, sheets, strict=True):
        yield f"xl/worksheets/sheet{n}.xml", _sheet(sheet)


def _sheet(sheet: Sheet) -> str:
    style = _WRAPPED if sheet.is_wrapped else _TEXT
    widths = [*sheet.widths, *[16] * (len(sheet.headings) - len(sheet.widths))]
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" style="{style}" customWidth="1"/>'
        for n, width in enumerate(widths, start=1)
    )
    rows = [_row(1, sheet.headings, _HEADING)]
    rows += [_row(number, row, style) for number, row in enumerate(sheet.rows, start=2)]
    pane = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return (
        f'{_HEAD}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">{pane}</sheetView></sheetViews>'
        f"<cols>{columns}</cols><sheetData>{''.join(rows)}</sheetData></worksheet>"
    )


def _row(number: int, cells: Sequence[str], style: int) -> str:
    # Inline strings: a cell of this type is never computed, whatever it begins with.
    shown = "".join(
        f'<c r="{_letters(column)}{number}" s="{style}" t="inlineStr"><is><t xml:space="preserve">'
        f"{escape(_UNWRITABLE.sub('', str(cell))[:MAX_CELL])}</t></is></c>"
        for column, cell in enumerate(cells, start=1)
        if cell != ""
    )
    return f'<row r="{number}">{shown}</row>'


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
