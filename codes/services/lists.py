"""Lists of codes: uploaded, read in a fenced process by a job, looked at, then stored as a whole or not at all."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.core.files.base import File
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext as _

from codes import imports, list_sql
from codes.models import ApprovalStatus, CodeList, CodeListRow, CodeScheme, ListKind, ListStatus, ListVerdict, Market
from codes.permissions import can_import_list
from codes.services import market_lists, old_codes
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from geofiles import sandbox
from geofiles.errors import GeoFileError
from geofiles.lists import TextTable
from office.models import Job, JobStatus
from office.services import start_job, store_upload, tell_progress
from places.models import AdministrativeUnit

MAX_NEAREST = 300  # nearest spellings are a help for people: nobody reads more
DEFAULT_STATUSES = (ApprovalStatus.APPROVED, ApprovalStatus.ON_HOLD, ApprovalStatus.WITHDRAWN, ApprovalStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class ListFacts:
    """What the officer says of the list; `default_status` is that of rows without a word of status."""

    kind: str
    decided_on: dt.date
    document_number: str
    market: Market | None = None
    scheme: CodeScheme | None = None
    default_status: str = ApprovalStatus.APPROVED


@transaction.atomic
def start_list(unit: AdministrativeUnit, file: File, facts: ListFacts, *, by: Any) -> CodeList:
    """Keep the file and queue its reading, for an office's unit.

    Raises NotAllowed, FileTooLarge, RuleViolated("list_incomplete", "empty_file").
    """
    scheme = facts.scheme if facts.kind == ListKind.OLD_CODES else None
    require(can_import_list(by, unit, scheme))
    _check_facts(facts, unit)
    code_list = CodeList.objects.create(
        kind=facts.kind,
        market=facts.market,
        scheme=scheme,
        unit=unit,
        document=store_upload(file, by=by),
        document_number=facts.document_number,
        decided_on=facts.decided_on,
        summary={"default_status": facts.default_status},
        created_by=by,
    )
    return _queue(code_list, "codes.read_list", by=by)


def _check_facts(facts: ListFacts, unit: AdministrativeUnit) -> None:
    findings = []
    if facts.decided_on > timezone.localdate():
        findings.append(Finding("date_in_future", _("Ngày của danh sách không được sau hôm nay."), "/decided_on"))
    if not facts.document_number.strip():
        findings.append(Finding("required", _("Hãy ghi số văn bản."), "/document_number"))
    if facts.kind == ListKind.MARKET and facts.market is None:
        findings.append(Finding("required", _("Hãy chọn thị trường."), "/market"))
    if facts.kind == ListKind.OLD_CODES and facts.scheme is None:
        findings.append(Finding("required", _("Hãy chọn chế độ mã số."), "/scheme"))
    elif facts.kind == ListKind.OLD_CODES and not _is_scheme_of(unit, facts.scheme):
        text = _("Chế độ mã số này chưa được quản trị viên xác nhận, không còn hiệu lực hoặc của tỉnh khác.")
        findings.append(Finding("scheme_not_usable", text, "/scheme"))
    if facts.default_status not in DEFAULT_STATUSES:
        findings.append(Finding("default_status", _("Trạng thái này không dùng cho danh sách."), "/default_status"))
    if findings:
        raise RuleViolated("list_incomplete", findings=findings)


def _is_scheme_of(unit: AdministrativeUnit, scheme: CodeScheme | None) -> bool:
    """Whether the scheme numbers codes there: a list may also name one that is over, never another province's."""
    return scheme is not None and CodeScheme.objects.for_unit(unit).filter(pk=scheme.pk).exists()


def _queue(code_list: CodeList, kind: str, *, by: Any) -> CodeList:
    code_list.job = start_job(kind, {"list": str(code_list.pk)}, by=by)
    code_list.save(update_fields=["status", "columns", "job", "error", "error_code"])
    return code_list


