"""The ready corrections of an overlap: computed, previewed, applied in one transaction, told to both sides."""

import threading

import pytest
from django.db import connections, transaction
from django.urls import reverse

from casework.models import CodeAlert
from codes import services as code_services
from cooperatives.models import MemberRole
from core.errors import NotAllowed, RuleViolated
from farms import services
from farms.corrections import corrections_of
from farms.models import OverlapCase, OverlapStatus, Plot, PlotStatus
from office.models import Notice
from tests.factories.cooperatives import make_membership
from tests.shapes import degrees_for, rectangle, square_east_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(neighbour_clerk, neighbour, mango, plot):
    """`plot` (1 ha, first) and L-1 of the neighbour, of the same size, 10 m over its eastern edge."""
    boundary = square_east_of(plot.boundary, gap_m=-10)
    services.add_plot(neighbour, boundary, by=neighbour_clerk, ref="L-1", crop=mango)
    return OverlapCase.objects.select_related("first", "second").get()


def overlapping(neighbour, neighbour_clerk, mango, boundary):
    services.add_plot(neighbour, boundary, by=neighbour_clerk, ref="L-1", crop=mango)
    return OverlapCase.objects.get()


def by_decision(case):
    return {one.decision: one for one in corrections_of(case)}


def east_of_by(plot, metres):
    west, south, _east, _north = plot.boundary.extent
    return west + degrees_for(south, east_m=metres)[0], south


@pytest.mark.parametrize(
    ("decision", "first_m2", "second_m2"),
    [("trim_second", 10_000, 9_000), ("trim_first", 9_000, 10_000), ("cut_both", 9_000, 9_000)],
)
def test_each_correction_says_what_is_left(case, decision, first_m2, second_m2):
    found = by_decision(case)[decision]

    assert found.problem == ""
    assert found.first.after_m2 == pytest.approx(first_m2, rel=0.002)
    assert found.second.after_m2 == pytest.approx(second_m2, rel=0.002)
    assert found.first.change_percent == pytest.approx((first_m2 - 10_000) / 100, abs=0.05)
    assert found.first.boundary.valid
    assert found.second.boundary.valid


def test_a_strip_thinner_than_a_metre_is_dropped(neighbour, neighbour_clerk, mango, plot):
    lon, lat = east_of_by(plot, 40)
    case = overlapping(neighbour, neighbour_clerk, mango, rectangle(lon, lat, width_m=59.4, height_m=100))

    found = by_decision(case)["trim_first"]

    assert len(found.first.boundary) == 1
    assert found.first.after_m2 == pytest.approx(4_000, rel=0.002)


def test_a_piece_of_less_than_five_square_metres_is_dropped(neighbour, neighbour_clerk, mango, plot):
    lon, lat = east_of_by(plot, 50)
    lower = rectangle(lon, lat, width_m=50, height_m=98)
    upper = rectangle(lon, lat + degrees_for(lat, north_m=98)[1], width_m=48, height_m=2)
    case = overlapping(neighbour, neighbour_clerk, mango, as_multipolygon(lower.union(upper)))

    found = by_decision(case)["trim_first"]

    assert len(found.first.boundary) == 1
    assert found.first.after_m2 == pytest.approx(5_000, rel=0.002)


def as_multipolygon(shape):
    from django.contrib.gis.geos import MultiPolygon

    return shape if isinstance(shape, MultiPolygon) else MultiPolygon(shape, srid=4326)


def test_nothing_left_makes_a_correction_impossible(officer, neighbour, neighbour_clerk, mango, plot):
    lon, lat = east_of_by(plot, 20)
    case = overlapping(neighbour, neighbour_clerk, mango, rectangle(lon, lat, width_m=30, height_m=60))

    found = by_decision(case)

    assert found["trim_first"].problem == ""
    assert found["trim_second"].second.boundary is None
    with pytest.raises(ValueError, match="nothing"):
        _ = found["cut_both"].second.ground
    with pytest.raises(RuleViolated) as refused:
        services.decide_overlap(case, "trim_second", reason="x", by=officer)
    assert refused.value.code == "correction_impossible"
    assert OverlapCase.objects.get().status == OverlapStatus.OPEN


def test_too_many_vertices_make_a_correction_impossible(case, settings):
    settings.PLOT_MAX_VERTICES = 3

    assert all(one.problem for one in corrections_of(case))


