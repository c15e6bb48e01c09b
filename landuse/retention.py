"""Files of uploads are kept as long as somebody may need them, and no longer: cadastral files often name owners."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from landuse.models import LayerUpload, UploadStatus
from landuse.uploads import WORKING
from office.models import Job
from office.services.documents import erase_content

# As with imports of plots (Law 91/2025/QH15: no longer than the purpose needs): a preview that nobody stored in a month
# is given up; the file of a stored version can be compared with its parcels for a season.
KEEP_OPEN = dt.timedelta(days=30)
KEEP_STORED = dt.timedelta(days=90)


def clean_uploads(job: Job | None = None) -> dict[str, Any]:
    """Job: forget uploads that never became a version; of stored ones, erase the file and the values read from it."""
    return {"uploads": sum(_clean(pk) for pk in list(_due().values_list("pk", flat=True)))}


def _due() -> QuerySet[LayerUpload]:
    now = timezone.now()
    stored = Q(status=UploadStatus.STORED, created_at__lt=now - KEEP_STORED) & ~Q(document__file="")
    left = ~Q(status=UploadStatus.STORED) & Q(created_at__lt=now - KEEP_OPEN)
    return LayerUpload.objects.filter(stored | left).exclude(job__isnull=False, job__status__in=WORKING)


@transaction.atomic
def _clean(pk: Any) -> bool:
    # Judged again under the lock: somebody may have stored it while we waited.
    upload = LayerUpload.objects.select_for_update(of=("self",)).filter(pk=pk).first()
    if upload is None or not _due().filter(pk=pk).exists():
        return False
    erase_content(upload.document)
    if upload.status == UploadStatus.STORED:
        for name in ("values", "doubt"):
            upload.summary.pop(name, None)
        upload.options.pop("classes", None)
        upload.save(update_fields=["summary", "options"])
        return True
    upload.delete()
    upload.document.delete()
    if upload.legal_file is not None:
        erase_content(upload.legal_file)
        upload.legal_file.delete()
    return True
