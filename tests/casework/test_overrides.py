"""Letting a failed rule pass: with the right and a reason, once per version, reported."""

import pytest
from django.db import transaction
from django.urls import reverse

from accounts.roles import Role
from casework import services
from casework.models import EligibilityOverride
from casework.services.overrides import NEVER_OVERRIDDEN, overrides_of
from codes.models import Reason, RuleKind
from core.errors import NotAllowed, RuleViolated, WrongState
from farms.models import Plot, PlotStatus
from tests.factories.codes import make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def chief(officer_factory, province):
    """An officer of the province."""
    return officer_factory(province, Role.OFFICER)


@pytest.fixture
def too_small(request_in_review):
    """A request in review that fails `minimum_area` since the scheme got a new rule."""
    make_rule(request_in_review.scheme, kind=RuleKind.MINIMUM_AREA, threshold=99, severity="fail")
    return request_in_review


def test_an_override_with_a_reason_lets_the_request_be_approved(too_small, chief):
    with pytest.raises(RuleViolated, match="chưa đạt"):
        services.approve_request(too_small, by=chief)

    override = services.override_check(too_small, "minimum_area", reason="Vùng thí điểm", by=chief)
    approved = services.approve_request(too_small, by=chief)

    assert (override.version, override.finding["measured"]) == (too_small.version, "3,00 ha")
    assert approved.status == "approved"
    (recorded,) = [one for one in approved.events.last().findings if one["rule"] == "minimum_area"]
    assert recorded["override"] == "Vùng thí điểm"


def test_an_override_holds_for_its_version_only(too_small, chief, clerk):
    services.override_check(too_small, "minimum_area", reason="Vùng thí điểm", by=chief)

    type(too_small).objects.filter(pk=too_small.pk).update(version=too_small.version + 1)
    too_small.refresh_from_db()

    assert overrides_of(too_small) == {}
    with pytest.raises(RuleViolated):
        services.approve_request(too_small, by=chief)


def test_the_same_override_twice_is_one(too_small, chief):
    first = services.override_check(too_small, "minimum_area", reason="Vùng thí điểm", by=chief)

    assert services.override_check(too_small, "minimum_area", reason="Khác", by=chief) == first
    assert EligibilityOverride.objects.get().reason == "Vùng thí điểm"


@pytest.mark.parametrize("rule", sorted(NEVER_OVERRIDDEN))
def test_some_rules_are_never_overridden(request_in_review, chief, rule):
    with pytest.raises(RuleViolated, match="không bao giờ"):
        services.override_check(request_in_review, rule, reason="x", by=chief)


def test_a_forged_row_does_not_open_what_can_never_be_overridden(request_in_review, chief):
    Plot.objects.filter(pk=request_in_review.area.plots.first().pk).update(status=PlotStatus.IN_CONFLICT)
    EligibilityOverride.objects.create(
        code_request=request_in_review, rule="plots_in_good_standing", version=request_in_review.version,
        reason="x", by=chief,
    )  # fmt: skip

    with pytest.raises(RuleViolated):
        services.approve_request(request_in_review, by=chief)


@pytest.mark.parametrize(("rule", "reason"), [("minimum_area", "  "), ("one_crop", "Lý do"), ("no_such_rule", "Lý do")])
def test_what_an_override_needs(too_small, chief, rule, reason):
    with pytest.raises(RuleViolated):
        services.override_check(too_small, rule, reason=reason, by=chief)

    assert not EligibilityOverride.objects.exists()


def test_a_reason_code_must_be_one_of_the_schemes(too_small, chief):
    Reason.objects.create(use="override", slug="thi-diem", text_vi="Vùng thí điểm", valid_from="2020-01-01")

    with pytest.raises(RuleViolated, match="Yêu cầu không hợp lệ"), transaction.atomic():
        services.override_check(too_small, "minimum_area", reason="x", reason_code="khong-co", by=chief)
    override = services.override_check(too_small, "minimum_area", reason="x", reason_code="thi-diem", by=chief)

    assert override.reason_code.slug == "thi-diem"


@pytest.mark.parametrize("person", ["clerk", "planner", "outsider", "neighbour_clerk"])
def test_who_may_not_override(request, too_small, person):
    with pytest.raises(NotAllowed):
        services.override_check(too_small, "minimum_area", reason="x", by=request.getfixturevalue(person))


def test_an_officer_of_the_commune_must_ask_the_province(client, too_small, officer):
    with pytest.raises(NotAllowed):
        services.override_check(too_small, "minimum_area", reason="x", by=officer)

    client.force_login(officer)
    text = client.get(reverse("casework:file", args=[too_small.pk])).content.decode()
    assert reverse("casework:override", args=[too_small.pk]) not in text


def test_only_while_the_request_is_examined(submitted_request, chief):
    with pytest.raises(WrongState):
        services.override_check(submitted_request, "minimum_area", reason="x", by=chief)


def test_overrides_are_append_only(too_small, chief):
    override = services.override_check(too_small, "minimum_area", reason="x", by=chief)

    with pytest.raises(Exception, match="append_only"), transaction.atomic():
        EligibilityOverride.objects.filter(pk=override.pk).update(reason="y")


def test_the_file_offers_the_form_and_shows_what_was_overridden(client, too_small, chief):
    client.force_login(chief)
    file, act = reverse("casework:file", args=[too_small.pk]), reverse("casework:override", args=[too_small.pk])
    before = client.get(file).content.decode()
    assert f'action="{act}"' in before
    assert 'value="minimum_area"' in before

    answer = client.post(act, {"rule": "minimum_area", "reason": "Vùng thí điểm"}, follow=True)

    text = answer.content.decode()
    assert f'action="{act}"' not in text
    assert "Vùng thí điểm" in text


def test_plots_at_fault_are_on_the_files_map(client, request_in_review, chief, longan):
    plot = request_in_review.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(crop=longan)
    client.force_login(chief)

    page = client.get(reverse("casework:file", args=[request_in_review.pk]))

    shown = [one["properties"] for one in page.context["frame"]["features"]["features"]]
    (fault,) = [one for one in shown if one.get("plot") == plot.pk]
    assert fault["fault"] == "fail"
    assert f'data-fault-plots="{plot.pk}"' in page.content.decode()


def test_a_post_without_reason_is_refused_and_told(client, too_small, chief):
    client.force_login(chief)

    answer = client.post(reverse("casework:override", args=[too_small.pk]), {"rule": "minimum_area"}, follow=True)

    assert "Hãy ghi lý do" in answer.content.decode()
    assert not EligibilityOverride.objects.exists()


def test_the_report_is_filtered_and_saved_as_a_table(client, too_small, chief):
    services.override_check(too_small, "minimum_area", reason="=HYPERLINK(1)", by=chief)
    client.force_login(chief)
    url = reverse("casework:overrides")

    shown = client.get(url, {"rule": "minimum_area", "since": "2020-01-01"})
    none = client.get(url, {"until": "2020-01-01"})
    table = client.get(url, {"format": "csv"})

    assert [row.rule for row in shown.context["page"]] == ["minimum_area"]
    assert list(none.context["page"]) == []
    assert table["Content-Type"].startswith("text/csv")
    assert "'=HYPERLINK(1)" in table.getvalue().decode()
    assert client.get(url, {"nonsense": "1"}).status_code == 400


@pytest.mark.parametrize("person", ["clerk", "outsider"])
@pytest.mark.parametrize("name", ["overrides", "alert-list"])
def test_outsiders_do_not_learn_of_the_lists(request, client, person, name):
    client.force_login(request.getfixturevalue(person))

    assert client.get(reverse(f"casework:{name}")).status_code == 404
