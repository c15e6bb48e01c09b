"""A file becomes a version of a layer: read in the fence, looked at, stored as a whole by a job, shown when published.

Nothing of a file is kept between its preview and its storing but the file itself and what is told of it: it is read
again, into a temporary table, and layer and parcels are written in one transaction.
"""

import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolated, WrongState
from core.filetypes import PDF, file_type_of
from core.permissions import require
from core.text import fold
from geofiles import copying, sandbox
from geofiles.errors import GeoFileError
from geofiles.prepared import FileReading
from landuse import sql
from landuse.file_errors import ANSWERED_BY, answers, file_error_text
from landuse.models import ClassScheme, LandUseLayer, LayerUpload, UploadStatus
from landuse.permissions import can_edit_layers
from landuse.services import create_layer, note_revision
from office.models import Job, JobStatus
from office.services import start_job, store_upload, tell_progress
from places.models import AdministrativeUnit

MAX_PARCELS = 200_000
MAX_VERTICES = 50_000
MAX_VALUES = 120  # distinct values of a column that may be that of the classes
SLIVER_M2 = 5.0
OVERLAP_M2 = 10.0  # less is what two digitised borders differ by
SHOWN = 20
MAX_LEGAL_BYTES = 20 * 1024**2
WORKING = (JobStatus.QUEUED, JobStatus.RUNNING)
_CLASS_WORDS = re.compile(r"ma_?loai|loai_?dat|maloaidat|kh2003|ma_?dat|mucdich|md_?sd|class|code", re.IGNORECASE)
_REF_WORDS = re.compile(r"^(so_?hieu|so_?thua|shthua|ref|id|ma_?khu|so_?khoanh)", re.IGNORECASE)
_NAME_WORDS = re.compile(r"^(ten|name|ten_?khu|ten_?ct|du_?an)", re.IGNORECASE)


@transaction.atomic
def start_layer_upload(file: File, *, about: Mapping[str, Any], by: Any, legal_file: File | None = None) -> LayerUpload:
    """Keep the file and have a job read it. `about`: kind, name, unit (id), scheme (id), source, as_of, valid_to (ISO
    days), legal_document, decision_number, note. Raises RuleViolated("not_a_pdf"), FileTooLarge, NotAllowed.
    """
    require(can_edit_layers(by))
    legal = None
    if legal_file is not None:
        if file_type_of(legal_file.read()) is not PDF:
            raise RuleViolated("not_a_pdf", _("Văn bản pháp lý phải là tệp PDF."))
        legal_file.seek(0)
        legal = store_upload(legal_file, by=by, max_bytes=MAX_LEGAL_BYTES)
    upload = LayerUpload(document=store_upload(file, by=by), about=dict(about), legal_file=legal, created_by=by)
    upload.save(force_insert=True)
    return _queue(upload, "landuse.read_upload", UploadStatus.READING, by)


def _queue(upload: LayerUpload, kind: str, status: UploadStatus, by: Any) -> LayerUpload:
    upload.status, upload.error = status, ""
    upload.job = start_job(kind, {"upload": str(upload.pk)}, by=by)
    upload.save(update_fields=["status", "error", "job", "options"])
    return upload


def _locked(upload: LayerUpload, *statuses: UploadStatus) -> LayerUpload:
    upload = LayerUpload.objects.select_for_update(of=("self",)).get(pk=upload.pk)
    if upload.status not in statuses:
        raise WrongState
    return upload


@transaction.atomic
def take_up(upload: LayerUpload) -> LayerUpload:
    """Return the upload where its sender can go on, though its job was lost: killed twice it tells the upload nothing.

    What was being stored is a preview again, what was being read counts as not read, with the job's words.
    """
    row = LayerUpload.objects.select_for_update(of=("self",)).select_related("job").get(pk=upload.pk)
    if row.job is None or row.job.status in WORKING or row.status not in (UploadStatus.READING, UploadStatus.STORING):
        return row
    is_stored_next = row.status == UploadStatus.STORING
    row.status = UploadStatus.PREVIEWED if is_stored_next else UploadStatus.FAILED
    row.error = "" if is_stored_next else row.job.error or file_error_text("")
    row.save(update_fields=["status", "error"])
    return row


@transaction.atomic
def answer_upload(upload: LayerUpload, answer: str, *, by: Any) -> LayerUpload:
    """Say what the file left open (layer, coordinate system, encoding) and have it read again."""
    require(can_edit_layers(by))
    upload = _locked(upload, UploadStatus.FAILED)
    doubt = upload.summary.get("doubt") or {}
    if answer not in [value for value, _label in doubt.get("answers", [])]:
        raise RuleViolated("unknown_answer", _("Hãy chọn một trong các câu trả lời."))
    upload.options[ANSWERED_BY[doubt["code"]]] = answer
    return _queue(upload, "landuse.read_upload", UploadStatus.READING, by)


