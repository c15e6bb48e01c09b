"""Who works for a cooperative: invited by a link, given a role, taken out.

The link is stored nowhere: the worker makes the token when it sends the mail and keeps only its digest. A repeated
delivery makes a new link and the earlier one dies, so that the last mail is the one that opens.
"""

import datetime as dt
import hashlib
import secrets
from typing import Any

from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cooperatives import notifications
from cooperatives.models import Cooperative, Invitation, MemberRole, Membership
from cooperatives.permissions import can_manage_people, has_role_in
from core.errors import Finding, NotAllowed, RuleViolated, WrongState
from core.permissions import require
from office.services import queue

TOKEN_BYTES = 16  # 128 random bits
VALID_FOR = dt.timedelta(days=14)
MAX_OPEN = 50


def digest_of_token(token: str) -> str:
    """Return what is stored of a token. Unsalted SHA-256 is enough: 128 random bits cannot be guessed from it."""
    return hashlib.sha256(token.encode()).hexdigest()


def invitation_of(token: str) -> Invitation | None:
    """Return the invitation that a token opens or once opened."""
    rows = Invitation.objects.select_related("cooperative", "invited_by", "accepted_by")
    return rows.filter(token_digest=digest_of_token(token)).first()


def is_open(invitation: Invitation) -> bool:
    """Whether the link still opens: not used, not taken back, its time not over."""
    return invitation.accepted_at is None and invitation.cancelled_at is None and invitation.expires_at > timezone.now()


@transaction.atomic
def invite(cooperative: Cooperative, *, email: str, role: str, by: Any) -> Invitation:
    """Offer somebody a role; the link goes out by mail after the commit and is good for 14 days, once.

    An open invitation of the same address gets the new role and a new link. Raises NotAllowed, RuleViolated(
    "unknown_role", "already_member", "too_many_invitations").
    """
    cooperative = Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    require(can_manage_people(by, cooperative))
    _check_role(role)
    email = email.strip().lower()
    if cooperative.memberships.filter(user__email__iexact=email, user__is_active=True).exists():
        finding = Finding("already_member", _("Người dùng địa chỉ này đã làm cho đơn vị."), "/email")
        raise RuleViolated("already_member", finding.message, findings=[finding])
    waiting = _open_rows(cooperative)
    same = waiting.filter(email=email).first()
    if same is None and waiting.count() >= MAX_OPEN:
        raise RuleViolated("too_many_invitations", _("Đơn vị đang có quá nhiều lời mời chưa dùng."))
    invitation = same or Invitation(cooperative=cooperative, email=email)
    invitation.role, invitation.invited_by = role, by
    return _send(invitation)


@transaction.atomic
def resend_invitation(invitation: Invitation, *, by: Any) -> Invitation:
    """Send a new link with a new term; the earlier one stops to open. Raises NotAllowed, WrongState."""
    invitation = _locked(invitation)
    require(can_manage_people(by, invitation.cooperative))
    _require_unused(invitation)
    return _send(invitation)


@transaction.atomic
def cancel_invitation(invitation: Invitation, *, by: Any) -> Invitation:
    """Take the offer back; its link stops to open. A second time nothing happens. Raises NotAllowed, WrongState."""
    invitation = _locked(invitation)
    require(can_manage_people(by, invitation.cooperative))
    if invitation.cancelled_at is None:
        _require_unused(invitation)
        invitation.cancelled_at = timezone.now()
        invitation.save(update_fields=["cancelled_at"])
    return invitation


@transaction.atomic
def accept_invitation(token: str, *, by: Any) -> Membership:
    """Make the signed-in user, who holds the link, a member in the role offered; the link is then used up.

    The same user twice is one. Who has a role already keeps the higher right of an owner. Raises NotAllowed,
    WrongState("invitation_closed") for unknown, used, taken-back and old links.
    """
    if not by.is_authenticated or not by.is_active:
        raise NotAllowed
    invitation = _locked_by_token(token)
    if invitation is not None and invitation.accepted_by_id == by.pk:
        own = Membership.objects.filter(cooperative=invitation.cooperative, user=by).first()
        if own is not None:  # who was taken out since does not come back by the old link
            return own
    if invitation is None or not is_open(invitation):
        raise WrongState("invitation_closed", _("Liên kết mời này không còn dùng được."))
    membership, is_new = Membership.objects.get_or_create(
        cooperative=invitation.cooperative, user=by, defaults={"role": invitation.role}
    )
    if not is_new and membership.role != MemberRole.OWNER:
        membership.role = invitation.role
        membership.save(update_fields=["role"])
    invitation.accepted_at, invitation.accepted_by = timezone.now(), by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    notifications.invitation_accepted(invitation, by)
    return membership


