"""Tables of text from office files: XLSX, XLS, ODS, CSV, and the tables or lines of a PDF.

Whatever the file is called, its first bytes say what it is. Everything comes back as text in cells, so that codes keep
their zeros; dates of spreadsheets come as ISO 8601. Formulas are never computed: the value that was saved is read, or
the text as it stands. Run it in ``geofiles.sandbox`` only: these formats come from strangers.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from geofiles import encodings
from geofiles.archives import open_archive
from geofiles.errors import TooComplex, TooManyFeatures, UnreadableFile, UnsupportedFormat

MAX_ROWS = 20_000
MAX_COLUMNS = 60
MAX_CELLS = 20_000_000
MAX_CELL = 500
MAX_PAGES = 400
EXPLANATIONS = "Hướng dẫn"  # name of a sheet that is never read
HEADING_WITHIN = 30  # rows above the table: titles, names of offices
ACCEPTED = ("xlsx", "xls", "ods", "csv", "pdf")
_OLE, _ZIP, _PDF = b"\xd0\xcf\x11\xe0", b"PK\x03\x04", b"%PDF-"
_END = "\x1aend"  # a line of our own behind the last one
_BLANKS = re.compile(r"\s+")
_HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TextTable:
    """Headings, and rows as (number in the file from 1, cells); every row has as many cells as there are headings."""

    format: str
    headings: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def as_dict(self) -> dict[str, Any]:
        """The table as JSON."""
        return {"format": self.format, "headings": self.headings, "rows": self.rows}


def read_list(
    path: Path | str, *, max_rows: int = MAX_ROWS, encoding: str | None = None, known: Sequence[str] = ()
) -> TextTable:
    """Read the one table of a file: in a workbook that of the sheet with most rows, in a PDF all its tables in a row.

    `encoding` (one of `encodings.ENCODINGS`) is that of the letters, where a person has said it; else it is guessed in
    text files and taken as it stands in workbooks. The heading is the row, among the first ones, with most cells that
    are among `known` (lower case, no diacritics; two at least), else with most filled cells that are words. Raises
    UnsupportedFormat,
    UnreadableFile(reason="encrypted", "damaged", "no_table"), UnsafeArchive, TooManyFeatures, TooComplex.
    """
    path = Path(path)
    kind, rows = _rows_of(path, encoding)
    cleaned = [(number, tuple(_clean(cell) for cell in cells[:MAX_COLUMNS])) for number, cells in rows]
    filled = [(number, cells) for number, cells in cleaned if any(cells)]
    if len(filled) < 2:
        raise UnreadableFile(reason="no_table", format=kind)
    if len(filled) > max_rows + HEADING_WITHIN:
        raise TooManyFeatures(found=len(filled), limit=max_rows)
    first = [cells for _number, cells in filled[:HEADING_WITHIN]]
    at = _known_heading_at(first, frozenset(known))
    at = heading_at(first) if at is None else at
    width = max(len(cells) for _number, cells in filled[at:])
    headings = unique_headings(filled[at][1], width)
    body = [
        (number, cells + ("",) * (width - len(cells)))
        for number, cells in filled[at + 1 :]
        if cells != filled[at][1]  # the heading again on every page
    ]
    if not body:
        raise UnreadableFile(reason="no_table", format=kind)
    if len(body) > max_rows:
        raise TooManyFeatures(found=len(body), limit=max_rows)
    return TextTable(kind, headings, tuple(body))


def _rows_of(path: Path, encoding: str | None = None) -> tuple[str, list[tuple[int, list[Any]]]]:
    with path.open("rb") as source:
        start = source.read(1024)
    if start.startswith(_ZIP):
        return _workbook(path)
    if start.startswith(_OLE):
        return _workbook(path, is_old=True)
    if _PDF in start:
        return "pdf", _pdf(path)
    if b"\x00" in start and not start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UnsupportedFormat(found="binary", accepted=list(ACCEPTED))
    return "csv", _csv(path, encoding)


def sheets_of(path: Path) -> tuple[str, list[tuple[str, list[list[Any]]]]]:
    """Format (``xlsx, xls, ods``) and (name, rows of cells) of every sheet of a workbook that holds something.

    Rows start at the sheet's first, so that their place is their number in the file. Raises as ``read_list``.
    """
    with path.open("rb") as source:
        start = source.read(8)
    if not start.startswith((_ZIP, _OLE)):
        raise UnreadableFile(reason="damaged", format="xlsx")
    kind, sheets = _sheets(path, is_old=start.startswith(_OLE))
    return kind, [(sheet.name, sheet.to_python(skip_empty_area=False)) for sheet in sheets]


def cell_text(value: Any, *, limit: int | None = None) -> str:
    """A cell as text: blanks collapsed, control signs out, whole numbers without a point, dates as ISO 8601."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, dt.datetime):
        value = value.date() if value.time() == dt.time() else value
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return _BLANKS.sub(" ", _HIDDEN.sub("", str(value))).strip()[:limit]


