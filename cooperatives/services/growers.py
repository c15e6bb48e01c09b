"""Writes on the members of a cooperative."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, DirectoryExport, Grower
from cooperatives.permissions import (
    can_edit_for_cooperative,
    can_erase_grower,
    can_read_directory_phone,
    can_read_number,
)
from core.errors import RuleViolated, WrongState
from core.permissions import require
from core.text import clean_line
from geofiles import sandbox
from geofiles.errors import GeoFileError
from office.models import Document
from office.services import store_upload
from people import services as people
from people.consent_texts import TEXT_VERSION, text_of
from people.models import Channel, Consent, NumberKind, Purpose
from people.numbers import clean_id_number, clean_phone

MEMBER_FIELDS = ("number", "hamlet", "declared_area_ha", "joined_on")


def context_of(grower: Grower) -> str:
    """Return as what a person is looked at, for the log of reads."""
    return f"grower:{grower.pk}"


@transaction.atomic
def add_grower(cooperative: Cooperative, *, by: Any, full_name: str, number: str = "", **fields: Any) -> Grower:
    """Add a private person as a member.

    `fields`: `birth_year, sex, phone, id_number, address` of the person; `hamlet, declared_area_ha, joined_on` of the
    member. Without `number` the next free one is given. Raises NotAllowed, RuleViolated("number_taken",
    "phone_invalid", "id_number_invalid", "id_number_known").
    """
    require(can_edit_for_cooperative(by, cooperative))
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    number = number.strip() or _next_number(cooperative)
    _refuse_taken(cooperative, number)
    own = {name: fields.pop(name) for name in MEMBER_FIELDS[1:] if name in fields}
    numbers = _clean_numbers(fields)
    people.refuse_known_id_number(numbers.get("id_number", ""))
    person = people.build_person(full_name, **{**fields, **numbers})
    person.save()
    return Grower.objects.create(
        cooperative=cooperative, person=person, number=number, added_by=by, added_at=timezone.now(), **own
    )


def _clean_numbers(fields: dict[str, Any]) -> dict[str, str]:
    cleaners = (("phone", clean_phone), ("id_number", clean_id_number))
    return {name: clean(fields[name]) for name, clean in cleaners if name in fields}


def _refuse_taken(cooperative: Cooperative, number: str) -> None:
    if Grower.objects.filter(cooperative=cooperative, number=number).exists():
        raise RuleViolated("number_taken", _("Hợp tác xã đã có thành viên số %(number)s.") % {"number": number})


def _locked(grower: Grower) -> Grower:
    # The person too: joined only, who waits for the lock would save what stood there before the wait.
    rows = Grower.objects.select_for_update(of=("self", "person")).select_related("person", "cooperative")
    return rows.get(pk=grower.pk)


@transaction.atomic
def change_grower(grower: Grower, *, by: Any, **fields: Any) -> Grower:
    """Correct what is kept of a member; fields as in `add_grower`, those that are not given stay. Raises as it does."""
    grower = _locked(grower)
    require(can_edit_for_cooperative(by, grower.cooperative))
    number = fields.pop("number", grower.number).strip() or grower.number
    if number != grower.number:
        _refuse_taken(grower.cooperative, number)
        grower.number = number
    for name in MEMBER_FIELDS[1:]:
        if name in fields:
            setattr(grower, name, fields.pop(name))
    if fields:
        people.change_person(grower.person, **{**fields, **_clean_numbers(fields)})
    grower.save()
    return grower


@transaction.atomic
def leave(grower: Grower, *, on: dt.date, by: Any) -> Grower:
    """A member leaves on a day. Plots stay with the cooperative under the name of who left, since areas and codes rest
    on them, until somebody gives them to another member or archives them; consents stay until they are withdrawn.

    Raises NotAllowed, WrongState, RuleViolated("left_on_invalid").
    """
    grower = _locked(grower)
    require(can_edit_for_cooperative(by, grower.cooperative))
    if grower.left_on is not None:
        raise WrongState("has_left", _("Thành viên này đã ra trước đó."))
    if on > timezone.localdate() or (grower.joined_on and on < grower.joined_on):
        raise RuleViolated("left_on_invalid", _("Ngày ra không được sau hôm nay hoặc trước ngày vào."))
    grower.left_on = on
    grower.save(update_fields=["left_on"])
    return grower


@transaction.atomic
def take_back(grower: Grower, *, by: Any) -> Grower:
    """A former member comes back under the same number. Raises NotAllowed, WrongState."""
    grower = _locked(grower)
    require(can_edit_for_cooperative(by, grower.cooperative))
    current = Grower.objects.current().filter(cooperative=grower.cooperative, person=grower.person)
    if grower.left_on is None or current.exists():
        raise WrongState("is_member", _("Người này đang là thành viên."))
    grower.left_on = None
    grower.save(update_fields=["left_on"])
    return grower


@transaction.atomic
def record_consents(
    grower: Grower,
    purposes: Sequence[str],
    *,
    channel: str,
    evidence: str = "",
    fields: Mapping[str, Sequence[str]] | None = None,
    photo: bytes | None = None,
    on: dt.date | None = None,
    by: Any,
) -> list[Consent]:
    """Record that a member agreed on a day (default: today) on paper or before a witness, one consent per purpose.

    `fields`: purpose -> what the person chose to open for it (`people.models.PURPOSE_FIELDS`); when none are named,
    the name where a purpose is about it, and nothing more. `evidence` is where the signed paper is kept, or who
    witnessed; `photo` of the paper is kept as a document without its metadata. Silence is no consent (Law
    91/2025/QH15): one of them is needed. Raises NotAllowed,
    RuleViolated("purpose_missing", "channel_invalid", "evidence_missing", "date_invalid", "photo_unreadable" ...).
    """
    require(can_edit_for_cooperative(by, grower.cooperative))
    wanted = [purpose for purpose in Purpose.values if purpose in purposes]
    if not wanted:
        raise RuleViolated("purpose_missing", _("Hãy chọn ít nhất một mục đích."))
    if channel not in (Channel.PAPER, Channel.WITNESSED):
        raise RuleViolated("channel_invalid", _("Hãy chọn hình thức đồng ý."))
    evidence = clean_line(evidence)[:200]
    if not evidence and (photo is None or channel == Channel.WITNESSED):
        told = _("Hãy ghi người làm chứng.") if channel == Channel.WITNESSED else None
        raise RuleViolated("evidence_missing", told or _("Hãy ghi nơi lưu phiếu đồng ý có chữ ký, hoặc tải ảnh phiếu."))
    today = timezone.localdate()
    if on is not None and on > today:
        raise RuleViolated("date_invalid", _("Ngày đồng ý không được sau hôm nay."))
    at = timezone.make_aware(dt.datetime.combine(on, dt.time(12))) if on is not None and on < today else None
    document = _photo_document(photo, by=by) if photo else None
    return [
        people.give_consent(
            grower.person,
            purpose,
            text_version=TEXT_VERSION,
            channel=channel,
            evidence=evidence,
            fields=(fields or {}).get(purpose, ()),
            at=at,
            document=document,
            by=by,
        )
        for purpose in wanted
    ]


def _photo_document(photo: bytes, *, by: Any) -> Document:
    try:
        cleaned = sandbox.clean_photo(photo)
    except GeoFileError as error:
        detail = _("Không đọc được ảnh phiếu. Hãy chụp lại thành ảnh JPEG hoặc PNG dưới 15 MB.")
        raise RuleViolated(error.code, detail) from error
    # The name that the file came with may be the person's.
    return store_upload(ContentFile(cleaned, name="phieu-dong-y.jpg"), by=by)


@transaction.atomic
def withdraw_consents(grower: Grower, purposes: Sequence[str], *, by: Any) -> int:
    """Withdraw on the member's word; effective at once. Return how many were in force."""
    require(can_edit_for_cooperative(by, grower.cooperative))
    return sum(
        people.withdraw_consent(grower.person, purpose, by=by) for purpose in Purpose.values if purpose in purposes
    )


