"""What people do with a list of members: upload it, answer its doubts, choose rows, give it up or have it stored."""

import hashlib
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives import grower_lists
from cooperatives.grower_lists import ADD, SKIP, UPDATE
from cooperatives.models import Cooperative, GrowerImport, GrowerImportStatus
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.services.grower_imports.content import (
    content_of,
    count_of,
    drop_document,
    is_working,
    locked,
    seal,
)
from core.errors import DomainError, Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import clean_line
from geofiles import encodings
from office.models import Job, JobStatus
from office.services import start_job, store_upload

MAX_BYTES = 10 * 1024 * 1024


class SameList(DomainError):
    """409: this very file was uploaded before for this cooperative."""

    status = 409
    code = "same_file"


@transaction.atomic
def start_grower_import(cooperative: Cooperative, file: File, *, by: Any, evidence: str = "") -> GrowerImport:
    """Keep the file and queue its reading; `evidence` is that of the whole file's consents.

    Raises NotAllowed, SameList naming the first import, FileTooLarge, RuleViolated("empty_file").
    """
    require(can_edit_for_cooperative(by, cooperative))
    # One upload per cooperative at a time, so that the same file from two tabs is recognised.
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    _refuse_same(cooperative, digest.hexdigest())
    document = store_upload(file, by=by, max_bytes=min(MAX_BYTES, settings.UPLOAD_MAX_BYTES))
    grower_import = GrowerImport(
        cooperative=cooperative,
        document=document,
        file_name=document.name,
        file_sha256=document.sha256,
        created_by=by,
    )
    seal(grower_import, {"evidence": clean_line(evidence)[:200]})
    grower_import.save(force_insert=True)
    return _queue(grower_import, "cooperatives.read_growers", by=by)


def _refuse_same(cooperative: Cooperative, digest: str) -> None:
    over = (GrowerImportStatus.FAILED, GrowerImportStatus.CANCELLED)
    earlier = (
        GrowerImport.objects.filter(cooperative=cooperative, file_sha256=digest)
        .exclude(status__in=over)
        .exclude(status=GrowerImportStatus.READING, job__status=JobStatus.FAILED)
        .order_by("created_at")
        .first()
    )
    if earlier is not None:
        detail = _("Danh sách này đã được tải lên ngày %(day)s. Hãy mở lần nhập đó.") % {
            "day": f"{timezone.localtime(earlier.created_at):%d/%m/%Y}"
        }
        extra = {"import": str(earlier.pk), "url": reverse("cooperatives:grower-import", args=[earlier.pk])}
        raise SameList(detail=detail, findings=[Finding("same_file", detail, extra=extra)])


def _queue(grower_import: GrowerImport, kind: str, *, by: Any) -> GrowerImport:
    grower_import.job = start_job(kind, {"import": str(grower_import.pk)}, by=by)
    grower_import.error, grower_import.error_code = "", ""
    grower_import.save(update_fields=["status", "columns", "rows_encrypted", "job", "error", "error_code"])
    return grower_import


def _require_open(grower_import: GrowerImport) -> None:
    if grower_import.status != GrowerImportStatus.PREVIEWED or is_working(grower_import):
        raise WrongState("import_not_open", _("Lần nhập này đang được xử lý hoặc đã kết thúc."))


@transaction.atomic
def answer_grower_import(
    grower_import: GrowerImport,
    *,
    by: Any,
    columns: dict[str, str] | None = None,
    evidence: str | None = None,
    encoding: str | None = None,
) -> GrowerImport:
    """Say what the columns mean (ours -> heading), the evidence of the whole file, the encoding; it is read again.

    Raises NotAllowed, WrongState, RuleViolated("columns", "columns_missing", "encoding").
    """
    grower_import = locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    _require_open(grower_import)
    content = content_of(grower_import)
    if columns is not None:
        _check_columns(content.get("headings", []), columns)
        grower_import.columns = columns
    if evidence is not None:
        content["evidence"] = clean_line(evidence)[:200]
    if encoding is not None:
        if encoding and encoding not in encodings.ENCODINGS:
            raise RuleViolated("encoding", _("Không có bảng mã này."))
        if encoding != content.get("encoding", ""):
            grower_import.columns = {}  # headings are read anew as well
        content["encoding"] = encoding
    content["choices"] = {}
    seal(grower_import, content)
    grower_import.status = GrowerImportStatus.READING
    return _queue(grower_import, "cooperatives.read_growers", by=by)


def _check_columns(headings: list[str], columns: dict[str, str]) -> None:
    chosen = list(columns.values())
    if set(columns) - set(grower_lists.FIELDS) or set(chosen) - set(headings) or len(set(chosen)) < len(chosen):
        raise RuleViolated("columns", _("Mỗi cột của tệp chỉ được chọn cho một ý nghĩa."))
    if "full_name" not in columns:
        raise RuleViolated("columns_missing", _("Hãy chọn cột họ và tên."))


@transaction.atomic
def choose_rows(grower_import: GrowerImport, choices: Mapping[int, str], *, by: Any) -> GrowerImport:
    """Set what is done with rows (row in the file -> add, update, skip). Raises RuleViolated("choice") for one that a
    row does not offer."""
    grower_import = locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    _require_open(grower_import)
    content = content_of(grower_import)
    for row in content.get("rows", []):
        wanted = choices.get(row["row"])
        if wanted is None or wanted == row["action"]:
            continue
        if wanted not in row["choices"]:
            raise RuleViolated("choice", _("Dòng %(row)s không cho chọn như vậy.") % {"row": row["row"]})
        row["action"] = wanted
        content["choices"][str(row["row"])] = wanted
    seal(grower_import, content)
    grower_import.summary["actions"] = count_of(content["rows"], "action", (ADD, UPDATE, SKIP))
    grower_import.save(update_fields=["rows_encrypted", "summary"])
    return grower_import


@transaction.atomic
def cancel_grower_import(grower_import: GrowerImport, *, by: Any) -> GrowerImport:
    """Give a list up; file and rows go at once. Raises NotAllowed, WrongState."""
    grower_import = locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    over = (GrowerImportStatus.COMMITTED, GrowerImportStatus.CANCELLED)
    if grower_import.status in over or (is_working(grower_import) and grower_import.status != "reading"):
        raise WrongState("import_over", _("Lần nhập này đang được ghi hoặc đã kết thúc."))
    grower_import.status = GrowerImportStatus.CANCELLED
    seal(grower_import, {})
    drop_document(grower_import)
    grower_import.save(update_fields=["status", "rows_encrypted", "document"])
    return grower_import


@transaction.atomic
def commit_grower_import(grower_import: GrowerImport, *, by: Any) -> Job:
    """Queue the storing of all rows that are to be added or updated; all of them or none. Raises as `choose_rows`."""
    grower_import = locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    _require_open(grower_import)
    if not any(row["action"] != SKIP for row in content_of(grower_import).get("rows", [])):
        raise RuleViolated("nothing_to_store", _("Không có dòng nào để ghi."))
    job = _queue(grower_import, "cooperatives.store_growers", by=by).job
    assert job is not None  # noqa: S101  (just started)
    return job
