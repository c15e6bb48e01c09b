"""A list of members: uploaded, read in the fence by a job, looked at, then stored as chosen or not at all.

What was read is kept encrypted in the import; file and rows go when it is over, rows that were left out after a week.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.files.base import File
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperatives import grower_lists
from cooperatives.grower_lists import ADD, AMBER, GREEN, MAX_ROWS, RED, SKIP, UPDATE
from cooperatives.grower_matching import Row, judge
from cooperatives.models import Cooperative, Grower, GrowerImport, GrowerImportStatus
from cooperatives.permissions import can_edit_for_cooperative
from core import crypto
from core.errors import DomainError, Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import clean_line, fold
from geofiles import encodings, sandbox
from geofiles.errors import GeoFileError
from geofiles.lists import TextTable
from office.models import Job, JobStatus
from office.sentences import Sentence
from office.services import notify, start_job, store_upload, tell_progress
from people.consent_texts import TEXT_VERSION, fields_of
from people.models import PURPOSE_FIELDS, Channel, Consent, Person, Purpose
from people.services import build_person, give_consents, set_id_number, set_phone

KEPT = dt.timedelta(days=7)
MAX_BYTES = 10 * 1024 * 1024
DOUBTFUL = 0.6  # share of accented words that are Vietnamese, below which a person is asked for the encoding
_PERSON_FIELDS = [
    "full_name", "search_key", "birth_year", "sex", "address", "phone_encrypted", "phone_digest",
    "id_number_encrypted", "id_number_digest", "id_number_last3",
]  # fmt: skip


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
    _seal(grower_import, {"evidence": clean_line(evidence)[:200]})
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


def _locked(pk: Any) -> GrowerImport:
    # Its job is not joined: who waits for the lock would get the job as it was before the wait, or none.
    return GrowerImport.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=pk)


def content_of(grower_import: GrowerImport) -> dict[str, Any]:
    """Return what was read: `headings, cells, rows` (judged), `choices, evidence, encoding, encodings`; or nothing."""
    text = crypto.decrypt(grower_import.rows_encrypted)
    return json.loads(text) if text else {}


def _seal(grower_import: GrowerImport, content: Mapping[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":")) if content else ""
    grower_import.rows_encrypted = crypto.encrypt(text)


def can_download(grower_import: GrowerImport, user: Any) -> bool:
    """Whether the user may have rows back as they stood in the file, with whole numbers: who brought the file.

    For everybody else that would be a read of numbers that no log knows of (docs/domain.md).
    """
    return grower_import.created_by_id == user.pk


def is_working(grower_import: GrowerImport) -> bool:
    """Whether a job is reading or storing the list now."""
    job = grower_import.job
    return job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING)


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
    grower_import = _locked(grower_import.pk)
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
    _seal(grower_import, content)
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
    grower_import = _locked(grower_import.pk)
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
    _seal(grower_import, content)
    grower_import.summary["actions"] = _count(content["rows"], "action", (ADD, UPDATE, SKIP))
    grower_import.save(update_fields=["rows_encrypted", "summary"])
    return grower_import


@transaction.atomic
def cancel_grower_import(grower_import: GrowerImport, *, by: Any) -> GrowerImport:
    """Give a list up; file and rows go at once. Raises NotAllowed, WrongState."""
    grower_import = _locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    over = (GrowerImportStatus.COMMITTED, GrowerImportStatus.CANCELLED)
    if grower_import.status in over or (is_working(grower_import) and grower_import.status != "reading"):
        raise WrongState("import_over", _("Lần nhập này đang được ghi hoặc đã kết thúc."))
    grower_import.status = GrowerImportStatus.CANCELLED
    _seal(grower_import, {})
    _drop_document(grower_import)
    grower_import.save(update_fields=["status", "rows_encrypted", "document"])
    return grower_import


@transaction.atomic
def commit_grower_import(grower_import: GrowerImport, *, by: Any) -> Job:
    """Queue the storing of all rows that are to be added or updated; all of them or none. Raises as `choose_rows`."""
    grower_import = _locked(grower_import.pk)
    require(can_edit_for_cooperative(by, grower_import.cooperative))
    _require_open(grower_import)
    if not any(row["action"] != SKIP for row in content_of(grower_import).get("rows", [])):
        raise RuleViolated("nothing_to_store", _("Không có dòng nào để ghi."))
    job = _queue(grower_import, "cooperatives.store_growers", by=by).job
    assert job is not None  # noqa: S101  (just started)
    return job


def _drop_document(grower_import: GrowerImport) -> None:
    document = grower_import.document
    if document is None:
        return
    grower_import.document = None
    GrowerImport.objects.filter(pk=grower_import.pk).update(document=None)
    name, storage = document.file.name, document.file.storage
    document.delete()
    transaction.on_commit(lambda: storage.delete(name))  # should that fail, the clean-up of orphans takes it


# --- What the jobs do ------------------------------------------------------------------------------------------------


def read_growers(job: Job) -> dict[str, Any]:
    """Job: read the file in a fenced process, judge every row, leave the preview."""
    grower_import = GrowerImport.objects.select_related("document", "cooperative").get(pk=job.payload["import"])
    if grower_import.status != GrowerImportStatus.READING or grower_import.document is None:
        return {}
    tell_progress(job, 5, _("Đang đọc tệp"))
    encoding = content_of(grower_import).get("encoding", "")
    try:
        table, candidates = _read(grower_import.document.file.path, encoding)
    except GeoFileError as error:
        return _could_not_read(grower_import, error)
    tell_progress(job, 50, _("Đang đối chiếu với thành viên đã có"))
    with transaction.atomic():
        grower_import = _locked(grower_import.pk)
        if grower_import.status != GrowerImportStatus.READING:
            return {}
        counts = _preview(grower_import, table, candidates)
        url = reverse("cooperatives:grower-import", args=[grower_import.pk])
        told = Sentence(gettext_lazy("Danh sách thành viên đã được kiểm tra, chờ xác nhận."), {})
        notify([grower_import.created_by], "cooperatives.growers_read", told, url)
    return {"counts": counts}


def _read(path: str, encoding: str) -> tuple[TextTable, list[dict[str, Any]]]:
    """Return the table with its letters right, and the other readings where they are in doubt."""
    known = grower_lists.KNOWN_HEADINGS
    table = sandbox.read_list(path, max_rows=MAX_ROWS, encoding=encoding or None, known=known)
    if table.format == "pdf":
        raise GeoFileError("unsupported_format", found="pdf")
    texts = [*table.headings, *(cell for _row, cells in table.rows for cell in cells if not cell.isascii())]
    if table.format == "csv":
        score = encodings.vietnamese_score(texts)
        if encoding or score is None or score >= DOUBTFUL:
            return table, []
        with open(path, "rb") as file:  # noqa: PTH123
            lines = file.read(200_000).splitlines()
        return table, _candidates(lines)
    if not encoding:
        encoding = encodings.decide(texts).encoding
        score = encodings.vietnamese_score(encodings.decode_text(text, encoding) for text in texts)
        candidates = _candidates(texts) if score is not None and score < DOUBTFUL else []
    else:
        candidates = []
    return _decoded(table, encoding), candidates


def _candidates(values: list[Any]) -> list[dict[str, Any]]:
    return [reading.as_dict() for reading in encodings.rank(values)[:4]]


def _decoded(table: TextTable, encoding: str) -> TextTable:
    """Workbooks hold the letters of old fonts as Latin-1 signs."""

    def decode(text: str) -> str:
        return encodings.decode_text(text, encoding)

    rows = tuple((number, tuple(decode(cell) for cell in cells)) for number, cells in table.rows)
    return TextTable(table.format, tuple(decode(heading) for heading in table.headings), rows)


def _could_not_read(grower_import: GrowerImport, error: GeoFileError) -> dict[str, Any]:
    with transaction.atomic():
        grower_import = _locked(grower_import.pk)
        if grower_import.status != GrowerImportStatus.READING:
            return {}
        grower_import.status, grower_import.error_code = GrowerImportStatus.FAILED, error.code
        grower_import.error = grower_lists.file_error_text(error.code, error.params)
        _seal(grower_import, {})
        _drop_document(grower_import)
        grower_import.save(update_fields=["status", "error", "error_code", "rows_encrypted", "document"])
    return {"error_code": error.code}


def _preview(grower_import: GrowerImport, table: TextTable, candidates: list[dict[str, Any]]) -> dict[str, int]:
    content = content_of(grower_import)
    columns = grower_import.columns or grower_lists.guess_columns(table.headings)
    at = {field: table.headings.index(heading) for field, heading in columns.items() if heading in table.headings}
    rows: list[Row] = []
    if "full_name" in at:
        for number, cells in table.rows:
            values, findings = grower_lists.read_row(
                {field: cells[index] for field, index in at.items()}, evidence=content.get("evidence", "")
            )
            rows.append({"row": number, "values": values, "findings": findings})
    choices = content.get("choices", {})
    content |= {
        "headings": list(table.headings),
        "cells": {str(number): list(cells) for number, cells in table.rows},
        "rows": judge(grower_import.cooperative, rows, choices),
        "choices": choices,
        "encodings": candidates,
    }
    _seal(grower_import, content)
    counts = _count(content["rows"], "verdict", (GREEN, AMBER, RED))
    grower_import.columns = {field: heading for field, heading in columns.items() if field in at}
    grower_import.summary = {
        "format": table.format,
        "total": len(table.rows),
        "counts": counts,
        "actions": _count(content["rows"], "action", (ADD, UPDATE, SKIP)),
        "missing": [] if "full_name" in at else ["full_name"],
        "is_encoding_doubtful": bool(candidates),
    }
    grower_import.status = GrowerImportStatus.PREVIEWED
    grower_import.save(update_fields=["rows_encrypted", "columns", "summary", "status"])
    return counts


def _count(rows: list[Row], name: str, values: tuple[str, ...]) -> dict[str, int]:
    found = [row[name] for row in rows]
    return {value: found.count(value) for value in values}


def store_growers(job: Job) -> dict[str, Any]:
    """Job: judge again what may have changed since the preview, then store in one transaction; all or nothing."""
    try:
        with transaction.atomic():
            return _store(job)
    except IntegrityError as error:  # another cooperative stored the same identity number this very moment
        raise _changed() from error


def _changed() -> RuleViolated:
    detail = _("Dữ liệu đã thay đổi từ lúc xem trước. Hãy đọc lại tệp. Chưa có gì được ghi.")
    return RuleViolated("changed_since_preview", detail)


def _store(job: Job) -> dict[str, Any]:
    grower_import = _locked(job.payload["import"])
    if grower_import.status != GrowerImportStatus.PREVIEWED:
        return {}
    cooperative = Cooperative.objects.select_for_update(of=("self",)).get(pk=grower_import.cooperative_id)
    require(can_edit_for_cooperative(job.created_by, cooperative))
    tell_progress(job, 10, _("Đang kiểm tra lại"))
    content = content_of(grower_import)
    fresh = [{"row": row["row"], "values": row["values"], "findings": row["own"]} for row in content["rows"]]
    rows = judge(cooperative, fresh, content["choices"])
    if [_outcome(row) for row in rows] != [_outcome(row) for row in content["rows"]]:
        raise _changed()
    tell_progress(job, 40, _("Đang ghi"))
    added = _add(cooperative, [row for row in rows if row["action"] == ADD], by=job.created_by)
    updated = _update([row for row in rows if row["action"] == UPDATE])
    consents = give_consents(_consents({**added, **updated}, by=job.created_by))
    stored = {"added": len(added), "updated": len(updated), "consents": consents}
    grower_import.status, grower_import.committed_at = GrowerImportStatus.COMMITTED, timezone.now()
    grower_import.summary["stored"] = stored
    left = [row for row in content["rows"] if row["action"] == SKIP]
    kept = {"headings": content["headings"], "rows": left} | {
        "cells": {str(row["row"]): content["cells"][str(row["row"])] for row in left}
    }
    _seal(grower_import, kept if left else {})
    _drop_document(grower_import)
    grower_import.save(update_fields=["status", "committed_at", "summary", "rows_encrypted", "document"])
    return {"stored": stored}


def _outcome(row: Row) -> tuple[Any, ...]:
    return row["row"], row["verdict"], row["action"], row["member"], row["keep_id_number"]


def _add(cooperative: Cooperative, rows: list[Row], *, by: Any) -> dict[int, tuple[int, Row]]:
    """Store new members; return row -> (person, row). Queries do not grow with the rows."""
    persons = []
    for row in rows:
        values = row["values"]
        persons.append(
            build_person(
                values["full_name"],
                birth_year=values.get("birth_year"),
                sex=values.get("sex", ""),
                phone=values.get("phone", ""),
                id_number=values.get("id_number", "") if row["keep_id_number"] else "",
                address=values.get("address", ""),
            )
        )
    Person.objects.bulk_create(persons, batch_size=1_000)
    taken = set(Grower.objects.filter(cooperative=cooperative).values_list("number", flat=True))
    taken |= {row["values"]["number"] for row in rows if row["values"].get("number")}
    free = _free_numbers(taken)
    Grower.objects.bulk_create(
        (
            Grower(
                cooperative=cooperative,
                person=person,
                number=row["values"].get("number") or next(free),
                hamlet=row["values"].get("hamlet", ""),
                declared_area_ha=_decimal(row["values"].get("declared_area")),
                joined_on=_day(row["values"].get("joined_on")),
                added_by=by,
                added_at=timezone.now(),
            )
            for person, row in zip(persons, rows, strict=True)
        ),
        batch_size=1_000,
    )
    return {row["row"]: (person.pk, row) for person, row in zip(persons, rows, strict=True)}


def _free_numbers(taken: set[str]) -> Any:
    number = max((int(text) for text in taken if text.isascii() and text.isdigit() and len(text) < 9), default=0)
    while True:
        number += 1
        yield f"{number:03d}"


def _update(rows: list[Row]) -> dict[int, tuple[int, Row]]:
    """Change members by what the rows say; empty cells change nothing. Queries do not grow with the rows."""
    # Locked: what somebody corrects on a member's page at this moment is read after it, or waits for us.
    locked = Grower.objects.select_related("person").select_for_update(of=("self", "person")).order_by("pk")
    growers = locked.in_bulk([row["member"] for row in rows])
    for row in rows:
        grower, values = growers[row["member"]], row["values"]
        person = grower.person
        for name in ("full_name", "birth_year", "sex", "address"):
            if values.get(name):
                setattr(person, name, values[name])
        person.search_key = fold(person.full_name)
        if values.get("phone"):
            set_phone(person, values["phone"])
        if values.get("id_number") and row["keep_id_number"]:
            set_id_number(person, values["id_number"])
        grower.hamlet = values.get("hamlet") or grower.hamlet
        grower.declared_area_ha = _decimal(values.get("declared_area"), grower.declared_area_ha)
        grower.joined_on = _day(values.get("joined_on"), grower.joined_on)
        grower.left_on = None
    chosen = list(growers.values())
    Person.objects.bulk_update([grower.person for grower in chosen], _PERSON_FIELDS, batch_size=500)
    Grower.objects.bulk_update(chosen, ["hamlet", "declared_area_ha", "joined_on", "left_on"], batch_size=1_000)
    return {row["row"]: (growers[row["member"]].person_id, row) for row in rows}


def _consents(stored: dict[int, tuple[int, Row]], *, by: Any) -> list[Consent]:
    """What the lists say was signed: a tick for the directory is the whole text (the template says so); a tick for the
    public name opens no hamlet, one for buyers no phone: those are chosen on the member's page."""
    return [
        Consent(
            person_id=person,
            purpose=purpose,
            fields=fields_of(purpose, PURPOSE_FIELDS[purpose] if purpose == Purpose.DIRECTORY else ()),
            recorded_by=by,
            text_version=TEXT_VERSION,
            channel=Channel.PAPER,
            evidence=row["values"]["evidence"],
            given_at=timezone.make_aware(dt.datetime.fromisoformat(day)),
        )
        for person, row in stored.values()
        for purpose, day in row["values"].get("consents", {}).items()
    ]


def _decimal(text: str | None, default: Decimal | None = None) -> Decimal | None:
    return Decimal(text) if text else default


def _day(text: str | None, default: dt.date | None = None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else default


def clean_imports(job: Job | None = None) -> dict[str, Any]:
    """Job: a week after its upload nothing of a list is kept; one that was not confirmed is cancelled."""
    before = timezone.now() - KEPT
    cleaned = 0
    waiting = GrowerImport.objects.filter(created_at__lt=before).exclude(rows_encrypted=b"", document=None)
    for pk in list(waiting.values_list("pk", flat=True)):
        with transaction.atomic():
            grower_import = _locked(pk)
            if is_working(grower_import):
                continue
            if grower_import.status in (GrowerImportStatus.READING, GrowerImportStatus.PREVIEWED):
                grower_import.status = GrowerImportStatus.CANCELLED
            _seal(grower_import, {})
            _drop_document(grower_import)
            grower_import.save(update_fields=["status", "rows_encrypted", "document"])
            cleaned += 1
    return {"imports": cleaned}
