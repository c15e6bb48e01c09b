"""Workbooks out: text in every cell, nothing that computes, read back as written."""

import re
import zipfile

import pytest

from geofiles import lists
from geofiles.workbooks import MAX_CELL, Sheet, write_xlsx, xlsx


def test_cells_come_back_as_written_and_the_sheet_of_explanations_is_not_read(tmp_path):
    path = tmp_path / "x.xlsx"
    rows = [["0012", "Nguyễn & <Ấp>"], ["=1+1", ""]]

    path.write_bytes(xlsx([Sheet("Thành viên", ["Số", "Tên"], rows), Sheet("Hướng dẫn", ["a"], [["b"]] * 50)]))

    table = lists.read_list(path)
    assert table.headings == ("Số", "Tên")
    assert [cells for _row, cells in table.rows] == [("0012", "Nguyễn & <Ấp>"), ("=1+1", "")]


@pytest.mark.parametrize(
    "cell", ["=HYPERLINK(1)", "+1", "-1", "@SUM(A1)", "\x00\x0b=1"], ids=["link", "plus", "minus", "at", "hidden"]
)
def test_no_cell_is_a_formula(tmp_path, cell):
    path = tmp_path / "x.xlsx"
    path.write_bytes(xlsx([Sheet("A", ["Tên"], [[cell]])]))

    with zipfile.ZipFile(path) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()

    assert "<f" not in sheet
    assert sheet.count('t="inlineStr"') == 2


def test_numbers_stay_numbers_and_blanks_leave_their_place(tmp_path):
    path = tmp_path / "x.xlsx"
    rows = [[1, 2.5, None, True, float("inf"), "a"], ["", "b" * 40_000]]

    write_xlsx(path, [Sheet("Tên rất dài của một trang tính trong sổ", ["m"] * 6, rows)])

    with zipfile.ZipFile(path) as archive:
        sheet, book = archive.read("xl/worksheets/sheet1.xml").decode(), archive.read("xl/workbook.xml").decode()
    assert re.findall(r'<c r="(..)"[^>]*><v>([^<]*)</v>', sheet) == [("A2", "1"), ("B2", "2.5"), ("D2", "1")]
    assert re.search(r'<c r="E2"[^>]*t="inlineStr"><is><t>inf<', sheet)
    assert sheet.count("b" * MAX_CELL) == 1
    assert "b" * (MAX_CELL + 1) not in sheet
    assert 'name="Tên rất dài của một trang tính "' in book


def test_same_sheets_are_the_same_bytes():
    assert xlsx([Sheet("A", ["x"], [["1"]])]) == xlsx([Sheet("A", ["x"], [["1"]])])


def test_known_headings_win_over_rows_with_more_words(tmp_path):
    path = tmp_path / "x.csv"
    full = "An;nữ;Ấp;x;x;x;x"
    path.write_text(f"DANH SÁCH;;;;;;\nHọ và tên;Phái;Ấp;Danh bạ;;;\nBình;;;;;;\n{full}\n{full}\n", encoding="utf-8")

    table = lists.read_list(path, known=("ho va ten", "phai", "ap"))

    assert table.headings[:3] == ("Họ và tên", "Phái", "Ấp")
    assert len(table.rows) == 3
