"""Issuing codes: numbers without gaps, each code with a frozen copy of what it was issued for."""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import numbering
from codes.changes import CodesChanged
from codes.models import (
    CodeEvent,
    CodeScheme,
    CodeStatus,
    Market,
    MarketApproval,
    ProductionArea,
    ProductionAreaCode,
)
from codes.permissions import can_issue_codes
from core.changes import announce
from core.errors import Finding, RuleViolated
from core.permissions import require
from places.models import AdministrativeUnit, UnitLevel


@dataclass(frozen=True, slots=True)
class _Planned:
    """A code about to be numbered."""

    scope: str
    parts: dict[str, str]
    market: Market | None


@transaction.atomic
def issue_codes(
    area: ProductionArea,
    scheme: CodeScheme,
    markets: Iterable[Market],
    *,
    by: Any,
    issued_on: dt.date | None = None,
    document_number: str = "",
) -> list[ProductionAreaCode]:
    """Issue the codes of an area under a scheme: one for each market where the scheme is bound to a market, else one.

    Every market gets its approval row (not submitted yet). The counters are locked last, in the order of their
    scopes, so the caller does everything else before. `issued_on` defaults to today in Viet Nam. Raises NotAllowed,
    RuleViolated for a scheme that is not confirmed or not in force, for missing markets, and as `numbering` does.
    """
    area = ProductionArea.objects.select_related("commune__parent", "crop", "variety", "cooperative").get(pk=area.pk)
    require(can_issue_codes(by, area))
    issued_on = issued_on or timezone.localdate()
    chosen = sorted(markets, key=lambda market: market.code)
    _check_scheme(scheme, chosen, issued_on)
    province = _province_of(area.commune)
    planned = [
        _planned(scheme, area, market, province, issued_on) for market in (chosen if scheme.is_market_bound else [None])
    ]
    planned.sort(key=lambda one: one.scope)  # everybody locks counters in this order, so nobody waits in a ring
    codes = [_store(one, area, scheme, province, issued_on) for one in planned]
    for code, one in zip(codes, planned, strict=True):
        MarketApproval.objects.bulk_create(
            MarketApproval(code=code, market=market) for market in ([one.market] if one.market else chosen)
        )
    CodeEvent.objects.bulk_create(
        CodeEvent(
            code=code,
            transition="issue",
            new_status=CodeStatus.ACTIVE,
            document_number=document_number,
            effective_on=issued_on,
            by=by,
        )
        for code in codes
    )
    announce(CodesChanged(codes=ProductionAreaCode.objects.filter(pk__in=[code.pk for code in codes])))
    return codes


def _check_scheme(scheme: CodeScheme, markets: list[Market], day: dt.date) -> None:
    if not CodeScheme.objects.usable_on(day).filter(pk=scheme.pk).exists():
        raise RuleViolated(
            "scheme_not_usable", _("Chế độ mã số này chưa được quản trị viên xác nhận hoặc không còn hiệu lực.")
        )
    if not markets and not scheme.is_domestic:
        raise RuleViolated(
            "markets_missing", findings=[Finding("markets_missing", _("Hãy chọn ít nhất một thị trường."), "/markets")]
        )


def _planned(
    scheme: CodeScheme, area: ProductionArea, market: Market | None, province: AdministrativeUnit, day: dt.date
) -> _Planned:
    parts = numbering.parts_for(scheme, area, market=market, province=province, issued_on=day)
    return _Planned(numbering.scope_of(scheme, parts), parts, market)


def _province_of(commune: AdministrativeUnit) -> AdministrativeUnit:
    """Return the province above a unit (former districts may lie between); at most three steps."""
    unit = commune
    while unit.level != UnitLevel.PROVINCE and unit.parent is not None:
        unit = unit.parent
    return unit


def _store(
    one: _Planned, area: ProductionArea, scheme: CodeScheme, province: AdministrativeUnit, issued_on: dt.date
) -> ProductionAreaCode:
    """Take the number and store the code at once: the counter is locked from here to the commit."""
    serial = numbering.next_serial(scheme, one.scope)
    return ProductionAreaCode.objects.create(
        code=numbering.canonical(scheme, one.parts, serial),
        scheme=scheme,
        market=one.market,
        scope=one.scope,
        serial=serial,
        issued_on=issued_on,
        valid_until=last_day_of_validity(issued_on, scheme.validity_months),
        area=area,
        area_version=area.version,
        area_name=area.name,
        crop=area.crop,
        crop_name=area.crop.name_vi,
        variety_name=area.variety.name_vi if area.variety else "",
        holder=area.cooperative,
        holder_name=area.cooperative.name,
        commune=area.commune,
        commune_name=area.commune.full_name,
        province_name=province.full_name,
        boundary=area.boundary,
        grower_count=area.grower_count,
    )


def last_day_of_validity(issued_on: dt.date, months: int | None) -> dt.date | None:
    """Return the last day on which a code issued for `months` still holds; None for one without an end.

    Twelve months from 1 March 2026 end with 28 February 2027; a day that a month lacks becomes its last.
    """
    if months is None:
        return None
    year, month = divmod(issued_on.month - 1 + months, 12)
    year, month = issued_on.year + year, month + 1
    day = min(issued_on.day, calendar.monthrange(year, month)[1])
    return dt.date(year, month, day) - dt.timedelta(days=1)
