"""Figures by unit: what is counted, by which boundaries, and that every list has the number of its figure."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.http import QueryDict
from django.utils import timezone

from core.errors import BadInput
from exchange.analysis import MEASURES, AnalysisRequest, figures
from exchange.analysis.figures import crossings, figure_of, rows_of
from exchange.analysis.limits import with_time
from farms.models import Plot, PlotSeason
from places.models import AdministrativeUnit, UnitLevel
from tests.factories.places import REFORM, make_succession
from tests.shapes import rectangle, square, square_east_of

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2025, 6, 30)
OLD = {"valid_from": dt.date(2020, 1, 1), "valid_to": REFORM}
NOBODY = AnonymousUser()


def ask(user, text=""):
    return AnalysisRequest.read(user, QueryDict(text))


def values(analysis):
    return {figure.code: figure.value for figure in analysis.rows}


@pytest.fixture
def east(province, commune, unit_factory):
    """A second commune of today beside `commune`."""
    return unit_factory(parent=province, code="99003", boundary=square_east_of(commune.boundary))


@pytest.fixture
def districts(province, commune, east, unit_factory):
    """Two districts of before, divided north and south: each had a part of both communes of today."""
    west_edge, south, _edge, _north = commune.boundary.extent
    old = unit_factory(level=UnitLevel.PROVINCE, code="98", **OLD)
    make_succession(old, province)
    lower = rectangle(west_edge, south, width_m=45_000, height_m=9_000)
    upper = rectangle(west_edge, lower.extent[3], width_m=45_000, height_m=9_500)
    found = []
    for code, shape in (("981", lower), ("982", upper)):
        district = unit_factory(level=UnitLevel.DISTRICT, code=code, parent=old, boundary=shape, **OLD)
        for number, heir in enumerate((commune, east)):
            make_succession(unit_factory(code=f"{code}0{number}", parent=district, **OLD), heir)
        found.append(district)
    return found


@pytest.fixture
def land(plot_factory, commune, east, longan):
    """Plots in both communes: 1 ha, 4 ha and 1 ha of mango, 1 ha of longan, and an archived one that never counts."""
    return [
        plot_factory(ref="A", boundary=square(105.60, 10.40), expected_yield_t=5.0, harvest_months=[4, 5]),
        plot_factory(ref="B", boundary=square(105.60, 10.52, side_m=200), declared_area_m2=40_000),
        plot_factory(ref="C", boundary=square(105.80, 10.40), commune=east, expected_yield_t=7.0),
        plot_factory(ref="D", boundary=square(105.80, 10.52), commune=east, crop=longan),
        plot_factory(ref="E", boundary=square(105.62, 10.40), status="archived"),
    ]


def test_hectares_by_commune_of_today(planner, land, commune, east):
    found = figures(ask(planner, "measure=ha"))

    assert values(found) == {"99001": pytest.approx(5, rel=1e-3), "99003": pytest.approx(2, rel=1e-3)}
    assert [figure.rows for figure in found.rows] == [2, 2]
    assert found.total.value == pytest.approx(7, rel=1e-3)
    assert found.not_attributable is None


def test_what_was_recorded_as_the_area_counts_not_what_the_outline_measures(planner, land):
    Plot.objects.filter(ref="A").update(kept_area_m2=12_000)

    assert figures(ask(planner, "measure=ha&unit=99001")).total.value == pytest.approx(5.2, rel=1e-3)


def test_a_crop_a_month_and_a_polygon_narrow(planner, land):
    assert values(figures(ask(planner, "measure=plots&crop=xoai"))) == {"99001": 2, "99003": 1}
    assert values(figures(ask(planner, "measure=expected_t&month=4"))) == {"99001": 5}
    west = rectangle(105.59, 10.39, width_m=5_000, height_m=5_000)
    query = QueryDict(mutable=True)
    query.update({"measure": "plots", "within": west.geojson})
    assert values(figures(AnalysisRequest.read(planner, query))) == {"99001": 1}


def test_former_districts_by_place_count_every_row_once(planner, land, districts):
    found = figures(ask(planner, f"measure=plots&level=district&on={BEFORE}"))

    assert values(found) == {"981": 2, "982": 2}
    assert found.not_attributable is None


def test_former_districts_by_succession_are_told_apart_only_where_the_acts_do(planner, land, districts, commune):
    mixed = figures(ask(planner, f"measure=plots&level=district&on={BEFORE}&by=succession"))
    AdministrativeUnit.objects.filter(code="98200").update(parent=districts[0])
    clear = figures(ask(planner, f"measure=plots&level=district&on={BEFORE}&by=succession"))

    assert (values(mixed), mixed.not_attributable.value) == ({}, 4)
    assert (values(clear), clear.not_attributable.value) == ({"981": 2}, 2)
    assert mixed.total.value == clear.total.value == 4


def test_old_and_new_boundaries_crossed_add_up(planner, land, districts):
    new, old = ask(planner, "measure=plots"), ask(planner, f"measure=plots&level=district&on={BEFORE}")

    found = {(item.first.code, item.second.code): item.value for item in crossings(new, old)}

    assert found == {(new, old): 1 for new in ("99001", "99003") for old in ("981", "982")}


def test_coded_hectares_and_their_share(planner, land, code):
    """The area of `code` adds three plots of 1 ha."""
    coded = figures(ask(planner, "measure=coded_ha"))
    share = figures(ask(planner, "measure=share_coded&unit=99001"))

    assert values(coded) == {"99001": pytest.approx(3, rel=1e-3)}
    assert share.total.value == pytest.approx(37.5, rel=1e-3)
    assert (share.total.part, share.total.whole) == (pytest.approx(3, rel=1e-3), pytest.approx(8, rel=1e-3))


def test_certified_share_follows_the_crop_of_the_certificate(planner, land, certificate_factory, longan):
    certificate_factory(crop=longan)

    assert values(figures(ask(planner, "measure=share_certified"))) == {
        "99003": pytest.approx(50, rel=1e-3), "99001": 0,
    }  # fmt: skip
    assert values(figures(ask(planner, "measure=share_certified&crop=nhan"))) == {"99003": pytest.approx(100)}


def test_a_season_means_the_crop_of_its_records(planner, land, longan, mango):
    for plot, crop, tonnes in ((land[0], longan, 3.0), (land[1], mango, 8.0), (land[2], mango, 2.0)):
        PlotSeason.objects.create(
            plot=plot, year=2026, season="winter_spring", crop=crop, harvested_t=tonnes, recorded_by=planner
        )

    season = "season=2026-winter_spring"
    assert values(figures(ask(planner, f"measure=harvested_t&{season}"))) == {"99001": 11, "99003": 2}
    assert values(figures(ask(planner, f"measure=harvested_t&{season}&crop=nhan"))) == {"99001": 3}
    assert values(figures(ask(planner, f"measure=plots&{season}&crop=xoai"))) == {"99001": 1, "99003": 1}
    assert values(figures(ask(planner, "measure=plots&season=2025-winter_spring"))) == {}


def test_growers_of_two_communes_count_once_in_the_total(planner, land, grower):
    Plot.objects.filter(ref__in=["A", "C"]).update(grower=grower)

    found = figures(ask(planner, "measure=growers"))

    assert values(found) == {"99001": 1, "99003": 1}
    assert found.total.value == 1


def test_plots_as_they_were_on_a_day(planner, land):
    yesterday = timezone.localdate() - dt.timedelta(days=1)
    history = Plot._meta.get_field("history").related_model
    history.objects.filter(ref__in=["A", "E"]).update(pgh_created_at=timezone.now() - dt.timedelta(days=3))
    Plot.objects.filter(ref="A").update(status="archived")

    then = figures(ask(planner, f"measure=ha&as_of={yesterday}"))
    now = figures(ask(planner, f"measure=ha&as_of={timezone.localdate()}&unit=99001"))

    assert values(then) == {"99001": pytest.approx(1, rel=1e-3)}
    assert values(now) == {"99001": pytest.approx(4, rel=1e-3)}
    assert values(figures(ask(planner, "measure=ha&unit=99001"))) == values(now)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_the_ends_of_the_calendar_can_be_asked_for(planner, plot_factory, day):
    plot_factory()

    found = figures(ask(planner, f"measure=plots&as_of={day}"))

    assert (found.total.value or 0) == (day > "2026")


def test_visitors_measure_what_is_public(code, product, offer_factory, commune):
    offer_factory()

    assert values(figures(ask(NOBODY, "measure=codes"))) == {commune.code: 1}
    assert values(figures(ask(NOBODY, "measure=producers"))) == {commune.code: 1}
    assert values(figures(ask(NOBODY, "measure=offered_t&crop=xoai&month=2"))) == {commune.code: 12}
    assert values(figures(ask(NOBODY, "measure=area_share_coded")))[commune.code] == pytest.approx(100)
    assert ask(NOBODY).measure.name == "area_coded_ha"


def test_plots_are_measured_by_officers_alone_and_in_their_units(
    planner, officer, foreign_officer, clerk, land, commune, east
):
    for user in (NOBODY, clerk):
        with pytest.raises(BadInput) as refused:
            ask(user, "measure=ha")
        assert refused.value.findings[0].code == "invalid_choice"
    assert values(figures(ask(officer, "measure=plots"))) == {commune.code: 2}
    assert values(figures(ask(foreign_officer, "measure=plots"))) == {}


@pytest.mark.parametrize("measure", [measure.name for measure in MEASURES])
def test_every_list_has_the_number_of_its_figure(
    measure, planner, land, districts, code, offer_factory, certificate_factory
):
    offer_factory()
    certificate_factory()
    PlotSeason.objects.create(
        plot=land[1], year=2026, season="year", crop=land[1].crop, harvested_t=8.0, recorded_by=planner
    )
    needed = "&season=2026-year" if measure == "harvested_t" else ""

    for boundaries in ("", f"&level=district&on={BEFORE}", f"&level=district&on={BEFORE}&by=succession"):
        request = ask(planner, f"measure={measure}{boundaries}{needed}")
        found = figures(request)
        parts = [*found.rows, *([found.not_attributable] if found.not_attributable else [])]
        assert parts
        for figure in parts:
            again = figure_of(request, figure.unit)
            assert (again.rows, again.value) == (figure.rows, pytest.approx(figure.value))
            assert rows_of(request, figure.unit).count() == figure.rows
        assert sum(figure.rows for figure in parts) == found.total.rows == request.selection().count()
        if request.measure.is_additive and not request.measure.is_share:
            assert sum(figure.value for figure in parts) == pytest.approx(found.total.value)


def test_the_number_of_queries_does_not_grow_with_the_rows(planner, land, districts, django_assert_max_num_queries):
    request = ask(planner, f"measure=share_coded&level=district&on={BEFORE}")

    with django_assert_max_num_queries(14):
        figures(request)


@pytest.mark.parametrize(
    ("query", "parameter", "code"),
    [
        ("measure=secrets", "measure", "invalid_choice"),
        ("level=hamlet", "level", "invalid_choice"),
        ("level=district", "level", "no_units"),
        ("colour=red", "colour", "unknown_parameter"),
        ("measure=ha&measure=plots", "measure", "repeated_parameter"),
        ("crop=none", "crop", "invalid_choice"),
        ("crop=%00", "crop", "invalid_choice"),
        ("season=2026", "season", "invalid"),
        ("month=13", "month", "invalid_choice"),
        ("measure=codes&month=2", "month", "not_for_measure"),
        ("measure=codes&season=2026-year", "season", "not_for_measure"),
        ("measure=codes&as_of=2026-01-01", "as_of", "not_for_measure"),
        ("measure=coded_ha&as_of=2026-01-01", "as_of", "not_for_measure"),
        ("measure=harvested_t", "season", "missing"),
        ("as_of=yesterday&measure=ha", "as_of", "invalid"),
        ("unit=12345", "unit", "unknown_unit"),
        ("on=2026-02-30", "on", "invalid"),
    ],
)
def test_what_does_not_fit_is_named(planner, commune, query, parameter, code):
    with pytest.raises(BadInput) as refused:
        ask(planner, query)

    assert (parameter, code) in [(item.extra.get("parameter"), item.code) for item in refused.value.findings]


def test_long_questions_get_more_time_and_only_they(db):
    def limit():
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return cursor.fetchone()[0]

    usual = limit()

    with with_time(is_long=False):
        assert limit() == usual
    with with_time(is_long=True):
        assert limit() == "40s"
