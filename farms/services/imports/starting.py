"""What a person asks for: upload, answer, cancel, store."""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Count, Min, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import DomainError, Finding, RuleViolated, TooManyRequests, WrongState
from core.permissions import require
from farms import import_store_sql
from farms.models import ImportStatus, PlotImport, RowAction, Verdict
from farms.permissions import can_add_plot, can_commit_import
from office.models import Job, JobStatus
from office.services import start_job, store_upload

MAX_FEATURES = settings.IMPORT_MAX_FEATURES
OPEN = (ImportStatus.NEEDS_ANSWER, ImportStatus.PREVIEWED)
OPTIONS = frozenset({"layer", "crs", "encoding", "geometry", "columns", "crop", "existing"})
UPDATE, REFUSE = (
    "update",
    "refuse",
)  # option `existing`: a number that the holder has already changes that plot, or is red
DAY = dt.timedelta(days=1)


class SameFile(DomainError):
    """409: this very file was uploaded before for this cooperative (D16)."""

    status = 409
    code = "same_file"


class ImportQuotaExceeded(TooManyRequests):
    """429: one user's files of the last 24 hours reach the number or the size that a day may have (D20)."""

    code = "import_quota_exceeded"
    detail: Any

    def __init__(self, retry_after: int) -> None:
        super().__init__(retry_after)
        self.detail = _("Bạn đã tải lên quá nhiều tệp trong 24 giờ qua (nhiều nhất %(files)s tệp, %(mb)s MB).") % {
            "files": settings.IMPORT_FILES_A_DAY,
            "mb": settings.IMPORT_BYTES_A_DAY // 1024**2,
        }


@transaction.atomic
def start_import(cooperative: Cooperative, file: File, *, by: Any, options: dict[str, Any] | None = None) -> PlotImport:
    """Keep the file and queue its reading.

    `options`: layer, crs, encoding, geometry (which columns of a table make the plots), columns (ours -> heading), crop
    (slug, for rows without one), existing ("update", the default, or "refuse"). Raises NotAllowed, SameFile naming the
    first import, ImportQuotaExceeded, FileTooLarge, RuleViolated("empty_file").
    """
    require(can_add_plot(by, cooperative))
    options = checked_options(options or {})
    # One upload per cooperative at a time, so that the same file from two tabs is recognised.
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    refuse_same_file(cooperative, file)
    refuse_above_quota(by, file.size or 0)
    document = store_upload(file, by=by)
    plot_import = PlotImport.objects.create(cooperative=cooperative, document=document, options=options, created_by=by)
    return queue_reading(plot_import, by=by)


def checked_options(options: dict[str, Any]) -> dict[str, Any]:
    """Return the options; TypeError for one that is none, RuleViolated for a strange value of `existing`."""
    unknown = set(options) - OPTIONS
    if unknown:
        raise TypeError(f"not an option: {sorted(unknown)}")
    if options.get("existing", UPDATE) not in (UPDATE, REFUSE):
        raise RuleViolated("existing_unknown", _("Với số thửa đã có, hãy chọn cập nhật hoặc không nhận."))
    return options


def refuse_same_file(cooperative: Cooperative, file: File) -> None:
    """Raise SameFile where an import of the cooperative that was not given up has the same bytes."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    earlier = (
        PlotImport.objects.filter(cooperative=cooperative, document__sha256=digest.hexdigest())
        .exclude(status__in=(ImportStatus.FAILED, ImportStatus.CANCELLED, ImportStatus.UNDONE))
        .exclude(status=ImportStatus.READING, job__status=JobStatus.FAILED)
        .order_by("created_at")
        .first()
    )
    if earlier is not None:
        detail = _("Tệp này đã được tải lên trước đó. Hãy mở lần nhập cũ.")
        extra = {"import": str(earlier.pk), "url": earlier.get_absolute_url()}
        raise SameFile(detail=detail, findings=[Finding("same_file", detail, extra=extra)])


def refuse_above_quota(by: Any, size: int) -> None:
    """Raise ImportQuotaExceeded where `size` more bytes would be over the user's day; other users are not concerned."""
    since = timezone.now() - DAY
    # Two uploads at once by one user are counted one after the other.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('import quota', %s))", [by.pk])
    mine = PlotImport.objects.filter(created_by=by, created_at__gt=since)
    used = mine.aggregate(files=Count("pk"), size=Sum("document__size", default=0), first=Min("created_at"))
    too_many = used["files"] + 1 > settings.IMPORT_FILES_A_DAY
    too_large = used["files"] and used["size"] + size > settings.IMPORT_BYTES_A_DAY
    if too_many or too_large:
        wait = used["first"] + DAY - timezone.now()
        raise ImportQuotaExceeded(max(1, int(wait.total_seconds())))


