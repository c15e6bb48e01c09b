"""The checklist of a visit: lines of the scheme in force that day, and what the answers to them must be."""

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from casework.models import CodeRequest
from codes.models import AnswerKind, ChecklistItem, CodeScheme, Market, ProductionAreaCode
from core.errors import Finding
from core.text import clean_line

MAX_TEXT = 500  # signs of one answer or note


def checklist_of(subject: CodeRequest | ProductionAreaCode, day: dt.date) -> list[ChecklistItem]:
    """Return the lines that hold for a request or a code on `day`, in the order of the minutes."""
    if isinstance(subject, CodeRequest):
        return checklist(subject.scheme, subject.area.crop_id, subject.markets.all(), day)
    markets = [subject.market] if subject.market else Market.objects.filter(approvals__code=subject)
    return checklist(subject.scheme, subject.crop_id, markets, day)


def checklist(scheme: CodeScheme, crop_id: int, markets: Iterable[Market], day: dt.date) -> list[ChecklistItem]:
    """Return the lines of `scheme` for a crop and markets; of two lines with one slug the narrower one holds."""
    rows = scheme.checklist.on(day).filter(  # type: ignore[attr-defined]
        Q(crop=None) | Q(crop=crop_id), Q(market=None) | Q(market__in=[market.pk for market in markets])
    )
    chosen: dict[str, ChecklistItem] = {}
    for item in sorted(rows, key=lambda row: (row.market_id is not None, row.crop_id is not None, row.valid_from)):
        chosen[item.slug] = item
    return sorted(chosen.values(), key=lambda item: (item.position, item.slug))


def check_answers(
    items: Sequence[ChecklistItem], answers: Iterable[Mapping[str, Any]], result: str
) -> tuple[list[dict[str, Any]], list[Finding]]:
    """Return the answers as they are kept, `[{item, text, answer, note}]` in the order of `items`, and what is wrong.

    `answers`: `[{item: slug, answer: true | false | number | text | null, note}]`. A critical line that is not met
    makes the visit's result major; the officer has to say so too, since the minutes are signed.
    """
    known, given, findings = {item.slug for item in items}, {}, []
    for number, one in enumerate(answers):
        slug = str(one.get("item", ""))
        if slug not in known:
            findings.append(Finding("item_unknown", _("Mục kiểm tra không có trong danh mục."), f"/answers/{number}"))
        given[slug] = one
    kept = []
    for item in items:
        one = given.get(item.slug, {})
        value, note = one.get("answer"), _line(one.get("note") or "")
        findings += _wrong(item, value, note)
        kept.append(_kept(item, value, note))
    if result != "major" and any(line["is_critical"] and line["answer"] is False for line in kept):
        detail = _("Có mục bắt buộc không đạt: kết quả phải là lỗi lớn.")
        findings.append(Finding("critical_item_not_met", detail, "/result"))
    return kept, findings


def _line(text: Any) -> str:
    """One line of clean text: people break lines in small fields."""
    return clean_line(" ".join(str(text).split()))


def _kept(item: ChecklistItem, value: Any, note: str) -> dict[str, Any]:
    if isinstance(value, str):
        value = _line(value) or None
    return {
        "item": item.slug,
        "text": item.text_vi,
        "answer": value,
        "note": note,
        "unit": item.unit,
        "is_critical": item.is_critical,
    }


def _wrong(item: ChecklistItem, value: Any, note: str) -> list[Finding]:
    pointer = f"/answers/{item.slug}"
    if value is None or value == "":
        detail = _("Chưa trả lời mục “%(item)s”.") % {"item": item.text}
        return [Finding("answer_missing", detail, pointer)] if item.is_required else []
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    fits = {
        AnswerKind.YES_NO: isinstance(value, bool),
        AnswerKind.NUMBER: is_number,
        AnswerKind.TEXT: isinstance(value, str) and len(value) <= MAX_TEXT,
    }
    if not fits[AnswerKind(item.answer_kind)] or len(note) > MAX_TEXT:
        detail = _("Trả lời mục “%(item)s” không đúng dạng.") % {"item": item.text}
        return [Finding("answer_wrong_kind", detail, pointer)]
    return []
