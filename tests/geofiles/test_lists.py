"""Tables of text out of office files, read in the fenced process; hostile files are refused with a reason."""

import pytest

from geofiles import lists, sandbox
from geofiles.errors import GeoFileError, TooComplex, TooManyFeatures, UnreadableFile, UnsafeArchive, UnsupportedFormat
from tests.geofiles.office_files import locked_pdf, pages_pdf, ruled_pdf, sheet_xml, workbook

ROWS = [
    ["Danh sách mã số vùng trồng"],
    [],
    ["STT", "Mã số", "Trạng thái"],
    [1, "VN-DTOR-0017", "Approved"],
    [2, "VN-DTOR-0018", "Suspended"],
]
READ = (("1", "VN-DTOR-0017", "Approved"), ("2", "VN-DTOR-0018", "Suspended"))


@pytest.fixture
def save(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def cells(table):
    return tuple(row for _number, row in table.rows)


def test_workbook_in_the_fence(save):
    table = sandbox.read_list(save("a.xlsx", workbook(ROWS)))

    assert (table.format, table.headings) == ("xlsx", ("STT", "Mã số", "Trạng thái"))
    assert cells(table) == READ
    assert table.rows[0][0] == 4


def test_csv_in_the_fence(save):
    table = sandbox.read_list(
        save("a.csv", "STT;Mã số;Trạng thái\n1;VN-DTOR-0017;Approved\n2;VN-DTOR-0018;Suspended\n")
    )

    assert (table.format, table.headings, cells(table)) == ("csv", ("STT", "Mã số", "Trạng thái"), READ)


@pytest.mark.parametrize("ruled", [True, False])
def test_pdf_in_the_fence(save, ruled):
    table = sandbox.read_list(save("a.pdf", ruled_pdf(ROWS[2:], ruled=ruled)))

    assert (table.format, table.headings, cells(table)) == ("pdf", ("STT", "Mã số", "Trạng thái"), READ)


@pytest.mark.parametrize(
    ("encoding", "heading"),
    [("utf-8-sig", "Mã số"), ("utf-16", "Mã số"), ("cp1258", "Ma so"), ("gb18030", "果园注册号")],
)
def test_encodings_of_csv(save, encoding, heading):
    text = f"{heading},{heading} 2\nVN-DTOR-0017,中国\n" if encoding == "gb18030" else f"{heading},x\nVN-1,y\n"

    assert lists.read_list(save("a.csv", text.encode(encoding))).headings[0] == heading


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("list.csv", workbook(ROWS), "xlsx"),
        ("list.xlsx", "Mã,Trạng thái\nVN-1,ok\n", "csv"),
        ("list.csv", ruled_pdf(ROWS[2:]), "pdf"),
    ],
    ids=["workbook called csv", "csv called workbook", "pdf called csv"],
)
def test_a_wrong_ending_does_not_matter(save, name, content, kind):
    assert lists.read_list(save(name, content)).format == kind


def test_formulas_are_not_computed(save):
    rows = [["Mã số", "Ghi chú"], ["VN-DTOR-0017", '=HYPERLINK("http://x.test","y")'], ["VN-DTOR-0018", "'=1+1"]]

    assert cells(lists.read_list(save("a.xlsx", workbook(rows)))) == (("VN-DTOR-0017", ""), ("VN-DTOR-0018", "'=1+1"))


def test_headings_are_named_apart_and_repeated_ones_are_left_out(save):
    table = lists.read_list(save("a.csv", "Mã,Mã,\nA1,B1,C1\nMã,Mã,\nA2,B2,C2\n"))

    assert table.headings == ("Mã", "Mã (2)", "#3")
    assert cells(table) == (("A1", "B1", "C1"), ("A2", "B2", "C2"))


@pytest.mark.parametrize("title", ["List,of,orchards", "List,of,orchards,registered,for,export"])
def test_a_title_in_large_letters_is_no_heading(save, title):
    table = lists.read_list(save("a.csv", f"{title}\nMinistry\nNo,Code,Status\n1,VN-DTOR-0017,Approved\n"))

    assert (table.headings, cells(table)) == (("No", "Code", "Status"), (("1", "VN-DTOR-0017", "Approved"),))


def test_numbers_dates_and_hidden_signs():
    import datetime as dt

    values = [None, True, False, 17.0, 1.5, dt.datetime(2020, 1, 2), dt.datetime(2020, 1, 2, 3), dt.date(2020, 1, 2)]
    values.append(" a\u200b \n b ")

    assert [lists._clean(value) for value in values] == [
        "", "1", "0", "17", "1.5", "2020-01-02", "2020-01-02T03:00:00", "2020-01-02", "a b",
    ]  # fmt: skip


def zip_bomb():
    return workbook([], sheet=sheet_xml([["x"]]).replace("</sheetData>", " " * 60_000_000 + "</sheetData>"))


def far_corner():
    return workbook([], sheet=sheet_xml([["Mã"]]).replace(
        "</sheetData>", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("content", "error", "reason"),
    [
        (zip_bomb, UnsafeArchive, "ratio"),
        (far_corner, TooComplex, None),
        (lambda: locked_pdf(ruled_pdf(ROWS)), UnreadableFile, "encrypted"),
        (lambda: pages_pdf(lists.MAX_PAGES + 1), TooComplex, "pages"),
        (lambda: ruled_pdf(ROWS)[:900], UnreadableFile, "damaged"),
        (lambda: workbook(ROWS)[:700], UnreadableFile, "damaged"),
        (lambda: workbook([], sheet="<worksheet><sheetData><row><c"), GeoFileError, None),
        (lambda: b"\x7fELF\x00\x00\x01", UnsupportedFormat, None),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, UnreadableFile, "damaged"),
        (lambda: b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le") * 9, UnreadableFile, "encrypted"),
        (lambda: "Chỉ một dòng\n".encode(), UnreadableFile, "no_table"),
        (lambda: pages_pdf(1), UnreadableFile, "no_table"),
    ],
    ids=[
        "zip bomb", "cell in the far corner", "encrypted pdf", "huge pdf", "cut pdf", "cut workbook", "broken sheet",
        "program", "damaged xls", "encrypted workbook", "one line", "empty pdf",
    ],
)  # fmt: skip
def test_hostile_files_in_the_fence(save, content, error, reason):
    limits = sandbox.Limits(cpu_s=15, wall_s=30, memory_bytes=700 * 1024 * 1024)

    with pytest.raises(error) as caught:
        sandbox.read_list(save("list.xlsx", content()), limits=limits)

    if reason:
        assert caught.value.params["reason"] == reason


def test_a_zip_that_is_no_workbook(save):
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "x")

    with pytest.raises(UnsupportedFormat):
        lists.read_list(save("a.xlsx", out.getvalue()))


@pytest.mark.parametrize("count", [60, 20])
def test_too_many_rows(save, count):
    text = "Mã,Tên\n" + "".join(f"VN-{n},x\n" for n in range(count))

    with pytest.raises(TooManyFeatures):
        lists.read_list(save("a.csv", text), max_rows=10)


def test_a_heading_alone_is_no_table(save):
    with pytest.raises(UnreadableFile):
        lists.read_list(save("a.csv", "Mã,Tên\nMã,Tên\n"))


def test_a_csv_with_an_endless_cell(save):
    with pytest.raises(UnreadableFile):
        lists.read_list(save("a.csv", 'a,b\n"' + "x" * 200_000))
