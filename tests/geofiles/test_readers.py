"""Reading: every format, every doubt, every refusal."""

import shutil
import sqlite3
import struct
import unicodedata
import urllib.request
from contextlib import closing, suppress
from pathlib import Path

import pyproj
import pytest
import shapely

from geofiles import crs, encodings, readers, writers
from geofiles.errors import (
    CrsInDoubt,
    EncodingInDoubt,
    LayerInDoubt,
    MissingPart,
    TooManyFeatures,
    UnreadableFile,
    UnsafeArchive,
    UnsupportedCrs,
    UnsupportedFormat,
)
from tests.geofiles import builders

REFERENCE = Path(__file__).parents[3] / "shared/data/reference/fields"
GEOD = pyproj.Geod(ellps="WGS84")


@pytest.fixture
def listener():
    with builders.listening() as found:
        yield found


def largest_shift_m(read, written):
    ours, theirs = (shapely.get_coordinates(shapely.normalize(shapes)) for shapes in (read, written))
    return max(GEOD.inv(ours[:, 0], ours[:, 1], theirs[:, 0], theirs[:, 1])[2])


# --- round trips ---


@pytest.mark.parametrize("system", ["EPSG:4326", "EPSG:5897", "EPSG:9210", "EPSG:3405", "EPSG:4756"])
@pytest.mark.parametrize("kind", ["shapefile", "gpkg"])
def test_written_files_come_back_within_a_millimetre(tmp_path, system, kind):
    batch = builders.plots_batch()
    path = writers.write(batch, tmp_path / f"thửa.{writers.FORMATS[kind]}", kind, crs=system)

    found = readers.read(path)

    assert found.crs == system
    assert largest_shift_m(found.in_wgs84().geometries, batch.geometries) < 0.001
    assert found.column("ten") == builders.NAMES
    assert found.column("dien_tich") == [1.25, None]
    assert found.rows.tolist() == [1, 2]


@pytest.mark.parametrize("kind", ["geojson", "kml"])
def test_text_formats_come_back(tmp_path, kind):
    batch = builders.plots_batch()
    path = writers.write(batch, tmp_path / f"plots.{kind}", kind)

    found = readers.read(path)

    assert found.crs == "EPSG:4326"
    assert largest_shift_m(found.geometries, batch.geometries) < 0.001
    assert found.column("ten") == builders.NAMES


def test_geojson_is_never_written_in_another_system(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "plots.geojson", "geojson")

    assert b'"crs"' not in path.read_bytes()


def test_batches_have_rows_of_the_file_and_can_be_iterated(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "plots.gpkg", "gpkg")

    second = readers.read(path).take([1])

    feature = next(iter(second))
    assert (feature.row, feature.attributes["ten"]) == (2, builders.NAMES[1])
    assert shapely.from_wkb(second.wkb()[0]).equals(builders.PLOTS[1])


@pytest.mark.parametrize(
    ("name", "count", "system"),
    [
        ("ai4smallfarms_vietnam_100.gpkg", 100, "EPSG:32648"),
        ("fr_cadastral_parcels.parquet", 14_971, "EPSG:4326"),
        ("jp_fude_100.parquet", 100, "EPSG:6668"),
        ("rpg_charente_maritime_v1.parquet", 6_548, "EPSG:4326"),
    ],
)
def test_reference_files(name, count, system):
    path = REFERENCE / name
    if not path.exists():
        pytest.skip(f"reference data is not shipped with the project: {path} is not there")

    found = readers.read(path)

    assert len(found) == count
    assert found.crs == system
    assert abs(shapely.total_bounds(found.in_wgs84().geometries)).max() <= 180


# --- shapefiles ---


def test_zip_with_folders_mixed_case_and_mac_leftovers(tmp_path):
    parts = builders.shapefile_parts(tmp_path, crs="EPSG:9210")
    entries = {f"Bản đồ/Xã A/Plots{suffix.upper()}": data for suffix, data in parts.items()}
    path = builders.zip_of(tmp_path / "x.ZIP", {**entries, "__MACOSX/Bản đồ/._Plots.SHP": b"\x00"})

    found = readers.read(path)

    assert (found.layer, found.crs, len(found)) == ("Plots", "EPSG:9210", 2)


