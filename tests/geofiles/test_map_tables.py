"""CSV and workbooks that hold plots: WKT, corner tables, points; what is in doubt; bad cells."""

import json

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofiles import encodings, readers, sandbox
from geofiles.errors import (
    CrsInDoubt,
    GeometryColumnsInDoubt,
    LayerInDoubt,
    TooComplex,
    UnreadableFile,
    UnsupportedCrs,
)
from tests.geofiles.office_files import open_document, workbook

CORNERS = [(1151500, 577000), (1151510, 577100), (1151380, 577095), (1151375, 576990)]
PARCEL = shapely.Polygon([(y, x) for x, y in CORNERS])
NEAR = (105.55, 10.38, 105.74, 10.55)
DEGREES = shapely.box(105.63, 10.45, 105.631, 10.451)


def read(tmp_path, content, name="thua.csv", **options):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return readers.read(path, near=NEAR, **options)


def codes(batch):
    return [notice.code for notice in batch.notices]


def long_form(plots=("T1", "T2"), headings="Số thửa;Chủ hộ;Số hiệu điểm;X (m);Y (m);Cạnh"):
    lines = [headings]
    for number, plot in enumerate(plots):
        lines += [f"{plot};Hộ {plot};{n};{x + 200 * number};{y};25,3" for n, (x, y) in enumerate(CORNERS, start=1)]
    return "\n".join(lines)


# --- corners in rows ---


def test_rows_are_grouped_by_plot(tmp_path):
    batch = read(tmp_path, long_form(), crs="EPSG:5897")

    assert [shape.equals_exact(PARCEL) for shape in batch.geometries] == [True, False]
    assert batch.attributes.to_pylist() == [
        {"Số thửa": "T1", "Chủ hộ": "Hộ T1"},
        {"Số thửa": "T2", "Chủ hộ": "Hộ T2"},
    ]


def test_corners_follow_their_numbers_not_the_lines(tmp_path):
    lines = long_form(["T1"]).split("\n")
    shuffled = [lines[0], *(lines[index] for index in (3, 1, 4, 2))]

    assert read(tmp_path, "\n".join(shuffled), crs="EPSG:5897").geometries[0].equals_exact(PARCEL)


def test_merged_cells_title_and_two_lines_of_headings(tmp_path):
    rows = [
        ["BẢNG LIỆT KÊ TỌA ĐỘ, hệ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°"],
        ["Số thửa", "Chủ hộ", "Số hiệu điểm", "Tọa độ", "", "Cạnh (m)"],
        ["", "", "", "X (m)", "Y (m)", ""],
    ]
    for plot in (12, 13):
        for n, (x, y) in enumerate(CORNERS):
            rows.append([plot if n == 0 else "", "Nguyễn Văn Thử" if n == 0 else "", n + 1, x + plot, y, 25.3])

    batch = read(tmp_path, workbook(rows), "bảng.xlsx")

    assert (batch.crs, batch.layer, len(batch)) == ("EPSG:5897", "Danh sách", 2)
    assert batch.attributes.to_pylist()[0] == {"Số thửa": 12, "Chủ hộ": "Nguyễn Văn Thử"}
    assert codes(batch) == ["crs_from_words"]


def test_sheet_and_number_together_name_the_plot(tmp_path):
    lines = ["Tờ,Thửa,X,Y"]
    for sheet in (1, 2):
        lines += [f"{sheet},5,{x + 500 * sheet},{y}" for x, y in CORNERS]

    batch = read(tmp_path, "\n".join(lines), crs="EPSG:5897")

    assert batch.attributes.to_pylist() == [{"Tờ": "1", "Thửa": "5"}, {"Tờ": "2", "Thửa": "5"}]