@pytest.mark.parametrize(
    ("decision", "versions"), [("trim_second", (1, 2)), ("trim_first", (2, 1)), ("cut_both", (2, 2))]
)
def test_a_correction_is_applied(case, officer, decision, versions):
    expected = by_decision(case)[decision]

    decided = services.decide_overlap(case, decision, reason="Ranh theo giấy tờ", by=officer)

    first, second = Plot.objects.get(pk=case.first_id), Plot.objects.get(pk=case.second_id)
    assert (decided.status, decided.decision, decided.reason, decided.decided_by) == (
        OverlapStatus.DECIDED, decision, "Ranh theo giấy tờ", officer,
    )  # fmt: skip
    assert (first.version, second.version) == versions
    assert (first.status, second.status) == (PlotStatus.ACTIVE, PlotStatus.ACTIVE)
    assert first.area_m2 == pytest.approx(expected.first.after_m2, abs=0.01)
    assert second.area_m2 == pytest.approx(expected.second.after_m2, abs=0.01)
    assert not Plot.objects.overlapping(first.boundary).exclude(pk=first.pk).exists()
    changed = second if versions[1] == 2 else first
    assert changed.source["corrected"] == {"case": case.pk, "decision": decision}
    assert changed.history.filter(version=2).exists()


def test_both_sides_are_told_of_their_own_plot(case, officer, clerk, neighbour_clerk):
    Notice.objects.all().delete()

    services.decide_overlap(case, "trim_second", reason="x", by=officer)

    texts = dict(Notice.objects.values_list("user", "text"))
    assert set(texts) == {clerk.pk, neighbour_clerk.pk}
    assert "T-1" in texts[clerk.pk]
    assert "L-1" not in texts[clerk.pk]
    assert "L-1" in texts[neighbour_clerk.pk]


def test_areas_that_hold_the_plot_are_drawn_anew_and_their_codes_flagged(
    case, officer, clerk, cooperative, mango, old_scheme, china
):
    area = code_services.form_area(cooperative, name="Vùng", crop=mango, plots=[case.first], by=clerk)
    code = code_services.issue_codes(area, old_scheme, [china], by=officer)[0]

    services.decide_overlap(case, "trim_first", reason="x", by=officer)

    area.refresh_from_db()
    assert area.version == 2
    assert area.area_m2 == pytest.approx(9_000, rel=0.002)
    assert CodeAlert.objects.get().code == code
    code.refresh_from_db()
    assert (code.status, code.area_version) == ("active", 1)


def test_other_cases_of_a_cut_plot_end_where_nothing_is_shared_any_more(
    case, officer, clerk, cooperative, mango, plot_factory
):
    third = services.add_plot(
        cooperative, square_east_of(case.second.boundary, gap_m=-5), by=clerk, ref="T-3", crop=mango
    )
    assert third.status == PlotStatus.IN_CONFLICT
    other = OverlapCase.objects.open().get(second=third)

    services.decide_overlap(case, "cut_both", reason="x", by=officer)
    assert OverlapCase.objects.open().get() == other
    services.decide_overlap(other, "trim_first", reason="x", by=officer)

    third.refresh_from_db()
    assert third.status == PlotStatus.ACTIVE
    assert not OverlapCase.objects.open().exists()


def test_the_holder_may_still_redraw(case, neighbour_clerk):
    services.change_plot(case.second, by=neighbour_clerk, boundary=square_east_of(case.first.boundary))

    settled = OverlapCase.objects.get()
    assert (settled.status, settled.decision, settled.decided_by) == ("decided", "trim_second", neighbour_clerk)


@pytest.mark.parametrize("person", ["clerk", "neighbour_clerk", "foreign_officer", "planner"])
def test_who_may_not_apply_a_correction(request, case, person):
    with pytest.raises(NotAllowed):
        services.decide_overlap(case, "trim_second", reason="x", by=request.getfixturevalue(person))

    assert Plot.objects.get(pk=case.second_id).version == 1


def test_who_works_for_a_side_does_not_decide(case, officer, cooperative, neighbour):
    for side in (cooperative, neighbour):
        membership = make_membership(side, officer, MemberRole.VIEWER)
        with pytest.raises(NotAllowed):
            services.decide_overlap(case, "accepted", reason="x", by=officer)
        membership.delete()

    assert services.decide_overlap(case, "accepted", reason="x", by=officer).status == OverlapStatus.DECIDED


@pytest.fixture
def later_officer(case, unit_factory, province, officer_factory):
    """An officer of the commune of the later plot only; the earlier one lies beyond the border."""
    beyond = unit_factory(parent=province, code="99002", name_vi="Bên Kia")
    Plot.objects.filter(pk=case.first_id).update(commune=beyond)
    case.refresh_from_db()
    return officer_factory(case.second.commune)


@pytest.mark.parametrize("decision", ["trim_first", "cut_both"])
def test_the_earlier_plot_is_cut_only_by_who_decides_in_its_commune(client, case, later_officer, decision):
    with pytest.raises(NotAllowed):
        services.decide_overlap(case, decision, reason="x", by=later_officer)
    assert Plot.objects.get(pk=case.first_id).version == 1

    client.force_login(later_officer)
    page = client.get(reverse("farms:overlap-case", args=[case.pk])).content.decode()
    assert f'value="{decision}"' not in page
    assert 'value="trim_second"' in page
    services.decide_overlap(case, "trim_second", reason="x", by=later_officer)
    assert OverlapCase.objects.get().decision == "trim_second"


# --- Page and API -------------------------------------------------------------------------------------------------


