"""FlatGeobuf, MapInfo, DXF, GeoJSON sequences, the kinds of GeoParquet."""

import json
import unicodedata

import pyarrow as pa
import pyproj
import pytest
import shapely

from geofiles import crs, encodings, readers
from geofiles.errors import CrsInDoubt, MissingPart, UnreadableFile, UnsupportedFormat, WrongGeometryType
from tests.geofiles import builders
from tests.geofiles import format_builders as made


def written(path, text):
    path.write_text(text, "utf-8")
    return path


def codes_of(batch):
    return {notice.code: notice.params for notice in batch.notices}


# --- FlatGeobuf ---


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:5897", "EPSG:32648"])
def test_flatgeobuf_comes_back_with_its_system(tmp_path, system):
    path = made.flatgeobuf(tmp_path / "x.fgb", crs=system)

    found = readers.read(path)

    assert (found.crs, sorted(found.column("ten"))) == (system, sorted(builders.NAMES))


def test_flatgeobuf_without_a_system_is_asked_about(tmp_path):
    path = made.flatgeobuf(tmp_path / "x.fgb", crs=None)

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["candidates"][0]["id"] == "EPSG:4326"


# --- MapInfo ---


def mapinfo_zip(folder, parts, name="THUA"):
    return builders.zip_of(folder / "x.zip", {f"Bản đồ/{name}{suffix.upper()}": data for suffix, data in parts.items()})


@pytest.mark.parametrize("kind", ["tab", "mif"])
def test_mapinfo_sets_with_folders_and_capitals(tmp_path, kind):
    parts = made.tab_parts(tmp_path) if kind == "tab" else made.mif_parts()

    found = readers.read(mapinfo_zip(tmp_path, parts))

    assert (found.layer, found.crs, found.column("ten"), found.column("so")) == (
        "THUA", "EPSG:4326", builders.NAMES, [1, 2],
    )  # fmt: skip
    assert shapely.equals_exact(found.geometries, builders.PLOTS, 1e-6, normalize=True).all()


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("WindowsVietnamese", "CP1258"), ("Neutral", "TCVN3"), ("WindowsLatin1", "VNI"), ("Neutral", "CP1258"),
        ("UTF-8", "UTF-8"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["tab", "mif"])
def test_mapinfo_text_is_right_whatever_its_header_says(tmp_path, kind, charset, encoding):
    def encode(name):
        return encodings.encode(name, encoding)

    parts = (
        made.tab_parts(tmp_path, encode=encode, charset=charset.encode())
        if kind == "tab"
        else made.mif_parts(encode=encode, charset=charset)
    )

    found = readers.read(mapinfo_zip(tmp_path, parts))

    assert (found.column("ten"), found.encoding) == (builders.NAMES, encoding)


@pytest.mark.parametrize(("kind", "part"), [("tab", ".dat"), ("tab", ".map"), ("tab", ".id"), ("mif", ".mid")])
def test_d4_missing_part_of_a_mapinfo_set_is_named(tmp_path, kind, part):
    parts = made.tab_parts(tmp_path) if kind == "tab" else made.mif_parts()
    del parts[part]

    with pytest.raises(MissingPart) as caught:
        readers.read(mapinfo_zip(tmp_path, parts))

    assert caught.value.params == {"layer": "THUA", "part": part, "reason": "mapinfo"}


@pytest.mark.parametrize(("kind", "head", "part"), [("tab", ".tab", ".dat"), ("mif", ".mif", ".mid")])
def test_d4_mapinfo_head_alone_names_what_is_missing(tmp_path, kind, head, part):
    parts = made.tab_parts(tmp_path) if kind == "tab" else made.mif_parts()
    path = tmp_path / f"Thửa{head}"
    path.write_bytes(parts[head])

    with pytest.raises(MissingPart) as caught:
        readers.read(path)

    assert caught.value.params == {"layer": "Thửa", "part": part, "reason": "mapinfo"}


def test_mapinfo_transverse_mercator_of_vn2000_is_recognised_or_asked_about(tmp_path):
    coordsys = 'Earth Projection 8, 104, "m", 105, 0, 0.9999, 500000, 0'
    parts = made.mif_parts(coordsys=coordsys)
    metres = crs.from_wgs84(builders.PLOTS, "EPSG:5897")
    text = parts[".mif"].decode()
    for degrees, east_north in zip(builders.PLOTS, metres, strict=True):
        for (lon, lat), (east, north) in zip(degrees.exterior.coords, east_north.exterior.coords, strict=True):
            text = text.replace(f"\n{lon} {lat}\n", f"\n{east:.3f} {north:.3f}\n")
    parts[".mif"] = text.encode()
    path = mapinfo_zip(tmp_path, parts)

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path, near=(105.6, 10.4, 105.7, 10.5))

    assert caught.value.params["candidates"][0]["id"] == "EPSG:5897"


