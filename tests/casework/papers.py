"""Files as a cooperative attaches them, of the kinds that are taken and of those that are not."""

import io
import zipfile

from tests.factories.office import make_upload

PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


def zipped(*names, first=None):
    """Return a zip file with empty parts of these names; `first` is a stored part that stands before all."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if first:
            archive.writestr(*first)
        for name in names:
            archive.writestr(name, b"<x/>")
    return out.getvalue()


DOCX = zipped("[Content_Types].xml", "word/document.xml")
XLSX = zipped("[Content_Types].xml", "xl/workbook.xml")
XLSM = zipped("[Content_Types].xml", "xl/workbook.xml", "xl/vbaProject.bin")
ODT = zipped("content.xml", first=("mimetype", "application/vnd.oasis.opendocument.text"))
OLD_DOC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def a_pdf(name="nhat-ky.pdf", content=PDF):
    """Return an upload of a small PDF."""
    return make_upload(name, content)
