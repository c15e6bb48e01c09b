"""Job: the rows that were chosen become plots, or change them, in one transaction."""

from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from core.changes import announce
from core.errors import Finding, RuleViolated
from core.permissions import require
from farms import import_store_sql, notifications
from farms.changes import PlotsArrived, PlotsLeaving
from farms.models import ImportStatus, Plot, PlotImport
from farms.permissions import can_commit_import
from farms.services.imports.checking import distinct_kept, mapped_columns, parameters_of
from farms.services.imports.reading import Abandoned
from farms.services.imports.starting import lock_work, locked, verdicts
from farms.services.imports.timing import Steps
from farms.services.overlaps import settle_cases
from office.models import Job

MAX_FINDINGS = 20


def store_import(job: Job) -> dict[str, Any]:
    """Job: check again what may have changed since the preview, then store the chosen rows in one transaction."""
    plot_import = PlotImport.objects.select_related("cooperative").get(pk=job.payload["import"])
    if plot_import.status != ImportStatus.PREVIEWED:
        return {}
    require(can_commit_import(job.created_by, plot_import))
    try:
        return store_rows(plot_import, Steps(job), by=job.created_by, with_amber=bool(job.payload["with_amber"]))
    except Abandoned:
        return {}


@transaction.atomic
def store_rows(plot_import: PlotImport, steps: Steps, *, by: Any, with_amber: bool) -> dict[str, int]:
    """Store all chosen rows or none; the caller has asked for the right. Returns how many were stored and updated.

    Raises RuleViolated("changed_since_preview") with findings, Abandoned when the import was given up meanwhile.
    """
    lock_work(plot_import)
    plot_import = PlotImport.objects.select_related("document", "cooperative").get(pk=plot_import.pk)
    if plot_import.status != ImportStatus.PREVIEWED:
        raise Abandoned
    values = parameters_of(plot_import, distinct=distinct_kept(plot_import)) | {
        "verdicts": verdicts(with_amber),
        "file": plot_import.document.name,
        "crs": plot_import.summary.get("crs"),
        "by": by.pk if by is not None else None,
        "limit": MAX_FINDINGS,
    }
    with connection.cursor() as cursor:
        with steps.step("lock ground", 5, _("Đang kiểm tra lại")):
            cursor.execute(import_store_sql.WAIT_FOR_OTHERS)
            values["snapshot"] = _snapshot_of(cursor, plot_import)
            cursor.execute(import_store_sql.CHOOSE, values)
            cursor.execute(import_store_sql.LOCK_GROUND, values)
            cursor.execute(import_store_sql.LOCK_TARGETS)  # before their versions are compared
        with steps.step("check again", 10, _("Đang kiểm tra lại")):
            _refuse_changes(cursor, values)
            cursor.execute(import_store_sql.FIND_SHARED, values)
        with steps.step("store new", 25, _("Đang ghi thửa")):
            stored = _store_new(cursor, values)
        with steps.step("store changes", 75, _("Đang cập nhật thửa")):
            updated = _store_changes(cursor, plot_import, values, by=by)
            in_conflict = _open_cases(cursor)
        with steps.step("tell others", 85, _("Đang cập nhật bản đồ")):
            if stored or updated:
                announce(PlotsArrived(plots=_plots(import_store_sql.STORED_IDS)))
        with steps.step("constraints", 92, _("Đang hoàn tất")):
            # Foreign keys are looked at when the transaction ends; here, so that their time is counted.
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return _close(plot_import, steps, {"stored": stored, "updated": updated, "in_conflict": in_conflict})


def _snapshot_of(cursor: Any, plot_import: PlotImport) -> int:
    """Return where the check of the preview began, 0 where its numbers mean nothing here."""
    cursor.execute(import_store_sql.CLUSTER)
    (cluster,) = cursor.fetchone()
    snapshot: int = plot_import.summary["snapshot"]
    return snapshot if plot_import.summary.get("cluster", cluster) == cluster else 0