@pytest.mark.parametrize(
    "header",
    [
        b'!table\n!version 300\nDefinition Table\n  Type LINKED Charset "Neutral"\n',
        b'!table\n!version 300\nDefinition Table\n  File "//server/share/x.dbf"\n  Type DBF\n',
        b'!table\n!version 300\nOpen Table "/etc/passwd" Hide\nCreate View v As Select * From a,b Where a.x=b.y\n',
        b"!table\n!version 300\nDefinition Table\n Type NATIVE\n Fields 1\n  Table Char (250)\nbegin_metadata\n"
        b'"\\IsSeamless" = "TRUE"\nend_metadata\n',
    ],
    ids=["linked", "dbf elsewhere", "view", "seamless"],
)
def test_a_tab_that_points_elsewhere_is_refused_by_name(tmp_path, header):
    parts = made.tab_parts(tmp_path) | {".tab": header}

    with pytest.raises(UnsupportedFormat) as caught:
        readers.read(mapinfo_zip(tmp_path, parts))

    assert caught.value.params["found"] == "mapinfo_link"


def test_d7_mapinfo_header_of_2_to_the_31_records_is_refused(tmp_path):
    parts = made.tab_parts(tmp_path)
    parts[".dat"] = parts[".dat"][:4] + (2**31).to_bytes(4, "little") + parts[".dat"][8:]

    with pytest.raises(UnreadableFile) as caught:
        readers.read(mapinfo_zip(tmp_path, parts))

    assert caught.value.params["reason"] == "truncated"


# --- DXF ---


def metres_of(shape, system="EPSG:5897"):
    return [(round(x, 3), round(y, 3)) for x, y in crs.from_wgs84([shape], system)[0].exterior.coords[:-1]]


def test_closed_polylines_of_a_drawing_are_plots_labelled_by_the_nearest_text(tmp_path):
    first, second = (metres_of(shape) for shape in builders.PLOTS)
    middle = [sum(values) / len(first) for values in zip(*first, strict=True)]
    path = written(
        tmp_path / "x.dxf",
        made.dxf(
            made.polyline(first),
            made.polyline(second, layer="THUA 2"),
            made.polyline(first, closed=False, layer="DUONG"),
            made.label(middle[0] + 20, middle[1], "12 345 m2"),
            made.label(middle[0], middle[1], "Thửa 17"),
            made.label(0, 0, "Tỷ lệ 1:500"),
        ),
    )

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path, near=(105.6, 10.4, 105.7, 10.5))
    found = readers.read(path, crs="EPSG:5897")

    assert (caught.value.params["reason"], caught.value.params["candidates"][0]["id"]) == ("no_crs", "EPSG:5897")
    assert (found.column("label"), found.column("Layer")) == (["Thửa 17", None], ["THUA", "THUA 2"])
    assert codes_of(found) == {"drawing_left_out": {"entities": 1}}
    assert (shapely.hausdorff_distance(found.in_wgs84().geometries, builders.PLOTS) < 2e-8).all()  # millimetres


def test_a_hatch_is_a_plot_only_where_no_line_closes(tmp_path):
    points = metres_of(builders.PLOTS[0])
    both = written(tmp_path / "x.dxf", made.dxf(made.polyline(points), made.hatch(points)))
    alone = written(tmp_path / "y.dxf", made.dxf(made.polyline(points, closed=False), made.hatch(points)))

    assert readers.read(both, crs="EPSG:5897").column("Layer") == ["THUA"]
    assert readers.read(alone, crs="EPSG:5897").column("Layer") == ["TO_MAU"]


def test_a_drawing_in_an_old_code_page_is_read_right(tmp_path):
    points = metres_of(builders.PLOTS[0])
    middle = [sum(values) / len(points) for values in zip(*points, strict=True)]
    name = "Xoài Cát Chu Cao Lãnh, Mỹ Ngãi"
    text = made.dxf(made.polyline(points), made.label(*middle, "@"))
    path = tmp_path / "x.dxf"
    path.write_bytes(text.encode().replace(b"@", encodings.encode(name, "TCVN3")))

    found = readers.read(path, crs="EPSG:5897")

    assert (found.column("label"), found.encoding) == ([name], "TCVN3")


def test_a_drawing_without_a_closed_line_says_what_it_holds(tmp_path):
    path = written(tmp_path / "x.dxf", made.dxf(made.polyline(made.CORNERS, closed=False)))

    with pytest.raises(WrongGeometryType) as caught:
        readers.read(path)

    assert caught.value.params["found"] == ["LineString"]


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [("x.dxf", b"AutoCAD Binary DXF\r\n\x1a\x00" + bytes(40), "binary_dxf"), ("x.dxf", b"AC1027" + bytes(99), "dwg")],
    ids=["binary", "dwg"],
)
def test_drawings_that_are_not_read_are_named(tmp_path, name, content, found):
    (tmp_path / name).write_bytes(content)

    with pytest.raises(UnsupportedFormat) as caught:
        readers.read(tmp_path / name)

    assert caught.value.params["found"] == found


