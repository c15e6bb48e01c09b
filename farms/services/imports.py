"""A file of plots: uploaded, read and checked by a job, looked at, then stored as a whole or not at all."""

import hashlib
import io
import json
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Grower
from core.errors import DomainError, Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import fold
from crops.models import Crop, Variety
from farms import import_sql, imports, notifications, sql
from farms.models import ImportStatus, PlotImport, PlotImportRow, Verdict
from farms.permissions import can_add_plot, can_commit_import
from farms.services import mappings
from farms.services.bulk import ewkb_hex, store_staged
from geofiles import geometry, sandbox
from geofiles.errors import GeoFileError
from geofiles.features import FeatureBatch
from office.models import Job, JobStatus
from office.services import start_job, store_upload, tell_progress
from places.sql import communes_by_overlap

MAX_FEATURES = 50_000
OPEN = (ImportStatus.NEEDS_ANSWER, ImportStatus.PREVIEWED)
OPTIONS = frozenset({"layer", "crs", "encoding", "columns", "crop"})


class SameFile(DomainError):
    """409: this very file was uploaded before for this cooperative (D16)."""

    status = 409
    code = "same_file"


@transaction.atomic
def start_import(cooperative: Cooperative, file: File, *, by: Any, options: dict[str, Any] | None = None) -> PlotImport:
    """Keep the file and queue its reading. `options`: layer, crs, encoding, columns (ours -> heading), crop (slug).

    Raises NotAllowed, SameFile naming the first import, FileTooLarge, RuleViolated("empty_file").
    """
    require(can_add_plot(by, cooperative))
    # One upload per cooperative at a time, so that the same file from two tabs is recognised.
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    earlier = (
        PlotImport.objects.filter(cooperative=cooperative, document__sha256=digest.hexdigest())
        .exclude(status__in=(ImportStatus.FAILED, ImportStatus.CANCELLED))
        .exclude(status=ImportStatus.READING, job__status=JobStatus.FAILED)
        .order_by("created_at")
        .first()
    )
    if earlier is not None:
        detail = _("Tệp này đã được tải lên trước đó. Hãy mở lần nhập cũ.")
        extra = {"import": str(earlier.pk), "url": earlier.get_absolute_url()}
        raise SameFile(detail=detail, findings=[Finding("same_file", detail, extra=extra)])
    document = store_upload(file, by=by)
    plot_import = PlotImport.objects.create(
        cooperative=cooperative, document=document, options=options or {}, created_by=by
    )
    return _queue_reading(plot_import, by=by)


def _queue_reading(plot_import: PlotImport, *, by: Any) -> PlotImport:
    plot_import.status, plot_import.error, plot_import.error_code = ImportStatus.READING, "", ""
    plot_import.job = start_job("farms.read_import", {"import": str(plot_import.pk)}, by=by)
    plot_import.save(update_fields=["status", "error", "error_code", "options", "job"])
    return plot_import


def _locked(plot_import: PlotImport) -> PlotImport:
    return (
        PlotImport.objects.select_for_update(of=("self",))
        .select_related("document", "cooperative")
        .get(pk=plot_import.pk)
    )


@transaction.atomic
def answer_import(plot_import: PlotImport, options: dict[str, Any], *, by: Any) -> PlotImport:
    """Set what was asked (layer, CRS, encoding, columns, crop) and read the file again."""
    plot_import = _locked(plot_import)
    require(can_commit_import(by, plot_import))
    _require_open(plot_import)
    unknown = set(options) - OPTIONS
    if unknown:
        raise TypeError(f"not an option: {sorted(unknown)}")
    plot_import.options = {**plot_import.options, **options}
    return _queue_reading(plot_import, by=by)


@transaction.atomic
def cancel_import(plot_import: PlotImport, *, by: Any) -> PlotImport:
    """Give an import up; nothing of it was stored as a plot."""
    plot_import = _locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status in (ImportStatus.COMMITTED, ImportStatus.CANCELLED):
        raise WrongState("import_over", _("Lần nhập này đã kết thúc."))
    plot_import.status = ImportStatus.CANCELLED
    plot_import.save(update_fields=["status"])
    return plot_import


