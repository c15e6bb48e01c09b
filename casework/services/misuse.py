"""Cases of misuse: reported, opened by the office, heard, decided, published without persons, closed."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from casework import notifications
from casework.deadlines import due_on
from casework.misuse_workflow import MISUSE_TRANSITIONS, is_open_to
from casework.models import MisuseCase, MisuseSource, MisuseStatus
from casework.permissions import can_decide_misuse, can_examine_misuse, can_open_misuse, can_reply_misuse
from casework.publication import ensure_names_nobody
from codes.expressions import WithoutDashes
from codes.models import DeadlineStep, Lot, PackingHouseCode, ProductionAreaCode
from codes.numbering import find_code, squeeze
from core import crypto
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from core.text import fold
from core.workflow import next_status
from office.photos import clean_photo
from office.services import store_upload

MAX_PHOTOS = 3


@transaction.atomic
def report_misuse(
    *,
    code_text: str,
    description: str,
    has_consented: bool,
    shipment: str = "",
    contact: str = "",
    photos: Iterable[bytes] = (),
) -> MisuseCase:
    """Take in what somebody saw; no account is needed. Returns the case with the number by which it is followed.

    The code is kept as it was typed and looked up as people spell it, among area and packing-house codes. Photos are
    written anew without EXIF; the contact is encrypted. Raises RuleViolated: `consent_missing`, `too_many_photos`,
    those of `clean_photo`.
    """
    if not has_consented:
        raise _wrong("consent_missing", "consent", _("Cần đồng ý để chúng tôi lưu và xử lý tin báo."))
    raws = list(photos)
    if len(raws) > MAX_PHOTOS:  # before any of them is decoded
        raise _wrong("too_many_photos", "photos", _("Chỉ gửi được nhiều nhất %(n)s ảnh.") % {"n": MAX_PHOTOS})
    pictures = [clean_photo(raw) for raw in raws]
    code = find_code(code_text)
    packing_code = None if code else _find_packing_code(code_text)
    commune = code.commune if code else packing_code.house.commune if packing_code else None
    case = MisuseCase.objects.create(
        code=code,
        code_text=code_text,
        commune=commune,
        packing_code=packing_code,
        source=MisuseSource.PUBLIC,
        shipment=shipment,
        description=description,
        reporter_contact_encrypted=crypto.encrypt(contact.strip()),
    )
    for number, picture in enumerate(pictures, start=1):
        case.evidence.add(store_upload(ContentFile(picture, f"anh-{number}.jpg"), by=None))
    case.events.create(transition="report", new_status=case.status)
    notifications.misuse_reported(case)
    return case


@transaction.atomic
def open_misuse_case(code: ProductionAreaCode, *, description: str = "", shipment: str = "", by: Any) -> MisuseCase:
    """Open a case on behalf of the office: from the ledger when this year's lots exceed what the area can bear.

    An overdrawn code has one open case from the ledger at a time: that one is returned when it is there.
    Raises NotAllowed; RuleViolated("description_missing") where the ledger does not say what is wrong.
    """
    require(can_open_misuse(by, code))
    year = timezone.localdate().year
    ledger = ProductionAreaCode.objects.with_ledger(year).select_for_update(of=("self",), no_key=True).get(pk=code.pk)
    source = MisuseSource.LEDGER if ledger.is_overdrawn else MisuseSource.OFFICE
    if source == MisuseSource.LEDGER:
        same = MisuseCase.objects.open().filter(code=code, source=source).first()
        if same is not None:
            return same
        description = "\n".join(part for part in (_ledger_words(ledger, year), description) if part)
    if not description.strip():
        raise _wrong("description_missing", "description", _("Hãy ghi đã thấy gì."))
    case = MisuseCase.objects.create(
        code=code,
        code_text=code.code,
        commune=code.commune,
        source=source,
        shipment=shipment,
        description=description,
        assigned_to=by,
        created_by=by,
    )
    case.events.create(transition="open", new_status=case.status, by=by)
    return case


@transaction.atomic
def open_cases_of_lots(lots: Iterable[Lot]) -> list[MisuseCase]:
    """Open one case for each lot that the holder says is not its own; a lot with an open case keeps that one."""
    cases = []
    for lot in lots:
        fields = {
            "code": lot.code,
            "code_text": lot.code.code,
            "commune": lot.code.commune,
            "packing_code": lot.packing_code,
            "source": MisuseSource.HOLDER,
            "shipment": lot.lot_number,
            "description": _lot_words(lot),
            "created_by": lot.answered_by,
        }
        case, is_new = MisuseCase.objects.open().get_or_create(lot=lot, status=MisuseStatus.OPEN, defaults=fields)
        if is_new:
            case.events.create(transition="open", new_status=case.status, by=lot.answered_by)
            notifications.misuse_reported(case)
        cases.append(case)
    return cases


@transaction.atomic
def take_misuse_case(case: MisuseCase, *, by: Any) -> MisuseCase:
    """Make the case one's own; the same officer again changes nothing."""
    case = _locked(case)
    require(can_examine_misuse(by, case))
    if case.assigned_to_id == by.pk:
        return case
    _check_open("take", case)
    case.assigned_to = by
    return _note(case, "take", by=by, fields=("assigned_to",))


