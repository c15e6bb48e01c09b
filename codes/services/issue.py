"""Issuing codes: numbers without gaps, each code with a frozen copy of what it was issued for."""

import calendar
import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from codes import numbering, sql
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
from places.models import AdministrativeUnit


@dataclass(frozen=True, slots=True)
class CodePlan:
    """Codes that are decided and not numbered yet: their keys are reserved, what hangs on them is written.

    `codes` lack `code` and `serial`; `scopes` and `parts` belong to them one by one, in the order of the scopes.
    """

    scheme: CodeScheme
    codes: tuple[ProductionAreaCode, ...]
    scopes: tuple[str, ...]
    parts: tuple[dict[str, str], ...]

    @property
    def ids(self) -> list[int]:
        """Keys of the codes to come."""
        return [code.pk for code in self.codes]


@dataclass(frozen=True, slots=True)
class _Planned:
    """One code to come."""

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

    Every market gets its approval row (not submitted yet). `issued_on` defaults to today in Viet Nam. Raises
    NotAllowed, RuleViolated for a scheme that is not confirmed or not in force, for missing markets, and as
    `numbering` does. A caller with more to write takes `plan_codes` and `number_codes` and writes in between.
    """
    plan = plan_codes(area, scheme, markets, by=by, issued_on=issued_on, document_number=document_number)
    return number_codes(plan)


@transaction.atomic
def plan_codes(
    area: ProductionArea,
    scheme: CodeScheme,
    markets: Iterable[Market],
    *,
    by: Any,
    issued_on: dt.date | None = None,
    document_number: str = "",
) -> CodePlan:
    """Do all of an issue but the numbers: check, freeze, write approvals and events under reserved keys, announce.

    Foreign keys are checked at the commit, so rows may point at codes that come later in the same transaction: the
    counter, for which all other officers wait, is then locked for two statements only.
    """
    area = ProductionArea.objects.select_related("commune__parent", "crop", "variety", "cooperative").get(pk=area.pk)
    require(can_issue_codes(by, area, scheme))
    issued_on = issued_on or timezone.localdate()
    chosen = sorted(markets, key=lambda market: market.code)
    _check_scheme(scheme, area.commune, chosen, issued_on)
    province = AdministrativeUnit.objects.province_of(area.commune)
    planned = [
        _planned(scheme, area, market, province, issued_on) for market in (chosen if scheme.is_market_bound else [None])
    ]
    planned.sort(key=lambda one: one.scope)
    keys = _reserve_keys(len(planned))
    codes = tuple(_frozen(key, one, area, scheme, province, issued_on) for key, one in zip(keys, planned, strict=True))
    MarketApproval.objects.bulk_create(
        MarketApproval(code_id=code.pk, market=market)
        for code, one in zip(codes, planned, strict=True)
        for market in ([one.market] if one.market else chosen)
    )
    CodeEvent.objects.bulk_create(
        CodeEvent(
            code_id=code.pk,
            transition="issue",
            new_status=CodeStatus.ACTIVE,
            document_number=document_number,
            effective_on=issued_on,
            by=by,
        )
        for code in codes
    )
    announce(CodesChanged(ids=tuple(code.pk for code in codes)))
    return CodePlan(scheme, codes, tuple(one.scope for one in planned), tuple(one.parts for one in planned))


@transaction.atomic
def number_codes(plan: CodePlan) -> list[ProductionAreaCode]:
    """Take the numbers and store the codes; the last thing that a transaction does. Raises as `numbering`."""
    serials = numbering.take_serials(plan.scheme, plan.scopes)
    for code, parts, serial in zip(plan.codes, plan.parts, serials, strict=True):
        code.serial = serial
        code.code = numbering.canonical(plan.scheme, parts, serial)
    return ProductionAreaCode.objects.bulk_create(plan.codes)


def _reserve_keys(count: int) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(sql.RESERVE_KEYS, [count])
        return [key for (key,) in cursor.fetchall()]


def _check_scheme(scheme: CodeScheme, commune: AdministrativeUnit, markets: list[Market], day: dt.date) -> None:
    if not CodeScheme.objects.usable_on(day).for_unit(commune).filter(pk=scheme.pk).exists():
        raise RuleViolated(
            "scheme_not_usable",
            _("Chế độ mã số này chưa được quản trị viên xác nhận, không còn hiệu lực hoặc của tỉnh khác."),
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


def _frozen(
    key: int,
    one: _Planned,
    area: ProductionArea,
    scheme: CodeScheme,
    province: AdministrativeUnit,
    issued_on: dt.date,
) -> ProductionAreaCode:
    """Return the code with its frozen copy of what it is issued for; the number comes last."""
    return ProductionAreaCode(
        pk=key,
        scheme=scheme,
        market=one.market,
        scope=one.scope,
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
