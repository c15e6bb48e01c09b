"""Files as strangers make them: odd types, odd letters, curves, quotation marks that never close. Nothing is lost."""

import datetime as dt
import json
import struct
import unicodedata
import uuid

import pyarrow as pa
import pytest
import shapely

from geofiles import encodings, prepared, readers
from geofiles.errors import LayerInDoubt, TooComplex, UnreadableFile
from geofiles.readers.text import without_tags
from tests.geofiles import builders
from tests.geofiles import format_builders as made

RING = shapely.to_wkt(builders.PLOTS[0], rounding_precision=3)
GEOMETRY = shapely.geometry.mapping(builders.PLOTS[0])
# CurvePolygon of one circular string (ISO 13249-3): GEOS has no such shape.
CURVE = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5) + struct.pack(
    "<10d", 105.63, 10.45, 105.64, 10.46, 105.65, 10.45, 105.64, 10.44, 105.63, 10.45
)


def written(path, content, codec="utf-8"):
    path.write_text(content, codec, newline="")
    return path


def stored(path, **options):
    """Attributes and problems as they would be stored, and a look at the same file."""
    readers.inspect(path)
    batch = prepared.prepare_batch(readers.read(path, **options))
    rows = [json.loads(row) for row in batch.column("attributes").to_pylist()]
    problems = [problem and json.loads(problem)["code"] for problem in batch.column("problem").to_pylist()]
    return rows, problems


def collection(*features, **members):
    whole = [{"type": "Feature", "properties": {}, "geometry": GEOMETRY, **feature} for feature in features]
    return json.dumps({"type": "FeatureCollection", **members, "features": whole})


# --- GeoJSON ---

CRS84 = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


def test_numbers_of_features_are_an_attribute(tmp_path):
    """The caller's own number, by which a later file changes the plot."""
    path = written(tmp_path / "x.geojson", collection({"id": 17}, {"id": 4}))

    assert stored(path)[0] == [{"id": 17}, {"id": 4}]


@pytest.mark.parametrize(
    ("features", "rows"),
    [
        ([{"properties": {"id": 5}}, {"properties": {"id": 6}}], [{"id": 5}, {"id": 6}]),
        ([{"id": "T-1"}, {"id": "T-2"}], [{"id": "T-1"}, {"id": "T-2"}]),
        ([{"properties": {"a": 1}}, {"properties": {"a": 2}}], [{"a": 1}, {"a": 2}]),
        ([{"id": 9, "properties": {"OGC_FID": 3}}], [{"id": 9, "OGC_FID": 3}]),
    ],
    ids=["a property", "text", "none", "with a column of GDAL's name"],
)
def test_numbers_of_features_are_not_made_up(tmp_path, features, rows):
    assert stored(written(tmp_path / "x.geojson", collection(*features)))[0] == rows


@pytest.mark.parametrize("members", [{}, {"crs": CRS84}], ids=["plain", "with crs"])
def test_half_a_surrogate_pair_does_not_end_the_reading(tmp_path, members):
    text = collection({"properties": {"ten": "HALF", "xa": "Mỹ Xương"}}, **members).replace("HALF", "\\ud83d")

    rows, problems = stored(written(tmp_path / "x.geojson", text))

    assert problems == [None]
    assert rows[0]["xa"] == "Mỹ Xương"


def test_a_replacement_sign_in_the_text_is_no_doubt_about_its_encoding(tmp_path):
    path = written(tmp_path / "x.geojson", collection({"properties": {"ten": "Xo\ufffdi"}}))

    assert stored(path)[0] == [{"ten": "Xo\ufffdi"}]


@pytest.mark.parametrize("first", [True, False], ids=["before the features", "behind them"])
def test_crs_is_taken_out_wherever_it_stands(tmp_path, first):
    text = collection({"properties": {"ten": 'a "crs" {'}} if not first else {"properties": {"ten": "a"}})
    link = '"crs":{"type":"link","properties":{"href":"http://127.0.0.1:9/x"}}'
    text = text.replace('"features"', f'{link},"features"', 1) if first else text[:-1] + f",{link}}}"

    found = readers.read(written(tmp_path / "x.geojson", text))

    assert (len(found), found.crs, [notice.code for notice in found.notices]) == (
        1,
        "EPSG:4326",
        ["crs_member_ignored"],
    )


def test_lists_and_objects_are_kept_as_text(tmp_path):
    path = written(tmp_path / "x.geojson", collection({"properties": {"giong": ["Cát Chu", {"số": 1}]}}))

    rows, _problems = stored(path)

    assert json.loads(rows[0]["giong"]) == ["Cát Chu", {"số": 1}]


def test_one_feature_behind_a_record_separator(tmp_path):
    feature = json.dumps({"type": "Feature", "properties": {"a": 1}, "geometry": GEOMETRY})

    assert stored(written(tmp_path / "x.geojsonl", f"\x1e{feature}\n"))[0] == [{"a": 1}]


# --- columns of every type ---

