"""What the holder of a code is told of its life: steps of the office, and that its last day comes nearer."""

import datetime as dt
from typing import Any

from django.db.models import Case, CharField, F, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast, Concat
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from codes.models import MarketApproval, ProductionAreaCode
from codes.workflow import EVENT_TITLES
from farms.notifications import editors_of
from office.models import Notice
from office.sentences import Sentence
from office.services import notify

STAGES = (7, 30, 90)  # days before the end; each is told once (product.md §7.2)


def code_moved(code: ProductionAreaCode, name: str, effective_on: dt.date, document_number: str) -> None:
    """Tell those who work for the holder that the office suspended, restored, revoked, renewed or replaced the code."""
    facts = {
        "code": code.code,
        "step": EVENT_TITLES[name],
        "day": f"{effective_on:%d/%m/%Y}",
        "document": document_number,
    }
    sentence = Sentence(_("%(code)s: %(step)s từ ngày %(day)s, văn bản %(document)s."), facts)
    _tell(code, f"codes.{name}", sentence)


def market_spoke(code: ProductionAreaCode, approval: MarketApproval, name: str) -> None:
    """Tell those who work for the holder what a market says of the code now."""
    facts = {"code": code.code, "market": approval.market, "step": EVENT_TITLES[name]}
    _tell(code, "codes.market", Sentence(_("%(code)s, %(market)s: %(step)s."), facts))


def tell_expiring(today: dt.date) -> int:
    """Tell holders of codes in force whose last day is 90, 30 or 7 days away or nearer; return how many codes.

    Each stage is told once per last day, so a restart or a second run tells nothing twice. After days without a run
    only the nearest stage is told: nobody needs three reminders at once.
    """
    told = 0
    for code in expiring(today).select_related("holder"):
        facts = {"code": code.code, "day": f"{code.valid_until:%d/%m/%Y}", "n": (code.valid_until - today).days}
        text = ngettext_lazy(
            "Mã %(code)s hết hạn sau ngày %(day)s (còn %(n)s ngày). Hãy xin gia hạn.",
            "Mã %(code)s hết hạn sau ngày %(day)s (còn %(n)s ngày). Hãy xin gia hạn.",
            facts["n"],
        )
        told += bool(_tell(code, "codes.expiring", Sentence(text, facts), once_key=code.once_key))
    return told


def expiring(today: dt.date) -> QuerySet[Any]:
    """Return the codes to be told of on `today`, with `stage` (days) and the `once_key` under which nobody was told."""
    stage = Case(*(When(valid_until__lte=today + dt.timedelta(days=days), then=Value(days)) for days in STAGES))
    key = Concat(
        Value("code_expires:"), Cast("pk", CharField()), Value(":"), Cast("valid_until", CharField()), Value(":"),
        Cast("stage", CharField()), output_field=CharField(),
    )  # fmt: skip
    told = Notice.objects.filter(once_key=OuterRef("once_key")).values("pk")[:1]
    return (
        ProductionAreaCode.objects.active_on(today)
        .filter(valid_until__lte=today + dt.timedelta(days=STAGES[-1]), holder__isnull=False)
        .annotate(stage=stage)
        .annotate(once_key=key)
        .annotate(told=Subquery(told))
        .filter(told=None)
        .defer("boundary")
        .order_by(F("valid_until"), "pk")
    )


def _tell(code: ProductionAreaCode, kind: str, sentence: Sentence, *, once_key: str = "") -> list[Notice]:
    if code.holder_id is None:
        return []
    return notify(editors_of(code.holder_id), kind, sentence, code.get_absolute_url(), once_key=once_key)