def test_rings_and_parts_make_holes_and_several_polygons(tmp_path):
    outer = shapely.box(577000, 1151000, 577100, 1151100)
    hole = shapely.box(577020, 1151020, 577040, 1151040)
    away = shapely.box(577200, 1151000, 577250, 1151050)
    lines = ["Thửa;Vòng;X;Y"]
    for ring, shape in enumerate((outer, hole, away)):
        lines += [f"T1;{ring};{north};{east}" for east, north in shape.exterior.coords]
    without_rings = [
        "Thửa;X;Y",
        *(line.replace(";0;", ";").replace(";1;", ";").replace(";2;", ";") for line in lines[1:]),
    ]

    by_column = read(tmp_path, "\n".join(lines), crs="EPSG:5897").geometries[0]
    by_closing = read(tmp_path, "\n".join(without_rings), crs="EPSG:5897").geometries[0]

    for shape in (by_column, by_closing):
        assert shape.geom_type == "MultiPolygon"
        assert shape.area == outer.area - hole.area + away.area


def test_one_certificate_without_a_plot_column_is_one_plot(tmp_path):
    text = "Điểm;X;Y\n" + "\n".join(f"{n};{x};{y}" for n, (x, y) in enumerate([*CORNERS, CORNERS[0]], start=1))

    assert read(tmp_path, text, crs="EPSG:5897").geometries[0].equals_exact(PARCEL)


def test_values_that_differ_within_a_plot_are_told(tmp_path):
    text = long_form(["T1"]).replace("Hộ T1;2", "Hộ khác;2")

    batch = read(tmp_path, text, crs="EPSG:5897")

    assert batch.column("Chủ hộ") == ["Hộ T1"]
    assert ("values_differ_in_plot", {"columns": ["Chủ hộ"]}) in [(n.code, n.params) for n in batch.notices]


def test_bad_cell_is_named_and_costs_only_its_plot(tmp_path):
    text = long_form().replace(";1151380;", ";11513O0;", 1)

    batch = read(tmp_path, text, crs="EPSG:5897")

    [notice] = [notice for notice in batch.notices if notice.code == "cells_unreadable"]
    assert notice.params["cells"] == [{"row": 4, "column": "X (m)", "value": "11513O0"}]
    assert [shape is None for shape in batch.geometries] == [True, False]


def test_table_of_nothing_but_bad_cells_is_refused_with_the_cells(tmp_path):
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, "Thửa;X;Y\nT1;một;577000\nT1;hai;577100\nT1;1151380;ba\n", crs="EPSG:5897")

    assert caught.value.params["reason"] == "no_geometry"
    assert {(cell["row"], cell["column"]) for cell in caught.value.params["cells"]} == {(2, "X"), (3, "X"), (4, "Y")}


def test_two_corners_make_no_plot(tmp_path):
    text = long_form() + "\nT3;Hộ;1;1151900;577000;\nT3;Hộ;2;1151910;577100;"

    batch = read(tmp_path, text, crs="EPSG:5897")

    assert batch.geometries[2] is None
    assert [n.params["plots"] for n in batch.notices if n.code == "plots_without_shape"] == [
        [{"row": 10, "plot": "T3", "reason": "too_few_corners"}]
    ]


# --- corners in columns ---


def test_corners_in_columns(tmp_path):
    heading = "Số thửa;" + ";".join(f"X{n};Y{n}" for n in range(1, 6))
    first = "T1;" + ";".join(f"{x};{y}" for x, y in CORNERS) + ";;"
    second = "T2;" + ";".join(f"{x + 300},5;{y}" for x, y in CORNERS[:3]) + ";;;;"

    batch = read(tmp_path, f"{heading}\n{first}\n{second}\n", crs="EPSG:5897")

    assert batch.geometries[0].equals_exact(PARCEL)
    assert batch.geometries[1].exterior.coords[0] == (577000, 1151800.5)
    assert batch.columns == ("Số thửa",)


# --- WKT and its kin ---


@pytest.mark.parametrize(
    ("case", "text", "crs"),
    [
        ("WKT", DEGREES.wkt, None),
        ("EWKT", f"SRID=4326;{DEGREES.wkt}", "EPSG:4326"),
        ("GeoJSON", shapely.to_geojson(DEGREES), "EPSG:4326"),
        ("hexadecimal EWKB", shapely.to_wkb(shapely.set_srid(DEGREES, 4326), hex=True, include_srid=True), "EPSG:4326"),
        ("old VN-2000", f"SRID=5897;{PARCEL.wkt}", "EPSG:5897"),
    ],
)
def test_shapes_as_text(tmp_path, case, text, crs):
    quoted = '"' + text.replace('"', '""') + '"'
    content = f"so_thua,the_geom,dien_tich\nT1,{quoted},1\n"

    if crs is None:
        with pytest.raises(CrsInDoubt):
            read(tmp_path, content)
    batch = read(tmp_path, content, **({} if crs else {"crs": "EPSG:4326"}))

    assert batch.crs == (crs or "EPSG:4326")
    assert batch.geometries[0].equals(PARCEL if crs == "EPSG:5897" else DEGREES)
    assert batch.columns == ("so_thua", "dien_tich")


