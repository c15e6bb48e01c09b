"""A whole import is taken back, as long as nothing depends on it.

New plots are archived, not deleted: their number is free again all the same (it is unique among plots that are not
archived), while every link to them, their history and the report of the import still lead somewhere. Changed plots get
back what their history has of them.
"""

from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from core.changes import announce
from core.errors import DomainError, Finding, WrongState
from core.permissions import require
from farms import import_store_sql, sql
from farms.changes import PlotsArrived, PlotsLeaving
from farms.models import ImportStatus, OverlapCase, OverlapStatus, Plot, PlotImport, PlotImportRow, PlotStatus
from farms.permissions import can_commit_import
from farms.services.imports.starting import lock_work, locked
from farms.services.overlaps import open_cases, settle_cases

MAX_FINDINGS = 20
# What the file itself may have changed, and what history keeps of a plot: everything but its identity and status.
NOT_RESTORED = frozenset(
    {"id", "cooperative", "created_by", "created_at", "updated_at", "version", "status", "capture_id"}
)


class ImportInUse(DomainError):
    """409: something depends on plots of this import; the findings name the rows and what it is."""

    status = 409
    code = "import_in_use"


@transaction.atomic
def undo_import(plot_import: PlotImport, *, by: Any) -> PlotImport:
    """Take a stored import back: new plots are archived, changed ones are as before, all of them or none.

    Refused with ImportInUse where a plot was changed since, lies in an area or request, or got photos, seasons, parts
    or a decided overlap since. Raises NotAllowed, WrongState.
    """
    require(can_commit_import(by, plot_import))
    lock_work(plot_import)
    plot_import = locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status != ImportStatus.COMMITTED:
        raise WrongState("import_not_stored", _("Chỉ hoàn tác được lần nhập đã ghi."))
    values: dict[str, Any] = {
        "import": str(plot_import.pk),
        "stored_at": plot_import.committed_at,
        "limit": MAX_FINDINGS,
        **sql.parameters(settings),
    }
    with connection.cursor() as cursor:
        cursor.execute(import_store_sql.LONGER)
        cursor.execute(import_store_sql.UNDO_ROWS, values)
        cursor.execute(import_store_sql.LOCK_UNDONE_GROUND)
        cursor.execute(import_store_sql.LOCK_UNDONE)
        _refuse_dependants(cursor, values)
        undone = Plot.objects.filter(pk__in=RawSQL(import_store_sql.UNDONE_IDS, []))  # noqa: S611
        announce(PlotsLeaving(plots=undone))
        with_cases = _with_open_cases(undone)
        cursor.execute(import_store_sql.ARCHIVE_NEW, values)
        cursor.execute(import_store_sql.restore(_restored_columns()))
        _settle(cursor, values, with_cases, by=by)
        announce(PlotsArrived(plots=undone))
    plot_import.status, plot_import.undone_at = ImportStatus.UNDONE, timezone.now()
    plot_import.save(update_fields=["status", "undone_at"])
    return plot_import


def _restored_columns() -> list[str]:
    history = {field.name for field in Plot.history.rel.related_model._meta.concrete_fields}  # type: ignore[attr-defined]
    return [
        field.column for field in Plot._meta.concrete_fields if field.name in history and field.name not in NOT_RESTORED
    ]


def _with_open_cases(plots: QuerySet[Plot]) -> list[int]:
    cases = OverlapCase.objects.open()
    ids = {*cases.filter(first__in=plots).values_list("first", flat=True)}
    return sorted(ids | {*cases.filter(second__in=plots).values_list("second", flat=True)})


