"""Jobs, outbox, notices, documents."""

import datetime as dt

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from core.errors import RuleViolated, WrongState
from office import services
from office.models import Document, Job, JobStatus, OutboxMessage, Schedule
from office.services import jobs, outbox
from office.services.documents import FileTooLarge, clean_name
from office.tasks import clean_up
from tests.factories.office import make_upload
from tests.office import handlers

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _wiring(monkeypatch):
    names = ("succeed", "refuse", "crash", "look_at_progress")
    table = {name: f"tests.office.handlers.{name}" for name in names}
    monkeypatch.setattr(jobs, "_handlers", lambda: table)
    receivers = {"good": "tests.office.handlers.hear", "bad": "tests.office.handlers.hear_with_difficulty"}
    monkeypatch.setattr(outbox, "_receivers", lambda: receivers)
    handlers.heard.clear()


def test_job_runs_and_keeps_its_result(outsider):
    job = services.start_job("succeed", {"a": 1}, by=outsider)

    done = services.run_job(job.pk)

    assert (done.status, done.progress, done.result) == (JobStatus.DONE, 100, {"seen": {"a": 1}})
    assert done.finished_at is not None


def test_progress_shows_while_the_job_runs(outsider):
    job = services.start_job("look_at_progress", {}, by=outsider)

    done = services.run_job(job.pk)

    assert done.result == {"progress": 40, "step": "đang đọc", "status": "running"} or done.result["progress"] == 0


def test_job_of_unknown_kind_is_a_fault_of_the_caller(outsider):
    with pytest.raises(KeyError):
        services.start_job("nobody", {}, by=outsider)

    assert not Job.objects.exists()


def test_job_and_its_task_vanish_with_the_transaction(outsider):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.start_job("succeed", {}, by=outsider)
        raise ZeroDivisionError

    assert (Job.objects.count(), DBTaskResult.objects.count()) == (0, 0)


def test_refusal_of_a_rule_is_told_with_its_findings(outsider):
    job = services.start_job("refuse", {}, by=outsider)

    failed = services.run_job(job.pk)

    assert (failed.status, failed.error_code, failed.error) == (JobStatus.FAILED, "too_early", "Còn sớm.")
    assert failed.result["findings"][0]["row"] == 3


def test_crash_says_nothing_of_its_inside(outsider, caplog):
    job = services.start_job("crash", {}, by=outsider)

    failed = services.run_job(job.pk)

    assert (failed.status, failed.error_code) == (JobStatus.FAILED, "internal_error")
    assert "ZeroDivisionError" not in failed.error
    assert "ZeroDivisionError" in caplog.text


