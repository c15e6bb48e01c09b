"""A cooperative registers itself; an officer of its commune verifies it or sends it back."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.core.files.base import File
from django.db import transaction
from django.db.models import ProtectedError, QuerySet
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cooperatives import notifications
from cooperatives.models import (
    Cooperative,
    CooperativeStatus,
    HolderKind,
    MemberRole,
    Membership,
    RegistrationEvent,
    RegistrationStep,
)
from cooperatives.permissions import can_edit_registration, can_verify_cooperative
from cooperatives.workflow import REGISTRATION_TRANSITIONS
from core.errors import DomainError, Finding, NotAllowed, RuleViolated, WrongState
from core.filetypes import JPEG, PDF, PNG, WEBP, file_type_of, has_ending_of
from core.permissions import require
from core.text import fold
from core.workflow import next_status
from crops.models import Crop
from office.models import Document
from office.services import store_upload
from places.models import AdministrativeUnit

MAX_PROOF_BYTES = 10 * 1024**2
MAX_TOLD, MAX_COMPARED = 20, 200
PROOF_TYPES = (PDF, JPEG, PNG, WEBP)
CORRECTABLE = frozenset(
    {
        "kind",
        "name",
        "short_name",
        "tax_number",
        "commune",
        "address",
        "representative",
        "representative_position",
        "phone",
        "email",
        "zalo",
        "founded_on",
    }
)


class CooperativeInUse(DomainError):
    """409: other records refer to the cooperative (A28)."""

    status = 409
    code = "cooperative_in_use"
    detail = _("Đơn vị đã có dữ liệu nên không xóa được.")


@dataclass(frozen=True, slots=True)
class Likeness:
    """A cooperative that may be the same, as told to a stranger: `name` is empty for a private household."""

    cooperative: Cooperative
    is_same_number: bool

    @property
    def name(self) -> str:
        """Its name, unless it is a person's."""
        return self.cooperative.name if self.cooperative.is_organisation else ""


def likely_duplicates(
    *, name: str, tax_number: str, commune: AdministrativeUnit, besides: int | None = None
) -> list[Likeness]:
    """Return who has the same tax or registration number, or a name that folds to the same in the commune."""
    digits, folded = plain_number(tax_number), fold(name)
    rows: QuerySet[Cooperative] = Cooperative.objects.exclude(pk=besides or 0).select_related("commune")
    rows = rows.defer("commune__boundary", "commune__boundary_3857").order_by("pk")
    by_number = rows.filter(tax_number=digits) if digits else rows.none()
    found = {one.pk: Likeness(one, is_same_number=True) for one in by_number[:MAX_TOLD]}
    for one in rows.filter(commune=commune, search_key__contains=folded)[:MAX_COMPARED]:
        if folded in (fold(one.name), fold(one.short_name)):
            found.setdefault(one.pk, Likeness(one, is_same_number=False))
    return list(found.values())[:MAX_TOLD]


def plain_number(text: str) -> str:
    """Return a tax or registration number without blanks, dots and dashes, in capitals."""
    return "".join(sign for sign in text.upper() if sign.isalnum())


@transaction.atomic
def register_cooperative(
    *,
    by: Any,
    main_crops: Iterable[Crop] = (),
    proof: File | None = None,
    despite_duplicates: bool = False,
    **fields: Any,
) -> Cooperative:
    """Register a cooperative; it waits for an officer's verification, `by` becomes its owner.

    `fields`: those of CORRECTABLE; `kind, name, commune` are needed. `proof` is a PDF or a photo. Raises NotAllowed,
    RuleViolated("likely_duplicate") that names who is there unless `despite_duplicates`, and what `store_upload`
    raises.
    """
    if not by.is_authenticated or not by.is_active:
        raise NotAllowed
    fields["tax_number"] = plain_number(fields.get("tax_number", ""))
    cooperative = Cooperative(status=CooperativeStatus.PENDING, submitted_at=timezone.now(), **fields)
    if not despite_duplicates:
        _check_duplicates(cooperative)
    set_names(cooperative)
    cooperative.proof = _stored_proof(proof, by)
    cooperative.save(force_insert=True)
    cooperative.main_crops.set(main_crops)
    Membership.objects.create(cooperative=cooperative, user=by, role=MemberRole.OWNER)
    notifications.registration_arrived(cooperative)
    return cooperative