def _workbook(path: Path, *, is_old: bool = False) -> tuple[str, list[tuple[int, list[Any]]]]:
    kind, sheets = _sheets(path, is_old=is_old)
    # Our own templates have a sheet of explanations beside the one to fill in.
    tables = [sheet for sheet in sheets if sheet.name != EXPLANATIONS] or sheets
    chosen = max(tables, key=lambda sheet: sheet.total_height)
    return kind, list(enumerate(chosen.to_python(skip_empty_area=False), start=1))


def _sheets(path: Path, *, is_old: bool) -> tuple[str, list[Any]]:
    import python_calamine

    kind = "xls"
    if is_old and "EncryptedPackage".encode("utf-16-le") in path.read_bytes():
        raise UnreadableFile(reason="encrypted", format="xlsx")
    if not is_old:
        with open_archive(path) as (_archive, members):  # refuses bombs before anything is inflated
            names = {member.name for member in members}
        kind = "xlsx" if "xl/workbook.xml" in names else "ods" if "content.xml" in names else ""
        if not kind:
            raise UnsupportedFormat(found="zip", accepted=list(ACCEPTED))
    try:
        book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))
        sheets = [sheet for name in book.sheet_names if (sheet := book.get_sheet_by_name(name)).total_height]
    except (python_calamine.CalamineError, python_calamine.PasswordError, OSError, ValueError) as error:
        reason = "encrypted" if "assword" in f"{type(error).__name__} {error}" else "damaged"
        raise UnreadableFile(reason=reason, format=kind, detail=str(error)[:200]) from error
    if not sheets:
        raise UnreadableFile(reason="no_table", format=kind)
    if sum(sheet.total_height * sheet.total_width for sheet in sheets) > MAX_CELLS:
        raise TooComplex(reason="cells", limit=MAX_CELLS)  # one cell far out makes a sheet of a thousand million
    return kind, sheets


def _csv(path: Path, encoding: str | None = None) -> list[tuple[int, list[Any]]]:
    raw = path.read_bytes()
    text = encodings.decode_bytes(raw, encoding) if encoding else _text_of(raw)
    csv.field_size_limit(100_000)
    try:
        return [(number, list(row)) for number, row in csv_rows(text, _delimiter(text))]
    except csv.Error as error:
        raise UnreadableFile(reason="damaged", format="csv", detail=str(error)[:200]) from error


def csv_rows(text: str, sign: str) -> Iterator[tuple[int, list[str]]]:
    """Rows of a CSV with the number of their last line.

    Raises csv.Error, and UnreadableFile(reason="uneven_row") for a quotation mark that is opened and never closed: it
    would swallow all the rows behind it.
    """
    reader = csv.reader(io.StringIO(f"{text}\n{_END}", newline=""), delimiter=sign)
    first = 1
    for row in reader:
        if row == [_END]:
            return
        if row and row[-1].endswith(f"\n{_END}"):
            raise UnreadableFile(reason="uneven_row", format="csv", row=first)
        yield reader.line_num, row
        first = reader.line_num + 1


