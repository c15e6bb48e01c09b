"""What the holder of a code is told: steps of the office, what a market says, the last day coming nearer."""

import datetime as dt

import pytest
from django.utils import timezone
from django.utils.translation import override

from codes import reference, reminders, services
from codes.models import ProductionAreaCode
from codes.services import Act
from office.models import Notice, Schedule
from office.services import run_job, start_job

pytestmark = pytest.mark.django_db
ISSUED = dt.date(2026, 1, 5)


@pytest.fixture
def ending(code_factory, new_scheme):
    """A code of a scheme whose codes hold for a year."""
    return code_factory(scheme=new_scheme, issued_on=ISSUED)


def texts(user, kind="codes.expiring"):
    return list(Notice.objects.filter(user=user, kind=kind).order_by("pk").values_list("text", flat=True))


def days_left(code, days):
    return code.valid_until - dt.timedelta(days=days)


def test_holder_is_told_90_30_and_7_days_before_the_end(ending, clerk, officer):
    told = [reminders.tell_expiring(days_left(ending, days)) for days in range(100, -3, -1)]

    assert sum(told) == 3
    assert [100 - turn for turn, count in enumerate(told) if count] == [90, 30, 7]
    assert [text.partition("(")[2].partition(")")[0] for text in texts(clerk)] == [
        "còn 90 ngày",
        "còn 30 ngày",
        "còn 7 ngày",
    ]
    assert texts(officer) == []


def test_a_second_run_on_the_same_day_tells_nothing_twice(ending, clerk):
    told = [reminders.tell_expiring(days_left(ending, 30)) for _turn in range(3)]

    assert told == [1, 0, 0]
    assert len(texts(clerk)) == 1


@pytest.mark.parametrize(("days_off", "left"), [((91, 29), [29]), ((91, 5), [5]), ((35, 20, 3), [35, 20, 3])])
def test_after_days_off_the_nearest_stage_is_told(ending, clerk, days_off, left):
    for days in days_off:
        reminders.tell_expiring(days_left(ending, days))

    assert [int(text.partition("còn ")[2].partition(" ")[0]) for text in texts(clerk)] == left


def test_the_last_day_still_counts_and_the_day_after_is_too_late(ending, clerk):
    assert reminders.tell_expiring(ending.valid_until + dt.timedelta(days=1)) == 0
    assert reminders.tell_expiring(ending.valid_until) == 1


@pytest.mark.parametrize("status", ["suspended", "revoked", "superseded"])
def test_codes_not_in_force_are_left_alone(ending, status):
    ProductionAreaCode.objects.filter(pk=ending.pk).update(status=status)

    assert reminders.tell_expiring(days_left(ending, 5)) == 0


def test_codes_without_an_end_are_left_alone(code):
    assert code.valid_until is None
    assert reminders.tell_expiring(timezone.localdate()) == 0


def test_a_renewed_code_is_told_of_again(ending, clerk):
    reminders.tell_expiring(days_left(ending, 7))
    ProductionAreaCode.objects.filter(pk=ending.pk).update(valid_until=ending.valid_until + dt.timedelta(days=365))
    ending.refresh_from_db()

    reminders.tell_expiring(days_left(ending, 7))

    assert len(texts(clerk)) == 2


def test_the_daily_job_stands_in_the_clock(ending, clerk, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *args: days_left(ending, 7))
    reference.load()
    schedule = Schedule.objects.get(kind="codes.tell_expiring")

    job = run_job(start_job(schedule.kind, {}, by=None).pk)

    assert (job.status, job.result) == ("done", {"codes": 1})
    assert schedule.every_seconds == 86_400
    assert timezone.localtime(schedule.due_at).time() == dt.time(6, 0)
    assert schedule.due_at <= timezone.now()
    assert len(texts(clerk)) == 1


def act(**fields):
    return Act(
        **{"reason": "Lý do nội bộ", "document_number": "7/QĐ", "effective_on": timezone.localdate()} | fields
    )  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (["suspend"], "Tạm đình chỉ mã số"),
        (["suspend", "restore"], "Phục hồi mã số"),
        (["revoke"], "Thu hồi mã số"),
    ],
)
def test_holder_is_told_what_the_office_did_but_not_why_inside(code, clerk, officer, steps, said):
    for name in steps:
        services.move_code(code, name, act(public_note="Ghi chú"), by=officer)

    notice = Notice.objects.filter(user=clerk, kind=f"codes.{steps[-1]}").get()
    assert said in notice.text
    assert "7/QĐ" in notice.text
    assert "Lý do nội bộ" not in notice.text
    assert officer.full_name not in notice.text
    assert notice.url == f"/v/{code.code}/"


def test_a_double_click_tells_once(code, clerk, officer):
    for _turn in range(2):
        services.suspend_code(code, act(public_note="Ghi chú"), by=officer)

    assert Notice.objects.filter(user=clerk, kind="codes.suspend").count() == 1


def test_holder_is_told_what_a_market_says(code, clerk, officer):
    services.move_market_approval(code.approvals.get(), "send_dossier", act(), by=officer)
    services.move_market_approval(code.approvals.get(), "approve", act(), by=officer)

    assert texts(clerk, "codes.market")[-1] == "VN-XXOR-0001, Trung Quốc: Nước nhập khẩu chấp thuận."


def test_english_readers_get_english(code, clerk, officer):
    services.suspend_code(code, act(public_note="Ghi chú"), by=officer)

    notice = Notice.objects.get(user=clerk, kind="codes.suspend")
    with override("en"):
        from codes.workflow import EVENT_TITLES

        assert str(EVENT_TITLES["suspend"]) in notice.shown_text


def test_imported_code_without_holder_tells_nobody(code, officer):
    code.holder_id = None

    assert reminders.code_moved(code, "suspend", ISSUED, "1") is None
    assert not Notice.objects.filter(kind="codes.suspend").exists()
