"""What the worker calls."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from office import services
from office.models import Document, IdempotencyKey, Job, OutboxMessage

KEEP_KEYS = dt.timedelta(days=7)
KEEP_NEWS = dt.timedelta(days=30)
KEEP_TASKS = dt.timedelta(days=1)


@task()
def run_job_task(job_id: str) -> None:
    """Run one job; see `office.services.run_job`."""
    services.run_job(job_id)


def tick() -> None:
    """What falls due by itself: schedules, jobs of dead workers, news, messages. The worker calls it every second."""
    services.start_due_schedules()
    services.reap_stale_jobs()
    services.deliver_outbox()
    services.reap_claims()
    services.deliver_messages()
    for path in import_string(settings.TICKS):
        import_string(path)()


def clean_up(job: Job) -> dict[str, Any]:
    """Job: throw away what nobody needs any more, and files whose row was rolled back."""
    now = timezone.now()
    keys, _rows = IdempotencyKey.objects.filter(created_at__lt=now - KEEP_KEYS).delete()
    news, _rows = OutboxMessage.objects.filter(delivered_at__lt=now - KEEP_NEWS).delete()
    tasks, _rows = DBTaskResult.objects.filter(enqueued_at__lt=now - KEEP_TASKS).exclude(status="READY").delete()
    return {"keys": keys, "messages": news, "tasks": tasks, "files": _delete_orphans(now - KEEP_TASKS)}


def _delete_orphans(before: dt.datetime) -> int:
    folder = Path(settings.MEDIA_ROOT) / "documents"
    old = {path.name: path for path in folder.glob("*/*") if path.stat().st_mtime < before.timestamp()}
    known = set(Document.objects.filter(pk__in=[name for name in old if len(name) == 32]).values_list("pk", flat=True))
    orphans = [path for name, path in old.items() if name not in {pk.hex for pk in known}]
    for path in orphans:
        path.unlink(missing_ok=True)
    return len(orphans)