@transaction.atomic
def ask_for_reply(case: MisuseCase, *, claim: str, by: Any) -> MisuseCase:
    """Tell the holder what is claimed and let it answer: the term is the scheme's for the step `reply`.

    `claim` is the officer's text, kept in the event: the report itself may say who reported. Raises
    RuleViolated("holder_missing") where nobody holds the code, `claim_names_reporter`, `deadline_missing`.
    """
    case = _locked(case)
    require(can_examine_misuse(by, case))
    _check_open("ask_reply", case)
    if case.code is None or case.code.holder is None:
        raise RuleViolated("holder_missing", _("Không có đơn vị nào giữ mã số này để yêu cầu giải trình."))
    _check_text(claim, "claim", _("Hãy ghi nội dung để đơn vị giải trình."))
    contact = crypto.decrypt(case.reporter_contact_encrypted)
    if contact and _plain(contact) in _plain(claim):
        raise _wrong("claim_names_reporter", "claim", _("Nội dung có liên hệ của người báo tin. Hãy bỏ đi."))
    today = timezone.localdate()
    case.reply_due_on = due_on(case.code.scheme, DeadlineStep.REPLY, start=today, unit=case.code.commune)
    _note(case, "ask_reply", by=by, note=claim, fields=("reply_due_on",))
    notifications.misuse_reply_asked(case)
    return case


@transaction.atomic
def reply_to_misuse(case: MisuseCase, *, text: str, by: Any) -> MisuseCase:
    """Answer for the holder, once, until the last day of the term (it counts).

    Raises NotAllowed, WrongState("already_replied"), RuleViolated("reply_over", "text_missing").
    """
    case = _locked(case)
    require(can_reply_misuse(by, case))
    if case.replied_at is not None:
        raise WrongState("already_replied", _("Đơn vị đã giải trình vụ việc này."))
    _check_open("reply", case)
    if case.reply_due_on is None or timezone.localdate() > case.reply_due_on:
        raise RuleViolated("reply_over", _("Đã hết hạn giải trình. Hãy liên hệ cơ quan."))
    _check_text(text, "text", _("Hãy ghi nội dung giải trình."))
    case.reply_text, case.replied_at = text, timezone.now()
    _note(case, "reply", by=by, fields=("reply_text", "replied_at"))
    notifications.misuse_replied(case)
    return case


@transaction.atomic
def verify_misuse(case: MisuseCase, *, note: str, by: Any) -> MisuseCase:
    """Find that the code was misused. Raises NotAllowed, WrongState, RuleViolated("text_missing")."""
    return _decide(case, "verify", note=note, by=by)


@transaction.atomic
def dismiss_misuse(case: MisuseCase, *, note: str, by: Any) -> MisuseCase:
    """Find that there was no misuse. Raises as `verify_misuse`."""
    return _decide(case, "dismiss", note=note, by=by)


@transaction.atomic
def publish_misuse(
    case: MisuseCase, *, decision_number: str, decided_on: dt.date, public_text: str, by: Any
) -> MisuseCase:
    """Publish a verified case with its decision, after the holder's reply or its term; the text names no person.

    Raises NotAllowed, WrongState, RuleViolated: `reply_not_over`, `decision_missing`, `decided_in_future`,
    `text_missing`, `names_a_person`.
    """
    case = _locked(case)
    require(can_decide_misuse(by, case))
    _check_open("publish", case)
    _check_heard(case)
    if not decision_number.strip():
        raise _wrong("decision_missing", "decision_number", _("Hãy ghi số quyết định."))
    if decided_on > timezone.localdate():
        raise _wrong("decided_in_future", "decided_on", _("Ngày quyết định không được sau hôm nay."))
    _check_text(public_text, "public_text", _("Hãy ghi nội dung công bố."))
    ensure_names_nobody(f"{decision_number}\n{public_text}", case)
    case.decision_number, case.decided_on, case.public_text = decision_number, decided_on, public_text
    case.published_at = timezone.now()
    fields = ("decision_number", "decided_on", "public_text", "published_at")
    _note(case, "publish", by=by, note=f"{decision_number}: {public_text}", fields=fields)
    notifications.misuse_published(case)
    return case


@transaction.atomic
def withdraw_publication(case: MisuseCase, *, note: str, by: Any) -> MisuseCase:
    """Take a publication back, with the reason: the decision fell or the text was wrong."""
    case = _locked(case)
    require(can_decide_misuse(by, case))
    _check_open("withdraw_publication", case)
    _check_text(note, "note", _("Hãy ghi lý do."))
    case.published_at = None
    return _note(case, "withdraw_publication", by=by, note=note, fields=("published_at",))