@transaction.atomic
def withdraw_fields(grower: Grower, fields: Mapping[str, Sequence[str]], *, by: Any) -> int:
    """Withdraw single fields (purpose -> fields) on the member's word, the rest stays; return how many were touched."""
    require(can_edit_for_cooperative(by, grower.cooperative))
    wanted = [(purpose, field) for purpose, names in fields.items() for field in names]
    return sum(people.withdraw_field(grower.person, purpose, field, by=by) is not None for purpose, field in wanted)


def read_number(grower: Grower, what: str, *, purpose: str, by: Any) -> str:
    """Return a whole number of a member; who read it and what for is written down. Raises NotAllowed, RuleViolated.

    The cooperative's own people read both numbers; an officer only the phone, of who opened it in the directory.
    """
    if not can_read_number(by, grower.cooperative):
        require(what == NumberKind.PHONE and can_read_directory_phone(by, grower))
    return people.read_number(grower.person, what, purpose=purpose, context=context_of(grower), by=by)


@transaction.atomic
def data_of(grower: Grower, *, purpose: str, by: Any) -> dict[str, Any]:
    """Return all that is kept of a member, for his or her own request (Law 91/2025/QH15); reads of numbers are logged.

    Raises NotAllowed, RuleViolated("purpose_missing").
    """
    require(can_read_number(by, grower.cooperative))
    person = grower.person
    numbers = {
        name: people.read_number(person, name, purpose=purpose, context=context_of(grower), by=by) if token else ""
        for name, token in (("phone", person.phone_encrypted), ("id_number", person.id_number_encrypted))
    }
    return {
        "cooperative": grower.cooperative.name,
        "member": {name: _plain(getattr(grower, name)) for name in (*MEMBER_FIELDS, "left_on", "added_at")}
        | {"added_by": _named(grower.added_by)},
        "person": {name: _plain(getattr(person, name)) for name in ("full_name", "birth_year", "sex", "address")}
        | numbers,
        "consents": [
            {name: _plain(getattr(consent, name)) for name in (
                "purpose", "text_version", "channel", "evidence", "given_at", "withdrawn_at"
            )}
            | {"text": text_of(consent.purpose, consent.text_version), "fields": consent.fields}
            | {name: _named(getattr(consent, name)) for name in ("recorded_by", "withdrawn_by")}
            for consent in person.consents.select_related("recorded_by", "withdrawn_by").order_by("given_at", "pk")
        ],
        "plots": [
            {"ref": ref, "area_m2": round(area_m2, 1), "status": status}
            for ref, area_m2, status in grower.plots.order_by("ref").values_list("ref", "area_m2", "status")
        ],
        "numbers_read": [
            {"what": read.what, "purpose": read.purpose, "by": str(read.read_by), "at": _plain(read.read_at)}
            for read in person.number_reads.filter(context=context_of(grower)).select_related("read_by")
        ],
        "taken_out": [
            {"purpose": export.purpose, "by": str(export.exported_by), "at": _plain(export.exported_at),
             "with_phone": export.has_phones}
            for export in DirectoryExport.objects.filter(growers__contains=[grower.pk]).select_related("exported_by")
        ],
    }  # fmt: skip


