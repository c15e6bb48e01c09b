"""Reasons that an officer may start from: those of the scheme, else those for all schemes."""

import datetime as dt

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from codes.models import CodeScheme, Reason, ReasonUse
from core.errors import Finding, RuleViolated


def reasons_for(use: ReasonUse, scheme: CodeScheme, on: dt.date) -> list[Reason]:
    """Return the reasons of this use in force on `on`, one for each slug: the scheme's own before the general one."""
    rows = Reason.objects.on(on).filter(Q(scheme=None) | Q(scheme=scheme), use=use)
    chosen: dict[str, Reason] = {}
    for reason in rows.order_by("slug", "valid_from"):
        known = chosen.get(reason.slug)
        if known is None or reason.scheme_id is not None or known.scheme_id is None:
            chosen[reason.slug] = reason
    return list(chosen.values())


def reason_named(slug: str, use: ReasonUse, scheme: CodeScheme, on: dt.date) -> Reason | None:
    """Return the reason with this slug, None for the empty slug. Raises RuleViolated("unknown_reason")."""
    if not slug:
        return None
    found = next((reason for reason in reasons_for(use, scheme, on) if reason.slug == slug), None)
    if found is None:
        raise RuleViolated(
            "unknown_reason",
            findings=[Finding("unknown_reason", _("Không có mã lý do này cho chế độ của hồ sơ."), "/reason_code")],
        )
    return found
