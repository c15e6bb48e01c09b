"""GPX of a walk, and KML: folders, schemas, tracks, what Google Earth and telephones write."""

import unicodedata

import pytest
import shapely

from geofiles import geometry, readers
from geofiles.errors import LayerInDoubt, UnreadableFile
from tests.geofiles import builders
from tests.geofiles import format_builders as made

SQUARE = shapely.Polygon(made.CORNERS)
WALK = [*made.CORNERS, (105.6301, 10.4501)]  # about 15 m from its start


def written(path, text):
    path.write_text(text, "utf-8")
    return path


def codes_of(batch):
    return {notice.code: notice.params for notice in batch.notices}


# --- GPX ---


def test_a_walk_whose_ends_meet_becomes_a_plot(tmp_path):
    path = written(
        tmp_path / "x.gpx", made.gpx(f"<trk><name>Thửa 5</name><desc>Vườn xoài</desc>{made.trkseg(WALK)}</trk>")
    )

    found = readers.read(path)

    assert (found.layer, found.crs, codes_of(found)) == ("tracks", "EPSG:4326", {"track_closed": {"features": 1}})
    assert found.geometries[0].geom_type == "Polygon"
    assert found.geometries[0].has_z
    assert found.attributes.to_pylist() == [
        {"name": "Thửa 5", "desc": "Vườn xoài", "time": "2026-11-22T01:00:00Z"}
    ]  # fmt: skip


def test_a_walk_along_a_road_stays_a_line_and_is_refused_by_its_row(tmp_path):
    road = [(105.63, 10.45), (105.64, 10.45), (105.65, 10.46)]
    path = written(tmp_path / "x.gpx", made.gpx(f"<trk>{made.trkseg(road)}</trk>"))

    found = readers.read(path)

    problem = geometry.prepare_polygons(found.geometries).problems[0]
    assert (found.geometries[0].geom_type, codes_of(found)) == ("LineString", {})
    assert (problem.code, problem.params["found"]) == ("wrong_geometry_type", "LineString")


def test_ends_within_a_twentieth_of_a_long_walk_close_it(tmp_path):
    long = [(105.60, 10.40), (105.70, 10.40), (105.70, 10.50), (105.60, 10.50), (105.60, 10.41)]  # 43 km, gap 1.1 km
    path = written(tmp_path / "x.gpx", made.gpx(f"<trk>{made.trkseg(long)}</trk>"))

    found = readers.read(path)

    assert found.geometries[0].geom_type == "Polygon"


def test_each_segment_of_a_track_is_a_feature(tmp_path):
    two = made.trkseg(made.CORNERS) + made.trkseg([(x + 0.01, y) for x, y in made.CORNERS]) + "<trkseg/>"
    path = written(tmp_path / "x.gpx", made.gpx(f"<trk><name>Hai thửa</name>{two}</trk>"))

    found = readers.read(path)

    assert (found.column("name"), found.column("segment")) == (["Hai thửa"] * 2, [1, 2])