def test_job_runs_only_once(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    services.run_job(job.pk)

    again = services.run_job(job.pk)

    assert again is None


def test_cancelled_job_does_not_start(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    services.cancel_job(job, by=outsider)

    again = services.run_job(job.pk)

    assert again is None
    with pytest.raises(WrongState):
        services.cancel_job(job, by=outsider)


def test_cancelled_job_stops_at_its_next_step(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    beat = jobs._Heartbeat(job)
    beat.is_cancelled = True
    jobs._Heartbeat.running[job.pk] = beat

    with pytest.raises(services.JobCancelled):
        services.tell_progress(job, 10)
    del jobs._Heartbeat.running[job.pk]


def test_job_of_a_dead_worker_is_queued_again_once_then_fails(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    long_ago = timezone.now() - dt.timedelta(minutes=5)
    states = []

    for _turn in range(2):
        Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, attempt=_turn + 1, heartbeat_at=long_ago)
        services.reap_stale_jobs()
        states.append(Job.objects.get(pk=job.pk).status)

    assert states == [JobStatus.QUEUED, JobStatus.FAILED]
    assert Job.objects.get(pk=job.pk).error_code == "worker_lost"
    assert DBTaskResult.objects.ready().count() == 2


def test_living_job_is_left_alone(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    Job.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, attempt=1, heartbeat_at=timezone.now())

    touched = services.reap_stale_jobs()

    assert touched == 0


def test_waiting_job_that_nobody_will_call_is_called_again(outsider):
    job = services.start_job("succeed", {}, by=outsider)
    DBTaskResult.objects.all().delete()
    Job.objects.filter(pk=job.pk).update(heartbeat_at=timezone.now() - dt.timedelta(minutes=5))

    touched = services.reap_stale_jobs()

    assert touched == 1
    assert DBTaskResult.objects.ready().count() == 1


def test_schedule_starts_when_due_and_does_not_catch_up(db):
    now = timezone.now()
    Schedule.objects.create(kind="succeed", every_seconds=60, due_at=now - dt.timedelta(seconds=200))

    started = [len(services.start_due_schedules(now)), len(services.start_due_schedules(now))]

    assert started == [1, 0]
    assert Schedule.objects.get(kind="succeed").due_at > now


def test_news_is_told_once_after_it_arrived(db):
    services.queue("good", {"id": 7})

    arrived = [services.deliver_outbox(), services.deliver_outbox()]

    assert arrived == [1, 0]
    assert handlers.heard == [{"id": 7}]


def test_news_of_a_rolled_back_change_is_never_told(db):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        services.queue("good", {})
        raise ZeroDivisionError

    services.deliver_outbox()

    assert handlers.heard == []


def test_failed_delivery_waits_and_is_tried_again_and_holds_up_nobody(db):
    services.queue("bad", {"n": 1})
    services.queue("good", {"n": 2})

    first = services.deliver_outbox()
    waiting = OutboxMessage.objects.get(delivered_at=None)
    OutboxMessage.objects.update(due_at=timezone.now())
    services.deliver_outbox()

    assert first == 1
    assert waiting.attempts == 1
    assert "ConnectionError" in waiting.last_error
    assert handlers.heard.count({"n": 1}) == 2


@pytest.mark.parametrize(
    ("case", "given", "kept"),
    [
        ("folders", "../../etc/passwd", "passwd"),
        ("windows folders", "C:\\anh\\thua.zip", "thua.zip"),
        ("line break", "a\r\nb.zip", "ab.zip"),
        ("direction override", "anh\u202egnp.exe", "anhgnp.exe"),
        ("nul", "a\x00.zip", "a.zip"),
        ("nfd", "xoa\u0300i.zip", "xo\u00e0i.zip"),
        ("nothing left", "...", "tep"),
        ("quotes", 'a"b.zip', "ab.zip"),
    ],
)
def test_file_name_is_cleaned(case, given, kept):
    assert clean_name(given) == kept


def test_long_file_name_keeps_its_ending():
    name = clean_name("ồ" * 300 + ".geojson")

    assert name.endswith(".geojson")
    assert len(name.encode()) <= 200


def test_upload_lies_under_a_random_name_with_its_digest(media, outsider):
    document = services.store_upload(make_upload("../thửa.zip", b"abc"), by=outsider)

    stored = [path for path in media.rglob("*") if path.is_file()]
    assert [path.name for path in stored] == [document.pk.hex]
    assert document.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert (document.name, document.size) == ("thửa.zip", 3)


@pytest.mark.parametrize(("content", "error"), [(b"", RuleViolated), (b"x" * 11, FileTooLarge)])
def test_upload_too_large_or_empty_is_refused(media, outsider, content, error):
    with pytest.raises(error):
        services.store_upload(make_upload("a.zip", content), by=outsider, max_bytes=10)

    assert not Document.objects.exists()
    assert not [path for path in media.rglob("*") if path.is_file()]


def test_document_leaves_as_a_download_that_nothing_runs(media, outsider):
    document = services.store_upload(make_upload("trang.html", b"<script>"), by=outsider)

    response = services.document_response(document)

    assert b"".join(response.streaming_content) == b"<script>"
    response.close()
    assert response["Content-Disposition"].startswith("attachment")
    assert response["Content-Type"] == "application/octet-stream"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in response["Content-Security-Policy"]


def test_clean_up_removes_files_without_a_row(media, outsider):
    import os

    kept = services.store_upload(make_upload(), by=outsider)
    orphan = Document(name="x", size=1, sha256="0")
    orphan.file.save("x", ContentFile(b"x"), save=False)
    orphan.file.close()
    for path in media.rglob("*"):
        if path.is_file():
            os.utime(path, (0, 0))

    result = clean_up(Job())

    assert result["files"] == 1
    assert [path.name for path in media.rglob("*") if path.is_file()] == [kept.pk.hex]
