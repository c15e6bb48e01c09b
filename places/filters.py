"""Filters of administrative units, and of other things by unit."""

from datetime import date
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from core.filters import MAX_SEARCH_LENGTH, BboxFilter, DayFilter, StrictFilterSet
from core.text import fold
from places.models import AdministrativeUnit, UnitLevel
from places.querysets import AdministrativeUnitQuerySet


class _UnitField(forms.CharField):
    def clean(self, value: Any) -> list[int] | None:
        text = super().clean(value)
        if not text:
            return None
        units = AdministrativeUnit.objects.current()
        if text.isascii() and text.isdigit():
            found = list(units.with_code(text).values_list("pk", flat=True))
        else:
            found = _named(units.communes().search(text), text)
        if not found:
            raise ValidationError(
                _("Không có đơn vị hành chính nào hiện mang mã hay tên này, kể cả tên cũ."), code="unknown_unit"
            )
        return found


def _named(units: QuerySet[AdministrativeUnit], text: str) -> list[int]:
    """Return the units with exactly this full name, else all that the text finds, by former names too."""
    keys = dict(units.values_list("pk", "search_key"))
    return [pk for pk, key in keys.items() if key == fold(text)] or list(keys)


class UnitFilter(django_filters.Filter):
    """Rows whose unit (`field_name`) has this code today, or lies below it; a commune's name, old or new, does too.

    `with_former`: also rows of the units that went into it, for records that keep the unit of their day.
    """

    field_class = _UnitField

    def __init__(self, *args: Any, with_former: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 120)
        super().__init__(*args, **kwargs)
        self.with_former = with_former

    def filter(self, qs: QuerySet[Any], value: list[int] | None) -> QuerySet[Any]:
        if value is None:
            return qs
        return qs.filter(**{f"{self.field_name}__in": self.units_of(value)})

    def units_of(self, value: list[int]) -> QuerySet[AdministrativeUnit]:
        """Return the units that the value means, with what lies below them."""
        units = AdministrativeUnit.objects
        return units.with_former(value) if self.with_former else units.within_units(value)


class UnitFilters(StrictFilterSet):
    """`level`, `code`, `parent` (code), `on` (a day; default today), `q` (name, also a former one), `bbox`."""

    level = django_filters.ChoiceFilter(choices=UnitLevel.choices, label=_("Cấp"))
    code = django_filters.CharFilter(max_length=12, label=_("Mã"))
    parent = django_filters.CharFilter(field_name="parent__code", max_length=12, label=_("Mã cấp trên"))
    on = DayFilter(method="filter_on", label=_("Vào ngày"))
    q = django_filters.CharFilter(method="filter_q", max_length=MAX_SEARCH_LENGTH, label=_("Tìm theo tên"))
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = AdministrativeUnit
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Without `on` only units in force today: a code alone may name two units."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("on") else rows.current()

    def filter_on(self, rows: AdministrativeUnitQuerySet, name: str, value: date) -> QuerySet[Any]:
        return rows.on(value)

    def filter_q(self, rows: AdministrativeUnitQuerySet, name: str, value: str) -> QuerySet[Any]:
        return rows.search(value)