def queue_reading(plot_import: PlotImport, *, by: Any) -> PlotImport:
    """Start the job that reads the file, anew where it was read before."""
    plot_import.status, plot_import.error, plot_import.error_code = ImportStatus.READING, "", ""
    plot_import.job = start_job("farms.read_import", {"import": str(plot_import.pk)}, by=by)
    plot_import.save(update_fields=["status", "error", "error_code", "options", "job"])
    return plot_import


def locked(plot_import: PlotImport) -> PlotImport:
    """Return the import as it is now, locked until the transaction ends."""
    return (
        PlotImport.objects.select_for_update(of=("self",))
        .select_related("document", "cooperative__commune", "created_by")
        .get(pk=plot_import.pk)
    )


def lock_work(plot_import: PlotImport) -> None:
    """Let no other worker read, store or undo this import until our transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(import_store_sql.LOCK_IMPORT, {"import": str(plot_import.pk)})


@transaction.atomic
def answer_import(plot_import: PlotImport, options: dict[str, Any], *, by: Any) -> PlotImport:
    """Set what was asked (see `start_import`) and read the file again."""
    plot_import = locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status not in OPEN:
        raise WrongState("import_not_open", _("Lần nhập này đang được xử lý hoặc đã kết thúc."))
    plot_import.options = {**plot_import.options, **checked_options(options)}
    return queue_reading(plot_import, by=by)


@transaction.atomic
def cancel_import(plot_import: PlotImport, *, by: Any) -> PlotImport:
    """Give an import up; nothing of it was stored as a plot. A job that works on it stops at its next step."""
    plot_import = locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE, ImportStatus.CANCELLED):
        raise WrongState("import_over", _("Lần nhập này đã kết thúc."))
    plot_import.status = ImportStatus.CANCELLED
    plot_import.save(update_fields=["status"])
    # Whoever enters data for the cooperative may stop it, also where a colleague started it.
    Job.objects.filter(
        pk__in=[plot_import.job_id] if plot_import.job_id else [], status__in=(JobStatus.QUEUED, JobStatus.RUNNING)
    ).update(status=JobStatus.CANCELLED, finished_at=timezone.now())
    return plot_import


@transaction.atomic
def commit_import(plot_import: PlotImport, *, by: Any, with_amber: bool) -> Job:
    """Queue the storing of all green rows, with `with_amber` of the amber ones too; all of them or none."""
    plot_import = locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status != ImportStatus.PREVIEWED:
        raise WrongState("import_not_previewed", _("Chỉ ghi được khi tệp đã kiểm tra xong và chưa ghi."))
    if plot_import.job is not None and plot_import.job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
        raise WrongState("import_being_stored", _("Tệp này đang được ghi."))
    rows = plot_import.rows.filter(verdict__in=verdicts(with_amber)).exclude(action=RowAction.SAME)
    if not rows.exists():
        raise RuleViolated("nothing_to_store", _("Không có dòng nào đạt để ghi."))
    payload = {"import": str(plot_import.pk), "with_amber": with_amber}
    plot_import.job = start_job("farms.commit_import", payload, by=by)
    plot_import.save(update_fields=["job"])
    return plot_import.job


def verdicts(with_amber: bool) -> list[str]:
    """Return the verdicts of the rows that are stored."""
    return [str(verdict) for verdict in ([Verdict.GREEN, Verdict.AMBER] if with_amber else [Verdict.GREEN])]
