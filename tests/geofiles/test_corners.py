"""Corner tables: any spelling gives the same corners; figures that differ from the print."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofiles import corners
from geofiles.angles import dms
from geofiles.corners import Corner

PARCEL = [Corner("1", 1151500, 577000, 100.5), Corner("2", 1151510, 577100), Corner("3", 1151380, 577095),
          Corner("4", 1151375, 576990)]  # fmt: skip


def places(table):
    return [(corner.x, corner.y) for corner in table.corners]


def test_a_certificate_as_its_pdf_gives_it():
    text = """BẢNG LIỆT KÊ TỌA ĐỘ GÓC RANH
    Số hiệu điểm   X (m)   Y (m)   Cạnh (m)
    1  1151500.00  577000.00
    100.50
    2  1151510.00  577100.00
    130,10
    3  1151380.00  577095.00  105.12
    4  1151375.00  576990.00  125.40
    1  1151500.00  577000.00
    Tổng diện tích: 13012,5 m2"""

    table = corners.parse_text(text)

    assert places(table) == [(corner.x, corner.y) for corner in PARCEL]
    assert [corner.edge_m for corner in table.corners] == [100.5, 130.1, 105.12, 125.4]
    assert [corner.label for corner in table.corners] == ["1", "2", "3", "4"]
    assert table.problems == ()


SEPARATORS = {"tab": "\t", "semicolon": ";", "bar": " | ", "blanks": "   ", "blank": " "}
NUMBERS = {
    "point": lambda value: f"{value:.3f}",
    "comma": lambda value: f"{value:.3f}".replace(".", ","),
    "grouped by points": lambda value: f"{value:,.3f}".replace(",", "_").replace(".", ",").replace("_", "."),
    "grouped by commas": lambda value: f"{value:,.3f}",
    "grouped by blanks": lambda value: f"{value:,.3f}".replace(",", " "),
    "with metres": lambda value: f"{value:.3f} m",
}
_millimetres = st.integers(0, 999_999)
_corners = st.lists(
    st.tuples(_millimetres, _millimetres), min_size=3, max_size=12, unique_by=(lambda one: one[0], lambda one: one[1])
)


@given(
    offsets=_corners,
    separator=st.sampled_from(sorted(SEPARATORS)),
    spelling=st.sampled_from(sorted(NUMBERS)),
    swapped=st.booleans(),
    closed=st.booleans(),
    labelled=st.booleans(),
    edges=st.booleans(),
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_corners_in_any_spelling_are_the_same_corners(offsets, separator, spelling, swapped, closed, labelled, edges):
    if " " in NUMBERS[spelling](1234.5) and separator == "blank":
        separator = "tab"  # nobody can tell "1 151 500 577 000" apart: people use columns then
    wanted = [(1_151_000 + x / 1000, 577_000 + y / 1000) for x, y in offsets]
    lines = []
    for number, (x, y) in enumerate([*wanted, *wanted[:1]] if closed else wanted, start=1):
        pair = [NUMBERS[spelling](value) for value in ((y, x) if swapped else (x, y))]
        label = [str((number - 1) % len(wanted) + 1)] if labelled else []
        lines.append(SEPARATORS[separator].join([*label, *pair, *(["25,30"] if edges else [])]))

    table = corners.parse_text("\n".join(lines))

    assert table.problems == ()
    assert table.swapped is swapped
    assert places(table) == pytest.approx([pytest.approx(pair, abs=1e-6) for pair in wanted])
    assert {corner.edge_m for corner in table.corners} == ({25.3} if edges else {None})


@given(seconds=st.lists(st.tuples(st.integers(1, 35_999), st.integers(1, 35_999)), min_size=3, max_size=8, unique=True))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_degrees_minutes_seconds_too(seconds):
    wanted = [(10.4 + a / 360_000, 105.6 + b / 360_000) for a, b in seconds]
    text = "\n".join(f"{dms(lat, 'lat', decimals=4)}\t{dms(lon, 'lon', decimals=4)}" for lat, lon in wanted)

    table = corners.parse_text(text)

    assert table.in_degrees
    assert places(table) == [pytest.approx(pair, abs=1e-7) for pair in wanted]


@pytest.mark.parametrize(
    ("case", "line", "code"),
    [
        ("decimal or next cell", "3,1151380,25,577095,50", "one_coordinate"),
        ("letter for a digit", "3 11513O0 577095", "one_coordinate"),
        ("one number only", "3 1151380", "one_coordinate"),
        ("local numbers", "3 1380.5 7095.5", "no_coordinates"),
    ],
)
def test_bad_line_is_named(case, line, code):
    text = f"1 1151500 577000\n2 1151510 577100\n{line}\n4 1151375 576990"

    [problem] = corners.parse_text(text).problems

    assert (problem.line, problem.code) == (3, code)


def test_mixed_axes_are_told():
    text = "1151500 577000\n577100 1151510\n1151380 577095"

    table = corners.parse_text(text)

    assert [problem.code for problem in table.problems] == ["axes_mixed"]
    assert places(table) == [(1151500, 577000), (1151510, 577100), (1151380, 577095)]


def test_too_few_and_too_many():
    assert [p.code for p in corners.parse_text("1 1151500 577000").problems] == ["too_few_corners"]
    many = "\n".join(f"{1151500 + n} {577000 + n % 7}" for n in range(corners.MAX_CORNERS + 5))

    assert "too_many_corners" in [p.code for p in corners.parse_text(many).problems]


def test_grid_cells_have_their_places():
    rows = [
        ("A", "1151500", "577000", "10,5"),
        ("", "1151510", "577100", ""),
        ("", "", "", ""),
        ("9", "1151380", "577095", "x"),
    ]

    table = corners.parse_grid(rows)

    assert [(corner.label, corner.edge_m) for corner in table.corners] == [("A", 10.5), ("2", None), ("9", None)]
    assert [(problem.line, problem.code) for problem in table.problems] == [(4, "no_edge")]


def test_area_of_the_plane_and_edges():
    assert corners.plane_area_m2(PARCEL) == pytest.approx(13_012.5)
    assert corners.plane_area_m2(PARCEL[::-1]) == pytest.approx(13_012.5)
    assert corners.plane_area_m2(PARCEL[:2]) == 0
    assert corners.edges_m(PARCEL) == pytest.approx([100.499, 130.096, 105.119, 125.399], abs=0.001)


@pytest.mark.parametrize(("printed", "differs"), [(100.45, False), (100.54, False), (100.44, True), (100.56, True)])
def test_edge_of_five_centimetres(printed, differs):
    table = [Corner("1", 1151500, 577000, printed), *PARCEL[1:]]

    assert bool(corners.edge_differences(table)) is differs


def test_polygon_of_the_official_shift():
    shape = corners.boundary(PARCEL, "EPSG:5897")

    assert shape.exterior.coords[0] == pytest.approx((105.705048802, 10.411926598), abs=2e-9)
    assert shape.is_valid


def test_table_is_written_and_read_back():
    assert corners.parse_text(corners.as_text(PARCEL)).corners == tuple(PARCEL)
