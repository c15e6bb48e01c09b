"""Visits: planning them, cancelling them, recording what was seen. What is recorded is never changed."""

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.gis.geos import MultiPolygon, Point
from django.core.files.base import ContentFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import notifications
from casework.checklists import check_answers, checklist_of
from casework.corners import boundary_of
from casework.deadlines import due_on
from casework.models import (
    CodeRequest,
    Inspection,
    InspectionPhoto,
    InspectionPurpose,
    PlannedVisit,
    RequestStatus,
)
from casework.permissions import can_examine_request, can_inspect_code
from casework.services.moving import begin, locked, move
from codes.models import CodeStatus, DeadlineStep, ProductionAreaCode
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import clean_lines
from office import photos
from office.services import documents

Subject = CodeRequest | ProductionAreaCode
MAX_PHOTOS = 12
MAX_SAMPLES = 20
LATE_DAYS = 60  # a phone may have been without signal, but minutes are not written months later
ON_ISSUED_CODES = (InspectionPurpose.MONITORING, InspectionPurpose.RESTORATION, InspectionPurpose.MISUSE)


@dataclass(frozen=True, slots=True)
class Seen:
    """What an officer brings home besides the result: all optional, as the phone sends it.

    answers   [{item: slug, answer, note}], see `casework.checklists.check_answers`
    corners   pairs in `corner_system`, see `casework.corners.boundary_of`
    samples   [{number, what, for_test}]
    signature PNG as drawn on the glass; `signer_name` alone stands for a typed signature
    """

    answers: Sequence[Mapping[str, Any]] = ()
    corners: Sequence[Sequence[float]] = ()
    corner_system: str = "EPSG:4326"
    samples: Sequence[Mapping[str, Any]] = ()
    signer_name: str = ""
    signature: bytes = field(default=b"", repr=False)
    recorded_at: dt.datetime | None = None


@transaction.atomic
def schedule_inspection(
    code_request: CodeRequest, *, note: str = "", planned_on: dt.date | None = None, inspector: Any = None, by: Any
) -> CodeRequest:
    """Announce a visit to the area of a request; `note` says what to have ready.

    `planned_on` left out: the last day that the scheme allows. Raises as `begin`; RuleViolated as `plan_visit`.
    """
    code_request, is_repeat = begin(code_request, "schedule_inspection", by=by)
    if is_repeat:
        return code_request
    start, unit = timezone.localdate(), code_request.commune
    day = planned_on or due_on(code_request.scheme, DeadlineStep.INSPECTION, start=start, unit=unit)
    move(code_request, "schedule_inspection", by=by, note=note)
    _plan(code_request, InspectionPurpose.REQUEST, planned_on=day, inspector=inspector, note=note, by=by)
    notifications.inspection_scheduled(code_request, day)
    return code_request


@transaction.atomic
def plan_visit(
    subject: Subject,
    *,
    planned_on: dt.date,
    purpose: str = InspectionPurpose.MONITORING,
    inspector: Any = None,
    note: str = "",
    by: Any,
) -> PlannedVisit:
    """Put a visit into the list: to an issued code, or once more to a request whose inspection is due.

    The same visit planned twice (same code, day and purpose, still open) is one. The holder is told, except of a visit
    that looks into misuse. Raises NotAllowed; WrongState; RuleViolated("visit_in_past", "inspector_not_allowed").
    """
    subject = _locked(subject)
    _require_right(subject, by)
    if isinstance(subject, CodeRequest):
        if subject.status != RequestStatus.INSPECTION:
            raise WrongState
        purpose = InspectionPurpose.REQUEST
    else:
        _check_code(subject, purpose)
    same = _open_visits(subject).filter(planned_on=planned_on, purpose=purpose).first()
    if same is not None:
        return same
    visit = _plan(subject, purpose, planned_on=planned_on, inspector=inspector, note=note, by=by)
    if isinstance(subject, CodeRequest):
        notifications.inspection_scheduled(subject, planned_on)
    elif purpose != InspectionPurpose.MISUSE:
        notifications.visit_planned(visit)
    return visit


@transaction.atomic
def cancel_visit(visit: PlannedVisit, *, by: Any) -> PlannedVisit:
    """Take a planned visit out of the list. Raises NotAllowed; WrongState where it was made. Twice is once."""
    visit = PlannedVisit.objects.select_for_update(of=("self",)).get(pk=visit.pk)
    _require_right(_subject_of(visit), by)
    if visit.inspection_id is not None:
        raise WrongState("visit_made", _("Chuyến kiểm tra này đã thực hiện, không hủy được."))
    if visit.cancelled_at is None:
        visit.cancelled_at = timezone.now()
        visit.save(update_fields=["cancelled_at"])
    return visit