@transaction.atomic
def commit_import(plot_import: PlotImport, *, by: Any, with_amber: bool) -> Job:
    """Queue the storing of all green rows, with `with_amber` of the amber ones too; all of them or none."""
    plot_import = _locked(plot_import)
    require(can_commit_import(by, plot_import))
    if plot_import.status != ImportStatus.PREVIEWED:
        raise WrongState("import_not_previewed", _("Chỉ ghi được khi tệp đã kiểm tra xong và chưa ghi."))
    if plot_import.job is not None and plot_import.job.status in (JobStatus.QUEUED, JobStatus.RUNNING):
        raise WrongState("import_being_stored", _("Tệp này đang được ghi."))
    if not plot_import.rows.filter(verdict__in=_verdicts(with_amber)).exists():
        raise RuleViolated("nothing_to_store", _("Không có dòng nào đạt để ghi."))
    payload = {"import": str(plot_import.pk), "with_amber": with_amber}
    plot_import.job = start_job("farms.commit_import", payload, by=by)
    plot_import.save(update_fields=["job"])
    return plot_import.job


def _verdicts(with_amber: bool) -> list[str]:
    return [Verdict.GREEN, Verdict.AMBER] if with_amber else [Verdict.GREEN]


def _require_open(plot_import: PlotImport) -> None:
    if plot_import.status not in OPEN:
        raise WrongState("import_not_open", _("Lần nhập này đang được xử lý hoặc đã kết thúc."))


# --- What the jobs do ------------------------------------------------------------------------------------------


def read_import(job: Job) -> dict[str, Any]:
    """Job: read the file in a fenced process, check every row, leave the preview."""
    plot_import = PlotImport.objects.select_related("document", "cooperative__commune").get(pk=job.payload["import"])
    if plot_import.status != ImportStatus.READING:
        return {}
    tell_progress(job, 5, _("Đang đọc tệp"))
    try:
        batch = _read(plot_import)
        original, batch = batch, batch.in_wgs84()
    except GeoFileError as error:
        return _could_not_read(plot_import, error)
    tell_progress(job, 40, _("Đang kiểm tra hình dạng"))
    report = geometry.prepare_polygons(batch.geometries, max_vertices=settings.PLOT_MAX_VERTICES)
    with transaction.atomic():
        plot_import = _locked(plot_import)
        if plot_import.status != ImportStatus.READING:
            return {}
        plot_import.rows.all().delete()
        _copy_rows(plot_import, replace(batch, geometries=report.geometries), _findings_of(report))
        options = plot_import.options
        if not mappings.settle_from_memory(plot_import, list(batch.columns)):
            options.setdefault("columns", imports.guess_columns(batch.columns))
        tell_progress(job, 60, _("Đang đối chiếu với thửa đã có"))
        plot_import.summary = {
            "crs": original.crs,
            "layer": batch.layer,
            "encoding": batch.encoding,
            "headings": list(batch.columns),
            "notices": [notice.code for notice in batch.notices],
        }
        counts = check_rows(plot_import)
        plot_import.summary["counts"] = counts
        plot_import.status = ImportStatus.PREVIEWED
        plot_import.save(update_fields=["summary", "options", "status"])
        notifications.import_read(str(plot_import.pk), plot_import.created_by)
    return {"counts": counts}


def _read(plot_import: PlotImport) -> FeatureBatch:
    options, document = plot_import.options, plot_import.document
    return sandbox.read_file(
        document.file.path,
        layer=options.get("layer"),
        crs=options.get("crs"),
        encoding=options.get("encoding"),
        filename=document.name,
        near=_near(plot_import.cooperative),
        max_features=MAX_FEATURES,
    )


def _near(cooperative: Cooperative) -> tuple[float, ...] | None:
    """Where the plots should fall: the box of the cooperative's commune, which tells VN-2000 meridians apart."""
    outline = cooperative.commune.boundary
    return outline.extent if outline is not None else None


