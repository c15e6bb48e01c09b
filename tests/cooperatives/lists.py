"""Builders of members' lists, good and bad: bytes with a name, no blobs."""

import csv
import io
from typing import Any

from django.core.files.base import ContentFile

from geofiles import encodings
from geofiles.workbooks import Sheet, xlsx

HEADINGS = ("Số thành viên", "Họ và tên", "Năm sinh", "Giới tính", "Điện thoại", "Số CCCD", "Ấp", "Diện tích (ha)",
            "Ngày vào", "Đồng ý: danh bạ", "Đồng ý: công khai ranh giới", "Bằng chứng")  # fmt: skip
_SHORT = (
    "number",
    "name",
    "year",
    "sex",
    "phone",
    "id",
    "hamlet",
    "area",
    "joined",
    "directory",
    "outline",
    "evidence",
)


def row(**cells: Any) -> list[str]:
    """A row under HEADINGS; names of cells as in `_SHORT`."""
    return [str(cells.get(name, "")) for name in _SHORT]


def xlsx_list(rows: list[list[str]], headings: Any = HEADINGS, name: str = "ds.xlsx") -> ContentFile:
    return ContentFile(xlsx([Sheet("Thành viên", headings, rows)]), name=name)


def csv_list(
    rows: list[list[str]], headings: Any = HEADINGS, encoding: str = "UTF-8", name: str = "ds.csv"
) -> ContentFile:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerows([headings, *rows])
    return ContentFile(encodings.encode(text.getvalue(), encoding), name=name)


def tcvn3_workbook(rows: list[list[str]], headings: Any = HEADINGS) -> ContentFile:
    """A workbook typed in an ABC font: the letters are TCVN3 bytes taken for Latin-1."""

    def old(cells: Any) -> list[str]:
        return [encodings.encode(cell, encodings.TCVN3).decode("latin-1") for cell in cells]

    return xlsx_list([old(cells) for cells in rows], old(headings), "abc.xlsx")


def many(count: int) -> list[list[str]]:
    """Different people."""
    given = ("An", "Bình", "Chi", "Dũng", "Em", "Phước", "Giàu", "Hòa")
    return [
        row(
            number=f"{n + 1:04d}", name=f"Nguyễn Văn {given[n % 8]} {n}", year=1950 + n % 50, sex="nam",
            phone=f"09{n:08d}", id=f"07{n:010d}", hamlet=f"Ấp {n % 9}", area="0,85", directory="x", evidence="Tủ 3",
        )
        for n in range(count)
    ]  # fmt: skip
