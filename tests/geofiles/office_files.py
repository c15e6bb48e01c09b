"""Office files made by hand: a workbook from rows, a PDF with a ruled table, and hostile ones."""

import io
import zipfile
from xml.sax.saxutils import escape

CONTENT_TYPES = """<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Override PartName="/xl/workbook.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml"
 ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"""
PACKAGE = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
 Target="xl/workbook.xml"/></Relationships>"""
BOOK = """<?xml version="1.0" encoding="UTF-8"?>
<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets>
<sheet name="Danh sách" sheetId="1" r:id="r1"/></sheets></workbook>"""
BOOK_PARTS = """<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"
 Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
 Target="worksheets/sheet1.xml"/></Relationships>"""


def letters(index: int) -> str:
    """Return the column's name: 0 -> A."""
    return letters(index // 26 - 1) + letters(index % 26) if index >= 26 else chr(65 + index)


def cell(reference: str, value: object) -> str:
    """Return a cell; a text that begins with = is a formula without a saved value."""
    if isinstance(value, str) and value.startswith("="):
        return f'<c r="{reference}"><f>{escape(value[1:])}</f></c>'
    if isinstance(value, int | float):
        return f'<c r="{reference}"><v>{value}</v></c>'
    return f'<c r="{reference}" t="inlineStr"><is><t>{escape(str(value))}</t></is></c>'


def sheet_xml(rows: list[list[object]]) -> str:
    """Return the sheet's XML."""
    lines = []
    for number, row in enumerate(rows, start=1):
        cells = "".join(cell(f"{letters(index)}{number}", value) for index, value in enumerate(row) if value != "")
        lines.append(f'<row r="{number}">{cells}</row>')
    return (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet '
        'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + "".join(lines)
        + "</sheetData></worksheet>"
    )


def workbook(rows: list[list[object]], *, sheet: str = "") -> bytes:
    """Return an XLSX with one sheet; `sheet` replaces its XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", CONTENT_TYPES)
        archive.writestr("_rels/.rels", PACKAGE)
        archive.writestr("xl/workbook.xml", BOOK)
        archive.writestr("xl/_rels/workbook.xml.rels", BOOK_PARTS)
        archive.writestr("xl/worksheets/sheet1.xml", sheet or sheet_xml(rows))
    return out.getvalue()


def ruled_pdf(rows: list[list[str]], *, ruled: bool = True) -> bytes:
    """Return a PDF whose table has lines, or none."""
    import weasyprint

    border = "1px solid black" if ruled else "none"
    cells = "".join("<tr>" + "".join(f"<td>{escape(str(value))}</td>" for value in row) + "</tr>" for row in rows)
    page = f"<style>td {{ border: {border}; padding: 2px 24px }} table {{ border-collapse: collapse }}</style>"
    return weasyprint.HTML(string=f"<html>{page}<table>{cells}</table></html>").write_pdf()


def locked_pdf(content: bytes) -> bytes:
    """Return the PDF encrypted with a password that nobody knows."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as document:
        document.save(out, encryption=pikepdf.Encryption(owner="mật khẩu", user="mật khẩu"))
    return out.getvalue()


def pages_pdf(count: int) -> bytes:
    """Return a PDF of many empty pages."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.new() as document:
        for _number in range(count):
            document.add_blank_page()
        document.save(out)
    return out.getvalue()


ODS = "application/vnd.oasis.opendocument.spreadsheet"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:"


def _ods_cell(value: object) -> str:
    if isinstance(value, int | float):
        return f'<table:table-cell office:value-type="float" office:value="{value}"/>'
    text = f"<text:p>{escape(str(value))}</text:p>"
    return f'<table:table-cell office:value-type="string">{text}</table:table-cell>'


def open_document(sheets: dict[str, list[list[object]]]) -> bytes:
    """Return an ODS with these sheets."""
    tables = ""
    for name, rows in sheets.items():
        lines = "".join("<table:table-row>" + "".join(map(_ods_cell, row)) + "</table:table-row>" for row in rows)
        tables += f'<table:table table:name="{escape(name)}">{lines}</table:table>'
    spaces = " ".join(f'xmlns:{part}="{_OFFICE}{part}:1.0"' for part in ("office", "table", "text"))
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {spaces} office:version="1.2"><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?><manifest:manifest xmlns:manifest="{_OFFICE}manifest:1.0">'
        f'<manifest:file-entry manifest:full-path="/" manifest:media-type="{ODS}"/></manifest:manifest>'
    )
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", ODS, zipfile.ZIP_STORED)
        archive.writestr("META-INF/manifest.xml", manifest)
        archive.writestr("content.xml", content)
    return out.getvalue()