def _named(user: Any) -> str:
    return str(user) if user is not None else ""


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return timezone.localtime(value).isoformat(timespec="seconds")
    if isinstance(value, dt.date):
        return value.isoformat()
    return value if value is None or isinstance(value, int | str) else str(value)


@transaction.atomic
def erase_grower(grower: Grower, *, by: Any) -> Grower:
    """Take the person out of the record of a former member, on his or her request: name, numbers, consents' evidence.

    The member's number stays, so that plots and the codes issued on them keep an owner in the books. Raises NotAllowed
    to all but owners, WrongState("is_member", "has_plots", "is_member_elsewhere").
    """
    grower = _locked(grower)
    require(can_erase_grower(by, grower.cooperative))
    if grower.left_on is None:
        raise WrongState("is_member", _("Hãy ghi thành viên ra khỏi đơn vị trước khi xóa dữ liệu cá nhân."))
    if grower.plots.exclude(status="archived").exists():
        detail = _("Còn thửa đang dùng đứng tên người này: hãy giao thửa cho thành viên khác hoặc bỏ thửa trước.")
        raise WrongState("has_plots", detail)
    if grower.person.memberships.exclude(pk=grower.pk).filter(left_on=None).exists():
        raise WrongState("is_member_elsewhere", _("Dữ liệu của người này còn được dùng ở nơi khác nên chưa xóa được."))
    people.erase_person(grower.person, by=by)
    grower.hamlet, grower.declared_area_ha = "", None
    grower.erased_by, grower.erased_at = by, timezone.now()
    grower.save(update_fields=["hamlet", "declared_area_ha", "erased_by", "erased_at"])
    return grower


def _next_number(cooperative: Cooperative) -> str:
    plain = Grower.objects.filter(cooperative=cooperative, number__regex=r"^[0-9]{1,8}$")
    last = max((int(number) for number in plain.values_list("number", flat=True)), default=0)
    return f"{last + 1:03d}"