def test_broken_wkt_is_named(tmp_path):
    batch = read(tmp_path, f'ma,wkt\nA,"{DEGREES.wkt}"\nB,"POLYGON((1 2,3"\nC,\n', crs="EPSG:4326")

    [notice] = batch.notices
    assert notice.params == {"count": 1, "cells": [{"row": 3, "column": "wkt", "value": "POLYGON((1 2,3"}]}
    assert [shape is None for shape in batch.geometries] == [False, True, True]


def test_several_systems_in_one_column_are_asked_about(tmp_path):
    with pytest.raises(CrsInDoubt) as caught:
        read(tmp_path, f'ma,wkt\nA,"SRID=4326;{DEGREES.wkt}"\nB,"SRID=5897;{PARCEL.wkt}"\n')

    assert caught.value.params["reason"] == "mixed_crs"


def test_hanoi_1972_is_refused_by_its_number_and_by_its_name(tmp_path):
    for text in (f'ma,wkt\nA,"SRID=2044;{PARCEL.wkt}"\n', "Bảng tọa độ hệ HN-72;;\n" + long_form()):
        with pytest.raises(UnsupportedCrs) as caught:
            read(tmp_path, text)
        assert caught.value.params["reason"] == "hanoi_1972"


# --- degrees and points ---


@pytest.mark.parametrize(
    ("case", "lines"),
    [
        ("decimal", ["10.45;105.63", "10.46;105.63", "10.46;105.64"]),
        ("comma", ["10,45;105,63", "10,46;105,63", "10,46;105,64"]),
        ("signs", ["10°27'00\"B;105°37'48\"Đ", "10°27'36\"B;105°37'48\"Đ", "10°27'36\"B;105°38'24\"Đ"]),
        ("blanks", ["10 27 0;105 37 48", "10 27 36;105 37 48", "10 27 36;105 38 24"]),
        ("swapped", ["105.63;10.45", "105.63;10.46", "105.64;10.46"]),
    ],
)
def test_degrees_in_all_spellings(tmp_path, case, lines):
    text = "Thửa;Vĩ độ;Kinh độ\n" + "\n".join(f"T1;{line}" for line in lines)

    batch = read(tmp_path, text)

    assert batch.crs == "EPSG:4326"
    assert "taken_for_wgs84" in codes(batch)
    assert batch.geometries[0].equals_exact(shapely.Polygon([(105.63, 10.45), (105.63, 10.46), (105.64, 10.46)]), 1e-9)


def test_degrees_said_to_be_vn2000_are_so(tmp_path):
    text = "Tọa độ VN-2000\nThửa;Vĩ độ VN-2000;Kinh độ VN-2000\nT1;10,45;105,63\nT1;10,46;105,63\nT1;10,46;105,64\n"

    batch = read(tmp_path, text)

    assert (batch.crs, codes(batch)) == ("EPSG:4756", ["crs_from_words"])


def test_one_row_a_plot_is_read_as_points(tmp_path):
    batch = read(tmp_path, "Số thửa,Lat,Long\nT1,10.45,105.63\nT2,10.46,105.64\n")

    assert [shape.geom_type for shape in batch.geometries] == ["Point", "Point"]
    assert batch.columns == ("Số thửa",)


def test_columns_by_value_where_headings_say_nothing(tmp_path):
    text = "Thửa;A;B\n" + "\n".join(f"T1;{x};{y}" for x, y in CORNERS)

    assert read(tmp_path, text, crs="EPSG:5897").geometries[0].equals_exact(PARCEL)


def test_table_without_headings(tmp_path):
    text = "\n".join(f"{n}\t{x}\t{y}" for n, (x, y) in enumerate(CORNERS, start=1))

    assert read(tmp_path, text, "toado.txt", crs="EPSG:5897").geometries[0].equals_exact(PARCEL)