def _locked(pk: Any) -> CodeList:
    rows = CodeList.objects.select_for_update(of=("self",)).select_related(
        "document", "market", "scheme", "unit", "job"
    )
    return rows.get(pk=pk)


@transaction.atomic
def answer_list(code_list: CodeList, columns: dict[str, str], *, by: Any) -> CodeList:
    """Say what the columns mean (heading -> meaning) and read the list again. Raises NotAllowed, WrongState."""
    code_list = _locked(code_list.pk)
    require(can_import_list(by, code_list.unit))
    _require_previewed(code_list)
    _check_columns(code_list, columns)
    code_list.status, code_list.columns = ListStatus.READING, columns
    return _queue(code_list, "codes.read_list", by=by)


def _check_columns(code_list: CodeList, columns: dict[str, str]) -> None:
    chosen = list(columns.values())
    headings = set(code_list.summary.get("headings", ()))
    if set(columns) - headings or set(chosen) - set(imports.USED[code_list.kind]) or len(set(chosen)) < len(chosen):
        raise RuleViolated("columns", _("Mỗi ý nghĩa chỉ được chọn cho một cột của tệp."))
    missing = [str(imports.COLUMNS[name]) for name in imports.NEEDED[code_list.kind] if name not in chosen]
    if missing:
        raise RuleViolated("columns_missing", _("Hãy chọn cột cho: %(names)s.") % {"names": ", ".join(missing)})


@transaction.atomic
def cancel_list(code_list: CodeList, *, by: Any) -> CodeList:
    """Give a list up; nothing of it was stored. Raises NotAllowed, WrongState."""
    code_list = _locked(code_list.pk)
    require(can_import_list(by, code_list.unit))
    if code_list.status in (ListStatus.COMMITTED, ListStatus.CANCELLED) or is_working(code_list):
        raise WrongState("list_over", _("Danh sách này đang được xử lý hoặc đã kết thúc."))
    code_list.status = ListStatus.CANCELLED
    code_list.save(update_fields=["status"])
    return code_list


@transaction.atomic
def commit_list(code_list: CodeList, *, by: Any) -> Job:
    """Queue the storing of all rows with the verdict "change"; all of them or none. Raises NotAllowed, WrongState."""
    code_list = _locked(code_list.pk)
    require(can_import_list(by, code_list.unit, code_list.scheme))
    _require_previewed(code_list)
    if code_list.summary.get("missing"):
        raise RuleViolated("columns_missing", _("Hãy chọn đủ các cột trước."))
    if not code_list.rows.filter(verdict=ListVerdict.CHANGE).exists():
        raise RuleViolated("nothing_to_store", _("Không có dòng nào cần ghi."))
    job = _queue(code_list, "codes.commit_list", by=by).job
    assert job is not None  # noqa: S101  (just started)
    return job


def is_working(code_list: CodeList) -> bool:
    """Whether a job is reading or storing the list now."""
    job = code_list.job
    return job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING)


def _require_previewed(code_list: CodeList) -> None:
    if code_list.status != ListStatus.PREVIEWED or is_working(code_list):
        raise WrongState("list_not_open", _("Danh sách này đang được xử lý hoặc đã kết thúc."))


# --- What the jobs do ------------------------------------------------------------------------------------------


def read_list(job: Job) -> dict[str, Any]:
    """Job: read the file in a fenced process, match and judge every row, leave the preview."""
    code_list = CodeList.objects.select_related("document", "scheme", "unit", "market").get(pk=job.payload["list"])
    if code_list.status != ListStatus.READING:
        return {}
    tell_progress(job, 5, _("Đang đọc tệp"))
    try:
        table = sandbox.read_list(code_list.document.file.path)
    except GeoFileError as error:
        code_list.status, code_list.error_code = ListStatus.FAILED, error.code
        code_list.error = imports.file_error_text(error.code, error.params)
        code_list.save(update_fields=["status", "error", "error_code"])
        return {"error_code": error.code}
    with transaction.atomic():
        code_list = _locked(code_list.pk)
        if code_list.status != ListStatus.READING:
            return {}
        columns = code_list.columns or imports.guess_columns(
            table.headings, (cells for _row, cells in table.rows), code_list.kind
        )
        tell_progress(job, 40, _("Đang đối chiếu với mã đã có"))
        counts = _preview(code_list, table, columns)
    return {"counts": counts}


