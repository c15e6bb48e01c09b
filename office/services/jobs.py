"""Long work: started, run, watched, tried again once when its worker was killed, or started by the clock.

The task queue (django-tasks-db) keeps a killed task "running" for ever and knows no clock; `Job` carries the truth.
"""

import datetime as dt
import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any
from uuid import UUID

import pghistory
from django.conf import settings
from django.db import connections, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from core.errors import DomainError, WrongState
from core.history import acting_for
from office.models import Job, JobStatus, Schedule

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 2.0
STALE_AFTER = dt.timedelta(seconds=60)
MAX_ATTEMPTS = 2
OVER = (JobStatus.DONE, JobStatus.FAILED, JobStatus.CANCELLED)

Handler = Callable[[Job], dict[str, Any]]


class JobCancelled(Exception):
    """Raised by `tell_progress` when the user has cancelled the job; the handler lets it pass."""


@cache
def _handlers() -> dict[str, str]:
    return dict(import_string(settings.JOB_HANDLERS))


def handler_of(kind: str) -> Handler:
    """Return the function that does jobs of this kind; KeyError when wiring names none."""
    return import_string(_handlers()[kind])


@transaction.atomic
def start_job(kind: str, payload: dict[str, Any], *, by: Any) -> Job:
    """Queue a job of a kind that `geoapp.wiring.JOB_HANDLERS` names; it starts after the commit.

    `payload` is JSON; `by` is a user or None for the clock. Raises KeyError for an unknown kind.
    """
    handler_of(kind)
    job = Job.objects.create(kind=kind, payload=payload, created_by=by, heartbeat_at=timezone.now())
    _enqueue(job)
    return job


def _enqueue(job: Job) -> None:
    from office.tasks import run_job_task

    # The queue is a table of this database: the row appears with our commit, or not at all.
    run_job_task.enqueue(str(job.pk))


def run_job(job_id: UUID | str) -> Job | None:
    """Do the job now, in this process, unless it is no longer waiting (then None).

    The handler's DomainError becomes the job's error code and text; anything else is logged and shown as a fault of
    ours. What the handler wrote in a transaction is there as a whole or not at all.
    """
    claimed = Job.objects.filter(pk=job_id, status=JobStatus.QUEUED).update(
        status=JobStatus.RUNNING, attempt=F("attempt") + 1, heartbeat_at=timezone.now(), progress=0
    )
    if not claimed:
        return None
    job = Job.objects.select_related("created_by").get(pk=job_id)
    outcome = _outcome(job)
    Job.objects.filter(pk=job.pk, status=JobStatus.RUNNING).update(finished_at=timezone.now(), **outcome)
    job.refresh_from_db()
    return job


def _outcome(job: Job) -> dict[str, Any]:
    try:
        who = {"user": job.created_by_id, **acting_for(job.created_by)}
        with _Heartbeat(job), pghistory.context(job=str(job.pk), kind=job.kind, **who):
            result = handler_of(job.kind)(job) or {}
    except JobCancelled:
        return {"status": JobStatus.CANCELLED, "step": ""}
    except DomainError as error:
        findings = [finding.as_dict() for finding in error.findings]
        return {
            "status": JobStatus.FAILED,
            "error_code": error.code,
            "error": str(error.detail),
            "result": {"findings": findings} if findings else {},
        }
    except Exception:
        logger.exception("job %s (%s) failed", job.pk, job.kind)
        return {
            "status": JobStatus.FAILED,
            "error_code": "internal_error",
            "error": _("Máy chủ gặp lỗi khi làm việc này. Hãy thử lại; nếu vẫn lỗi, hãy báo người quản trị."),
        }
    return {"status": JobStatus.DONE, "progress": 100, "step": "", "result": result}