def _could_not_read(plot_import: PlotImport, error: GeoFileError) -> dict[str, Any]:
    is_doubt = error.code in imports.DOUBTS and error.params.get("candidates")
    plot_import.status = ImportStatus.NEEDS_ANSWER if is_doubt else ImportStatus.FAILED
    plot_import.error_code, plot_import.error = error.code, imports.file_error_text(error.code, error.params)
    plot_import.summary = {"doubt": json.loads(json.dumps(error.as_dict(), default=str))}
    plot_import.save(update_fields=["status", "error_code", "error", "summary"])
    return {"error_code": error.code}


def _findings_of(report: geometry.PolygonReport) -> dict[int, list[dict[str, Any]]]:
    """Return what is to be said of the shapes, by index (0-based); `of_file` marks what a new check keeps."""
    found: dict[int, list[dict[str, Any]]] = {}
    for problem in report.problems:
        told = {"code": problem.code, "severity": imports.RED, "of_file": True}
        if problem.point:
            told["at"] = list(problem.point)
        if "reason" in problem.params:
            told["reason"] = str(problem.params["reason"])
        found.setdefault(problem.index, []).append(told)
    for repair in report.repairs:
        told = {"code": "repaired", "severity": imports.AMBER, "of_file": True, "reason": repair.reason}
        found.setdefault(repair.index, []).append(told)
    for index in report.dropped_z.nonzero()[0].tolist():
        found.setdefault(index, []).append({"code": "z_dropped", "severity": imports.INFO, "of_file": True})
    return found


def _copy_rows(plot_import: PlotImport, batch: FeatureBatch, findings: dict[int, list[dict[str, Any]]]) -> None:
    records = batch.attributes.to_pylist() if batch.attributes.num_columns else [{} for _row in batch.rows]
    text = io.StringIO()
    for index, (row, shape, record) in enumerate(zip(batch.rows.tolist(), batch.wkb(), records, strict=True)):
        told = json.dumps(findings.get(index, []))
        values = json.dumps({key: _plain(value) for key, value in record.items()}, ensure_ascii=False)
        boundary = ewkb_hex(shape) if shape is not None else r"\N"
        cells = (str(plot_import.pk), str(row), "", boundary, _escaped(values), Verdict.GREEN.value, _escaped(told))
        text.write("\t".join(cells) + "\n")
    text.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(import_sql.COPY_ROWS, text)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else None
    return str(value)


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def check_rows(plot_import: PlotImport) -> dict[str, int]:
    """Check every row against the file itself and what is stored now; return how many are green, amber and red."""
    values = _check_parameters(plot_import)
    with connection.cursor() as cursor:
        cursor.execute(import_sql.READ_COLUMNS, values)
        cursor.execute(import_sql.DROP_FOREIGN_VARIETIES, values)
        cursor.execute(import_sql.NAME_ROWS, values)
        values["named"] = [pk for (pk,) in cursor.fetchall()]
        found = communes_by_overlap(import_sql.ROWS_WITH_SHAPE)
        cursor.execute(import_sql.SET_COMMUNES.format(found=found), values)
        cursor.execute(import_sql.START_FINDINGS, values)
        for check in import_sql.CHECKS:
            cursor.execute(f"INSERT INTO import_finding {check}", values)
        cursor.execute(import_sql.JUDGE, values)
    counts = dict(plot_import.rows.order_by().values_list("verdict").annotate(Count("pk")))
    return {verdict.value: counts.get(verdict.value, 0) for verdict in Verdict}


def _check_parameters(plot_import: PlotImport) -> dict[str, Any]:
    columns = plot_import.options.get("columns") or {}
    west, south, east, north = settings.COUNTRY_BOX
    values: dict[str, Any] = {name: columns.get(name) for name in imports.FIELDS}
    crops = {fold(crop.name_vi): crop.pk for crop in Crop.objects.all()}
    crops |= {fold(crop.name_en): crop.pk for crop in Crop.objects.all()} | dict(Crop.objects.values_list("slug", "pk"))
    default = Crop.objects.filter(slug=plot_import.options.get("crop") or "").first()
    return values | sql.parameters(settings) | {
        "import": str(plot_import.pk),
        "on": timezone.localdate(),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "crops": json.dumps(imports.match_values(_distinct(plot_import, columns.get("crop")), crops)),
        "varieties": json.dumps(imports.match_values(_distinct(plot_import, columns.get("variety")), _varieties())),
        "growers": json.dumps(_match_growers(plot_import, _distinct(plot_import, columns.get("grower")))),
        "default_crop": default.pk if default else None,
        "area_factor": _area_factor(plot_import, columns.get("declared_area")),
    }  # fmt: skip


