"""Our own ground: water and roads that the operator loads, as tiles and GeoJSON."""

import json

import pytest
from django.core.management import CommandError, call_command

from maps.base_features import BaseFeature
from maps.basemap_load import load_basemap
from tests.maps.conftest import LAT, LON, tile_url

pytestmark = pytest.mark.django_db
SOURCE = "Sở Thử, 2026"


def line(*points, **properties):
    return {"type": "Feature", "properties": properties, "geometry": {"type": "LineString", "coordinates": points}}


def area(west, south, side, **properties):
    ring = [[west, south], [west + side, south], [west + side, south + side], [west, south + side], [west, south]]
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": [ring]}}


@pytest.fixture
def file_of(tmp_path):
    """Return a function that writes features into a GeoJSON file."""

    def write(*features, name="nen.geojson"):
        path = tmp_path / name
        path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features)}), encoding="utf-8")
        return path

    return write


def test_roads_come_by_their_class(file_of, features):
    path = file_of(
        line([LON, LAT], [LON + 0.05, LAT], highway="primary", ten="Quốc lộ 30"),
        line([LON, LAT], [LON, LAT + 0.01], highway="residential", ten="Đường số 1"),
    )

    loaded = load_basemap(path, kind="road", source=SOURCE, name_column="ten", class_column="highway")

    assert (loaded.drawn, loaded.left_out) == (2, 0)
    assert [one["properties"]["name"] for one in features("base", 9)["road"]] == ["Quốc lộ 30"]
    assert {one["properties"]["name"] for one in features("base", 13)["road"]} == {"Quốc lộ 30", "Đường số 1"}


def test_water_comes_by_its_size(file_of, features):
    path = file_of(area(LON, LAT, 0.2, name="Hồ lớn"), area(LON + 0.001, LAT + 0.001, 0.002, name="Ao"))

    load_basemap(path, kind="water", source=SOURCE, name_column="name")

    assert [one["properties"]["name"] for one in features("base", 8, lon=LON + 0.01, lat=LAT + 0.01)["water"]] == [
        "Hồ lớn"
    ]
    near = features("base", 14, lon=LON + 0.002, lat=LAT + 0.002)["water"]
    assert {one["properties"]["name"] for one in near} == {"Hồ lớn", "Ao"}


def test_the_same_source_again_replaces_and_another_adds(file_of):
    first = file_of(line([LON, LAT], [LON + 0.1, LAT]), line([LON, LAT], [LON, LAT + 0.1]))
    second = file_of(line([LON, LAT], [LON + 0.1, LAT + 0.1]), name="khac.geojson")
    load_basemap(first, kind="road", source=SOURCE)

    again = load_basemap(first, kind="road", source=SOURCE)
    other = load_basemap(second, kind="road", source="Nguồn khác")

    assert (again.replaced, again.drawn, other.replaced) == (2, 2, 0)
    assert BaseFeature.objects.count() == 3


def test_points_empty_shapes_and_far_away_are_left_out_and_counted(file_of):
    point = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [LON, LAT]}}
    nothing = {"type": "Feature", "properties": {}, "geometry": None}
    path = file_of(point, nothing, line([2.3, 48.8], [2.4, 48.9]), line([LON, LAT], [LON + 0.1, LAT]))

    loaded = load_basemap(path, kind="water", source=SOURCE)

    assert (loaded.drawn, loaded.left_out, BaseFeature.objects.count()) == (1, 3, 1)


def test_a_load_gives_tiles_a_new_etag(client, file_of):
    before = client.get(tile_url("base", 12))["ETag"]

    load_basemap(file_of(line([LON, LAT], [LON + 0.1, LAT])), kind="road", source=SOURCE)

    after = client.get(tile_url("base", 12))
    assert after["ETag"] != before
    assert after["Cache-Control"] == "public, max-age=60"


def test_maps_name_the_ground_and_whose_data_it_is(client, file_of):
    without = client.get("/maps/layers.json").json()
    load_basemap(file_of(line([LON, LAT], [LON + 0.1, LAT])), kind="road", source=SOURCE)

    document = client.get("/maps/layers.json").json()

    assert without["base"] is None
    assert document["base"]["attribution"] == SOURCE
    assert document["base"]["tiles"] == "/tiles/base/{z}/{x}/{y}.mvt"
    assert "base" not in {layer["name"] for layer in document["layers"]}


def test_the_light_map_asks_by_zoom_and_kind(client, file_of):
    path = file_of(line([LON, LAT], [LON + 0.1, LAT], highway="primary"), line([LON, LAT], [LON, LAT + 0.1]))
    load_basemap(path, kind="road", source=SOURCE, class_column="highway")

    far = client.get("/api/v1/base/", {"zoom": 9, "bbox": "105,10,106,11"}).json()
    water = client.get("/api/v1/base/", {"kind": "water"}).json()
    wrong = client.get("/api/v1/base/", {"zoom": "near"})

    assert [one["properties"]["min_zoom"] for one in far["features"]] == [8]
    assert (water["features"], wrong.status_code) == ([], 400)


def test_command_loads_and_removes(file_of, capsys):
    path = file_of(line([LON, LAT], [LON + 0.1, LAT]))

    call_command("load_basemap", path, kind="water", source=SOURCE)
    call_command("load_basemap", kind="water", source=SOURCE, remove=True)

    said = capsys.readouterr().out
    assert "water: 1 features in 1 rows" in said and "1 rows removed" in said
    assert not BaseFeature.objects.exists()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"name_column": "khong-co"}, "no column"),
        ({"min_zoom": 15}, "between 0 and 14"),
        ({"source": " "}, "whose data"),
    ],
    ids=["column", "zoom", "source"],
)
def test_command_says_what_is_wrong(file_of, options, reason):
    path = file_of(line([LON, LAT], [LON + 0.1, LAT], name="x"))

    with pytest.raises(CommandError, match=reason):
        call_command("load_basemap", path, **{"kind": "road", "source": SOURCE, **options})


def test_a_file_that_is_no_map_is_refused(tmp_path):
    path = tmp_path / "nen.geojson"
    path.write_text("not a map")

    with pytest.raises(CommandError):
        call_command("load_basemap", path, kind="road", source=SOURCE)
    with pytest.raises(CommandError, match="no such file"):
        call_command("load_basemap", tmp_path / "none.gpkg", kind="road", source=SOURCE)