def test_extensions_and_routes_are_kept_and_layers_asked_about(tmp_path):
    route = "<rte><name>R</name>" + "".join(f'<rtept lon="{x}" lat="{y}"/>' for x, y in made.CORNERS) + "</rte>"
    extended = f"<trk><extensions><v:note xmlns:v='u'>đã đo</v:note></extensions>{made.trkseg(WALK)}</trk>"
    path = written(tmp_path / "x.gpx", made.gpx(extended + route))

    with pytest.raises(LayerInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["layers"] == [
        {"name": "tracks", "features": 1, "geometry_types": ["Polygon"]},
        {"name": "routes", "features": 1, "geometry_types": ["LineString"]},
    ]
    assert readers.read(path, layer="tracks").column("note") == ["đã đo"]


def test_waypoints_of_one_name_make_a_plot_in_their_order(tmp_path):
    first = [made.waypoint(x, y, f"A{at}", "user") for at, (x, y) in enumerate(made.CORNERS, 1)]
    second = [made.waypoint(x + 0.01, y, f"Thửa 5-{at}", "user") for at, (x, y) in enumerate(made.CORNERS[:3], 1)]
    path = written(tmp_path / "x.gpx", made.gpx("".join(first + second)))

    found = readers.read(path)

    assert (found.column("name"), found.column("points")) == (["A", "Thửa 5"], [4, 3])
    assert found.geometries[0].equals(SQUARE)


def test_waypoints_of_one_type_make_a_plot_whatever_their_names(tmp_path):
    names = ["gốc xoài", "cầu", "góc ao", "bờ"]
    body = "".join(made.waypoint(x, y, name, "Thửa 7") for name, (x, y) in zip(names, made.CORNERS, strict=True))
    path = written(tmp_path / "x.gpx", made.gpx(body))

    found = readers.read(path)

    assert (found.column("name"), len(found)) == (["Thửa 7"], 1)


def test_numbers_alone_are_the_corners_of_one_plot_named_by_the_file(tmp_path):
    body = "".join(made.waypoint(x, y, f"{at:03d}") for at, (x, y) in enumerate(made.CORNERS, 1))
    path = written(tmp_path / "Thửa ông Ba.gpx", made.gpx(body))

    assert readers.read(path).column("name") == ["Thửa ông Ba"]


def test_waypoints_that_belong_to_nothing_are_points_refused_with_a_reason(tmp_path):
    body = made.waypoint(105.63, 10.45, "Nhà") + made.waypoint(105.64, 10.45) + made.waypoint(105.64, 10.46)
    path = written(tmp_path / "x.gpx", made.gpx(body))

    found = readers.read(path)

    problems = geometry.prepare_polygons(found.geometries).problems
    assert {problem.code for problem in problems} == {"wrong_geometry_type"}
    assert {problem.params["found"] for problem in problems} == {"Point"}


@pytest.mark.parametrize(
    ("body", "reason"),
    [("", "no_features"), ("<trk>", "damaged"), ("<trk><trkseg/></trk>", "no_features")],
    ids=["empty", "cut", "no points"],
)
def test_gpx_without_anything_is_refused(tmp_path, body, reason):
    with pytest.raises(UnreadableFile) as caught:
        readers.read(written(tmp_path / "x.gpx", made.gpx(body)))

    assert caught.value.params["reason"] == reason


def test_a_track_with_a_point_that_is_no_number_is_that_rows_problem(tmp_path):
    bad = '<trkseg><trkpt lon="x" lat="10"/><trkpt lon="105" lat="10"/></trkseg>'
    path = written(tmp_path / "x.gpx", made.gpx(f"<trk>{bad}{made.trkseg(WALK)}</trk>"))

    found = readers.read(path)

    assert (found.geometries[0], found.unreadable, found.geometries[1].geom_type) == (None, (1,), "Polygon")


# --- KML ---

COORDINATES = "105.63,10.45 105.631,10.45 105.631,10.451 105.63,10.45"


def placemark(body, name="Thửa"):
    return f"<Placemark><name>{name}</name>{body}</Placemark>"


def polygon(coordinates=COORDINATES):
    ring = f"<LinearRing><coordinates>{coordinates}</coordinates></LinearRing>"
    return f"<Polygon><outerBoundaryIs>{ring}</outerBoundaryIs></Polygon>"


def test_schema_gives_types_and_bad_values_stay_text(tmp_path):
    schema = (
        '<Schema id="s"><SimpleField type="int" name="so"/><SimpleField type="double" name="ha"/>'
        '<SimpleField type="int" name="ma"/><SimpleField type="string" name="giong"/></Schema>'
    )
    data = (
        '<ExtendedData><SchemaData schemaUrl="#s"><SimpleData name="so">7</SimpleData>'
        '<SimpleData name="ha">1.5</SimpleData>'
        '<SimpleData name="ma">{ma}</SimpleData><SimpleData name="giong">Cát Chu</SimpleData></SchemaData>'
        "</ExtendedData>"
    )
    body = "".join(placemark(data.format(ma=ma) + polygon()) for ma in ("12", "12A"))
    path = written(tmp_path / "x.kml", builders.kml(schema + body))

    found = readers.read(path)

    assert (found.column("so"), found.column("ha")) == ([7, 7], [1.5, 1.5])
    assert (found.column("ma"), found.column("giong")) == (["12", "12A"], ["Cát Chu"] * 2)


def test_kmz_keeps_to_its_document_and_its_pictures_are_not_read(tmp_path):
    data = builders.kml(placemark(polygon())).encode()
    entries = {"files/a.png": b"\x89PNG", "files/other.kml": b"<kml/>", "doc.kml": data, "overlay.tif": b"II*\x00"}

    found = readers.read(builders.zip_of(tmp_path / "x.kmz", entries))

    assert (len(found), found.column("Name")) == (1, ["Thửa"])


def test_several_kml_in_a_zip_are_layers_to_choose_from(tmp_path):
    data = builders.kml(placemark(polygon())).encode()
    path = builders.zip_of(tmp_path / "x.zip", {"Xã A/a.kml": data, "Xã B/b.kml": data})

    with pytest.raises(LayerInDoubt) as caught:
        readers.read(path)

    assert caught.value.params["candidates"] == ["D", "D (2)"]
    assert len(readers.read(path, layer="D (2)")) == 1


def test_d11_gx_track_is_a_walk(tmp_path):
    coords = "".join(f"<gx:coord>{x} {y} 1.5</gx:coord>" for x, y in made.CORNERS)
    track = (
        f'<gx:Track xmlns:gx="http://www.google.com/kml/ext/2.2"><when>2026-11-22T01:00:00Z</when>{coords}</gx:Track>'
    )
    path = written(tmp_path / "x.kml", builders.kml(placemark(track)))

    found = readers.read(path)

    assert found.geometries[0].geom_type == "LineString"  # 111 m apart on a walk of 331 m
    closed = coords + "<gx:coord>105.63 10.45 1.5</gx:coord>"
    again = readers.read(written(path, path.read_text().replace(coords, closed)))
    assert (again.geometries[0].geom_type, codes_of(again)) == ("Polygon", {"track_closed": {"features": 1}})


def test_a_drawn_path_that_its_author_closed_is_a_plot(tmp_path):
    closed = f"<LineString><coordinates>{COORDINATES}</coordinates></LineString>"
    open_path = "<LineString><coordinates>105.63,10.45 105.64,10.45</coordinates></LineString>"
    path = written(tmp_path / "x.kml", builders.kml(placemark(closed) + placemark(open_path)))

    found = readers.read(path)

    assert [shape.geom_type for shape in found.geometries] == ["Polygon", "LineString"]


def test_kml_with_holes_several_parts_heights_and_blanks(tmp_path):
    ring = "105.6303,10.4502,0 105.6305,10.4502,0 105.6305,10.4504,0"
    hole = f"<innerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></innerBoundaryIs>"
    with_hole = polygon("105.63, 10.45,0\n105.631, 10.45,0\n105.631,10.451,0 105.63,10.451,0").replace(
        "</Polygon>", f"{hole}</Polygon>"
    )
    body = placemark(f"<MultiGeometry>{with_hole}{polygon('105.65,10.45 105.66,10.45 105.66,10.46')}</MultiGeometry>")
    path = written(tmp_path / "x.kml", builders.kml(body + placemark(polygon("a,b c,d")) + placemark("")))

    found = readers.read(path)

    assert (found.geometries[0].geom_type, found.geometries[0].has_z) == ("MultiPolygon", False)
    assert len(found.geometries[0].geoms[0].interiors) == 1
    assert (found.geometries[1], found.geometries[2], found.unreadable) == (None, None, (2,))


def test_kml_in_utf16_and_nfd_comes_as_nfc(tmp_path):
    text = builders.kml(placemark(polygon(), name=unicodedata.normalize("NFD", "Mỹ Ngãi")))
    path = tmp_path / "x.kml"
    path.write_bytes(text.replace("UTF-8", "UTF-16").encode("utf-16"))

    assert readers.read(path).column("Name") == ["Mỹ Ngãi"]