def test_several_layers_are_asked_about(tmp_path):
    parts = builders.shapefile_parts(tmp_path)
    entries = {f"{name}{suffix}": data for name in ("a", "b") for suffix, data in parts.items()}
    path = builders.zip_of(tmp_path / "x.zip", entries)

    with pytest.raises(LayerInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["candidates"] == ["a", "b"]
    assert readers.read(path, layer="b").layer == "b"
    assert [layer.name for layer in readers.inspect(path).layers] == ["a", "b"]


@pytest.mark.parametrize("suffix", [".shp", ".shx", ".dbf"])
def test_missing_part_is_named(tmp_path, suffix):
    parts = builders.shapefile_parts(tmp_path)
    del parts[suffix]
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})

    with pytest.raises(MissingPart) as caught:
        readers.read(path)

    assert caught.value.params == {"layer": "plots", "part": suffix}


def test_missing_prj_is_asked_about_with_candidates(tmp_path):
    parts = builders.shapefile_parts(tmp_path, crs="EPSG:5897")
    del parts[".prj"]
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})
    commune = (105.6, 10.4, 105.7, 10.5)

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path, near=commune)

    best = caught.value.params["candidates"][0]
    assert (caught.value.params["reason"], best["id"]) == ("no_prj", "EPSG:5897")
    summary = readers.inspect(path, near=commune).layers[0]
    assert (summary.crs, summary.crs_candidates[0]["id"]) == (None, "EPSG:5897")
    moved = readers.read(path, crs=best["id"]).in_wgs84()
    assert largest_shift_m(moved.geometries, builders.PLOTS) < 0.001


def test_hanoi_1972_prj_is_refused(tmp_path):
    parts = builders.shapefile_parts(tmp_path)
    parts[".prj"] = pyproj.CRS.from_epsg(2044).to_wkt("WKT1_ESRI").encode()
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})

    with pytest.raises(UnsupportedCrs) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == "hanoi_1972"


def test_degrees_in_prj_over_metres_are_asked_about(tmp_path):
    parts = builders.shapefile_parts(tmp_path, crs="EPSG:5897")
    parts[".prj"] = crs.wkt_for_prj("EPSG:4326").encode()
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == "not_degrees"


def test_swapped_axes_are_put_right_when_the_user_says_so(tmp_path):
    batch = builders.plots_batch()
    metres = crs.swap_axes(crs.from_wgs84(batch.geometries, "EPSG:5897"))
    parts = builders.shapefile_parts(tmp_path)
    swapped = writers.write(
        type(batch)(metres, batch.attributes, batch.rows, "EPSG:5897", "x"), tmp_path / "s.zip", "shapefile"
    )

    found = readers.read(swapped, crs="EPSG:5897+swapped")

    assert parts
    assert [notice.code for notice in found.notices] == ["axes_swapped"]
    assert largest_shift_m(found.in_wgs84().geometries, batch.geometries) < 0.001


@pytest.mark.parametrize("encoding", ["UTF-8", "TCVN3", "VNI", "CP1258"])
@pytest.mark.parametrize("cpg", [True, False, "wrong"])
def test_dbf_text_is_right_with_without_and_against_its_cpg(tmp_path, encoding, cpg):
    parts = builders.shapefile_parts(tmp_path, encoding=encoding)
    if cpg is False:
        del parts[".cpg"]
    if cpg == "wrong":
        parts[".cpg"] = b"UTF-8" if encoding != "UTF-8" else b"1258"
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})

    found = readers.read(path)

    assert found.column("ten") == builders.NAMES
    assert found.columns == ("ten", "dien_tich", "so")
    assert found.encoding == encoding


def test_dbf_text_in_doubt_shows_samples(tmp_path):
    parts = builders.shapefile_parts(tmp_path, encoding="UTF-8")
    del parts[".cpg"]
    first, second = (name.encode() for name in builders.NAMES)
    noise = bytes([0xE1, 0xD0, 0xE7]) * 20
    parts[".dbf"] = parts[".dbf"].replace(first, noise[: len(first)]).replace(second, noise[: len(second)])
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{part}": data for part, data in parts.items()})

    with pytest.raises(EncodingInDoubt) as caught:
        readers.read(path)

    assert all(candidate["samples"] for candidate in caught.value.params["candidates"])
    assert readers.inspect(path).layers[0].encoding is None
    assert readers.read(path, encoding="windows-1258").encoding == encodings.CP1258


@pytest.mark.parametrize("part", [".dbf", ".shp"])
def test_header_that_promises_2_to_the_31_is_refused_before_gdal(tmp_path, part):
    parts = builders.shapefile_parts(tmp_path)
    if part == ".dbf":
        parts[part] = parts[part][:4] + struct.pack("<I", 2**31) + parts[part][8:]
    else:
        parts[part] = parts[part][:24] + struct.pack(">i", 2**31 - 1) + parts[part][28:]
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{name}": data for name, data in parts.items()})

    with pytest.raises(UnreadableFile) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == "truncated"


