"""Units of today and of another day, by place and by succession, and polygons: who belongs where."""

import datetime as dt
import json

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.http import QueryDict
from django.utils.timezone import localdate

from cooperatives.layers import COOPERATIVES
from core.errors import BadInput
from exchange.areas import MAX_VERTICES, Area, By, unit_of
from farms.layers import PLOTS
from farms.models import Plot
from places.layers import UNITS
from places.models import AdministrativeUnit, UnitLevel
from tests.factories.places import REFORM, make_succession
from tests.shapes import rectangle, square

pytestmark = pytest.mark.django_db


def box(*corners):
    return MultiPolygon(Polygon.from_bbox(corners), srid=4326)


BEFORE = dt.date(2025, 6, 30)
OLD = {"valid_from": dt.date(2020, 1, 1), "valid_to": REFORM}
# Sums of powers of two: the middle of a square on the common edge lies on it to the last bit.
WEST = box(105.5, 10.25, 105.625, 10.75)
EAST = box(105.625, 10.25, 105.75, 10.75)


@pytest.fixture
def reform(province, commune, unit_factory):
    """Two districts with a commune each went into `commune`; the west commune kept the code that `commune` has now."""
    old_province = unit_factory(level=UnitLevel.PROVINCE, code="98", **OLD)
    make_succession(old_province, province)
    districts = [
        unit_factory(level=UnitLevel.DISTRICT, code=code, parent=old_province, boundary=shape, **OLD)
        for code, shape in (("981", WEST), ("982", EAST))
    ]
    communes = [
        unit_factory(code=code, parent=district, boundary=shape, **OLD)
        for code, district, shape in zip(("99001", "98002"), districts, (WEST, EAST), strict=True)
    ]
    for old in communes:
        make_succession(old, commune)
    return {"province": old_province, "districts": districts, "communes": communes}


def read(text):
    return Area.read(QueryDict(text))


def narrowed(text, layer=PLOTS, rows=None):
    return read(text).narrowed(layer, Plot.objects.all() if rows is None else rows)


def units_by_row(rows):
    return dict(rows.values_list("pk", "analysis_unit"))


def test_without_parameters_it_is_everywhere_today(plot):
    area = read("unit=&by=&within=")

    assert area.is_everywhere
    assert list(area.narrowed(PLOTS, Plot.objects.all())) == [plot]


def test_units_of_today_go_by_the_rows_own_unit(plot, commune, province, unit_factory):
    # Drawn elsewhere: what counts is the unit that the record names.
    elsewhere = unit_factory(parent=province, code="99777", boundary=commune.boundary)

    assert set(narrowed(f"unit={commune.code}")) == {plot}
    assert set(narrowed(f"unit={province.code}")) == {plot}
    assert set(narrowed(f"unit={elsewhere.code}&unit={commune.code}")) == {plot}
    assert not narrowed(f"unit={elsewhere.code}")


def test_a_code_means_the_unit_that_had_it_on_the_day(plot_factory, commune, reform):
    west = plot_factory(boundary=square(105.57, 10.40))
    east = plot_factory(boundary=square(EAST.extent[0] + 0.02, 10.40))

    assert set(narrowed("unit=99001")) == {west, east}
    assert set(narrowed(f"unit=99001&on={BEFORE}")) == {west}
    assert set(narrowed(f"unit=982&on={BEFORE}")) == {east}
    assert set(narrowed(f"unit=98&on={BEFORE}&by=succession")) == {west, east}


def test_where_two_former_units_went_into_one_succession_does_not_guess(plot, reform):
    rows = Plot.objects.all()
    district = unit_of(PLOTS, rows, level=UnitLevel.DISTRICT, on=BEFORE, by=By.SUCCESSION)
    above = unit_of(PLOTS, rows, level=UnitLevel.PROVINCE, on=BEFORE, by=By.SUCCESSION)

    assert units_by_row(district) == {plot.pk: None}
    assert units_by_row(above) == {plot.pk: reform["province"].pk}
    assert not narrowed(f"unit=981&on={BEFORE}&by=succession")


def test_where_all_former_communes_lie_in_one_district_succession_knows_it(plot, reform):
    one, other = reform["communes"]
    AdministrativeUnit.objects.filter(pk=other.pk).update(parent=one.parent)

    found = unit_of(PLOTS, Plot.objects.all(), level=UnitLevel.DISTRICT, on=BEFORE, by=By.SUCCESSION)

    assert units_by_row(found) == {plot.pk: one.parent_id}


def test_a_row_that_keeps_its_former_unit_is_traced_to_todays(cooperative_factory, commune, reform, unit_factory):
    divided = unit_factory(code="98003", parent=reform["districts"][0], **OLD)
    for successor in (commune, unit_factory(code="99555", parent=commune.parent)):
        make_succession(divided, successor, is_partial=True)
    kept, unclear = (cooperative_factory(commune=unit) for unit in (reform["communes"][1], divided))
    rows = COOPERATIVES.rows(AnonymousUser())

    by_commune = unit_of(COOPERATIVES, rows, level=UnitLevel.COMMUNE, on=localdate(), by=By.PLACE)
    by_province = unit_of(COOPERATIVES, rows, level=UnitLevel.PROVINCE, on=localdate(), by=By.PLACE)

    assert units_by_row(by_commune) == {kept.pk: commune.pk, unclear.pk: None}
    assert units_by_row(by_province) == {kept.pk: commune.parent_id, unclear.pk: commune.parent_id}
    assert set(narrowed(f"unit={commune.code}", COOPERATIVES, rows)) == {kept}


