"""Writes of the office: jobs, the outbox, notices, messages, documents. Other apps import from here."""

from office.services.documents import document_response, erase_content, store_made, store_upload
from office.services.jobs import (
    JobCancelled,
    cancel_job,
    reap_stale_jobs,
    run_job,
    start_due_schedules,
    start_job,
    tell_progress,
)
from office.services.messages import choose_channels, deliver_messages, preferences_of, reap_claims, retry_messages
from office.services.notices import mark_read, notify
from office.services.outbox import deliver_outbox, queue

__all__ = [
    "JobCancelled",
    "cancel_job",
    "choose_channels",
    "deliver_messages",
    "deliver_outbox",
    "document_response",
    "erase_content",
    "mark_read",
    "notify",
    "preferences_of",
    "queue",
    "reap_claims",
    "reap_stale_jobs",
    "retry_messages",
    "run_job",
    "start_due_schedules",
    "start_job",
    "store_made",
    "store_upload",
    "tell_progress",
]