# --- GeoJSON sequences ---


@pytest.mark.parametrize("separator", ["", "\x1e"], ids=["newlines", "RFC 8142"])
def test_a_sequence_of_features_is_read(tmp_path, separator):
    feature = json.loads(builders.geojson())["features"][0]
    lines = [json.dumps(feature | {"properties": {"ten": name}}) for name in builders.NAMES]
    path = written(tmp_path / "x.geojsonl", "".join(f"{separator}{line}\n" for line in lines))

    found = readers.read(path)

    assert (found.column("ten"), found.crs) == (builders.NAMES, "EPSG:4326")


def test_a_broken_line_of_a_sequence_is_named(tmp_path):
    line = json.dumps(json.loads(builders.geojson())["features"][0])
    path = written(tmp_path / "x.ndjson", f"{line}\n{line}\n{line[:-3]}\n")

    with pytest.raises(UnreadableFile) as caught:
        readers.read(path)

    assert (caught.value.params["reason"], caught.value.params["line"]) == ("damaged", 3)


# --- GeoParquet ---


def test_parquet_without_crs_is_wgs84_and_with_null_is_asked_about(tmp_path):
    absent = made.parquet(tmp_path / "a.parquet")
    null = made.parquet(tmp_path / "b.parquet", crs=None)

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(null)

    assert readers.read(absent).crs == "EPSG:4326"
    assert (caught.value.params["reason"], caught.value.params["candidates"][0]["id"]) == ("no_crs", "EPSG:4326")


@pytest.mark.parametrize("with_id", [True, False])
@pytest.mark.parametrize("system", ["EPSG:9210", "EPSG:32648"])
def test_parquet_projjson_is_recognised_with_and_without_its_id(tmp_path, system, with_id):
    described = pyproj.CRS(system).to_json_dict()
    if not with_id:
        del described["id"]
    shapes = pa.array(shapely.to_wkb(crs.from_wgs84(builders.PLOTS, system)).tolist(), pa.binary())
    path = made.parquet(tmp_path / "x.parquet", crs=described, column=shapes)

    found = readers.read(path)

    assert found.crs == system
    assert shapely.equals_exact(found.in_wgs84().geometries, builders.PLOTS, 1e-8).all()


@pytest.mark.parametrize("described", [{"type": "x"}, "EPSG:4326 or so", {"id": {"authority": "X", "code": 1}}, 7])
def test_parquet_with_nonsense_for_a_system_is_asked_about(tmp_path, described):
    with pytest.raises(CrsInDoubt):
        readers.read(made.parquet(tmp_path / "x.parquet", crs=described))


def test_parquet_boxes_and_second_geometries_are_no_attributes(tmp_path):
    box = [{"xmin": 1.0, "ymin": 1.0, "xmax": 2.0, "ymax": 2.0}] * 2
    centres = [shapely.to_wkb(shape.centroid) for shape in builders.PLOTS]
    path = made.parquet(tmp_path / "x.parquet", extra={"bbox": box, "centroid": centres})

    found = readers.read(path)

    assert found.columns == ("ten",)
    assert codes_of(found) == {"columns_dropped": {"names": ["centroid"]}}


def test_parquet_text_as_a_dictionary_is_text(tmp_path):
    kinds = pa.array([unicodedata.normalize("NFD", "Xoài"), None]).dictionary_encode()

    found = readers.read(made.parquet(tmp_path / "x.parquet", extra={"loai": kinds}))

    assert found.column("loai") == ["Xoài", None]


@pytest.mark.parametrize("encoding", ["point", "polygon", "multipolygon", "WKT"])
def test_parquet_with_another_encoding_is_refused_by_name(tmp_path, encoding):
    with pytest.raises(UnreadableFile) as caught:
        readers.read(made.parquet(tmp_path / "x.parquet", encoding=encoding))

    assert (caught.value.params["reason"], caught.value.params["encoding"]) == ("geometry_not_wkb", encoding)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"geo": False}, "not_geoparquet"), ({"primary": "elsewhere"}, "not_geoparquet"),
        ({"column": [[[1.0, 2.0]], [[1.0, 2.0]]]}, "geometry_not_wkb"),
    ],
    ids=["no metadata", "no such column", "lists called WKB"],
)  # fmt: skip
def test_parquet_that_lies_about_its_geometry_is_refused(tmp_path, options, reason):
    with pytest.raises(UnreadableFile) as caught:
        readers.read(made.parquet(tmp_path / "x.parquet", **options))

    assert caught.value.params["reason"] == reason