def test_a_row_on_the_edge_of_two_units_counts_once(plot_factory, reform):
    on_edge = plot_factory(boundary=box(105.625 - 1 / 128, 10.5, 105.625 + 1 / 128, 10.5 + 1 / 128))

    found = unit_of(PLOTS, Plot.objects.all(), level=UnitLevel.DISTRICT, on=BEFORE, by=By.PLACE)

    assert units_by_row(found) == {on_edge.pk: reform["districts"][0].pk}
    assert set(narrowed(f"unit=981&on={BEFORE}")) == {on_edge}
    assert not narrowed(f"unit=982&on={BEFORE}")


def test_a_day_since_which_nothing_changed_is_as_today(plot, commune, reform):
    found = unit_of(PLOTS, Plot.objects.all(), level=UnitLevel.COMMUNE, on=REFORM, by=By.PLACE)

    assert units_by_row(found) == {plot.pk: commune.pk}
    assert "places_unitpiece" not in str(found.query)


def test_every_row_belongs_to_the_same_unit_in_the_list_and_in_the_table(plot_factory, reform):
    for step in range(12):
        plot_factory(boundary=square(105.555 + step * 0.016, 10.39 + step * 0.005))

    for by in By:
        for level, units in (("district", reform["districts"]), ("commune", reform["communes"])):
            told = unit_of(PLOTS, Plot.objects.all(), level=level, on=BEFORE, by=by)
            for unit in units:
                rows = narrowed(f"unit={unit.code}&on={BEFORE}&by={by}")
                assert set(rows) == set(told.filter(analysis_unit=unit.pk))


def test_layers_without_unit_go_by_place(commune, reform):
    rows = narrowed(f"unit={commune.code}", UNITS, AdministrativeUnit.objects.current())

    assert set(rows) == {commune}


def test_rows_without_a_place_belong_to_no_former_unit(cooperative, reform):
    cooperative.location = None
    cooperative.save()

    found = unit_of(COOPERATIVES, COOPERATIVES.rows(AnonymousUser()), level=UnitLevel.DISTRICT, on=BEFORE, by=By.PLACE)

    assert units_by_row(found) == {cooperative.pk: None}


def test_a_polygon_narrows_by_geojson_and_by_wkt(plot_factory):
    inside = plot_factory(boundary=square(105.60, 10.45))
    plot_factory(boundary=square(105.70, 10.50))
    shape = rectangle(105.59, 10.44, width_m=3_000, height_m=3_000)

    for text in (shape.geojson, shape[0].geojson, shape.wkt, f"SRID=4326;{shape[0].wkt}"):
        query = QueryDict(mutable=True)
        query["within"] = text
        area = Area.read(query)
        assert set(area.narrowed(PLOTS, Plot.objects.all())) == {inside}
        assert Area.read(area.query()) == area


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("on=2025-13-01", "on", "invalid"),
        ("on=30/06/2025", "on", "invalid"),
        ("on=2025-06-30&on=2025-06-29", "on", "repeated_parameter"),
        ("by=guess", "by", "invalid_choice"),
        ("unit=00000", "unit", "unknown_unit"),
        ("unit=%D9%A1%D9%A2", "unit", "invalid"),
        ("unit=" + "&unit=".join(str(number) for number in range(10_000, 10_201)), "unit", "too_many"),
        ("within=POINT(105 10)", "within", "invalid_polygon"),
        ("within=POLYGON EMPTY", "within", "invalid_polygon"),
        ("within=POLYGON((105 10,106 10,106 11))", "within", "invalid_polygon"),
        ("within=POLYGON((105 10,106 11,106 10,105 11,105 10))", "within", "invalid_polygon"),
        ("within=POLYGON((105 10,1e400 10,106 11,105 10))", "within", "outside_world"),
        ("within=POLYGON((577000 1151500,577100 1151500,577100 1151600,577000 1151500))", "within", "outside_world"),
        ("within=" + "{" * 1_000, "within", "invalid_polygon"),
        ('within={"type":"Polygon","coordinates":' + "[" * 20_000, "within", "invalid_polygon"),
        ('within={"type":"Polygon","coordinates":[[[true,1],[2,1],[2,2],[true,1]]]}', "within", "invalid_polygon"),
        ('within={"type":"Point","coordinates":[105,10]}', "within", "invalid_polygon"),
        ('within={"type":"MultiPolygon","coordinates":[]}', "within", "invalid_polygon"),
        ("within=" + "9" * 60_001, "within", "too_many_vertices"),
    ],
    ids=[
        "no-such-month", "day-first", "two-days", "by", "unknown-unit", "arabic-digits", "many-units", "point", "none",
        "open", "bowtie", "infinite", "metres", "braces", "deep", "boolean", "geojson-point", "empty", "long",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_named(query, parameter, code):
    with pytest.raises(BadInput) as refused:
        read(query.replace(";", "%3B"))

    assert [(item.extra.get("parameter"), item.code) for item in refused.value.findings] == [(parameter, code)]


def test_a_polygon_has_at_most_a_thousand_vertices():
    ring = [[105 + step / 10_000, 10.0] for step in range(MAX_VERTICES)]
    shape = {"type": "Polygon", "coordinates": [[*ring, [105.05, 10.5], ring[0]]]}
    query = QueryDict(mutable=True)
    query["within"] = json.dumps(shape)

    with pytest.raises(BadInput) as refused:
        Area.read(query)

    assert refused.value.findings[0].code == "too_many_vertices"