# --- archives ---


@pytest.mark.parametrize("name", ["../../evil.shp", "/etc/evil.shp", "C:\\evil.shp", "C:/evil.shp", "a/../../evil.shp"])
def test_zip_slip_is_refused_and_nothing_is_written(tmp_path, name):
    inside = tmp_path / "a" / "b"
    inside.mkdir(parents=True)
    path = builders.zip_of(inside / "x.zip", {name: b"x"})

    with pytest.raises(UnsafeArchive) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == "path_outside"
    assert sorted(tmp_path.rglob("*evil*")) == []


def test_link_in_zip_is_refused(tmp_path):
    with pytest.raises(UnsafeArchive) as caught:
        readers.read(builders.zip_with_link(tmp_path / "x.zip"))

    assert caught.value.params["reason"] == "link"


@pytest.mark.parametrize(
    ("entries", "reason"),
    [
        ({"plots.shp": bytes(20_000_000)}, "ratio"),
        ({f"{number}.shp": b"" for number in range(1_001)}, "too_many_entries"),
        ({"plots.shp": b"x", "inner.zip": b"PK\x03\x04"}, "nested_archive"),
        ({"plots.shp": b"x", "PLOTS.SHP": b"y"}, "duplicate_entry"),
    ],
)
def test_bombs_are_refused_before_inflating(tmp_path, entries, reason):
    path = builders.zip_of(tmp_path / "x.zip", entries)

    with pytest.raises(UnsafeArchive) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == reason


def test_a_declared_size_that_lies_is_refused(tmp_path):
    path = builders.zip_of(tmp_path / "x.zip", {f"plots{suffix}": bytes(5_000) for suffix in (".shp", ".shx", ".dbf")})
    raw = path.read_bytes()
    path.write_bytes(raw.replace(struct.pack("<I", 5_000), struct.pack("<I", 50)))

    with pytest.raises((UnsafeArchive, UnreadableFile)):
        readers.read(path)


def test_zip_that_is_also_a_page_is_refused(tmp_path):
    path = builders.zip_of(tmp_path / "x.zip", {"plots.shp": b"x"})
    path.write_bytes(path.read_bytes() + b"<html><script>alert(1)</script></html>")

    with pytest.raises(UnreadableFile) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == "trailing_bytes"


# --- what a file is ---


@pytest.mark.parametrize(
    ("name", "content", "found"),
    [
        ("x.geojson", b"<OGRVRTDataSource></OGRVRTDataSource>", "vrt"),
        ("x.kml", b"<OGRVRTDataSource></OGRVRTDataSource>", "vrt"),
        ("x.geojson", b'{"type":"Topology","objects":{}}', "topojson"),
        ("x.geojson", b'{"geometryType":"esriGeometryPolygon","features":[]}', "esrijson"),
        ("x.geojson", b'{"type":"gdal_streamed_alg"}', "json"),
        ("x.geojson", b"a,b\n1,2\n", "text"),
        ("x.gpkg", b"SQLite nonsense", "text"),
        ("x.html", b"<html></html>", "html"),
        ("x.vrt", b"<OGRVRTDataSource></OGRVRTDataSource>", "vrt"),
        ("x.kml", b'<gml:x xmlns:gml="http://www.opengis.net/gml"/>', "gml"),
    ],
)
def test_other_formats_are_refused_by_name(tmp_path, name, content, found):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(UnsupportedFormat) as caught:
        readers.read(path)

    assert caught.value.params["found"] == found


@pytest.mark.parametrize("name", ["x.geojson", "x.zip", "x.gpkg", "x.kml"])
def test_empty_file_is_refused(tmp_path, name):
    (tmp_path / name).touch()

    with pytest.raises(UnreadableFile) as caught:
        readers.read(tmp_path / name)

    assert caught.value.params["reason"] == "empty_file"


@pytest.mark.parametrize("extra", [b"", b"\x00" * 50])
def test_broken_geopackage_is_refused(tmp_path, extra):
    path = tmp_path / "x.gpkg"
    path.write_bytes(b"SQLite format 3\x00" + extra)

    with pytest.raises(UnreadableFile):
        readers.read(path)


