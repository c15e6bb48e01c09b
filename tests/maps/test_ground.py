"""Land use far out: all ground of a version in squares, where its parcels would be too many for a tile."""

import json

import pytest
from django.contrib.gis.geos import GEOSGeometry, MultiPolygon
from django.db import connection
from django.db.models import Sum

from landuse import services
from landuse.models import LandUseParcel
from landuse.services import ParcelRow
from maps import tasks, zooms
from maps.ground import count_ground, count_missing_ground
from maps.ground_cells import GROUND_LEVELS, GroundCell
from maps.layers import LAND_USE_MAP
from maps.models import LayerZoom
from tests.factories.landuse import make_parcel
from tests.maps.conftest import LAT, LON, decode, tile_at
from tests.shapes import square, square_with_hole

pytestmark = pytest.mark.django_db
FAR = 10
HERE = LON + 0.002  # well inside a cell of level 16


@pytest.fixture
def far():
    """Shapes begin at z11, whatever is stored."""
    LayerZoom.objects.update_or_create(layer="land-use", defaults={"shapes_from": 11, "densest": 1})


def counted(layer) -> None:
    count_ground(type(layer).objects.filter(pk=layer.pk))


def squares_of_all_tiles(client, z: int, query: str = "") -> list[dict]:
    """Return the squares of the tile at the usual place and of its eight neighbours."""
    z, column, row = tile_at(z)
    found = []
    for x in (column - 1, column, column + 1):
        for y in (row - 1, row, row + 1):
            answer = client.get(f"/tiles/land-use/{z}/{x}/{y}.mvt{query}")
            assert answer.status_code == 200, answer.content
            tile = decode(answer.content)
            assert set(tile) <= {"land_use_cells"}
            found += [feature["properties"] for feature in tile.get("land_use_cells", [])]
    return found


def test_cells_of_every_level_have_the_area_of_the_parcels(land_use_layer, parcel_factory):
    parcel_factory("LUC", boundary=square(LON, LAT, side_m=9_000))
    parcel_factory("CLN", boundary=square(LON + 0.1, LAT, side_m=40))
    parcel_factory("ODT", boundary=square_with_hole(LON, LAT + 0.2, side_m=5_000))
    expected = dict(LandUseParcel.objects.values_list("land_use_class__code", "area_m2"))

    counted(land_use_layer)

    for level in GROUND_LEVELS:
        rows = GroundCell.objects.filter(level=level).values_list("land_use_class__code")
        assert dict(rows.annotate(m2=Sum("area_m2"))) == pytest.approx(expected, rel=1e-6)
    assert GroundCell.objects.filter(level=16, land_use_class__code="LUC").count() > 200


def test_far_out_the_class_with_most_ground_of_a_square_is_drawn(features, land_use_layer, parcel_factory, far):
    parcel_factory("LUC", boundary=square(HERE, LAT, side_m=60))
    parcel_factory("CLN", boundary=square(HERE + 0.0006, LAT, side_m=30))
    counted(land_use_layer)

    found = features("land-use", FAR)

    assert list(found) == ["land_use_cells"]
    (shown,) = [feature["properties"] for feature in found["land_use_cells"]]
    assert shown["class_code"] == "LUC"
    assert shown["class_name"] == "Đất chuyên trồng lúa"
    assert shown["area_ha"] == pytest.approx(0.36, abs=0.01)
    assert shown["count"] == 2
    assert shown["share"] == pytest.approx(0.8, abs=0.01)


def test_near_there_are_parcels_and_no_squares(features, land_use_layer, parcel_factory, far):
    parcel_factory("LUC")
    counted(land_use_layer)

    assert list(features("land-use", 11)) == ["land_use"]


@pytest.mark.parametrize("z", [7, 8, 9, 10])
@pytest.mark.parametrize("query", ["", "?class=LUC", "?layer=hien-trang-2026", "?q=K1", "?kind=land_use&q=K1"])
def test_tiles_together_hold_all_ground_under_every_filter(client, land_use_layer, parcel_factory, far, z, query):
    made = parcel_factory("LUC", ref="K1", boundary=square(LON, LAT, side_m=12_000))
    counted(land_use_layer)

    found = squares_of_all_tiles(client, z, query)

    assert sum(one["count"] for one in found) == 1
    assert sum(one["area_ha"] for one in found) == pytest.approx(made.area_ha, rel=1e-3)