@transaction.atomic
def change_role(membership: Membership, role: str, *, by: Any) -> Membership:
    """Give another role. Raises NotAllowed, RuleViolated("unknown_role"), WrongState("last_owner")."""
    membership = _locked_membership(membership)
    require(can_manage_people(by, membership.cooperative))
    _check_role(role)
    if role != MemberRole.OWNER:
        _require_another_owner(membership)
        _end_invitations_of(membership, by)
    membership.role = role
    membership.save(update_fields=["role"])
    return membership


@transaction.atomic
def remove_member(membership: Membership, *, by: Any) -> None:
    """Take somebody out, or leave oneself; an owner must stay. Raises NotAllowed, WrongState("last_owner")."""
    membership = _locked_membership(membership)
    require(membership.user_id == by.pk or can_manage_people(by, membership.cooperative))
    _require_another_owner(membership)
    _end_invitations_of(membership, by)
    membership.delete()


def deliver_invitation_mail(payload: dict[str, Any]) -> None:
    """Make the link and mail it. Called by the outbox in a transaction: a failed mail leaves the digest as it was."""
    rows = Invitation.objects.select_for_update(of=("self",)).select_related("cooperative", "invited_by")
    invitation = rows.filter(pk=payload["invitation"]).first()
    if invitation is None or not is_open(invitation):
        return
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation.token_digest = digest_of_token(token)
    invitation.save(update_fields=["token_digest"])
    subject, text, sender = notifications.invitation_letter(invitation, token)
    send_mail(subject, text, sender, [invitation.email])


def helped_cooperatives(user: Any) -> list[int]:
    """Return the ids of the cooperatives for which the user acts as a helper, on behalf of their people."""
    if not getattr(user, "is_authenticated", False):
        return []
    rows = Membership.objects.filter(user=user, role=MemberRole.HELPER)
    return sorted(rows.values_list("cooperative_id", flat=True))


def acts_on_behalf(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user acts for the cooperative as a helper: its records then say "by X for Y"."""
    return has_role_in(user, cooperative, MemberRole.HELPER)


def _send(invitation: Invitation) -> Invitation:
    invitation.token_digest = digest_of_token(secrets.token_urlsafe(TOKEN_BYTES))  # opens nothing: nobody saw it
    invitation.expires_at = timezone.now() + VALID_FOR
    invitation.save()
    queue("cooperatives.invitation_mail", {"invitation": invitation.pk})
    return invitation


def _open_rows(cooperative: Cooperative) -> Any:
    return cooperative.invitations.filter(accepted_at=None, cancelled_at=None, expires_at__gt=timezone.now())


def _locked(invitation: Invitation) -> Invitation:
    return Invitation.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=invitation.pk)


def _locked_by_token(token: str) -> Invitation | None:
    rows = Invitation.objects.filter(token_digest=digest_of_token(token))
    # The cooperative first, as everywhere: roles change under its lock only.
    Cooperative.objects.select_for_update(of=("self",)).filter(invitations__in=rows).first()
    return rows.select_for_update(of=("self",)).first()


def _end_invitations_of(membership: Membership, by: Any) -> None:
    """Who is taken out by another owner must not come back by a link that he sent to himself before."""
    if membership.user_id != by.pk:
        _open_rows(membership.cooperative).filter(invited_by=membership.user_id).update(cancelled_at=timezone.now())


def _locked_membership(membership: Membership) -> Membership:
    # The cooperative is the lock of all its roles: two owners who leave at once must not both go.
    Cooperative.objects.select_for_update(of=("self",)).get(pk=membership.cooperative_id)
    return Membership.objects.select_related("cooperative", "user").get(pk=membership.pk)


def _require_unused(invitation: Invitation) -> None:
    if invitation.accepted_at is not None or invitation.cancelled_at is not None:
        raise WrongState("invitation_closed", _("Lời mời này đã được dùng hoặc đã hủy."))


def _require_another_owner(membership: Membership) -> None:
    if membership.role != MemberRole.OWNER:
        return
    others = membership.cooperative.memberships.filter(role=MemberRole.OWNER, user__is_active=True)
    if not others.exclude(pk=membership.pk).exists():
        raise WrongState("last_owner", _("Đây là chủ nhiệm duy nhất: hãy giao vai trò chủ nhiệm cho người khác trước."))


def _check_role(role: str) -> None:
    if role not in MemberRole.values:
        finding = Finding("unknown_role", _("Hãy chọn một vai trò."), "/role")
        raise RuleViolated("unknown_role", finding.message, findings=[finding])