@transaction.atomic
def record_inspection(
    subject: Subject,
    *,
    visited_on: dt.date,
    result: str,
    report: str,
    by: Any,
    purpose: str = "",
    position: Point | None = None,
    accuracy_m: float | None = None,
    client_id: uuid.UUID | None = None,
    seen: Seen | None = None,
) -> Inspection:
    """Record a visit; it can't be changed afterwards. The same visit sent twice (by `client_id`) is one.

    Without a client id two equal reports of one officer and day are one. An open planned visit is then done.
    Raises NotAllowed; WrongState ("client_id_taken", "visit_recorded_differently", or as `begin`); RuleViolated with
    findings.
    """
    subject, seen = _locked(subject), seen or Seen()
    before = _sent_before(subject, client_id, by)
    if before is not None:
        _ensure_same(before, _checked(subject, visited_on, result, report, seen), visited_on, result, report, seen)
        return before
    if isinstance(subject, CodeRequest):
        subject, _is_repeat = begin(subject, "record_inspection", by=by)
        purpose = InspectionPurpose.REQUEST
    else:
        _require_right(subject, by)
        purpose = purpose or _purpose_planned(subject)
        _check_code(subject, purpose)
    answers, boundary = _checked(subject, visited_on, result, report, seen)
    if client_id is None:
        equal = subject.inspections.filter(  # type: ignore[union-attr]
            inspector=by, visited_on=visited_on, result=result, report=report
        ).first()
        if equal is not None:
            return equal
    inspection = _stored(
        Inspection(
            **_about(subject),
            client_id=client_id or uuid.uuid4(),
            purpose=purpose,
            inspector=by,
            visited_on=visited_on,
            position=position,
            accuracy_m=accuracy_m,
            answers=answers,
            samples=samples_of(seen.samples),
            proposed_boundary=boundary,
            result=result,
            report=report,
            signer_name=seen.signer_name,
            signature=_kept_signature(seen.signature, by),
            recorded_at=seen.recorded_at,
        )
    )
    _finish_visit(subject, inspection)
    if isinstance(subject, CodeRequest):
        move(subject, "record_inspection", by=by, note=_outcome(inspection))
    else:
        notifications.visit_recorded(inspection)
    return inspection


@transaction.atomic
def add_photo(
    inspection: Inspection, *, image: bytes, client_id: uuid.UUID | None = None, caption: str = "", by: Any
) -> InspectionPhoto:
    """Add a photo to one's own visit, also later, when there is signal. The same photo sent twice is one.

    Raises NotAllowed to anyone but the inspector; RuleViolated: `too_many_photos`, and those of `photos.clean_photo`;
    WrongState("client_id_taken").
    """
    require(inspection.inspector_id == by.pk and _has_right(_subject_of(inspection), by))
    # One writer at a time: a photo sent twice at once is one, and the limit holds. Visits are append-only: the service
    # may not lock their rows, so the subject is locked.
    _locked(_subject_of(inspection))
    before = InspectionPhoto.objects.filter(client_id=client_id).first() if client_id else None
    if before is not None:
        if before.inspection_id != inspection.pk:
            raise _taken()
        return before
    if inspection.photos.count() >= MAX_PHOTOS:
        raise RuleViolated("too_many_photos", _("Mỗi lần kiểm tra tối đa %(limit)s ảnh.") % {"limit": MAX_PHOTOS})
    number = inspection.photos.count() + 1
    file = ContentFile(photos.clean_photo(image), name=f"kiem-tra-{inspection.pk}-{number}.jpg")
    document = documents.store_upload(file, by=by)
    return inspection.photos.create(client_id=client_id or uuid.uuid4(), document=document, caption=caption)


def _locked(subject: Subject) -> Subject:
    """The subject as it is now, locked: one visit at a time is planned or recorded for it."""
    if isinstance(subject, CodeRequest):
        return locked(subject)
    rows = ProductionAreaCode.objects.select_related("scheme", "commune", "holder", "market")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=subject.pk)


def _subject_of(row: PlannedVisit | Inspection) -> Subject:
    return row.code_request or row.code  # type: ignore[return-value]


def _about(subject: Subject) -> dict[str, Subject]:
    return {"code_request" if isinstance(subject, CodeRequest) else "code": subject}


def _has_right(subject: Subject, user: Any) -> bool:
    return can_examine_request(user, subject) if isinstance(subject, CodeRequest) else can_inspect_code(user, subject)


def _require_right(subject: Subject, user: Any) -> None:
    require(_has_right(subject, user))


def _open_visits(subject: Subject) -> Any:
    return PlannedVisit.objects.open().filter(**_about(subject))


def _check_code(code: ProductionAreaCode, purpose: str) -> None:
    if purpose not in ON_ISSUED_CODES:
        raise RuleViolated("purpose_not_for_codes", _("Mục đích này không dùng cho mã đã cấp."))
    if purpose == InspectionPurpose.MONITORING and code.status not in (CodeStatus.ACTIVE, CodeStatus.SUSPENDED):
        raise WrongState(detail=_("Mã số đã thu hồi hoặc đã thay thế: không còn giám sát định kỳ."))


def _purpose_planned(code: ProductionAreaCode) -> str:
    visit = _open_visits(code).order_by("planned_on", "pk").first()
    return visit.purpose if visit else InspectionPurpose.MONITORING