@transaction.atomic
def store_layer_upload(
    upload: LayerUpload, *, column: str, classes: Mapping[str, int], ref: str, name: str, by: Any
) -> LayerUpload:
    """Have a job store the file. `column`: heading of the classes; `classes`: its values -> class ids of the scheme
    (values left out are not stored); `ref`, `name`: headings or "". Raises RuleViolated("no_class", "unknown_column").
    """
    require(can_edit_layers(by))
    upload = _locked(upload, UploadStatus.PREVIEWED)
    headings = set(upload.summary["headings"])
    if column not in upload.summary["values"] or not {ref, name} <= headings | {""}:
        raise RuleViolated("unknown_column", _("Tệp không có cột này."))
    known = set(ClassScheme.objects.get(pk=upload.about["scheme"]).classes.values_list("pk", flat=True))
    if not classes or not set(classes.values()) <= known:
        raise RuleViolated("no_class", _("Chưa giá trị nào của cột được gán loại đất của bộ mã."))
    upload.options |= {"column": column, "classes": dict(classes), "ref": ref, "name": name}
    return _queue(upload, "landuse.store_upload", UploadStatus.STORING, by)


def read_upload(job: Job) -> dict[str, Any]:
    """Job: read the file, leave what is in it as the preview."""
    upload = LayerUpload.objects.select_related("document").get(pk=job.payload["upload"])
    if upload.status != UploadStatus.READING:
        return {}

    def look(reading: FileReading) -> dict[str, Any]:
        _locked(upload, UploadStatus.READING)  # a second worker that took this one for dead may have been faster
        summary = _look(upload, reading)
        upload.summary, upload.status = summary, UploadStatus.PREVIEWED
        upload.save(update_fields=["summary", "status"])
        return {"features": summary["features"]}

    return _with_staged(upload, job, look)


def store_upload_rows(job: Job) -> dict[str, Any]:
    """Job: make the layer with all its parcels, or nothing. The layer is hidden until somebody publishes it."""
    upload = LayerUpload.objects.select_related("document", "legal_file", "created_by").get(pk=job.payload["upload"])
    if upload.status != UploadStatus.STORING:
        return {}

    def store(reading: FileReading) -> dict[str, Any]:
        _locked(upload, UploadStatus.STORING)  # as above: else there would be two layers
        layer = _make_layer(upload, by=job.created_by)
        options = upload.options
        with connection.cursor() as cursor:
            cursor.execute(
                sql.STORE_STAGED,
                {
                    "layer": layer.pk, "column": options["column"], "ref": options["ref"], "name": options["name"],
                    "values": list(options["classes"]), "classes": list(options["classes"].values()),
                },
            )  # fmt: skip
            stored = cursor.rowcount
        if not stored:
            raise RuleViolated("layer_empty", _("Không có khoanh đất nào ghi được."))
        note_revision(layer)
        upload.layer, upload.status = layer, UploadStatus.STORED
        upload.summary |= {"stored": stored, "left_out": len(reading) - stored}
        upload.save(update_fields=["layer", "status", "summary"])
        return {"stored": stored, "layer": layer.slug}

    try:
        return _with_staged(upload, job, store)
    except Exception:
        # Back to the preview: what was chosen is still there, and the job says what went wrong.
        own = LayerUpload.objects.filter(pk=upload.pk, status=UploadStatus.STORING)
        own.update(status=UploadStatus.PREVIEWED)
        raise


def _with_staged(upload: LayerUpload, job: Job, act: Callable[[FileReading], dict[str, Any]]) -> dict[str, Any]:
    """Read the file into the temporary table and act on it, in one transaction; a file error fails the upload."""
    with sandbox.workspace() as folder:
        try:
            reading = _read(upload, folder, job)
        except GeoFileError as error:
            return _fail(upload, error)
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout = 0")
                cursor.execute(sql.STAGE)
                for batch in reading.batches():
                    cursor.copy_expert(sql.COPY_STAGE, io.BytesIO(copying.copy_csv(batch, sql.STAGED)))
                cursor.execute(sql.INDEX_STAGE)
            tell_progress(job, 60, _("Đang kiểm tra khoanh đất"))
            return act(reading)