DAY = dt.datetime(2026, 1, 1)
KEY = uuid.UUID("13c656d6-5bc9-477f-b411-0f8ffdabd945")
COLUMNS = {
    "uuid": (pa.ExtensionArray.from_storage(pa.uuid(), pa.array([KEY.bytes] * 2, pa.binary(16))), str(KEY)),
    "json": (pa.ExtensionArray.from_storage(pa.json_(), pa.array(['{"a":1}'] * 2)), '{"a":1}'),
    "object": (pa.array([{"a": unicodedata.normalize("NFD", "Xoài")}] * 2), {"a": "Xoài"}),
    "list": (pa.array([[1, 2]] * 2), [1, 2]),
    "time of a zone nobody knows": (pa.array([DAY] * 2, pa.timestamp("s", "Nowhere/X")), "2026-01-01 00:00:00.000Z"),
    "length of time": (pa.array([5, 5], pa.duration("s")), "5"),
}


@pytest.mark.parametrize("kind", COLUMNS)
def test_columns_of_any_type_are_read_and_described(tmp_path, kind):
    column, value = COLUMNS[kind]
    path = made.parquet(tmp_path / "x.parquet", extra={"c": column})

    assert [row["c"] for row in stored(path)[0]] == [value] * 2


def test_bytes_of_a_fixed_length_are_left_out_and_told(tmp_path):
    path = made.parquet(tmp_path / "x.parquet", extra={"c": pa.array([b"\xff" * 16] * 2, pa.binary(16))})

    found = readers.read(path)

    assert found.columns == ("ten",)
    assert found.notices[0].params == {"names": ["c"]}


# --- shapes that GEOS does not have ---


def test_a_curve_is_its_rows_problem_and_not_the_files(tmp_path):
    column = pa.array([CURVE, shapely.to_wkb(builders.PLOTS[0])], pa.binary())

    assert stored(made.parquet(tmp_path / "x.parquet", column=column))[1] == ["invalid_geometry", None]


@pytest.mark.parametrize(
    "text",
    [
        "CURVEPOLYGON(CIRCULARSTRING(105.63 10.45,105.64 10.46,105.65 10.45,105.64 10.44,105.63 10.45))",
        "GEOMETRYCOLLECTION(" * 100_000,
        "0107000000" + "010000000107000000" * 100_000,
    ],
    ids=["curve", "nested words", "nested bytes"],
)
def test_a_cell_with_a_shape_that_cannot_be_made_is_named(tmp_path, text):
    path = written(tmp_path / "x.csv", f"ten;wkt\nmột;{RING}\nhai;{text}\n")

    found = readers.read(path, crs="EPSG:4326")

    told = next(notice.params for notice in found.notices if notice.code == "cells_unreadable")
    assert (told["count"], told["cells"][0]["row"]) == (1, 3)
    assert found.geometries[1] is None


# --- CSV ---


@pytest.mark.parametrize(
    ("rows", "row"),
    [
        ((f"a;{RING}", f'"b;{RING}', f"c;{RING}", f"d;{RING}"), 3),
        ((f"a;{RING}", f'"b;{RING}', f"c;{RING}", f'"d;{RING}', f"e;{RING}"), 3),
    ],
    ids=["to the end", "to the next"],
)
def test_a_quotation_mark_that_swallows_rows_is_refused_with_its_row(tmp_path, rows, row):
    path = written(tmp_path / "x.csv", "ten;wkt\n" + "\n".join(rows) + "\n")

    with pytest.raises(UnreadableFile) as caught:
        readers.read(path, crs="EPSG:4326")

    assert (caught.value.params["reason"], caught.value.params["row"]) == ("uneven_row", row)


def test_a_cell_of_several_lines_is_one_cell(tmp_path):
    path = written(tmp_path / "x.csv", f'ten,nơi,wkt\nmột,"Ấp 1, xã A\nsố 12, 13, huyện B","{RING}"\n')

    assert stored(path, crs="EPSG:4326")[0] == [{"ten": "một", "nơi": "Ấp 1, xã A số 12, 13, huyện B"}]


def test_commas_of_a_shape_do_not_part_the_cells(tmp_path):
    path = written(tmp_path / "x.csv", "HTX Mỹ Xương\nten;wkt\n" + f"a;{RING}\n" * 40)

    assert stored(path, crs="EPSG:4326") == ([{"ten": "a"}] * 40, [None] * 40)


def test_numbers_of_corners_that_are_no_numbers_keep_the_order_of_the_file(tmp_path):
    rows = "".join(f"1;{'9' * 5_000}{at};{x};{y}\n" for at, (y, x) in enumerate(made.CORNERS))
    path = written(tmp_path / "x.csv", f"số thửa;số hiệu điểm;vĩ độ;kinh độ\n{rows}")

    assert readers.read(path).geometries[0].equals(shapely.Polygon(made.CORNERS))


# --- text ---


