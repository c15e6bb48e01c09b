"""The parameter `datetime`: which rows held on a day or in a period (OGC 17-069r4 §7.15.4, RFC 3339).

All dates of the layers are days in Viet Nam; a moment means its day there. A layer without dates matches every period.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.layers import as_expression
from core.problems import parameter_finding
from exchange.catalogue import Entry
from exchange.ogc.literals import read_moment
from exchange.selection import Selection

OPEN_ENDS = ("", "..")


@dataclass(frozen=True, slots=True)
class Dates:
    """The fields of a layer that say from when until when; an empty `end` means the one day.

    `is_end_excluded`: `end` is the first day on which the thing no longer holds.
    """

    start: str
    end: str = ""
    is_end_excluded: bool = False


@dataclass(frozen=True, slots=True)
class Period:
    """From `first` to `last`, both inclusive; None is open."""

    first: dt.date | None
    last: dt.date | None

    @property
    def is_day(self) -> bool:
        return self.first is not None and self.first == self.last


DATES: Mapping[str, Dates] = {
    "units": Dates("valid_from", "valid_to", is_end_excluded=True),
    "land-use": Dates("as_of", "valid_to", is_end_excluded=True),
    "planning-zones": Dates("as_of", "valid_to", is_end_excluded=True),
    "codes": Dates("issued_on", "valid_until"),
    "products": Dates("updated_on"),
}
# Without a day these answer with what holds today.
TODAYS = frozenset({"units", "planning-zones"})


def read_datetime(text: str) -> Period:
    """Return the period of `2025-07-01`, `2025-07-01T00:00:00Z`, `a/b`, `../b` or `a/..`; BadInput for others."""
    parts = text.split("/")
    if len(parts) == 1:
        day = _day(parts[0])
        return Period(day, day)
    if len(parts) != 2 or all(part in OPEN_ENDS for part in parts):
        raise _refusal()
    first, last = (None if part in OPEN_ENDS else _moment(part) for part in parts)
    if first is not None and last is not None and first > last:
        raise _refusal(_("datetime có ngày đầu sau ngày cuối."))
    return Period(first and localdate(first), last and localdate(last))


def _day(text: str) -> dt.date:
    return localdate(_moment(text))


def _moment(text: str) -> dt.datetime:
    moment = read_moment(text)
    # Years at the ends of the calendar have no day in another zone.
    if moment is None or not 2 <= moment.year <= 9_998:
        raise _refusal()
    return moment


def _refusal(detail: Any = "") -> BadInput:
    text = detail or _(
        "datetime phải là ngày hay thời điểm (2025-07-01, 2025-07-01T00:00:00Z) hoặc khoảng a/b, ../b, a/.."
    )
    return BadInput(findings=[parameter_finding("datetime", "invalid", text)])


def day_parameter(entry: Entry, period: Period | None, asked: Mapping[str, Any]) -> dict[str, str]:
    """Return the layer's own parameter for a day when `datetime` is one; its own rule is better than two dates."""
    if period is None or not entry.date_parameter:
        return {}
    if entry.date_parameter in asked:
        detail = _("Hãy dùng một trong hai: datetime hoặc %(name)s.") % {"name": entry.date_parameter}
        raise BadInput(findings=[parameter_finding("datetime", "conflicting_parameters", detail)])
    return {entry.date_parameter: period.first.isoformat()} if period.is_day and period.first else {}


def in_period(selection: Selection, rows: QuerySet[Any], period: Period) -> QuerySet[Any]:
    """Return the rows that held at some time in `period`; `rows` are those of `selection`."""
    entry = selection.entry
    dates = DATES.get(entry.layer.name)
    if dates is None or (entry.date_parameter and period.is_day):  # the day went in as the layer's own parameter
        return rows
    start, end = (as_expression(entry.layer.fields[name]) if name else None for name in (dates.start, dates.end))
    rows = rows.annotate(period_start=start, **({} if end is None else {"period_end": end}))
    condition = Q()
    if period.last is not None:
        condition &= Q(period_start=None) | Q(period_start__lte=period.last)
    if period.first is not None:
        beyond = "gt" if dates.is_end_excluded else "gte"
        name = "period_start" if end is None else "period_end"
        condition &= Q(**{name: None}) | Q(**{f"{name}__{beyond}": period.first})
    return rows.filter(condition)


def of_any_day(selection: Selection) -> QuerySet[Any]:
    """Return the rows of `selection` without the layer's own "today": all its filters but that."""
    layer = selection.layer
    filterset = layer.filterset(data=selection.params, queryset=layer.rows(selection.user))
    if not filterset.is_valid():  # pragma: no cover  (the selection was read from the same parameters)
        raise BadInput
    rows = django_filters.FilterSet.filter_queryset(filterset, filterset.queryset)
    return selection.area.narrowed(layer, rows)
