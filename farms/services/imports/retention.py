"""Files and rows of imports are kept as long as somebody may need them, and no longer: they hold growers' names."""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from farms import import_store_sql
from farms.models import ImportStatus, PlotImport, PlotImportRow
from farms.services.imports.starting import lock_work, locked
from office.models import Job, JobStatus
from office.services.documents import erase_content

# Law 91/2025/QH15: personal data are kept no longer than their purpose needs. A preview that nobody confirmed in a
# month is given up; what was stored can be compared with its file for a season.
KEEP_OPEN = dt.timedelta(days=30)
KEEP_STORED = dt.timedelta(days=90)
_STORED = (ImportStatus.COMMITTED, ImportStatus.UNDONE)
_WORKING = (JobStatus.QUEUED, JobStatus.RUNNING)


def clean_imports(job: Job | None = None) -> dict[str, Any]:
    """Job: erase files and texts of old imports; what was stored keeps numbers, corners and its undoing."""
    return {"imports": sum(_clean(pk) for pk in list(_due().values_list("pk", flat=True)))}


def _due() -> QuerySet[PlotImport]:
    now = timezone.now()
    stored = Q(status__in=_STORED, committed_at__lt=now - KEEP_STORED)
    left = ~Q(status__in=_STORED) & Q(created_at__lt=now - KEEP_OPEN)
    return PlotImport.objects.exclude(document__file="").filter(stored | left)


@transaction.atomic
def _clean(pk: Any) -> bool:
    lock_work(PlotImport(pk=pk))
    plot_import = locked(PlotImport(pk=pk))
    if not _due().filter(pk=pk).exists():  # stored or cleaned while we waited
        return False
    if plot_import.job is not None and plot_import.job.status in _WORKING:
        return False
    if plot_import.status in _STORED:
        with connection.cursor() as cursor:
            cursor.execute(import_store_sql.FORGET_TEXTS, {"import": str(pk)})
    else:
        PlotImportRow.objects.filter(plot_import=plot_import).delete()
        if plot_import.status != ImportStatus.FAILED:
            plot_import.status = ImportStatus.CANCELLED
    for name in ("doubt", "samples"):
        plot_import.summary.pop(name, None)
    plot_import.save(update_fields=["status", "summary"])
    erase_content(plot_import.document)
    return True