@pytest.mark.parametrize(
    ("name", "shown"),
    [("ĐẤT LÚA", "ĐẤT LÚA"), ("VÕ THỊ SÁU", "VÕ THỊ SÁU"), ("HTX Mỹ Lệ", "HTX Mỹ Lệ"), ("LONG AN MỸ", "LONG AN MỸ")],
)
def test_capitals_of_tcvn3_are_told_by_words_not_by_abbreviations(name, shown):
    assert encodings.decode_bytes(encodings.encode(name, encodings.TCVN3), encodings.TCVN3) == shown


def test_letters_that_a_drawing_writes_as_escapes(tmp_path):
    plot = made.polyline(made.CORNERS, layer="TH\\U+1EECA")
    text = made.dxf(plot, made.label(105.6305, 10.4505, "\\U+0110\\U+1EA5t l\\u+00FAa \\U+D83D"))

    rows, _problems = stored(written(tmp_path / "x.dxf", text), crs="EPSG:4326")

    assert [(row["label"], row["Layer"]) for row in rows] == [("Đất lúa \\U+D83D", "THỬA")]


@pytest.mark.parametrize(
    ("fragment", "shown"),
    [
        ("<table><tr><td>Chủ</td><td>Nguyễn&nbsp;An</td></tr><tr><td>Xã</td></tr></table>", "Chủ Nguyễn An\nXã"),
        ("<p>một<br/>hai</p><!-- lời <b>nhắn</b> -->ba", "một\nhaiba"),
        ("<STYLE>a{}</STYLE>x<script>alert('<p>')</script>y", "xy"),
        ("x<script>alert(1)", "x"),
        ("2 < 3 &amp; 5 > 4 <b", "2 < 3 & 5 > 4 <b"),
        ("<!--" * 200_000, "<!--" * 200_000),
    ],
    ids=["table", "comment", "style and script", "script to the end", "signs", "comments that never close"],
)
def test_descriptions_in_html_are_text_in_one_pass(fragment, shown):
    assert without_tags(fragment) == shown


# --- KML and archives ---


@pytest.mark.parametrize(
    "shape",
    [
        "<Point><coordinates>,10.45,0</coordinates></Point>",
        "<Polygon>" + 2 * ("<outerBoundaryIs><LinearRing><coordinates>105.63,10.45 105.64,10.45 105.64,10.46"
                           "</coordinates></LinearRing></outerBoundaryIs>") + "</Polygon>",
    ],
    ids=["no longitude", "two outsides"],
)  # fmt: skip
def test_shapes_of_a_kml_that_say_too_little_or_too_much_are_not_guessed(tmp_path, shape):
    path = written(tmp_path / "x.kml", builders.kml(f"<Placemark><name>a</name>{shape}</Placemark>"))

    assert stored(path)[1] == ["invalid_geometry"]


def test_maps_beside_a_shapefile_are_layers_and_settings_are_not(tmp_path):
    parts = {f"plots{suffix}": data for suffix, data in builders.shapefile_parts(tmp_path).items()}
    beside = {
        "walk.geojson": builders.geojson().encode(),
        "style.json": b'{"color": "red"}',
        "price.csv": b"a,b\n1,2\n",
    }
    path = builders.zip_of(tmp_path / "x.zip", parts | beside)
    alone = builders.zip_of(tmp_path / "y.zip", parts | {"style.json": beside["style.json"]})

    with pytest.raises(LayerInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["candidates"] == ["plots", "walk"]
    assert readers.read(alone).layer == "plots"


# --- too wide ---


def test_too_many_columns_are_refused_before_they_cost_hours(tmp_path):
    data = "".join(f"<Data name='k'><value>{at}</value></Data>" for at in range(2_001))
    kml = builders.kml(f"<Placemark><ExtendedData>{data}</ExtendedData></Placemark>")
    records = builders.kml("".join(
        f"<Placemark><ExtendedData><Data name='k{at}'><value>1</value></Data></ExtendedData></Placemark>"
        for at in range(2_001)
    ))  # fmt: skip
    leaves = "".join(f"<a{at}>1</a{at}>" for at in range(2_001))
    gpx = made.gpx(f"<trk><extensions>{leaves}</extensions>{made.trkseg(made.CORNERS)}</trk>")
    csv = ";".join(f"c{at}" for at in range(2_001)) + f";wkt\n{'1;' * 2_001}{RING}\n"
    features = collection({"properties": {f"k{at}": 1 for at in range(2_001)}})

    for name, content in (("a.kml", kml), ("b.kml", records), ("x.gpx", gpx), ("x.csv", csv), ("x.geojson", features)):
        with pytest.raises(TooComplex) as caught:
            readers.read(written(tmp_path / name, content))
        assert caught.value.params == {"reason": "columns", "found": caught.value.params["found"], "limit": 2_000}


def test_blank_cells_to_the_edge_of_the_sheet_do_not_count(tmp_path):
    path = written(tmp_path / "x.csv", f"ten;wkt{';' * 16_000}\nmột;{RING}{';' * 16_000}\n")

    assert stored(path, crs="EPSG:4326")[0][0]["ten"] == "một"