def _preview(code_list: CodeList, table: TextTable, columns: dict[str, str]) -> dict[str, int]:
    code_list.rows.all().delete()
    rows = _values_of(table, columns)
    missing = [name for name in imports.NEEDED[code_list.kind] if name not in columns.values()]
    code_list.columns = columns
    code_list.summary |= {
        "headings": list(table.headings),
        "format": table.format,
        "missing": missing,
        "samples": [list(cells) for _row, cells in table.rows[:3]],
    }
    counts = dict.fromkeys(ListVerdict.values, 0)
    if not missing:
        book = _book_of(code_list)
        told = book.read(code_list, [values for _row, values in rows])
        CodeListRow.objects.bulk_create(
            (
                CodeListRow(
                    code_list=code_list,
                    row=row,
                    code_text=values.get("code", "")[:80],
                    values=values | more,
                    verdict=ListVerdict.REFUSED,
                )
                for (row, values), more in zip(rows, told, strict=True)
            ),
            batch_size=2_000,
        )
        counts = judge_list(code_list)
    code_list.summary["counts"] = counts
    code_list.status = ListStatus.PREVIEWED
    code_list.save(update_fields=["columns", "summary", "status"])
    return counts


def _values_of(table: TextTable, columns: dict[str, str]) -> list[tuple[int, dict[str, str]]]:
    """Return, of each row, meaning -> text."""
    at = {meaning: table.headings.index(heading) for heading, meaning in columns.items() if heading in table.headings}
    return [(row, {meaning: cells[index] for meaning, index in at.items()}) for row, cells in table.rows]


def _book_of(code_list: CodeList) -> Any:
    """Return the module that knows this kind of list: `read`, `judge`, `store`."""
    return market_lists if code_list.kind == ListKind.MARKET else old_codes


def judge_list(code_list: CodeList) -> dict[str, int]:
    """Judge every row against what is stored now; return how many rows have which verdict."""
    with connection.cursor() as cursor:
        _book_of(code_list).judge(code_list, cursor)
        cursor.execute(list_sql.NEAREST, {"list": code_list.pk, "limit": MAX_NEAREST})
    found = dict(code_list.rows.order_by().values_list("verdict").annotate(Count("pk")))
    return {verdict: found.get(verdict, 0) for verdict in ListVerdict.values}


def _verdicts(code_list: CodeList) -> list[tuple[Any, ...]]:
    """What is said of each row: equal counts could hide that one row took another's place."""
    return list(code_list.rows.order_by("row").values_list("row", "verdict", "code", "wanted_status"))


def store_list(job: Job) -> dict[str, Any]:
    """Job: judge again what may have changed since the preview, then store in one transaction; all or nothing."""
    with transaction.atomic():
        code_list = _locked(job.payload["list"])
        if code_list.status != ListStatus.PREVIEWED:
            return {}
        require(can_import_list(job.created_by, code_list.unit, code_list.scheme))
        tell_progress(job, 10, _("Đang kiểm tra lại"))
        book = _book_of(code_list)
        book.lock(code_list)
        previewed = _verdicts(code_list)
        judge_list(code_list)
        if _verdicts(code_list) != previewed:
            raise RuleViolated(
                "changed_since_preview",
                _("Dữ liệu đã thay đổi từ lúc xem trước. Hãy đọc lại tệp. Chưa có gì được ghi."),
            )
        tell_progress(job, 50, _("Đang ghi"))
        stored = book.store(code_list, by=job.created_by)
        code_list.status, code_list.committed_at = ListStatus.COMMITTED, timezone.now()
        code_list.summary["stored"] = stored
        code_list.save(update_fields=["status", "committed_at", "summary"])
    return {"stored": stored}
