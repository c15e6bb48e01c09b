"""Strict filters: what a caller asks for is either done or refused by name, never silently ignored."""

import math
import re
from collections.abc import Collection, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import django_filters
from django import forms
from django.contrib.gis.geos import Polygon
from django.core.exceptions import ValidationError
from django.db.models import BooleanField, F, Func, Q, QuerySet, Value
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django_filters.constants import EMPTY_VALUES
from django_filters.widgets import SuffixedMultiWidget

from core.errors import BadInput, Finding
from core.problems import parameter_finding
from core.text import Fold, like_pattern

SHOWN_VALUE = 40
WORLD = (-180.0, -90.0, 180.0, 90.0)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
MAX_SEARCH_LENGTH = 1_000

Box = tuple[float, float, float, float]


class StrictFilterSet(django_filters.FilterSet):
    """Base of every layer's filters.

    `StrictFilterSet.checked(params, rows)` returns the filtered rows or raises BadInput with one finding per
    parameter: unknown, given twice though single-valued, or with a value that cannot be read. A blank value
    means "not filtered", as HTML forms send it, except where the filter says `refuses_blank`.
    """

    @classmethod
    def checked(cls, params: Mapping[str, Any], rows: QuerySet[Any], *, besides: Collection[str] = ()) -> QuerySet[Any]:
        """Return `rows` filtered by `params`; parameters named in `besides` belong to the caller."""
        data = as_query_dict(params)
        findings = _structure_findings(data, cls.parameters(), besides)
        if findings:
            raise BadInput(findings=findings)
        is_plain = cls.filter_queryset is django_filters.FilterSet.filter_queryset
        if is_plain and data.keys().isdisjoint(cls.parameters()):
            return rows  # nothing asked for: no form is built and cleaned, half a millisecond of every tile and page
        filterset = cls(data=data, queryset=rows)
        if not filterset.is_valid():
            raise BadInput(findings=_form_findings(filterset.form))
        return filterset.qs

    @classmethod
    def parameters(cls) -> dict[str, "Parameter"]:
        """Return every query parameter this filter set understands."""
        return _parameters(cls)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter: the filter that reads it, and how."""

    item: django_filters.Filter
    is_multiple: bool
    is_number: bool
    refuses_blank: bool


@cache
def _parameters(filterset: type[StrictFilterSet]) -> dict[str, Parameter]:
    found: dict[str, Parameter] = {}
    for name, item in filterset.base_filters.items():
        # A copy: a field made here would otherwise be copied into each request's filter set.
        widget = copy(item).field.widget
        parameter = Parameter(
            item,
            is_multiple=isinstance(widget, forms.SelectMultiple | forms.MultipleHiddenInput),
            is_number=isinstance(item, django_filters.NumberFilter | django_filters.RangeFilter),
            refuses_blank=getattr(item, "refuses_blank", False),
        )
        if isinstance(widget, SuffixedMultiWidget):
            found |= {widget.suffixed(name, suffix): parameter for suffix in widget.suffixes}
        else:
            found[name] = parameter
    return found


def as_query_dict(params: Mapping[str, Any]) -> QueryDict:
    """Return `params` as a QueryDict; lists become repeated parameters."""
    if isinstance(params, QueryDict):
        return params
    data = QueryDict(mutable=True)
    for name, value in params.items():
        data.setlist(name, [str(item) for item in (value if isinstance(value, list | tuple) else [value])])
    return data


def without_blanks(params: QueryDict) -> QueryDict:
    """Return `params` without blank values: what a GET form sends for fields that were left empty."""
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        filled = [value for value in values if value.strip()]
        if filled:
            kept.setlist(name, filled)
    return kept


def _structure_findings(data: QueryDict, known: Mapping[str, Parameter], besides: Collection[str]) -> list[Finding]:
    findings = []
    for name, values in data.lists():
        if name in besides:
            continue
        if name not in known:
            detail = _("Không có tham số này. Các tham số dùng được: %(known)s.") % {
                "known": ", ".join(sorted({*known, *besides}))
            }
            findings.append(parameter_finding(name[:100], "unknown_parameter", detail))
        else:
            findings.extend(_value_findings(name, values, known[name]))
    return findings


def _value_findings(name: str, values: list[str], parameter: Parameter) -> list[Finding]:
    if len(values) > 1 and not parameter.is_multiple:
        return [parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần."))]
    if parameter.refuses_blank and not values[0].strip():
        return [parameter_finding(name, "blank", _("Tham số này không được để trống."))]
    # Python reads Arabic-Indic and other digits as numbers; here they are a mistake or a trick (B7).
    if parameter.is_number and not all(_is_plain_number(value) for value in values if value.strip()):
        return [parameter_finding(name, "invalid", _("Hãy nhập một số viết bằng chữ số 0-9."))]
    return []


def _is_plain_number(value: str) -> bool:
    return len(value) <= 40 and bool(_NUMBER.fullmatch(value.strip())) and math.isfinite(float(value))


def _form_findings(form: forms.Form) -> list[Finding]:
    return [
        parameter_finding(name, error.code or "invalid", _named(form, name, " ".join(error.messages)))
        for name, errors in form.errors.as_data().items()
        for error in errors
    ]


def _named(form: forms.Form, name: str, text: str) -> str:
    """Return the error with the field's label and what was sent before it, so that a page can show it alone."""
    sent = form.data.get(name, "")
    shown = sent if len(sent) <= SHOWN_VALUE else sent[:SHOWN_VALUE] + "…"
    return f"{form.fields[name].label or name} ({shown}): {text}" if shown else text