def test_no_features_and_too_many_features(tmp_path):
    empty = tmp_path / "empty.geojson"
    empty.write_text('{"type":"FeatureCollection","features":[]}')
    full = writers.write(builders.plots_batch(), tmp_path / "plots.gpkg", "gpkg")

    with pytest.raises(UnreadableFile) as no_features:
        readers.read(empty)
    with pytest.raises(TooManyFeatures) as too_many:
        readers.read(full, max_features=1)

    assert no_features.value.params["reason"] == "no_features"
    assert too_many.value.params == {"found": 2, "limit": 1}


# --- network ---


def test_the_listener_hears_connections(listener):
    with suppress(OSError):
        urllib.request.urlopen(listener.url(), timeout=2)

    assert listener.connections == 1


@pytest.mark.parametrize("name", ["x.geojson", "x.kml", "x.zip"])
def test_vrt_in_disguise_does_not_connect(tmp_path, listener, name):
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/vsicurl/{listener.url("a.geojson")}'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    path = tmp_path / name
    path.write_text(vrt)
    if name.endswith("zip"):
        builders.zip_of(path, {"x.geojson": vrt.encode(), "x.vrt": vrt.encode()})

    with pytest.raises(UnsupportedFormat):
        readers.read(path)

    assert listener.connections == 0


@pytest.mark.parametrize("escaped", [False, True])
def test_crs_link_in_geojson_does_not_connect(tmp_path, listener, escaped):
    link = {"type": "link", "properties": {"href": listener.url("crs"), "type": "ogcwkt"}}
    text = builders.geojson(crs=link)
    geometry_too = text.replace(
        '"type": "Polygon"',
        f'"crs": {{"type":"link","properties":{{"href":"{listener.url()}"}}}}, "type": "Polygon"',
    )
    path = tmp_path / "x.geojson"
    path.write_text(geometry_too.replace('"crs"', '"\\u0063rs"') if escaped else geometry_too)

    found = readers.read(path)

    assert found.crs == "EPSG:4326"
    assert [notice.code for notice in found.notices] == ["crs_member_ignored"]
    assert listener.connections == 0


def test_kml_network_link_and_icon_do_not_connect(tmp_path, listener):
    body = (
        f"<NetworkLink><Link><href>{listener.url('a.kml')}</href></Link></NetworkLink>"
        f'<Style id="s"><IconStyle><Icon><href>{listener.url("i.png")}</href></Icon></IconStyle></Style>'
    )
    path = tmp_path / "x.kml"
    path.write_text(builders.kml(body + builders.PLACEMARK))

    found = readers.read(path)

    assert [notice.code for notice in found.notices] == ["network_links_ignored"]
    assert listener.connections == 0


def test_geopackage_with_an_address_as_system_does_not_connect(tmp_path, listener):
    path = writers.write(builders.plots_batch(), tmp_path / "x.gpkg", "gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute(
            "UPDATE gpkg_spatial_ref_sys SET organization='x', definition=? WHERE srs_id=4326",
            [listener.url("wkt")],
        )
        database.commit()

    with pytest.raises(CrsInDoubt):
        readers.read(path)

    assert listener.connections == 0


# --- GeoJSON ---