def _close(plot_import: PlotImport, steps: Steps, stored: dict[str, int]) -> dict[str, int]:
    steps.tell(99, _("Đang hoàn tất"))
    plot_import = locked(plot_import)  # only now: whoever gives the import up must not wait for us
    if plot_import.status != ImportStatus.PREVIEWED:
        raise Abandoned
    plot_import.status, plot_import.committed_at = ImportStatus.COMMITTED, timezone.now()
    plot_import.summary["stored"] = stored
    plot_import.summary["steps"] = [*plot_import.summary.get("steps", []), *steps.spent]
    plot_import.save(update_fields=["status", "committed_at", "summary"])
    return stored


def _plots(ids: str) -> QuerySet[Plot]:
    return Plot.objects.filter(pk__in=RawSQL(ids, []))  # noqa: S611


def _refuse_changes(cursor: Any, values: dict[str, Any]) -> None:
    """Refuse where what was written since the preview makes it untrue: numbers, ground, versions, members."""
    cursor.execute(import_store_sql.CHANGED_TARGETS, values)
    found = cursor.fetchall()
    cursor.execute(import_store_sql.LOST_GROWERS, values)
    found += cursor.fetchall()
    cursor.execute(import_store_sql.FIND_FRESH, values)
    if cursor.rowcount:
        cursor.execute(import_store_sql.TAKEN_REFS, values)
        found += cursor.fetchall()
        cursor.execute(import_store_sql.NEAR_FRESH, values)
        cursor.execute(import_store_sql.OVERLAPS_WITH_FRESH, values)
        found += cursor.fetchall()
    if found:
        texts = {
            "target": _("Thửa {ref} đã được người khác sửa từ lúc xem trước."),
            "ref": _("Số thửa {ref} vừa được dùng cho một thửa khác."),
            "ground": _("Đất của dòng {row} vừa có thửa khác ghi trước."),
            "grower": _("Nông hộ của thửa {ref} không còn trong hợp tác xã."),
        }
        findings = [
            Finding(f"{what}_changed", texts[what].format(row=row, ref=ref), extra={"row": row})
            for what, row, ref in found[:MAX_FINDINGS]
        ]
        raise RuleViolated("changed_since_preview", _changed(), findings=findings)


def _changed() -> str:
    return _("Dữ liệu đã thay đổi từ lúc xem trước. Hãy bấm “Kiểm tra lại”. Chưa có gì được ghi.")


def _store_new(cursor: Any, values: dict[str, Any]) -> int:
    try:
        with transaction.atomic():
            cursor.execute(import_store_sql.STORE_NEW, values)
    except IntegrityError as error:
        # Taken this very moment, on ground that we do not lock, by a transaction that was not over when we looked.
        if "plot_ref_once_per_cooperative" not in str(error):
            raise
        raise RuleViolated("changed_since_preview", _changed()) from error
    stored: int = cursor.rowcount
    return stored


def _store_changes(cursor: Any, plot_import: PlotImport, values: dict[str, Any], *, by: Any) -> int:
    if not plot_import.summary["actions"]["update"]:
        return 0
    targets = _plots(import_store_sql.TARGET_IDS)
    announce(PlotsLeaving(plots=targets))
    cursor.execute(import_store_sql.store_changes(mapped_columns(plot_import)), values)
    updated: int = cursor.rowcount
    cursor.execute(import_store_sql.WITH_CASES)
    for (plot_id,) in cursor.fetchall():  # only plots with an open case: their ground may be no longer shared
        settle_cases(Plot.objects.get(pk=plot_id), by=by)
    return updated


def _open_cases(cursor: Any) -> int:
    """Open one case for each pair that has none open, mark the later plots, tell both sides; how many plots wait."""
    cursor.execute(import_store_sql.OPEN_CASES)
    waiting = sorted({plot_id for (plot_id,) in cursor.fetchall()})
    if not waiting:
        return 0
    cursor.execute(import_store_sql.MARK_CONFLICTS, {"plots": waiting})
    cursor.execute(import_store_sql.NEW_CASES_BY_COOPERATIVE, {"plots": waiting})
    for later, earlier, count, ref, neighbour in cursor.fetchall():
        notifications.overlap_opened(later, earlier, count, ref, neighbour)
    return len(waiting)
