"""What falls due is told once: terms of the office, of the cooperative, of other offices."""

import datetime as dt

import pytest
from django.utils import timezone

from casework import reference, reminders, services
from casework.models import CodeRequest, Opinion
from casework.notifications import request_arrived, request_moved
from casework.tasks import remind
from office.models import Job, Notice, Schedule
from office.sentences import Sentence

pytestmark = pytest.mark.django_db


def texts(user, kind):
    return list(Notice.objects.filter(user=user, kind=kind).order_by("pk").values_list("text", flat=True))


def around(day, *, before, after):
    return [day + dt.timedelta(days=days) for days in range(-before, after + 1)]


def test_officer_is_told_when_the_term_is_near_and_when_it_is_over(request_in_review, officer, clerk):
    told = {day: reminders.tell_office(day) for day in around(request_in_review.due_on, before=5, after=3)}

    days = [(day - request_in_review.due_on).days for day, count in told.items() if count]
    assert days == [-2, 1]
    assert (len(texts(officer, "request_due")), len(texts(officer, "request_late"))) == (1, 1)
    assert "quá hạn" in texts(officer, "request_late")[0]
    assert texts(clerk, "request_late") == []


def test_a_file_that_nobody_took_up_is_told_to_the_nearest_officers(submitted_request, officer, foreign_officer):
    reminders.tell_office(submitted_request.due_on + dt.timedelta(days=10))

    assert len(texts(officer, "request_late")) == 1
    assert texts(foreign_officer, "request_late") == []


@pytest.mark.parametrize("runs", [1, 3])
def test_days_off_and_restarts_tell_late_files_once(request_in_review, officer, runs):
    for _turn in range(runs):
        reminders.tell_office(request_in_review.due_on + dt.timedelta(days=20))

    assert texts(officer, "request_due") == []
    assert len(texts(officer, "request_late")) == 1


def test_decided_files_are_left_alone(request_in_review, officer):
    services.reject_request(request_in_review, reason="Sai", by=officer)

    assert reminders.tell_office(request_in_review.due_on + dt.timedelta(days=20)) == 0


@pytest.fixture
def returned(request_in_review, officer):
    return services.return_request(request_in_review, reason="Thiếu giấy", by=officer)


def test_cooperative_is_told_7_and_2_days_before_its_request_lapses(returned, clerk, officer):
    told = {day: reminders.tell_cooperatives(day) for day in around(returned.due_on, before=12, after=2)}

    assert [(returned.due_on - day).days for day, count in told.items() if count] == [7, 2]
    assert len(texts(clerk, "return_due")) == 2
    assert texts(officer, "return_due") == []


def test_after_days_off_the_cooperative_gets_the_nearest_stage_only(returned, clerk):
    reminders.tell_cooperatives(returned.due_on - dt.timedelta(days=1))
    reminders.tell_cooperatives(returned.due_on)

    assert len(texts(clerk, "return_due")) == 1


def test_a_second_return_is_told_of_again(returned, clerk, officer):
    reminders.tell_cooperatives(returned.due_on)
    CodeRequest.objects.filter(pk=returned.pk).update(due_on=returned.due_on + dt.timedelta(days=30))

    told = reminders.tell_cooperatives(returned.due_on + dt.timedelta(days=30))

    assert told == 1
    assert len(texts(clerk, "return_due")) == 2


@pytest.fixture
def opinion(request_in_review, officer_factory, commune):
    asker = officer_factory(commune)
    return Opinion.objects.create(
        code_request=request_in_review, office="Phòng Đất đai", email="dat@example.invalid", question="?",
        token_digest="0" * 64, due_on=timezone.localdate() + dt.timedelta(days=5), asked_by=asker,
    )  # fmt: skip


def test_overdue_opinion_is_told_once_to_who_asked_and_who_has_the_file(opinion, officer):
    told = [reminders.tell_overdue_opinions(day) for day in around(opinion.due_on, before=1, after=3)]

    assert told == [0, 0, 1, 0, 0]
    for person in (opinion.asked_by, officer):
        assert len(texts(person, "opinion_overdue")) == 1
    assert "Phòng Đất đai" in texts(officer, "opinion_overdue")[0]


@pytest.mark.parametrize("state", ["answered", "revoked", "decided"])
def test_opinions_that_no_longer_matter_are_left_alone(opinion, officer, state):
    now = timezone.now()
    if state == "answered":
        Opinion.objects.update(verdict="agree", answered_at=now)
    elif state == "revoked":
        Opinion.objects.update(revoked_at=now)
    else:
        services.reject_request(opinion.code_request, reason="Sai", by=officer)

    assert reminders.tell_overdue_opinions(opinion.due_on + dt.timedelta(days=9)) == 0


def test_the_daily_job_does_all_three(returned, opinion, monkeypatch):
    monkeypatch.setattr("casework.tasks.timezone.localdate", lambda: max(returned.due_on, opinion.due_on))

    done = remind(Job())

    assert set(done) == {"office", "cooperatives", "opinions"}
    reference.load()
    assert Schedule.objects.get(kind="casework.remind").every_seconds == 86_400


def test_arrival_and_steps_are_told_in_both_languages(submitted_request, officer, clerk):
    Notice.objects.all().delete()

    request_arrived(submitted_request)
    request_moved(submitted_request, Sentence("%(area)s|", {"area": "%(area)s"}).text)

    assert Notice.objects.get(user=officer).kind == "request_arrived"
    assert Notice.objects.get(user=clerk).text == f"{submitted_request.area.name}|"