@transaction.atomic
def correct_registration(
    cooperative: Cooperative,
    *,
    by: Any,
    main_crops: Iterable[Crop] | None = None,
    proof: File | None = None,
    **fields: Any,
) -> Cooperative:
    """Change a registration that is not verified; one that was returned goes back to the officer.

    Raises NotAllowed, WrongState("registration_verified"), TypeError for fields that are not CORRECTABLE.
    """
    unknown = set(fields) - CORRECTABLE
    if unknown:
        raise TypeError(f"not correctable: {sorted(unknown)}")
    cooperative = _locked(cooperative)
    if cooperative.status == CooperativeStatus.VERIFIED:
        raise WrongState("registration_verified", _("Đăng ký đã được xác minh nên không sửa ở đây được nữa."))
    require(can_edit_registration(by, cooperative))
    if "tax_number" in fields:
        fields["tax_number"] = plain_number(fields["tax_number"])
    for name, value in fields.items():
        setattr(cooperative, name, value)
    if fields.get("kind") == HolderKind.HOUSEHOLD and not cooperative.slug.startswith("ho-"):
        cooperative.slug = ""  # the address was made from what is now a person's name
    set_names(cooperative)
    replaced = cooperative.proof if proof is not None else None
    cooperative.proof = _stored_proof(proof, by) or cooperative.proof
    if main_crops is not None:
        cooperative.main_crops.set(main_crops)
    if cooperative.status == CooperativeStatus.RETURNED:
        _step(cooperative, RegistrationStep.RESUBMIT, by=by)
        cooperative.submitted_at, cooperative.return_reason = timezone.now(), ""
        cooperative.decided_at = cooperative.decided_by = None
        notifications.registration_arrived(cooperative)
    cooperative.save()
    if replaced is not None:
        _drop(replaced)  # papers of a person that nobody can open any more are not to be kept
    return cooperative


def set_names(cooperative: Cooperative) -> None:
    """Set what follows from the name: the search key always, the address only once. Does not save."""
    cooperative.search_key = fold(f"{cooperative.name} {cooperative.short_name}")
    if not cooperative.slug:
        # Addresses are read by everybody who may see the row: a household's must not spell its name.
        is_household = cooperative.kind == HolderKind.HOUSEHOLD
        cooperative.slug = f"ho-{secrets.token_hex(5)}" if is_household else _free_slug(cooperative.name)


@transaction.atomic
def verify_cooperative(cooperative: Cooperative, *, by: Any) -> Cooperative:
    """An officer of its commune has checked the registration. Raises NotAllowed, WrongState."""
    return _decide(cooperative, RegistrationStep.VERIFY, by=by)


@transaction.atomic
def return_cooperative(cooperative: Cooperative, reason: str, *, by: Any) -> Cooperative:
    """An officer sends the registration back; the reason is told to those who work for it."""
    if not reason.strip():
        raise RuleViolated("reason_missing", _("Hãy ghi lý do trả lại."))
    return _decide(cooperative, RegistrationStep.RETURN, by=by, reason=reason.strip())


@transaction.atomic
def withdraw_registration(cooperative: Cooperative, *, by: Any) -> None:
    """Delete a registration on which nobody decided and to which nothing refers; an owner may.

    Raises NotAllowed, WrongState("registration_decided"), CooperativeInUse naming what refers to it (A28).
    """
    cooperative = _locked(cooperative)
    require(_is_owner(by, cooperative))
    _raise_in_use(cooperative)
    if cooperative.status != CooperativeStatus.PENDING:
        raise WrongState("registration_decided", _("Cán bộ đã xử lý đăng ký này nên không rút được nữa."))
    document = cooperative.proof
    try:
        with transaction.atomic():
            cooperative.delete()
    except ProtectedError as error:  # somebody was faster
        raise CooperativeInUse from error
    if document is not None:
        _drop(document)