def _text_of(raw: bytes) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            return raw.decode(encoding, "replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _guessed(raw)


def _guessed(raw: bytes) -> str:
    """Chinese lists come as GB 18030, Vietnamese ones in the encodings that `encodings` knows."""
    try:
        chinese = raw.decode("gb18030")
    except UnicodeDecodeError:
        chinese = ""
    if sum("\u4e00" <= sign <= "\u9fff" for sign in chinese) > len(chinese) / 50:
        return chinese
    readings = encodings.rank([raw[:100_000]])
    return encodings.decode_bytes(raw, readings[0].encoding if readings else "cp1258")


def _delimiter(text: str) -> str:
    lines = [line for line in text.splitlines()[:HEADING_WITHIN] if line.strip()]
    return max(",;\t|", key=lambda sign: sum(line.count(sign) for line in lines))


def _pdf(path: Path) -> list[tuple[int, list[Any]]]:
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfminer.psparser import PSException
    from pdfplumber.utils.exceptions import PdfminerException

    try:
        with pdfplumber.open(path) as document:
            if len(document.pages) > MAX_PAGES:
                raise TooComplex(reason="pages", limit=MAX_PAGES)
            return list(_numbered(document.pages))
    except PdfminerException as error:
        cause = error.args[0] if error.args else None
        reason = "encrypted" if isinstance(cause, PDFPasswordIncorrect) else "damaged"
        raise UnreadableFile(reason=reason, format="pdf") from error
    except (PSException, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        # A damaged file breaks the parser in many ways; all of them mean that it cannot be read.
        raise UnreadableFile(reason="damaged", format="pdf", detail=type(error).__name__) from error


def _numbered(pages: Iterable[Any]) -> Iterator[tuple[int, list[Any]]]:
    """Rows of ruled tables; a page without lines gives its text, cells parted by two blanks or more."""
    number = 0
    for page in pages:
        tables = page.extract_tables()
        rows = [row for table in tables for row in table] if tables else _lines(page.extract_text(layout=True) or "")
        for row in rows:
            number += 1
            yield number, list(row)
            if number > MAX_ROWS * 2:
                raise TooManyFeatures(found=number, limit=MAX_ROWS)
        page.close()  # frees what was parsed: a long file would fill the memory


def _lines(text: str) -> list[list[str]]:
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


def _clean(value: Any) -> str:
    return cell_text(value, limit=MAX_CELL)


def _known_heading_at(rows: list[tuple[str, ...]], known: frozenset[str]) -> int | None:
    """Index of the row with most cells among `known`; None below two: then the headings are somebody's own words."""
    counts = [sum(plain(cell) in known for cell in cells) for cells in rows] if known else [0]
    return counts.index(max(counts)) if max(counts) >= 2 else None


def plain(text: str) -> str:
    """A heading as it is compared: lower case, no diacritics, signs as blanks."""
    letters = unicodedata.normalize("NFD", text.casefold().replace("đ", "d"))
    letters = "".join(sign for sign in letters if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in letters).split())


def heading_at(rows: list[tuple[str, ...]]) -> int:
    """Index of the heading: the first row with the most cells of words (no digits in them) that the next row fills too.

    A title in large letters falls apart into as many cells as it has words; the row below it does not match it.
    """
    below = [sum(map(bool, cells)) for cells in rows[1:]] + [0]
    scores = []
    for cells, filled_below in zip(rows, below, strict=True):
        words = sum(bool(cell) and not any(sign.isdigit() for sign in cell) for cell in cells)
        scores.append((min(words, filled_below), sum(map(bool, cells)) == filled_below))
    best = max(scores)
    return scores.index(best) if best[0] else 0


def unique_headings(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    found: list[str] = []
    for index in range(width):
        name = (cells[index] if index < len(cells) else "")[:80] or f"#{index + 1}"
        while name in found:
            name = f"{name} ({index + 1})"
        found.append(name)
    return tuple(found)
