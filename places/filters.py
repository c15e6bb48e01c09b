"""Filters by administrative unit."""

from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from django_filters.constants import EMPTY_VALUES

from places.models import AdministrativeUnit


class _UnitField(forms.CharField):
    def clean(self, value: Any) -> AdministrativeUnit | None:
        code = super().clean(value)
        if not code:
            return None
        unit = AdministrativeUnit.objects.current().without_shapes().with_code(code).first()
        if unit is None:
            raise ValidationError(_("Không có đơn vị hành chính nào đang mang mã này."), code="unknown_unit")
        return unit


class UnitFilter(django_filters.Filter):
    """Rows whose unit (`field_name`) is the one with this code today, or lies below it."""

    field_class = _UnitField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 10)
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: AdministrativeUnit | None) -> QuerySet[Any]:
        if value in EMPTY_VALUES:
            return qs
        return qs.filter(**{f"{self.field_name}__in": AdministrativeUnit.objects.within_unit(value)})