# --- bbox ------------------------------------------------------------------------------------------------------


def parse_bbox(value: str) -> list[Box]:
    """Return one box, or two when it crosses the antimeridian, from `west,south,east,north` in degrees.

    Clamped to the world (Leaflet asks beyond it). Raises ValidationError for other counts, nan, infinity and
    south above north. OGC API Features 1.0 §7.15.3.
    """
    parts = [part.strip() for part in value.split(",")]
    if len(parts) == 6:
        raise ValidationError(_("bbox có độ cao không được hỗ trợ; hãy gửi 4 số."), code="bbox_heights")
    if len(parts) != 4:
        raise ValidationError(_("bbox cần đúng 4 số: tây,nam,đông,bắc (độ, WGS 84)."), code="bbox_count")
    if not all(len(part) <= 40 and _NUMBER.fullmatch(part) for part in parts):
        raise ValidationError(_("bbox chỉ gồm các số viết bằng chữ số 0-9."), code="bbox_number")
    west, south, east, north = (float(part) for part in parts)
    if not all(math.isfinite(number) for number in (west, south, east, north)):
        raise ValidationError(_("bbox chứa số quá lớn."), code="bbox_number")
    if south > north:
        raise ValidationError(_("bbox có vĩ độ nam lớn hơn vĩ độ bắc."), code="bbox_latitudes")
    spans = [(west, east)] if west <= east else [(west, 180.0), (-180.0, east)]
    return [(_longitude(left), _latitude(south), _longitude(right), _latitude(north)) for left, right in spans]


def _longitude(value: float) -> float:
    return min(max(value, WORLD[0]), WORLD[2])


def _latitude(value: float) -> float:
    return min(max(value, WORLD[1]), WORLD[3])


class _BboxField(forms.CharField):
    def clean(self, value: Any) -> list[Box] | None:
        text = super().clean(value)
        return parse_bbox(text) if text else None


class BboxFilter(django_filters.Filter):
    """`bbox`: rows whose geometry's box overlaps. `field_name` must be what the layer shows, never a hidden outline:
    else a caller finds a hidden plot by halving boxes (F11)."""

    field_class = _BboxField
    refuses_blank = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("Khung (tây, nam, đông, bắc)"))
        super().__init__(*args, **kwargs)

    def filter(self, qs: QuerySet[Any], value: list[Box] | None) -> QuerySet[Any]:
        if not value:
            return qs
        condition = Q()
        for box in value:
            envelope = Polygon.from_bbox(box)
            envelope.srid = 4326
            condition |= Q(**{f"{self.field_name}__bboverlaps": envelope})
        return qs.filter(condition)


# --- text, dates -----------------------------------------------------------------------------------------------


class Like(Func):
    """`left LIKE right`, for patterns already escaped."""

    template = "%(expressions)s"
    arg_joiner = " LIKE "
    output_field = BooleanField()
    conditional = True


class TextSearchFilter(django_filters.CharFilter):
    """Finds every row in which a column contains the words, whatever the diacritics, case or form (G9).

    `folded`: columns stored in search form (`core.text.fold`), which a trigram index serves; `fields`: plain ones,
    folded by the database for each row, so only for small tables.
    """

    def __init__(self, *, fields: Collection[str] = (), folded: Collection[str] = (), **kwargs: Any) -> None:
        kwargs.setdefault("max_length", MAX_SEARCH_LENGTH)
        super().__init__(**kwargs)
        self.columns = tuple(F(name) for name in folded) + tuple(Fold(F(name)) for name in fields)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        if value in EMPTY_VALUES:
            return qs
        pattern = Value(like_pattern(value))
        condition = Q()
        for column in self.columns:
            condition |= Q(Like(column, pattern))
        return qs.filter(condition)


class _DayField(forms.DateField):
    def to_python(self, value: Any) -> date | None:
        if isinstance(value, str) and value.strip() and not _DAY.fullmatch(value.strip()):
            raise ValidationError(_("Hãy nhập ngày theo dạng năm-tháng-ngày, ví dụ 2026-07-01."), code="invalid")
        return super().to_python(value)


class DayFilter(django_filters.DateFilter):
    """A date column against an ISO day; `lookup_expr` `gte` and `lte` are inclusive."""

    field_class = _DayField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%Y-%m-%d"])
        super().__init__(*args, **kwargs)