@pytest.mark.parametrize("query", ["?class=CLN", "?q=K2", "?kind=planning", "?layer=khac"])
def test_filters_leave_out_what_they_leave_out_near(client, land_use_layer, parcel_factory, far, query):
    parcel_factory("LUC", ref="K1")
    counted(land_use_layer)

    assert squares_of_all_tiles(client, FAR, query) == []


def test_squares_of_a_hidden_version_are_only_for_those_with_the_grant(
    client, land_use_layer, parcel_factory, officer, far
):
    parcel_factory("LUC", boundary=square(HERE, LAT))
    counted(land_use_layer)
    type(land_use_layer).objects.update(is_public=False)

    anonymous = squares_of_all_tiles(client, FAR)
    client.force_login(officer)

    assert anonymous == []
    assert len(squares_of_all_tiles(client, FAR)) == 1


def test_storing_parcels_counts_them_and_replacing_counts_anew(land_use_layer, planner):
    services.store_parcels(land_use_layer, [_row("LUC", square(LON, LAT))], by=planner)
    first = set(GroundCell.objects.values_list("land_use_class__code", flat=True))

    services.store_parcels(land_use_layer, [_row("CLN", square(LON, LAT))], by=planner, replace=True)

    assert first == {"LUC"}
    assert set(GroundCell.objects.values_list("land_use_class__code", flat=True)) == {"CLN"}
    assert LayerZoom.objects.get(layer="land-use").densest == 1


def test_a_dense_version_is_squares_as_soon_as_it_is_stored(land_use_layer, planner, features, monkeypatch):
    monkeypatch.setattr(zooms, "COMFORTABLE", 4)
    rows = [_row("LUC", square(LON + 0.02 * n, LAT)) for n in range(12)]

    services.store_parcels(land_use_layer, rows, by=planner)

    begin = LAND_USE_MAP.shapes_from()
    assert 7 < begin <= 16
    assert list(features("land-use", begin - 1)) == ["land_use_cells"]


def test_versions_are_not_counted_together(land_use_layer, land_use_layer_factory, parcel_factory):
    for layer in (land_use_layer, land_use_layer_factory()):
        for _number in range(3):
            make_parcel(layer)

    assert zooms.LAND_USE_BEGIN.density(7) == 3


def test_versions_of_before_there_were_cells_are_counted_by_the_schedule(land_use_layer, parcel_factory):
    parcel_factory("LUC")

    tasks.decide_zooms(None)

    assert GroundCell.objects.filter(layer=land_use_layer).exists()
    assert count_missing_ground() == 0


def test_cells_go_with_their_version(land_use_layer, parcel_factory):
    parcel_factory("LUC")
    counted(land_use_layer)

    LandUseParcel.objects.all().delete()
    land_use_layer.delete()

    assert not GroundCell.objects.exists()


def test_an_outline_with_many_corners_is_cut_in_reasonable_time(land_use_layer, parcel_factory):
    with connection.cursor() as cursor:  # a star of 6,000 corners, some 30 km across
        cursor.execute(
            """SELECT ST_AsText(ST_MakePolygon(ST_AddPoint(line, ST_StartPoint(line)))) FROM (
                 SELECT ST_MakeLine(ST_MakePoint(%s + r * cos(a), %s + r * sin(a)) ORDER BY n) AS line FROM (
                   SELECT n, 0.14 - 0.01 * (n %% 2) AS r, 2 * pi() * n / 6000 AS a
                   FROM generate_series(0, 5999) n) s) t""",
            [LON, LAT],
        )
        outline = GEOSGeometry(f"SRID=4326;{cursor.fetchone()[0]}")
    made = parcel_factory("LUC", boundary=MultiPolygon(outline, srid=4326))

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5s'")
    counted(land_use_layer)

    total = GroundCell.objects.filter(level=16).aggregate(m2=Sum("area_m2"))["m2"]
    assert total == pytest.approx(made.area_m2, rel=1e-5)


def _row(code: str, shape) -> ParcelRow:
    return ParcelRow(code, json.loads(shape.json))
