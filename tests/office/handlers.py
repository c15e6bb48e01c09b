"""Handlers and receivers that the tests put into the wiring."""

from core.errors import Finding, RuleViolated
from office.models import Job
from office.services import notify, tell_progress

heard: list[dict] = []


def succeed(job: Job) -> dict:
    tell_progress(job, 40, "đang đọc")
    return {"seen": job.payload}


def refuse(job: Job) -> dict:
    raise RuleViolated("too_early", "Còn sớm.", findings=[Finding("row_bad", "Dòng sai.", extra={"row": 3})])


def crash(job: Job) -> dict:
    notify(job.created_by, "test", "đã ghi một phần")
    raise ZeroDivisionError


def look_at_progress(job: Job) -> dict:
    tell_progress(job, 40, "đang đọc")
    row = Job.objects.get(pk=job.pk)
    return {"progress": row.progress, "step": row.step, "status": row.status}


def hear(payload: dict) -> None:
    heard.append(payload)


def hear_with_difficulty(payload: dict) -> None:
    heard.append(payload)
    raise ConnectionError("no answer")
