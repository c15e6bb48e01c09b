"""What every installation knows of markets and regimes; facts and their sources in docs/domain.md §1.

What an administrator has changed stays: a scheme that exists is never written again, and a row of it comes in only
where its key never stood there (`core.seeding`).
"""

import datetime as dt

from django.db import transaction

from codes.models import (
    ChecklistItem,
    CodeScheme,
    Market,
    Reason,
    RequiredDocument,
    SchemeRule,
    StepDeadline,
)
from codes.reference.checklist import checklist_rows
from codes.reference.reasons import reason_rows
from codes.reference.rules import deadline_rows, document_rows, rule_rows
from codes.reference.schemes import MARKETS, shipped_schemes
from core.seeding import add_missing
from office.reference import DAY, add_schedules

__all__ = ["load", "shipped_schemes"]


@transaction.atomic
def load() -> str:
    """Put in what is missing; return one line that says what was."""
    markets = sum(
        Market.objects.get_or_create(
            code=code, defaults={"name_vi": name_vi, "name_en": name_en, "position": position}
        )[1]
        for position, (code, name_vi, name_en) in enumerate(MARKETS)
    )
    made = [
        CodeScheme.objects.get_or_create(slug=fields["slug"], defaults=fields)[1]
        for fields in shipped_schemes()
        if not _was_deleted(fields["slug"])
    ]
    schemes = {scheme.slug: scheme for scheme in CodeScheme.objects.filter(slug__in=_slugs())}
    rows = sum(
        (
            add_missing(SchemeRule, ("scheme_id", "kind", "crop_id", "market_id"), rule_rows(schemes)),
            add_missing(StepDeadline, ("scheme_id", "step"), deadline_rows(schemes)),
            add_missing(ChecklistItem, ("scheme_id", "slug"), checklist_rows(schemes)),
            add_missing(RequiredDocument, ("scheme_id", "kind"), document_rows(schemes)),
            add_missing(Reason, ("use", "slug"), reason_rows()),
        )
    )
    add_schedules({"codes.tell_expiring": DAY}, at=dt.time(6, 0))
    add_schedules({"codes.make_certificates": DAY}, at=dt.time(2, 30))
    return f"codes: {markets} markets, {sum(made)} schemes and {rows} of their rows added"


def _slugs() -> list[str]:
    return [fields["slug"] for fields in shipped_schemes()]


def _was_deleted(slug: str) -> bool:
    """Whether a scheme of this name once was and is gone: an administrator took it out."""
    history = CodeScheme.history.rel.related_model  # type: ignore[attr-defined]
    return history.objects.filter(slug=slug).exists() and not CodeScheme.objects.filter(slug=slug).exists()
