"""Writes of the office: jobs, the outbox, notices, documents. Other apps import from here."""

from office.services.documents import document_response, store_upload
from office.services.jobs import (
    JobCancelled,
    cancel_job,
    reap_stale_jobs,
    run_job,
    start_due_schedules,
    start_job,
    tell_progress,
)
from office.services.notices import mark_read, notify
from office.services.outbox import deliver_outbox, queue

__all__ = [
    "JobCancelled",
    "cancel_job",
    "deliver_outbox",
    "document_response",
    "mark_read",
    "notify",
    "queue",
    "reap_stale_jobs",
    "run_job",
    "start_due_schedules",
    "start_job",
    "store_upload",
    "tell_progress",
]