def _distinct(plot_import: PlotImport, heading: str | None) -> list[str]:
    if not heading:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT attributes ->> %s FROM farms_plotimportrow WHERE plot_import_id = %s",
            [heading, str(plot_import.pk)],
        )
        return [value for (value,) in cursor.fetchall() if value]


def _varieties() -> dict[str, int]:
    names: dict[str, int] = {}
    for variety in Variety.objects.select_related("crop"):
        names[fold(variety.name_vi)] = variety.pk
        names[fold(f"{variety.crop.name_vi} {variety.name_vi}")] = variety.pk
    return names


def _match_growers(plot_import: PlotImport, values: list[str]) -> dict[str, int]:
    """Match by member number, else by a full name that only one member bears."""
    members = Grower.objects.current().filter(cooperative=plot_import.cooperative).select_related("person")
    by_number = {member.number: member.pk for member in members}
    by_name: dict[str, list[int]] = {}
    for member in members:
        by_name.setdefault(member.person.search_key, []).append(member.pk)
    found = {}
    for value in values:
        same_name = by_name.get(fold(value), [])
        pk = by_number.get(value.strip()) or (same_name[0] if len(same_name) == 1 else None)
        if pk is not None:
            found[value] = pk
    return found


def _area_factor(plot_import: PlotImport, heading: str | None) -> float:
    numbers = []
    for value in _distinct(plot_import, heading):
        try:
            numbers.append(float(value.replace(",", ".")))
        except ValueError:
            continue
    return 1.0 if imports.is_in_square_metres(heading or "", numbers) else 10_000.0


def store_import(job: Job) -> dict[str, Any]:
    """Job: check again what may have changed since the preview, then store the chosen rows in one transaction."""
    with_amber = bool(job.payload["with_amber"])
    with transaction.atomic():
        plot_import = _locked(PlotImport(pk=job.payload["import"]))
        if plot_import.status != ImportStatus.PREVIEWED:
            return {}
        require(can_commit_import(job.created_by, plot_import))
        tell_progress(job, 10, _("Đang kiểm tra lại"))
        before = plot_import.summary.get("counts")
        if check_rows(plot_import) != before:
            raise RuleViolated(
                "changed_since_preview",
                _("Dữ liệu đã thay đổi từ lúc xem trước. Hãy bấm “Kiểm tra lại”. Chưa có gì được ghi."),
            )
        tell_progress(job, 50, _("Đang ghi thửa"))
        stored = _store_rows(plot_import, job, with_amber=with_amber)
        plot_import.status, plot_import.committed_at = ImportStatus.COMMITTED, timezone.now()
        plot_import.summary["stored"] = stored
        plot_import.save(update_fields=["status", "committed_at", "summary"])
    return stored


def _store_rows(plot_import: PlotImport, job: Job, *, with_amber: bool) -> dict[str, int]:
    values = _check_parameters(plot_import) | {
        "verdicts": [str(verdict) for verdict in _verdicts(with_amber)],
        "file": plot_import.document.name,
        "crs": plot_import.summary.get("crs"),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql.STAGING)
        cursor.execute(import_sql.STAGE_ROWS, values)
        result = store_staged(by=job.created_by)
        cursor.execute(import_sql.LINK_PLOTS)
    return {"stored": result.stored, "in_conflict": result.in_conflict}


def rows_of(plot_import: PlotImport) -> Any:
    """Return the rows with what the page and the report show, in file order."""
    return PlotImportRow.objects.filter(plot_import=plot_import).select_related("crop", "commune").order_by("row")
