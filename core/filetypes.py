"""What a file is, by its own bytes: the ending of its name is only what somebody calls it."""

from dataclasses import dataclass

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_OPEN_DOCUMENT = b"mimetypeapplication/vnd.oasis.opendocument."
_HEIF_BRANDS = (b"heic", b"heix", b"mif1", b"msf1")
_PDF_WITHIN = 1024  # readers take the header anywhere in the first kilobyte (ISO 32000-1, implementation notes)


@dataclass(frozen=True, slots=True)
class FileType:
    """A kind of file and the endings that its name may have."""

    name: str
    endings: tuple[str, ...]


PDF = FileType("pdf", ("pdf",))
PNG = FileType("png", ("png",))
JPEG = FileType("jpeg", ("jpg", "jpeg"))
WEBP = FileType("webp", ("webp",))
HEIF = FileType("heif", ("heic", "heif"))
WORD = FileType("docx", ("docx",))
EXCEL = FileType("xlsx", ("xlsx",))
SLIDES = FileType("pptx", ("pptx",))
OLD_OFFICE = FileType("ole", ("doc", "xls", "ppt"))
OPEN_DOCUMENT = FileType("opendocument", ("odt", "ods", "odp"))


def file_type_of(data: bytes) -> FileType | None:
    """Return what the bytes of a whole file are; None for what is not known, and for office files with macros."""
    if b"%PDF-" in data[:_PDF_WITHIN]:
        return PDF
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if data.startswith(b"\xff\xd8\xff"):
        return JPEG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        return HEIF
    if data.startswith(_OLE):
        # Names of streams are UTF-16 in such files.
        return None if "_VBA_PROJECT".encode("utf-16-le") in data else OLD_OFFICE
    return _zipped(data) if data.startswith(b"PK\x03\x04") else None


def _zipped(data: bytes) -> FileType | None:
    """Names of the parts stand uncompressed in a zip file, so nothing needs to be unpacked to know it."""
    if data[30:].startswith(_OPEN_DOCUMENT):
        return OPEN_DOCUMENT
    if b"[Content_Types].xml" not in data or b"vbaProject.bin" in data:
        return None
    parts = ((b"word/document", WORD), (b"xl/workbook", EXCEL), (b"ppt/presentation", SLIDES))
    return next((kind for part, kind in parts if part in data), None)


def has_ending_of(name: str, kind: FileType) -> bool:
    """Whether the file name ends as files of this kind do."""
    return name.rpartition(".")[2].lower() in kind.endings
