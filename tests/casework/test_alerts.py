"""The nightly second look at issued codes: flags, never a status."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.roles import Role
from casework import services, tasks
from casework.models import CodeAlert
from codes import services as code_services
from codes.models import ProductionAreaCode, RuleKind
from core.errors import NotAllowed, RuleViolated, WrongState
from crops.models import Crop
from farms.models import Plot
from office.models import Job, Schedule
from tests.factories.codes import make_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def issued(request_in_review, officer):
    """A code that was given on a request, all findings recorded at approval."""
    return services.approve_request(request_in_review, by=officer).codes.get()


@pytest.fixture
def failing(issued, longan):
    """A code with a plot that now grows something else."""
    plot = issued.area.plots.first()
    Plot.objects.filter(pk=plot.pk).update(crop=longan)
    return issued


def open_rules():
    return set(CodeAlert.objects.open().values_list("rule", flat=True))


def test_a_code_that_still_meets_the_rules_is_left_in_peace(issued):
    counts = services.recheck_codes()

    assert counts == {"checked": 1, "opened": 0, "closed": 0}
    assert not CodeAlert.objects.exists()


def test_a_failing_code_gets_a_flag_and_keeps_its_status(failing):
    services.recheck_codes()
    again = services.recheck_codes()

    alert = CodeAlert.objects.get()
    assert (alert.code, alert.rule, alert.verdict) == (failing, "one_crop", "fail")
    assert alert.finding["plots"]
    assert again["opened"] == 0
    failing.refresh_from_db()
    assert failing.status == "active"


def test_the_flag_goes_when_the_rule_passes_again(failing, mango):
    services.recheck_codes()
    Plot.objects.update(crop=mango)

    counts = services.recheck_codes()

    assert counts["closed"] == 1
    assert CodeAlert.objects.get().closed_at is not None
    Plot.objects.filter(pk=failing.area.plots.first().pk).update(crop=Crop.objects.exclude(pk=mango.pk).first())
    services.recheck_codes()
    assert open_rules() == {"one_crop"}


def test_what_was_known_when_the_code_was_given_is_no_news(request_in_review, officer, officer_factory, province):
    chief = officer_factory(province, Role.OFFICER)
    make_rule(request_in_review.scheme, kind=RuleKind.MAXIMUM_AREA, threshold=1, severity="fail")
    services.override_check(request_in_review, "maximum_area", reason="Chấp nhận", by=chief)
    Plot.objects.update(grower=None)
    services.approve_request(request_in_review, by=officer)

    services.recheck_codes()

    assert not CodeAlert.objects.exists()


def test_a_warning_is_news_only_where_the_day_of_issue_is_known(issued):
    Plot.objects.update(grower=None)

    services.recheck_codes()

    assert open_rules() == {"growers_known"}


def test_of_codes_without_a_request_only_failures_are_told(code, longan):
    Plot.objects.update(grower=None)
    services.recheck_codes()
    assert open_rules() == set()

    Plot.objects.filter(pk=code.area.plots.first().pk).update(crop=longan)
    services.recheck_codes()

    assert open_rules() == {"one_crop"}


def test_e15_a_redrawn_area_flags_its_codes_at_once(issued, clerk):
    area = issued.area
    code_services.change_area(area, name=area.name, plots=area.plots.all()[:2], by=clerk)

    alert = CodeAlert.objects.get()
    assert (alert.rule, alert.verdict, alert.code) == ("area_changed", "warn", issued)
    services.recheck_codes()
    assert CodeAlert.objects.get(rule="area_changed").closed_at is None
    issued.refresh_from_db()
    assert (issued.status, issued.area_version) == ("active", 1)


def test_codes_out_of_force_lose_their_flags(failing):
    services.recheck_codes()
    ProductionAreaCode.objects.update(status="revoked")

    counts = services.recheck_codes()

    assert (counts["checked"], counts["closed"]) == (0, 1)


def test_batches_cover_every_code_and_tell_how_far(area_factory, code_factory, monkeypatch):
    from casework.services import alerts

    monkeypatch.setattr(alerts, "BATCH", 2)
    for number in range(5):
        code_factory(area=area_factory(lat=10.40 + number / 100))
    told = []

    counts = services.recheck_codes(progress=lambda percent, step: told.append(percent))

    assert counts["checked"] == 5
    assert told == [40, 80, 100]


def test_the_job_runs_by_its_schedule(failing, officer):
    from casework import reference

    reference.load()

    result = tasks.recheck_codes(Job.objects.create(kind="casework.recheck_codes", created_by=officer))

    assert result["opened"] == 1
    due = timezone.localtime(Schedule.objects.get(kind="casework.recheck_codes").due_at)
    assert due.hour == 2


def test_a_dismissed_alert_is_quiet_until_it_gets_worse(issued, officer):
    rule = make_rule(issued.scheme, kind=RuleKind.MINIMUM_AREA, threshold=99, severity="warn")
    services.recheck_codes()
    services.dismiss_alert(CodeAlert.objects.get(), reason="Đã biết", by=officer)
    services.recheck_codes()
    assert open_rules() == set()

    rule.severity = "fail"
    rule.save()
    services.recheck_codes()

    assert open_rules() == {"minimum_area"}
    assert CodeAlert.objects.exclude(closed_at=None).get().dismissed_by == officer


@pytest.mark.parametrize("person", ["clerk", "planner", "outsider"])
def test_who_may_not_dismiss(request, failing, person):
    services.recheck_codes()

    with pytest.raises(NotAllowed):
        services.dismiss_alert(CodeAlert.objects.get(), reason="x", by=request.getfixturevalue(person))


def test_dismissing_needs_a_reason_and_happens_once(failing, officer):
    services.recheck_codes()
    alert = CodeAlert.objects.get()

    with pytest.raises(RuleViolated):
        services.dismiss_alert(alert, reason=" ", by=officer)
    services.dismiss_alert(alert, reason="Đã biết", by=officer)
    with pytest.raises(WrongState):
        services.dismiss_alert(alert, reason="Lại", by=officer)


def test_the_list_of_alerts(client, failing, officer):
    services.recheck_codes()
    alert = CodeAlert.objects.get()
    client.force_login(officer)
    url = reverse("casework:alert-list")

    page = client.get(url)
    assert [row.pk for row, _may in page.context["rows"]] == [alert.pk]
    assert failing.code in page.content.decode()

    client.post(reverse("casework:alert-dismiss", args=[alert.pk]), {"reason": "Đã biết"})

    assert client.get(url).context["rows"] == []
    assert "Đã biết" in client.get(url, {"state": "dismissed"}).content.decode()
    assert client.get(url, {"state": "closed"}).context["rows"] == []
    assert len(client.get(url, {"state": ""}).context["rows"]) == 1


def test_alerts_of_other_places_are_not_shown(client, failing, officer, unit_factory):
    from accounts.models import OfficerPost

    services.recheck_codes()
    OfficerPost.objects.filter(user=officer).update(unit=unit_factory())
    client.force_login(officer)

    assert client.get(reverse("casework:alert-list")).context["rows"] == []
    answer = client.post(reverse("casework:alert-dismiss", args=[CodeAlert.objects.get().pk]), {"reason": "x"})
    assert answer.status_code == 404


def test_the_demos_story_of_checks(code, officer, clerk, neighbour, neighbour_clerk, mango):
    from demo.checks import tell_checks
    from farms.models import OverlapCase
    from farms.services import add_plot
    from tests.shapes import square_east_of

    last = code.area.plots.order_by("pk").last()
    add_plot(neighbour, square_east_of(last.boundary, gap_m=-10), by=neighbour_clerk, ref="L-1", crop=mango)

    told = tell_checks(officer=officer, clerk=clerk)

    assert told == "1 overlap case settled by a cut, 1 alert on a code"
    assert OverlapCase.objects.get().decision == "trim_second"
    assert CodeAlert.objects.get().rule == "area_changed"