class _Heartbeat:
    """Writes progress and signs of life by a connection of its own, so that they show during a long transaction."""

    running: dict[UUID, "_Heartbeat"] = {}

    def __init__(self, job: Job) -> None:
        self.job = job
        self.progress, self.step = 0, ""
        self.is_cancelled = False
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"heartbeat-{job.pk}", daemon=True)

    def __enter__(self) -> "_Heartbeat":
        self.running[self.job.pk] = self
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.running.pop(self.job.pk, None)
        self._over.set()
        self._thread.join(HEARTBEAT_SECONDS)

    def _beat(self) -> None:
        try:
            while not self._over.wait(HEARTBEAT_SECONDS):
                self._write()
        finally:
            connections.close_all()

    def _write(self) -> None:
        try:
            # Skip a locked row: whoever holds it is about to write it, and waiting here could wait for ourselves.
            with transaction.atomic():
                row = Job.objects.select_for_update(skip_locked=True).filter(pk=self.job.pk).first()
                if row is None:
                    return
                self.is_cancelled = row.status == JobStatus.CANCELLED
                Job.objects.filter(pk=row.pk).update(
                    progress=self.progress, step=self.step, heartbeat_at=timezone.now()
                )
        except Exception:
            logger.warning("heartbeat of job %s missed", self.job.pk, exc_info=True)


def tell_progress(job: Job, percent: int, step: str = "") -> None:
    """Say how far a running job is (0-100) and what it does now; raises JobCancelled when the user gave up."""
    beat = _Heartbeat.running.get(job.pk)
    if beat is None:
        return
    beat.progress, beat.step = max(0, min(100, percent)), step[:120]
    if not connections["default"].in_atomic_block:
        Job.objects.filter(pk=job.pk).update(progress=beat.progress, step=beat.step, heartbeat_at=timezone.now())
    if beat.is_cancelled:
        raise JobCancelled


@transaction.atomic
def cancel_job(job: Job, *, by: Any) -> Job:
    """Cancel a job that waits or runs; a running one stops at its next step and leaves nothing. `by` is its owner."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job.pk, created_by=by)
    if job.status in OVER:
        raise WrongState("job_over", _("Công việc này đã kết thúc."))
    job.status, job.finished_at = JobStatus.CANCELLED, timezone.now()
    job.save(update_fields=["status", "finished_at"])
    return job


@transaction.atomic
def reap_stale_jobs(now: dt.datetime | None = None) -> int:
    """Queue again, once, jobs whose worker fell silent; fail them the second time. Return how many were touched."""
    now = now or timezone.now()
    silent = Job.objects.select_for_update(skip_locked=True).filter(heartbeat_at__lt=now - STALE_AFTER)
    lost = list(silent.filter(status=JobStatus.RUNNING))
    for job in lost:
        if job.attempt < MAX_ATTEMPTS:
            job.status, job.progress, job.step, job.heartbeat_at = JobStatus.QUEUED, 0, "", now
            job.save(update_fields=["status", "progress", "step", "heartbeat_at"])
            _enqueue(job)
        else:
            job.status, job.finished_at = JobStatus.FAILED, now
            job.error_code, job.error = "worker_lost", _("Công việc bị ngắt hai lần nên đã dừng. Chưa có gì được ghi.")
            job.save(update_fields=["status", "finished_at", "error_code", "error"])
    return len(lost) + _wake_forgotten(silent, now)


def _wake_forgotten(silent: Any, now: dt.datetime) -> int:
    """A worker killed between taking a task and starting its job leaves the job waiting with nobody to call it."""
    if DBTaskResult.objects.ready().exists():
        return 0
    forgotten = list(silent.filter(status=JobStatus.QUEUED))
    for job in forgotten:
        job.heartbeat_at = now
        job.save(update_fields=["heartbeat_at"])
        _enqueue(job)
    return len(forgotten)


@transaction.atomic
def start_due_schedules(now: dt.datetime | None = None) -> list[Job]:
    """Start a job for every schedule whose time has come; missed turns are not made up for."""
    now = now or timezone.now()
    due = Schedule.objects.select_for_update(skip_locked=True).filter(is_active=True, due_at__lte=now)
    jobs = []
    for schedule in due:
        missed = int((now - schedule.due_at).total_seconds() // schedule.every_seconds) + 1
        schedule.due_at += dt.timedelta(seconds=schedule.every_seconds * missed)
        schedule.save(update_fields=["due_at"])
        jobs.append(start_job(schedule.kind, {}, by=None))
    return jobs