def _plan(subject: Subject, purpose: str, *, planned_on: dt.date, inspector: Any, note: str, by: Any) -> PlannedVisit:
    findings = []
    if planned_on < timezone.localdate():
        findings.append(Finding("visit_in_past", _("Ngày hẹn không được trước hôm nay."), "/planned_on"))
    if inspector is not None and not _has_right(subject, inspector):
        detail = _("Người này không có quyền kiểm tra ở địa bàn đó.")
        findings.append(Finding("inspector_not_allowed", detail, "/inspector"))
    if findings:
        raise RuleViolated("visit_not_possible", findings=findings)
    return PlannedVisit.objects.create(
        **_about(subject), purpose=purpose, planned_on=planned_on, inspector=inspector, note=note, planned_by=by
    )


def _sent_before(subject: Subject, client_id: uuid.UUID | None, by: Any) -> Inspection | None:
    before = Inspection.objects.filter(client_id=client_id).first() if client_id else None
    if before is None:
        return None
    if before.inspector_id != by.pk or _subject_of(before) != subject:
        raise _taken()
    return before


def _ensure_same(
    before: Inspection,
    checked: tuple[list[dict[str, Any]], MultiPolygon | None],
    visited_on: dt.date,
    result: str,
    report: str,
    seen: Seen,
) -> None:
    """Refuse what was corrected on the phone after it had arrived: answered as a repeat, the correction would be lost.

    Raises WrongState("visit_recorded_differently").
    """
    answers, boundary = checked
    was = {line["item"]: (line["answer"], line["note"]) for line in before.answers}
    # Position and signature are not compared: they are taken anew each time the page is opened.
    is_same = (
        (before.visited_on, before.result, before.report) == (visited_on, result, clean_lines(report))
        and before.samples == samples_of(seen.samples)
        and before.proposed_boundary == boundary
        and all(was.get(line["item"]) == (line["answer"], line["note"]) for line in answers if line["item"] in was)
    )
    if not is_same:
        raise WrongState(
            "visit_recorded_differently",
            _("Lần kiểm tra này đã được ghi với nội dung khác. Hãy xem biên bản; cần sửa thì ghi một lần mới."),
        )


def _taken() -> WrongState:
    return WrongState("client_id_taken", _("Mã của lần gửi này đã dùng cho một lần kiểm tra khác."))


def _checked(
    subject: Subject, visited_on: dt.date, result: str, report: str, seen: Seen
) -> tuple[list[dict[str, Any]], MultiPolygon | None]:
    """Return the answers as kept and the proposed outline; all that is wrong is told at once."""
    today, findings = timezone.localdate(), []
    if visited_on > today:
        findings.append(Finding("inspection_in_future", _("Ngày kiểm tra không được sau hôm nay."), "/visited_on"))
    elif (today - visited_on).days > LATE_DAYS and seen.recorded_at is not None:
        findings.append(Finding("inspection_too_old", _("Lần kiểm tra này đã quá lâu để gửi từ máy."), "/visited_on"))
    if not report.strip():
        findings.append(Finding("reason_missing", _("Hãy ghi nội dung biên bản."), "/report"))
    if len(seen.samples) > MAX_SAMPLES:
        findings.append(Finding("too_many_samples", _("Tối đa %(n)s mẫu.") % {"n": MAX_SAMPLES}, "/samples"))
    answers, wrong = check_answers(checklist_of(subject, visited_on), seen.answers, result)
    findings += wrong
    boundary = None
    if seen.corners:
        try:
            boundary = boundary_of(seen.corners, seen.corner_system, near=_outline_of(subject))
        except RuleViolated as error:
            findings += error.findings
    if findings:
        raise RuleViolated(findings[0].code, findings=findings)
    return answers, boundary


def _outline_of(subject: Subject) -> Any:
    return subject.area.boundary if isinstance(subject, CodeRequest) else subject.boundary


def _stored(inspection: Inspection) -> Inspection:
    try:
        with transaction.atomic():
            inspection.save(force_insert=True)
    except IntegrityError as error:
        if "client_id" not in str(error):
            raise
        raise _taken() from error
    return inspection


def _kept_signature(drawn: bytes, by: Any) -> Any:
    if not drawn:
        return None
    return documents.store_upload(ContentFile(photos.clean_signature(drawn), name="chu-ky.png"), by=by)


def _finish_visit(subject: Subject, inspection: Inspection) -> None:
    """The earliest open visit with this purpose is what was planned."""
    planned = _open_visits(subject).filter(purpose=inspection.purpose).order_by("planned_on", "pk").first()
    if planned is not None:
        planned.inspection = inspection
        planned.save(update_fields=["inspection"])


def _outcome(inspection: Inspection) -> str:
    return str(
        _("Ngày %(day)s, kết quả: %(result)s.")
        % {"day": f"{inspection.visited_on:%d/%m/%Y}", "result": inspection.get_result_display()}
    )


def samples_of(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the samples that have a number or a content, as they are kept."""
    names = ("number", "what", "for_test")
    kept = [{name: " ".join(str(row.get(name) or "").split())[:120] for name in names} for row in rows]
    return [sample for sample in kept if sample["number"] or sample["what"]]