# --- doubt ---


def test_metres_without_a_system_are_ranked_by_the_commune(tmp_path):
    with pytest.raises(CrsInDoubt) as caught:
        read(tmp_path, long_form())

    first = caught.value.params["candidates"][0]
    assert (first["id"], first["inside"]) == ("EPSG:5897", 1.0)
    assert first["sample"][0]["type"] == "Polygon"
    assert first["sample"][0]["coordinates"][0][0] == pytest.approx([105.705049, 10.411927], abs=2e-6)
    json.dumps(caught.value.params)


def test_columns_in_doubt_come_with_samples_and_answers(tmp_path):
    text = "Tên;X;Y;Loại\n" + "\n".join(f"a{n};{x};{y};b{n}" for n, (x, y) in enumerate(CORNERS))

    with pytest.raises(GeometryColumnsInDoubt) as caught:
        read(tmp_path, text)

    params = caught.value.params
    assert params["headings"] == ["Tên", "X", "Y", "Loại"]
    assert params["samples"]["X"] == ["1151500", "1151510", "1151380"]
    assert [candidate["kind"] for candidate in params["candidates"]] == ["corners", "point"]
    for candidate in params["candidates"]:
        batch = read(tmp_path, text, geometry=candidate, crs="EPSG:5897")
        assert len(batch) == (1 if candidate["kind"] == "corners" else 4)


def test_caller_says_which_columns(tmp_path):
    text = "Mã;Hàng 1;Hàng 2\n" + "\n".join(f"T1;{x};{y}" for x, y in CORNERS)
    geometry = {"kind": "corners", "columns": {"plot": "Mã", "x": "Hàng 1", "y": "Hàng 2"}}

    assert read(tmp_path, text, geometry=geometry, crs="EPSG:5897").geometries[0].equals_exact(PARCEL)
    for wrong in (
        {"kind": "corners", "columns": {"x": "Không có", "y": "Hàng 2"}},
        {"kind": "raster"},
        {"kind": "wkt"},
    ):
        with pytest.raises(GeometryColumnsInDoubt):
            read(tmp_path, text, geometry=wrong, crs="EPSG:5897")