def shapes_on(page):
    return [one["properties"].get("name") for one in page.context["frame"]["features"]["features"]]


@pytest.mark.parametrize("preview", ["", "trim_second", "trim_first", "cut_both"])
def test_officer_previews_each_correction_by_a_link(client, case, officer, preview):
    client.force_login(officer)

    page = client.get(reverse("farms:overlap-case", args=[case.pk]), {"preview": preview} if preview else {})

    assert page.status_code == 200
    assert {"T-1", "L-1"} <= set(shapes_on(page))
    assert (page.context["shown"].decision if preview else page.context["shown"]) == (preview or None)
    assert page.content.decode().count('name="decision"') == 5


def test_an_unknown_preview_is_refused(client, case, officer):
    client.force_login(officer)

    assert client.get(reverse("farms:overlap-case", args=[case.pk]), {"preview": "x"}).status_code == 400


def test_a_holder_sees_the_case_without_the_other_ones_outline(client, case, clerk):
    client.force_login(clerk)

    page = client.get(reverse("farms:overlap-case", args=[case.pk]))

    assert "T-1" in shapes_on(page)
    assert "L-1" not in shapes_on(page)
    assert 'name="decision"' not in page.content.decode()
    assert "L-1" not in shapes_on(client.get(reverse("farms:overlap-list")))


@pytest.mark.parametrize(("person", "status"), [("outsider", 404), ("anonymous", 302), ("foreign_officer", 404)])
def test_strangers_do_not_see_a_case(request, client, case, person, status):
    user = request.getfixturevalue(person)
    if person != "anonymous":
        client.force_login(user)

    assert client.get(reverse("farms:overlap-case", args=[case.pk])).status_code == status


def test_officer_applies_a_correction_on_the_page(client, case, officer):
    client.force_login(officer)

    answer = client.post(
        reverse("farms:overlap-decide", args=[case.pk]),
        {"decision": "cut_both", "reason": "Đất tranh chấp"},
        follow=True,
    )

    assert "Đất tranh chấp" in answer.content.decode()
    assert OverlapCase.objects.get().decision == "cut_both"


def test_api_shows_and_decides(client, case, officer, neighbour_clerk):
    client.force_login(neighbour_clerk)
    detail = f"/api/v1/overlaps/{case.pk}/"
    (own,) = [one for one in client.get(detail).json()["corrections"] if one["decision"] == "trim_second"]
    assert "boundary" in own["second"]
    assert "boundary" not in own["first"]
    body = {"decision": "trim_second", "reason": "Theo giấy tờ"}
    assert client.post(f"{detail}decision/", body, content_type="application/json").status_code == 403

    client.force_login(officer)
    assert [one["id"] for one in client.get("/api/v1/overlaps/").json()["cases"]] == [case.pk]
    decided = client.post(f"{detail}decision/", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1")
    again = client.post(f"{detail}decision/", body, content_type="application/json", HTTP_IDEMPOTENCY_KEY="k1")

    assert decided.status_code == again.status_code == 200
    assert (decided.json()["decision"], again.json()["decision"]) == ("trim_second", "trim_second")
    assert client.post(f"{detail}decision/", body, content_type="application/json").status_code == 409
    assert client.get("/api/v1/overlaps/?status=decided").json()["cases"][0]["id"] == case.pk


@pytest.mark.parametrize(
    "body",
    [
        {"decision": "nonsense", "reason": "x"},
        {"decision": "trim_first"},
        {"decision": "trim_first", "reason": "x", "more": 1},
    ],
    ids=["unknown decision", "no reason", "unknown field"],
)
def test_api_refuses_bad_decisions(client, case, officer, body):
    client.force_login(officer)

    answer = client.post(f"/api/v1/overlaps/{case.pk}/decision/", body, content_type="application/json")

    assert answer.status_code == 422
    assert client.get("/api/v1/overlaps/?status=nonsense").status_code == 400


@pytest.mark.django_db(transaction=True)
def test_redrawing_and_deciding_at_once_end_without_a_deadlock(
    case, officer, clerk, neighbour_clerk, cooperative, mango
):
    code_services.form_area(cooperative, name="Vùng", crop=mango, plots=[case.first], by=clerk)
    area = cooperative.areas.get()
    errors, start = [], threading.Barrier(3)

    def run(work):
        try:
            start.wait(10)
            with transaction.atomic():
                work()
        except (RuleViolated, services.PlotsOverlap):
            pass  # the other one was faster: refused by name
        except Exception as error:
            if getattr(error, "status", 0) != 409:
                errors.append(error)
        finally:
            connections.close_all()

    works = [
        lambda: services.decide_overlap(case, "cut_both", reason="x", by=officer),
        lambda: services.change_plot(case.second, by=neighbour_clerk, boundary=square_east_of(case.first.boundary)),
        lambda: code_services.change_area(area, name="Vùng 2", plots=[case.first], by=clerk),
    ]
    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert errors == []
    assert OverlapCase.objects.get().status == OverlapStatus.DECIDED