@transaction.atomic
def close_misuse(case: MisuseCase, *, note: str = "", by: Any) -> MisuseCase:
    """Close a decided case; how to reach the reporter is forgotten, since nobody needs it any more."""
    case = _locked(case)
    require(can_decide_misuse(by, case))
    case.closed_at = timezone.now()
    case.reporter_contact_encrypted = b""
    return _move(case, "close", by=by, note=note, fields=("closed_at", "reporter_contact_encrypted"))


@transaction.atomic
def read_contact(case: MisuseCase, *, by: Any) -> str:
    """Return how to reach the reporter, empty where nothing was left; every reading is written into the timeline."""
    case = _locked(case)
    require(can_decide_misuse(by, case))
    contact = crypto.decrypt(case.reporter_contact_encrypted)
    if contact:
        case.events.create(transition="read_contact", old_status=case.status, new_status=case.status, by=by)
    return contact


# --- Inside ------------------------------------------------------------------------------------------------------


def _locked(case: MisuseCase) -> MisuseCase:
    # First alone: the officer, only joined, would be read as he was before the wait for the lock.
    MisuseCase.objects.select_for_update(of=("self",)).only("pk").get(pk=case.pk)
    rows = MisuseCase.objects.select_related("commune", "code__commune", "code__scheme", "code__holder", "assigned_to")
    return rows.get(pk=case.pk)


def _decide(case: MisuseCase, name: str, *, note: str, by: Any) -> MisuseCase:
    case = _locked(case)
    require(can_decide_misuse(by, case))
    _check_text(note, "note", _("Hãy ghi kết luận và căn cứ."))
    case = _move(case, name, by=by, note=note)
    notifications.misuse_decided(case)
    return case


def _move(case: MisuseCase, name: str, *, by: Any, note: str = "", fields: tuple[str, ...] = ()) -> MisuseCase:
    """Change the status by the table and leave a trace. The only place where the status of a case changes."""
    old = case.status
    case.status = next_status(MISUSE_TRANSITIONS, name, old)
    case.save(update_fields=["status", *fields])
    case.events.create(transition=name, old_status=old, new_status=case.status, by=by, note=note)
    return case


def _note(case: MisuseCase, name: str, *, by: Any, note: str = "", fields: tuple[str, ...]) -> MisuseCase:
    """Save what an act changed besides the status, and leave a trace."""
    case.save(update_fields=list(fields))
    case.events.create(transition=name, old_status=case.status, new_status=case.status, by=by, note=note)
    return case


def _check_open(name: str, case: MisuseCase) -> None:
    if not is_open_to(name, case):
        raise WrongState(detail=_("Vụ việc đang ở trạng thái không cho phép bước này. Hãy tải lại trang."))


def _check_heard(case: MisuseCase) -> None:
    """The holder must have answered, or have let its term pass (the last day still belongs to it)."""
    is_over = case.reply_due_on is not None and timezone.localdate() > case.reply_due_on
    if case.replied_at is None and not is_over:
        raise RuleViolated(
            "reply_not_over", _("Chỉ công bố sau khi đơn vị giải trình hoặc hết hạn giải trình đã được thông báo.")
        )


def _check_text(text: str, name: str, message: str) -> None:
    if not text.strip():
        raise _wrong("text_missing", name, message)


def _wrong(code: str, field: str, message: str) -> RuleViolated:
    return RuleViolated(code, message, findings=[Finding(code, message, f"/{field}")])


def _plain(text: str) -> str:
    """Letters and digits only, so that a number is found however it is spaced."""
    return "".join(sign for sign in fold(text) if sign.isalnum())


def _find_packing_code(typed: str) -> PackingHouseCode | None:
    plain = squeeze(typed)
    rows = PackingHouseCode.objects.annotate(plain=WithoutDashes("code")).select_related("house__commune")
    return rows.filter(plain=plain).first() if plain else None


def _lot_words(lot: Lot) -> str:
    with override(settings.LANGUAGE_CODE):
        return _("Đơn vị trả lời không phải hàng của mình: lô %(lot)s, ngày %(day)s, %(weight)s tấn.") % {
            "lot": lot.lot_number,
            "day": f"{lot.shipped_on:%d/%m/%Y}",
            "weight": number_format(lot.weight_kg / 1000, 3),
        }


def _ledger_words(code: Any, year: int) -> str:
    with override(settings.LANGUAGE_CODE):
        return _("Sổ khối lượng %(year)s: đã khai %(declared)s tấn, vượt mức dự kiến %(expected)s tấn.") % {
            "year": year,
            "declared": number_format(code.declared_t, 1),
            "expected": number_format(code.expected_t, 1),
        }