def test_named_crs_is_honoured_and_unknown_one_asked_about(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(builders.geojson(crs={"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}))
    other = tmp_path / "y.geojson"
    other.write_text(builders.geojson(crs={"type": "name", "properties": {"name": "My system"}}))

    assert readers.read(path).crs == "EPSG:4326"
    with pytest.raises(CrsInDoubt):
        readers.read(other)


def test_property_called_crs_survives(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(builders.geojson().replace('"ten"', '"crs"'))

    assert readers.read(path).column("crs") == ["Xoài"]


def test_metres_without_crs_are_asked_about(tmp_path):
    path = tmp_path / "x.geojson"
    text = builders.geojson()
    for degrees, metres in (
        ("105.631", "569100"),
        ("105.63", "569000"),
        ("10.451", "1156900"),
        ("10.45", "1156800"),
    ):
        text = text.replace(degrees, metres)
    path.write_text(text)

    with pytest.raises(CrsInDoubt) as caught:
        readers.read(path, near=(105.63, 10.46))

    assert caught.value.params["candidates"][0]["id"] == "EPSG:5897"
    assert readers.read(path, crs="EPSG:5897").in_wgs84().geometries[0].bounds[1] == pytest.approx(10.46, abs=0.01)


def test_byte_order_mark_nfd_and_latin1(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_bytes(
        b"\xef\xbb\xbf"
        + unicodedata.normalize(
            "NFD",
            '{"type":"Feature","properties":{"ten":"Đồng Tháp"},"geometry":{"type":"Point","coordinates":[105,10]}}',
        ).encode()
    )
    latin = tmp_path / "y.geojson"
    latin.write_bytes('{"type":"Feature","properties":{"ten":"Hà"},"geometry":null}'.encode("latin-1"))

    assert readers.read(path).column("ten") == ["Đồng Tháp"]
    with pytest.raises(UnreadableFile) as caught:
        readers.read(latin)
    assert caught.value.params["reason"] == "not_utf8"


def test_tcvn3_inside_geojson_is_put_right(tmp_path):
    path = tmp_path / "x.geojson"
    path.write_text(builders.geojson().replace("Xo\\u00e0i", "Qu¶ng TrÞ, Thõa Thiªn HuÕ, An §«n"), "utf-8")

    found = readers.read(path)

    assert found.column("ten") == ["Quảng Trị, Thừa Thiên Huế, An Đôn"]
    assert [(notice.code, notice.params) for notice in found.notices] == [("encoding_detected", {"encoding": "TCVN3"})]


# --- KML ---


def test_kml_folders_are_a_column_and_html_is_text(tmp_path):
    inner = f"<Folder><name>Trong</name>{builders.PLACEMARK}</Folder>"
    path = tmp_path / "x.kml"
    path.write_text(builders.kml(f"<Folder><name>Ngoài</name>{builders.PLACEMARK}{inner}</Folder>"))

    found = readers.read(path)

    assert (found.layer, found.column("folder")) == ("D", ["Ngoài", "Ngoài/Trong"])
    assert (found.column("description"), found.column("giong")) == (["Xoài"] * 2, ["Cát Chu"] * 2)


def test_kmz(tmp_path):
    data = builders.kml(builders.PLACEMARK).encode()
    path = builders.zip_of(tmp_path / "x.kmz", {"doc.kml": data, "files/photo.png": b"\x89PNG"})

    assert readers.read(path).column("Name") == ["Thửa 1"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            builders.kml(builders.PLACEMARK, '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "doctype",
        ),
        (builders.kml("<Folder>" * 20_000 + "</Folder>" * 20_000), "nested_too_deep"),
        (builders.kml("<Folder>"), "damaged"),
        (builders.kml("<Folder/>"), "no_features"),
    ],
)
def test_bad_kml_is_refused(tmp_path, text, reason):
    path = tmp_path / "x.kml"
    path.write_text(text)

    with pytest.raises(UnreadableFile) as caught:
        readers.read(path)

    assert caught.value.params["reason"] == reason


# --- GeoPackage ---


def test_views_of_a_geopackage_are_not_layers_and_triggers_do_not_run(tmp_path):
    path = writers.write(builders.plots_batch(layer="plots"), tmp_path / "x.gpkg", "gpkg")
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE VIEW sly AS SELECT * FROM plots")
        database.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('sly','features','sly',4326)"
        )
        database.execute("INSERT INTO gpkg_geometry_columns VALUES ('sly','geofiles_geometry','POLYGON',4326,0,0)")
        database.commit()
    before = path.read_bytes()
    shutil.copy(path, tmp_path / "copy.gpkg")

    found = readers.inspect(path)

    assert [layer.name for layer in found.layers] == ["plots"]
    assert path.read_bytes() == before
    assert sorted(child.name for child in tmp_path.iterdir()) == ["copy.gpkg", "x.gpkg"]


def test_inspect_describes_fields(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "x.zip", "shapefile", crs="EPSG:5897")

    summary = readers.inspect(path)

    layer = summary.layers[0]
    assert (summary.format, layer.features, layer.geometry_types) == ("shapefile", 2, ("Polygon",))
    assert [(field.name, field.kind) for field in layer.fields] == [
        ("ten", "text"), ("dien_tich", "number"), ("so", "integer"),
    ]  # fmt: skip
    assert layer.fields[0].samples == tuple(builders.NAMES)
    assert layer.crs == "EPSG:5897"


def test_uploads_under_another_name_are_told_by_their_own(tmp_path):
    path = writers.write(builders.plots_batch(), tmp_path / "x.zip", "shapefile")
    upload = path.rename(tmp_path / "0b5c.upload")

    assert len(readers.read(upload, filename="Thửa đất.zip")) == 2
    with pytest.raises(UnsupportedFormat):
        readers.read(upload, filename="Thửa đất.geojson")
