"""A saved search in words: what was asked for, as its owner reads it."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.errors import BadInput
from products.layers import PRODUCTS
from products.models import Product, SavedSearch
from products.services import searches


@dataclass(frozen=True, slots=True)
class Asked:
    """A condition: the parameter, its label and what is asked."""

    name: str
    label: str
    value: str


@dataclass(frozen=True, slots=True)
class SearchRow:
    """A saved search as the list shows it; `count` is None and `errors` say why when its filters hold no longer."""

    search: SavedSearch
    asked: list[Asked]
    count: int | None
    errors: list[str]


def words_of(params: QueryDict) -> list[Asked]:
    """Return the conditions in words, in the order of the filters; values that mean nothing any more as they stand."""
    filters = PRODUCTS.filterset(data=params, queryset=Product.objects.none())
    form = filters.form
    form.is_valid()
    return [
        Asked(name, str(form.fields[name].label or name), _words(form, name, params.getlist(name)))
        for name in form.fields
        if name in params
    ]


def _words(form: Any, name: str, values: list[str]) -> str:
    cleaned = form.cleaned_data.get(name)
    if isinstance(cleaned, Model):
        return str(cleaned)
    labels = {str(value): str(label) for value, label in getattr(form.fields[name], "choices", ())}
    return ", ".join(labels.get(value, value) for value in values)


def name_for(params: QueryDict) -> str:
    """Return a name to propose: the values asked for, at most 80 characters; a bare number says what it counts."""
    values = [_in_name(asked, params) for asked in words_of(params) if asked.name != "near"]
    return ", ".join(values)[:80].strip(", ")


def _in_name(asked: Asked, params: QueryDict) -> str:
    if asked.name == "month":
        count = len(params.getlist("month"))
        return ngettext("tháng %(months)s", "tháng %(months)s", count) % {"months": asked.value}
    if asked.name == "km":
        return _("trong %(km)s km") % {"km": asked.value}
    if asked.name == "min_volume":
        return _("từ %(volume)s tấn") % {"volume": asked.value}
    return asked.value


def row_of(search: SavedSearch) -> SearchRow:
    """Return the search with its live count."""
    asked = words_of(searches.search_params(search))
    try:
        return SearchRow(search, asked, searches.matches(search).count(), [])
    except BadInput as error:
        return SearchRow(search, asked, None, [str(finding.message) for finding in error.findings])
