"""Writes on cooperatives: registration, verification, return."""

import secrets
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, CooperativeStatus, HolderKind, MemberRole, Membership
from cooperatives.permissions import can_verify_cooperative
from cooperatives.workflow import REGISTRATION_TRANSITIONS
from core.errors import NotAllowed, RuleViolated
from core.permissions import require
from core.text import fold
from core.workflow import next_status
from office.sentences import Sentence
from office.services import notify


@transaction.atomic
def register_cooperative(*, by: Any, **fields: Any) -> Cooperative:
    """Register a cooperative; it waits for an officer's verification, `by` becomes its owner.

    `fields`: `kind, name, short_name, commune` and what else the model takes; `status` is not among them.
    """
    if not by.is_authenticated:
        raise NotAllowed
    cooperative = Cooperative(status=CooperativeStatus.PENDING, **fields)
    set_names(cooperative)
    cooperative.save(force_insert=True)
    Membership.objects.create(cooperative=cooperative, user=by, role=MemberRole.OWNER)
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
    """An officer of its commune has checked the registration."""
    return _move(cooperative, "verify", by=by, text=_("Đăng ký của %(name)s đã được xác minh."))


@transaction.atomic
def return_cooperative(cooperative: Cooperative, reason: str, *, by: Any) -> Cooperative:
    """An officer sends the registration back; the reason is told to those who work for it."""
    if not reason.strip():
        raise RuleViolated("reason_missing", _("Hãy ghi lý do trả lại."))
    text = _("Đăng ký của %(name)s bị trả lại: %(reason)s")
    return _move(cooperative, "return", by=by, text=text, reason=reason.strip())


def _move(cooperative: Cooperative, name: str, *, by: Any, text: Any, reason: str = "") -> Cooperative:
    cooperative = Cooperative.objects.select_for_update(of=("self",)).select_related("commune").get(pk=cooperative.pk)
    require(can_verify_cooperative(by, cooperative))
    cooperative.status = next_status(REGISTRATION_TRANSITIONS, name, cooperative.status)
    cooperative.save(update_fields=["status", "updated_at"])
    users = [membership.user for membership in cooperative.memberships.select_related("user")]
    told = Sentence(text, {"name": cooperative.name, "reason": reason})
    notify(users, f"cooperatives.{name}", told, f"{reverse('cooperatives:home')}?cooperative={cooperative.slug}")
    return cooperative


def _free_slug(name: str) -> str:
    base = slugify(fold(name))[:70] or "don-vi"
    taken = set(Cooperative.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    return base if base not in taken else next(f"{base}-{n}" for n in range(2, 10_000) if f"{base}-{n}" not in taken)
