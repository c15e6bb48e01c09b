"""What an import of members holds: its rows, encrypted, and its file, and how both go."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from cooperatives.grower_matching import Row
from cooperatives.models import GrowerImport, GrowerImportStatus
from core import crypto
from office.models import Job, JobStatus

KEPT = dt.timedelta(days=7)


def locked(pk: Any) -> GrowerImport:
    """Return the import as it is now, locked until the transaction ends."""
    # Its job is not joined: who waits for the lock would get the job as it was before the wait, or none.
    return GrowerImport.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=pk)


def content_of(grower_import: GrowerImport) -> dict[str, Any]:
    """Return what was read: `headings, cells, rows` (judged), `choices, evidence, encoding, encodings`; or nothing."""
    text = crypto.decrypt(grower_import.rows_encrypted)
    return json.loads(text) if text else {}


def seal(grower_import: GrowerImport, content: Mapping[str, Any]) -> None:
    """Encrypt `content` into the import, which the caller saves; an empty one leaves nothing."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) if content else ""
    grower_import.rows_encrypted = crypto.encrypt(text)


def can_download(grower_import: GrowerImport, user: Any) -> bool:
    """Whether the user may have rows back as they stood in the file, with whole numbers: who brought the file.

    For everybody else that would be a read of numbers that no log knows of (docs/domain.md).
    """
    return grower_import.created_by_id == user.pk


def is_working(grower_import: GrowerImport) -> bool:
    """Whether a job is reading or storing the list now."""
    job = grower_import.job
    return job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING)


def drop_document(grower_import: GrowerImport) -> None:
    """Delete the file and its document, if any."""
    document = grower_import.document
    if document is None:
        return
    grower_import.document = None
    GrowerImport.objects.filter(pk=grower_import.pk).update(document=None)
    name, storage = document.file.name, document.file.storage
    document.delete()
    transaction.on_commit(lambda: storage.delete(name))  # should that fail, the clean-up of orphans takes it


def count_of(rows: list[Row], name: str, values: tuple[str, ...]) -> dict[str, int]:
    """Return how many rows have each of the values at `name`."""
    found = [row[name] for row in rows]
    return {value: found.count(value) for value in values}


def clean_imports(job: Job | None = None) -> dict[str, Any]:
    """Job: a week after its upload nothing of a list is kept; one that was not confirmed is cancelled."""
    before = timezone.now() - KEPT
    cleaned = 0
    waiting = GrowerImport.objects.filter(created_at__lt=before).exclude(rows_encrypted=b"", document=None)
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            grower_import = locked(pk)
            if is_working(grower_import):
                continue
            if grower_import.status in (GrowerImportStatus.READING, GrowerImportStatus.PREVIEWED):
                grower_import.status = GrowerImportStatus.CANCELLED
            seal(grower_import, {})
            drop_document(grower_import)
            grower_import.save(update_fields=["status", "rows_encrypted", "document"])
            cleaned += 1
    return {"imports": cleaned}