def _read(upload: LayerUpload, folder: Path, job: Job) -> FileReading:
    unit = AdministrativeUnit.objects.get(pk=upload.about["unit"])
    return sandbox.read_file_to(
        upload.document.file.path,
        folder,
        filename=upload.document.name,
        layer=upload.options.get("layer"),
        crs=upload.options.get("crs"),
        encoding=upload.options.get("encoding"),
        near=unit.boundary.extent if unit.boundary is not None else None,
        max_features=MAX_PARCELS,
        max_vertices=MAX_VERTICES,
        on_progress=lambda done, total: tell_progress(job, 2 + 48 * done // max(total, 1), _("Đang đọc tệp")),
    )


def _fail(upload: LayerUpload, error: GeoFileError) -> dict[str, Any]:
    upload.status, upload.error = UploadStatus.FAILED, file_error_text(error.code)
    upload.summary = {"doubt": {"code": error.code, "answers": answers(error.code, error.params)}}
    upload.save(update_fields=["status", "error", "summary"])
    return {"error_code": error.code}


def _look(upload: LayerUpload, reading: FileReading) -> dict[str, Any]:
    """What the preview tells: columns with their values, shapes that can't be used, overlaps, slivers."""
    with connection.cursor() as cursor:
        cursor.execute(sql.STAGED_VALUES, [MAX_VALUES])
        values: dict[str, list[list[Any]]] = {}
        for heading, value, features, m2 in cursor.fetchall():
            values.setdefault(heading, []).append([value, features, round(m2 / 10_000, 4)])
        cursor.execute(sql.STAGED_PROBLEMS)
        problems = [{"code": code, "count": count, "rows": rows} for code, count, rows in cursor.fetchall()]
        cursor.execute(sql.STAGED_COUNTS, {"sliver_m2": SLIVER_M2})
        features, usable, repaired, area_ha, slivers = cursor.fetchone()
        cursor.execute(sql.STAGED_OVERLAPS, {"least_m2": OVERLAP_M2})
        overlaps = cursor.fetchall()
    headings = list(reading.columns)
    return {
        "headings": headings,
        "values": values,
        "column": _class_column(upload, values),
        "ref": _first(headings, _REF_WORDS),
        "name": _first(headings, _NAME_WORDS),
        "crs": reading.crs,
        "encoding": reading.encoding,
        "features": features,
        "usable": usable,
        "repaired": repaired,
        "area_ha": round(area_ha, 4),
        "slivers": slivers,
        "problems": problems,
        "overlaps": {
            "count": len(overlaps),
            "ha": round(sum(row[2] for row in overlaps) / 10_000, 4),
            "worst": [[one, other, round(m2)] for one, other, m2 in overlaps[:SHOWN]],
        },
    }


def _class_column(upload: LayerUpload, values: Mapping[str, list[list[Any]]]) -> str:
    """Return the heading whose values are class codes most often, else one with a name like it, else ""."""
    codes = set(ClassScheme.objects.get(pk=upload.about["scheme"]).classes.values_list("code", flat=True))
    best, most = "", 0
    for heading, found in values.items():
        known = sum(count for value, count, _ha in found if value.upper() in codes)
        if known > most:
            best, most = heading, known
    return best or _first(list(values), _CLASS_WORDS)


def _first(headings: list[str], words: re.Pattern[str]) -> str:
    return next((heading for heading in headings if words.search(fold(heading).replace(" ", "_"))), "")


def _make_layer(upload: LayerUpload, *, by: Any) -> LandUseLayer:
    about = upload.about
    return create_layer(
        slug=_free_slug(about["name"], about["as_of"]),
        kind=about["kind"],
        name=about["name"],
        scheme=ClassScheme.objects.get(pk=about["scheme"]),
        unit=AdministrativeUnit.objects.get(pk=about["unit"]),
        source=about["source"],
        as_of=dt.date.fromisoformat(about["as_of"]),
        valid_to=dt.date.fromisoformat(about["valid_to"]) if about.get("valid_to") else None,
        legal_document=about.get("legal_document", ""),
        decision_number=about.get("decision_number", ""),
        document=upload.legal_file,
        note=about.get("note", ""),
        by=by,
    )


def _free_slug(name: str, as_of: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")[:40] or "lop"
    base = f"{stem}-{as_of}"
    taken = set(LandUseLayer.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    if base not in taken:
        return base
    return next(slug for number in range(2, 1_000) if (slug := f"{base}-{number}") not in taken)


def guessed_classes(scheme_id: int, values: list[list[Any]]) -> dict[str, int]:
    """Return value -> class id for the values of a column that are codes or names of the scheme's classes."""
    known: dict[str, int] = {}
    for item in ClassScheme.objects.get(pk=scheme_id).classes.all():
        known |= {fold(item.name_vi): item.pk}
        known |= {fold(item.code): item.pk}
    return {value: known[fold(value)] for value, _count, _ha in values if fold(value) in known}


def json_ready(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    """Return the cleaned form of a layer as JSON: related rows by id, days in ISO form."""
    return json.loads(json.dumps(cleaned, default=lambda value: getattr(value, "pk", None) or value.isoformat()))
