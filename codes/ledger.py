"""The volume ledger in words and in SQL: what a code's ground can bear in a year, and what was declared on it.

Expected output (t) = hectares of the code x yield norm (t/ha/year) of its variety or crop, in its province or in the
whole country, in force on the day that stands for the year (docs/domain.md §1.7). Fruit of one area counts once: the
lots of all codes of the same area use up the same expected output.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce
from django.utils.timezone import localdate

from codes.models import Lot
from crops.models import Variety, YieldNorm
from places.models import UnitSuccession

KG_PER_T = 1_000.0
M2_PER_HA = 10_000.0
FULL = 100.0


def day_of(year: int) -> dt.date:
    """Return the day whose yield norm counts for a year: today within it, else its last or its first day."""
    return min(max(localdate(), dt.date(year, 1, 1)), dt.date(year, 12, 31))


def hectares() -> Combinable:
    """Hectares of a code: of its frozen ground; of an imported code without ground, what its list said."""
    square_metres = Coalesce(F("area_m2"), F("declared_area_m2"))
    return ExpressionWrapper(square_metres / M2_PER_HA, output_field=FloatField())


def annotations(year: int) -> list[dict[str, Any]]:
    """Return the annotations of `CodeQuerySet.with_ledger`, step by step: a later one reads the earlier ones."""
    expected = ExpressionWrapper(hectares() * _yield_norm(day_of(year)), output_field=FloatField())
    return [
        {"expected_t": expected, "declared_t": _declared(year)},
        {
            "remaining_t": ExpressionWrapper(F("expected_t") - F("declared_t"), output_field=FloatField()),
            "is_overdrawn": Coalesce(
                ExpressionWrapper(Q(declared_t__gt=F("expected_t")), output_field=BooleanField()), Value(False)
            ),
        },
    ]


def _yield_norm(day: dt.date) -> Subquery:
    """The norm nearest to the code: its variety before its crop, its province before the whole country."""
    variety = Coalesce(
        OuterRef("area__variety_id"),
        Subquery(
            Variety.objects.filter(
                crop=OuterRef(OuterRef("crop_id")), name_vi=OuterRef(OuterRef("variety_name"))
            ).values("pk")[:1]
        ),
    )
    # The commune of an old code may lie in a province that has ended: the norm of its successor counts too.
    successors = UnitSuccession.objects.filter(
        predecessor=OuterRef(OuterRef("commune__parent_id")), successor=OuterRef("province_id")
    )
    here = (
        Q(province=None)
        | Q(province=OuterRef("commune__parent_id"))
        | Q(province=OuterRef("commune__parent__parent_id"))
        | Q(Exists(successors))
    )
    norms = (
        YieldNorm.objects.filter(
            Q(valid_to=None) | Q(valid_to__gt=day), here, crop=OuterRef("crop_id"), valid_from__lte=day
        )
        .annotate(code_variety=variety)
        .filter(Q(variety=None) | Q(variety=F("code_variety")))
        .order_by(F("variety_id").asc(nulls_last=True), F("province_id").asc(nulls_last=True), "-valid_from", "-pk")
    )
    return Subquery(norms.values("tonnes_per_ha")[:1], output_field=FloatField())


def _declared(year: int) -> Combinable:
    """Tonnes declared in the year: by area where the code has one (its index), else on the code itself."""
    of_area = _tonnes(year, code__area=OuterRef("area_id"))
    of_code = _tonnes(year, code=OuterRef("pk"))
    tonnes = Case(When(area=None, then=of_code), default=of_area, output_field=FloatField())
    return Coalesce(tonnes, Value(0.0), output_field=FloatField())


def _tonnes(year: int, **on: Any) -> Subquery:
    lots = Lot.objects.counted().in_year(year).filter(**on).order_by().annotate(one=Value(1)).values("one")
    total = ExpressionWrapper(Cast(Sum("weight_kg"), FloatField()) / KG_PER_T, output_field=FloatField())
    return Subquery(lots.annotate(tonnes=total).values("tonnes"), output_field=FloatField())


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger of one code in one year, in tonnes; `expected_t` is None where no yield norm is known."""

    year: int
    expected_t: float | None
    declared_t: float
    remaining_t: float | None
    is_overdrawn: bool

    @property
    def share(self) -> float:
        """Percent of the expected output that was declared, for the bar: 0 to 100."""
        if not self.expected_t:
            return FULL if self.is_overdrawn else 0.0
        return min(FULL, self.declared_t / self.expected_t * FULL)


def ledger_of(code: Any, year: int) -> Ledger:
    """Return the ledger of a code (an instance annotated by `with_ledger(year)`, or any code: one query)."""
    if not hasattr(code, "declared_t"):
        code = type(code).objects.with_ledger(year).only("pk").get(pk=code.pk)
    return Ledger(year, code.expected_t, code.declared_t, code.remaining_t, code.is_overdrawn)