def _drop(document: Document) -> None:
    document.delete()
    transaction.on_commit(partial(document.file.storage.delete, document.file.name))


def _is_owner(user: Any, cooperative: Cooperative) -> bool:
    return cooperative.memberships.filter(user=user, role=MemberRole.OWNER).exists()


def _raise_in_use(cooperative: Cooperative) -> None:
    """Raise CooperativeInUse when rows that protect the cooperative exist; each kind is a finding with its count."""
    findings = []
    for relation in Cooperative._meta.related_objects:
        if relation.on_delete is None or relation.on_delete.__name__ != "PROTECT":
            continue
        model: Any = relation.related_model
        count = model._base_manager.filter(**{relation.field.name: cooperative}).count()
        if count:
            name = str(model._meta.verbose_name)
            findings.append(Finding("in_use", f"{name}: {count}", extra={"model": model.__name__, "count": count}))
    if findings:
        raise CooperativeInUse(findings=findings)


def _decide(cooperative: Cooperative, step: str, *, by: Any, reason: str = "") -> Cooperative:
    cooperative = _locked(cooperative)
    require(can_verify_cooperative(by, cooperative))
    _step(cooperative, step, by=by, note=reason)
    cooperative.return_reason, cooperative.decided_at, cooperative.decided_by = reason, timezone.now(), by
    cooperative.save(update_fields=["status", "return_reason", "decided_at", "decided_by", "updated_at"])
    notifications.registration_decided(cooperative, step, reason)
    return cooperative


def _step(cooperative: Cooperative, step: str, *, by: Any, note: str = "") -> None:
    """Set the next status by the table and leave the event; the caller saves the cooperative."""
    cooperative.status = next_status(REGISTRATION_TRANSITIONS, step, cooperative.status)
    RegistrationEvent.objects.create(
        cooperative=cooperative, step=step, new_status=cooperative.status, note=note, by=by
    )


def _locked(cooperative: Cooperative) -> Cooperative:
    # Nothing is joined: who waits for the lock would get the commune and the proof as they were before the wait.
    return Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)


def _check_duplicates(cooperative: Cooperative) -> None:
    found = likely_duplicates(name=cooperative.name, tax_number=cooperative.tax_number, commune=cooperative.commune)
    if found:
        findings = [Finding("likely_duplicate", duplicate_line(one)) for one in found]
        detail = _("Có thể đơn vị này đã được đăng ký. Hãy xem các đơn vị dưới đây trước khi gửi.")
        raise RuleViolated("likely_duplicate", detail, findings=findings)


def duplicate_line(likeness: Likeness) -> str:
    """Return what a stranger may know of a cooperative that may be the same."""
    facts = {"name": likeness.name or _("Một hộ cá thể"), "commune": likeness.cooperative.commune}
    if likeness.is_same_number:
        return _("%(name)s, %(commune)s: cùng mã số thuế hoặc số đăng ký.") % facts
    return _("%(name)s, %(commune)s: cùng tên tại cùng phường, xã.") % facts


def _stored_proof(proof: File | None, by: Any) -> Document | None:
    if proof is None:
        return None
    head = proof.read(MAX_PROOF_BYTES + 1)
    proof.seek(0)
    kind = file_type_of(head)
    if kind not in PROOF_TYPES or not has_ending_of(proof.name or "", kind):
        finding = Finding("unknown_file_type", _("Giấy tờ phải là tệp PDF hoặc ảnh JPEG, PNG, WebP."), "/proof")
        raise RuleViolated("unknown_file_type", finding.message, findings=[finding])
    return store_upload(proof, by=by, max_bytes=MAX_PROOF_BYTES)


def _free_slug(name: str) -> str:
    base = slugify(fold(name))[:70] or "don-vi"
    taken = set(Cooperative.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)
