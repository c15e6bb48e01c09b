"""Plots beside land-use layers: what does not fit, what is planned, whose plots one sees."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.urls import reverse

from core.errors import BadInput, RuleViolated
from farms import land_use
from farms.land_use import conflict_query, conflicts_of, ground_of, layers_that_bind, plot_conflicts
from farms.models import Plot
from landuse.models import GroundUse, LandUseClass, LayerKind, UseRule, Verdict
from tests.shapes import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def rice_rule(land_use_layer):
    item = LandUseClass.objects.get(scheme=land_use_layer.scheme, code="LUC")
    return UseRule.objects.create(
        land_use_class=item, use=GroundUse.PERENNIAL, verdict=Verdict.NEEDS_PROCEDURE, legal_ref="Luật thử"
    )


@pytest.fixture
def plot(plot_factory, mango):
    return plot_factory(boundary=square(105.60, 10.45, side_m=100), crop=mango)


@pytest.fixture
def plan(land_use_layer_factory, land_use_layer):
    return land_use_layer_factory(
        slug="quy-hoach", kind=LayerKind.PLANNING, name="Quy hoạch thử", scheme=land_use_layer.scheme,
        as_of=dt.date(2026, 1, 1), decision_number="12/QĐ-THỬ",
    )  # fmt: skip


def test_perennials_on_rice_land_need_a_second_look(plot, parcel_factory, rice_rule, officer):
    parcel_factory("LUC", boundary=square(105.60, 10.45, side_m=300))

    (found,) = plot_conflicts(officer, {})

    assert (found.plot, found.class_code, found.verdict) == (plot, "LUC", Verdict.NEEDS_PROCEDURE)
    assert found.share == pytest.approx(1.0)
    assert found.area_m2 == pytest.approx(plot.area_m2, rel=0.001)


@pytest.mark.parametrize("code", ["CLN", "ODT"])
def test_where_no_rule_speaks_todays_class_is_no_conflict(plot, parcel_factory, rice_rule, officer, code):
    parcel_factory(code, boundary=square(105.60, 10.45, side_m=300))

    assert plot_conflicts(officer, {}) == []


def test_a_plan_for_something_else_is_a_conflict_and_farm_land_in_it_is_not(plot, plan, parcel_factory, officer):
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300), name="Khu dân cư X")
    parcel_factory("CLN", layer=plan, boundary=square(105.60, 10.45, side_m=300))

    (found,) = plot_conflicts(officer, {})

    assert (found.kind, found.zone, found.decision_number) == ("planning", "Khu dân cư X", "12/QĐ-THỬ")
    assert found.verdict == land_use.PLANNED


def test_a_strip_at_the_border_does_not_count(plot, plan, parcel_factory, officer):
    parcel_factory("ODT", layer=plan, boundary=square(105.600895, 10.45, side_m=100))

    assert plot_conflicts(officer, {}) == []


@pytest.mark.parametrize(
    "change", [{"is_public": False}, {"as_of": dt.date(2099, 1, 1)}, {"valid_to": dt.date(2026, 1, 2)}],
    ids=["hidden", "later", "over"],
)  # fmt: skip
def test_layers_that_do_not_bind_say_nothing(plot, plan, parcel_factory, officer, change):
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300))
    type(plan).objects.filter(pk=plan.pk).update(**change)

    assert plot_conflicts(officer, {}) == []
    assert ground_of(plot) == []


def test_of_two_surveys_the_newer_speaks(
    plot, land_use_layer, land_use_layer_factory, parcel_factory, rice_rule, officer
):
    newer = land_use_layer_factory(as_of=dt.date(2026, 6, 1), scheme=land_use_layer.scheme)
    parcel_factory("LUC", boundary=square(105.60, 10.45, side_m=300))
    parcel_factory("CLN", layer=newer, boundary=square(105.60, 10.45, side_m=300))

    assert plot_conflicts(officer, {}) == []
    assert [item.class_code for item in ground_of(plot)] == ["CLN"]


def test_everybody_sees_the_conflicts_of_the_plots_they_see(plot, plan, parcel_factory, clerk, outsider, officer):
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300))

    assert len(plot_conflicts(clerk, {})) == 1
    assert len(plot_conflicts(officer, {})) == 1
    assert plot_conflicts(outsider, {}) == []


@pytest.mark.parametrize(
    ("params", "count"),
    [({"kind": "planning"}, 1), ({"kind": "land_use"}, 0), ({"crop": "xoai"}, 1), ({"commune": "99001"}, 1)],
    ids=["plans", "surveys", "crop", "commune"],
)
def test_filters(plot, plan, parcel_factory, officer, params, count):
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300))

    assert len(plot_conflicts(officer, params)) == count


def test_bad_filters_and_too_many_plots_are_told(plot, officer, monkeypatch):
    with pytest.raises(BadInput):
        plot_conflicts(officer, {"color": "red"})
    monkeypatch.setattr(land_use, "MAX_PLOTS", 0)
    with pytest.raises(RuleViolated) as caught:
        plot_conflicts(officer, {})

    assert caught.value.code == "too_many_plots"


def test_plot_page_names_class_and_planned_zone(client, plot, plan, parcel_factory, rice_rule, officer):
    parcel_factory("LUC", boundary=square(105.60, 10.45, side_m=300))
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300), name="Khu dân cư X")
    client.force_login(officer)

    page = " ".join(client.get(plot.get_absolute_url()).content.decode().split())

    assert "Nằm trong khu quy hoạch Khu dân cư X từ ngày 01/01/2026" in page
    assert "Cần làm thủ tục chuyển đổi" in page
    assert len(conflicts_of(plot)) == 2


def test_page_and_csv_show_the_same(client, plot, plan, parcel_factory, officer):
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300), name="=cmd()")
    client.force_login(officer)
    address = reverse("maps:land-use-conflicts")

    page = client.get(address)
    table = b"".join(client.get(f"{address}?format=csv").streaming_content).decode("utf-8-sig")

    assert "1 thửa cần rà soát" in page.content.decode()
    assert plot.ref in table
    assert "'=cmd()" in table


def test_page_wants_a_sign_in_and_refuses_bad_filters(client, officer):
    address = reverse("maps:land-use-conflicts")
    assert client.get(address).status_code == 302
    client.force_login(officer)

    assert client.get(f"{address}?color=red").status_code == 400


def test_the_spatial_index_serves(plot, plan, parcel_factory, officer):
    """The statement of the page itself, with scans of whole tables made dear: GiST finds what meets."""
    parcel_factory("ODT", layer=plan, boundary=square(105.60, 10.45, side_m=300))
    text, params = conflict_query(Plot.objects.visible_to(officer).current(), layers_that_bind())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {text}", params)
        steps = "\n".join(row[0] for row in cursor.fetchall())

    assert re.search(r"Index Scan using farms_plot_boundary|Index Scan using landuse_landuseparcel_boundary", steps)
    assert re.search(r"Index Cond: \(boundary &&|Index Cond: \(\w+\.?boundary &&|boundary && ", steps)