def _settle(cursor: Any, values: dict[str, Any], with_cases: list[int], *, by: Any) -> None:
    """End the cases of ground that is free again; ground that a restored plot takes back may be another's now."""
    for plot in Plot.objects.filter(pk__in=with_cases).order_by("pk"):
        settle_cases(plot, by=by)
    cursor.execute(import_store_sql.RESTORED_OVERLAPS, values)
    found = cursor.fetchall()
    own = [(row, ref, other_ref, m2) for _n, row, ref, _id, other_ref, is_own, m2 in found if is_own]
    if own:
        _refuse([
            Finding(
                "ground_taken", _("Dòng {row}, thửa {ref}: đất cũ của thửa nay có thửa {other} ({m2} m²).").format(
                    row=row, ref=ref, other=other, m2=round(m2)), extra={"row": row, "ref": ref})
            for row, ref, other, m2 in own[:MAX_FINDINGS]
        ])  # fmt: skip
    for plot_id in sorted({n for n, *_rest in found}):
        others = [other for n, _row, _ref, other, *_rest in found if n == plot_id]
        plot = Plot.objects.get(pk=plot_id)
        if open_cases(plot, Plot.objects.filter(pk__in=others).select_related("cooperative")):
            Plot.objects.filter(pk=plot_id).update(status=PlotStatus.IN_CONFLICT)


def _refuse_dependants(cursor: Any, values: dict[str, Any]) -> None:
    findings = []
    cursor.execute(import_store_sql.CHANGED_SINCE, values)
    for row, ref, version in cursor.fetchall():
        text = _("Dòng {row}, thửa {ref}: đã được sửa sau khi nhập (phiên bản {version}).")
        findings.append(
            Finding("changed_since", text.format(row=row, ref=ref, version=version), extra={"row": row, "ref": ref})
        )
    for model, column in _dependants():
        findings += _uses(model, column, values["stored_at"])
    if findings:
        _refuse(findings[:MAX_FINDINGS])


def _refuse(findings: list[Finding]) -> None:
    detail = _("Không hoàn tác được: có dữ liệu khác đã dùng các thửa của lần nhập này.")
    raise ImportInUse(detail=detail, findings=findings)


def _dependants() -> list[tuple[type[Model], str]]:
    """Every model of the house that points to a plot, whichever app it is in, with the name of the pointer.

    Asked of the models themselves: what comes to depend on plots later is counted without a change here. The rows of
    imports and the history of plots do not depend on them; an overlap depends once it is decided.
    """
    found = []
    for relation in Plot._meta.get_fields(include_hidden=True):
        model = getattr(relation, "related_model", None)
        if not (relation.auto_created and relation.is_relation) or model in (None, PlotImportRow):
            continue
        if relation.many_to_many or hasattr(model, "pgh_tracked_model"):
            continue  # the rows between are models of their own and come by themselves
        found.append((model, relation.field.name))  # type: ignore[union-attr]
    return found


def _uses(model: type[Model], column: str, stored_at: Any) -> list[Finding]:
    rows = model._default_manager.filter(
        **{f"{column}__in": RawSQL(import_store_sql.UNDONE_IDS, [])}  # noqa: S611
    )
    if model is OverlapCase:
        rows = rows.filter(status=OverlapStatus.DECIDED)
    stamp = "decided_at" if model is OverlapCase else _stamp_of(model)
    if stamp:  # what a plot had before the import changed it does not depend on the import
        before = {f"{column}__in": RawSQL(import_store_sql.CHANGED_IDS, []), f"{stamp}__lt": stored_at}  # noqa: S611
        rows = rows.exclude(**before)
    ids = list(rows.order_by(column).values_list(f"{column}_id", flat=True).distinct()[:MAX_FINDINGS])
    findings = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT row, ref FROM import_undone WHERE plot_id = ANY(%s) ORDER BY row", [ids])
        for row, ref in cursor.fetchall():
            text = _("Dòng {row}, thửa {ref}: đang được dùng ({what}).")
            what = str(model._meta.verbose_name)
            findings.append(
                Finding(
                    "in_use",
                    text.format(row=row, ref=ref, what=what),
                    extra={"row": row, "ref": ref, "what": model._meta.label_lower},
                )
            )
    return findings


def _stamp_of(model: type[Model]) -> str:
    """Return the field that says when a row was made, "" where there is none."""
    stamps = (field.name for field in model._meta.concrete_fields if getattr(field, "auto_now_add", False))
    return next(stamps, "")