def test_table_without_any_place_is_in_doubt_not_misread(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("Tên,Giá,Số\nXoài,25000,3\nNhãn,30000,4\n")

    [layer] = readers.inspect(path).layers

    assert layer.geometry_problem["code"] == "geometry_in_doubt"
    assert layer.geometry_problem["params"]["candidates"] == []
    assert [field.name for field in layer.fields] == ["Tên", "Giá", "Số"]


# --- text ---


@pytest.mark.parametrize("encoding", [encodings.TCVN3, encodings.VNI, encodings.CP1258])
def test_old_encodings_of_csv_are_detected(tmp_path, encoding):
    text = long_form(headings="Số thửa;Chủ hộ;Số hiệu điểm;Tọa độ X;Tọa độ Y;Cạnh").replace("Hộ T", "Nguyễn Hữu Thọ ")

    batch = read(tmp_path, encodings.encode(text, encoding), crs="EPSG:5897")

    assert (batch.encoding, batch.column("Chủ hộ")) == (encoding, ["Nguyễn Hữu Thọ 1", "Nguyễn Hữu Thọ 2"])
    assert len(batch) == 2


@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_unicode_with_and_without_a_mark(tmp_path, codec):
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")

    batch = read(tmp_path, mark + long_form().encode(codec), crs="EPSG:5897")

    assert batch.columns == ("Số thửa", "Chủ hộ")


@pytest.mark.parametrize(("case", "sign"), [("comma", ","), ("semicolon", ";"), ("tab", "\t"), ("bar", "|")])
def test_delimiters_and_quotes(tmp_path, case, sign):
    rows = [["Thửa", "Ghi chú", "X", "Y"], *([["T1", f'có "{sign}" trong ô', x, y] for x, y in CORNERS])]
    text = "\r\n".join(sign.join('"' + str(cell).replace('"', '""') + '"' for cell in row) for row in rows)

    batch = read(tmp_path, text, crs="EPSG:5897")

    assert batch.column("Ghi chú") == [f'có "{sign}" trong ô'.replace("\t", " ")]


# --- workbooks ---


def test_numbers_of_a_workbook_stay_numbers(tmp_path):
    rows = [["Số thửa", "Diện tích", "wkt"], ["T1", 1.25, DEGREES.wkt], ["T2", 2, DEGREES.wkt]]

    batch = read(tmp_path, workbook(rows), "a.xlsx", crs="EPSG:4326")

    assert batch.column("Diện tích") == [1.25, 2.0]


def test_sheets_are_layers_and_remarks_are_none(tmp_path):
    sheet = [["Thửa", "X", "Y"], *(["T1", x, y] for x, y in CORNERS)]
    remarks = [["Ghi chú", "Người lập"], ["đo tháng 5", "tổ đo"]]
    book = open_document({"Tờ 1": sheet, "Ghi chú": remarks, "Tờ 2": sheet})

    with pytest.raises(LayerInDoubt) as caught:
        read(tmp_path, book, "a.ods")

    names = [one["name"] if isinstance(one, dict) else one for one in caught.value.params["candidates"]]
    assert names == ["Tờ 1", "Tờ 2"]
    assert read(tmp_path, book, "a.ods", layer="Tờ 2", crs="EPSG:5897").geometries[0].equals_exact(PARCEL)


def test_attributes_are_not_cut(tmp_path):
    note = "dài " * 400
    rows = [["Thửa", "Ghi chú", "wkt"], ["T1", note.strip(), DEGREES.wkt]]

    assert read(tmp_path, workbook(rows), "a.xlsx", crs="EPSG:4326").column("Ghi chú") == [note.strip()]


@pytest.mark.parametrize(
    ("case", "content"),
    [("heading only", "Thửa,X,Y\n"), ("blank lines", "\n\n\n"), ("one word", "xin chào")],
)
def test_file_without_a_table_is_refused(tmp_path, case, content):
    with pytest.raises(UnreadableFile) as caught:
        read(tmp_path, content)

    assert caught.value.params["reason"] == "no_table"


_offsets = st.lists(st.tuples(st.integers(0, 99_999), st.integers(0, 99_999)), min_size=3, max_size=9, unique=True)


@given(
    plots=st.lists(_offsets, min_size=1, max_size=4), comma=st.booleans(), gis_order=st.booleans(), close=st.booleans()
)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_plots_as_a_corner_table_come_back(tmp_path_factory, plots, comma, gis_order, close):
    wanted, lines = [], ["Số thửa;X;Y"]
    for number, offsets in enumerate(plots):
        ring = [(577_000 + east / 1000, 1_151_000 + north / 1000) for east, north in offsets]
        wanted.append(ring)
        for east, north in [*ring, *ring[:1]] if close else ring:
            x, y = (east, north) if gis_order else (north, east)
            line = f"T{number};{x:.3f};{y:.3f}"
            lines.append(line.replace(".", ",") if comma else line)

    batch = read(tmp_path_factory.mktemp("tables"), "\n".join(lines), crs="EPSG:5897")

    for shape, ring in zip(batch.geometries, wanted, strict=True):
        assert list(shape.exterior.coords)[:-1] == [pytest.approx(corner, abs=1e-6) for corner in ring]


def test_tables_pass_the_fence(tmp_path):
    path = tmp_path / "thua.csv"
    path.write_text(long_form().replace(";1151380;", ";11513O0;", 1))

    batch = sandbox.read_file(path, crs="EPSG:5897", near=NEAR)

    assert [shape is None for shape in batch.geometries] == [True, False]
    assert [notice.params for notice in batch.notices if notice.code == "cells_unreadable"] == [
        {"count": 1, "cells": [{"row": 4, "column": "X (m)", "value": "11513O0"}]}
    ]


def test_a_cell_far_out_does_not_eat_the_machine(tmp_path):
    far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = (
        '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        f'<sheetData><row r="1"><c r="A1"><v>1</v></c></row>{far}</sheetData></worksheet>'
    )
    path = tmp_path / "xa.xlsx"
    path.write_bytes(workbook([], sheet=sheet))

    with pytest.raises(TooComplex):
        sandbox.read_file(path)
