"""The filters in use, in words: above the list, on paper, in a frame; each with the address without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from products.facets import FacetValue
from products.filters import ProductFilters

JOINED = {"km": "near"}  # said with the other, and taken away with it


@dataclass(frozen=True, slots=True)
class FilterWord:
    """One filter in use: its label, its value in words, and the query without it."""

    label: str
    text: str
    without: str


def filter_words(filters: QueryDict, params: QueryDict, facets: Mapping[str, list[FacetValue]]) -> list[FilterWord]:
    """Return the filters in use in the order of the filter set; values are worded by the facets where they stand there.

    `filters` holds the layer's filters only, `params` the whole address.
    """
    words = []
    for name, item in ProductFilters.base_filters.items():
        if name not in filters or name in JOINED:
            continue
        labels = _producers(filters[name]) if name == "producer" else _labels(item, facets.get(name, ()))
        text = ", ".join(str(labels.get(value, value)) for value in filters.getlist(name))
        if name == "near":
            text = _("%(place)s, trong %(km)s km") % {"place": text, "km": filters.get("km", "")}
        words.append(FilterWord(str(item.label or name), text, _without(params, name)))
    return words


def _labels(item: Any, values: Any) -> dict[str, Any]:
    choices = item.extra.get("choices", ())
    return {str(value): label for value, label in choices} | {found.value: found.label for found in values}


def _producers(slug: Any) -> dict[str, Any]:
    return dict(Cooperative.objects.public().filter(slug=slug).values_list("slug", "name"))


def _without(params: QueryDict, name: str) -> str:
    kept = params.copy()
    dropped = {name, "page", *(joined for joined, other in JOINED.items() if other == name)}
    if name == "near" and kept.get("sort") == "distance":
        dropped.add("sort")
    for gone in dropped:
        kept.pop(gone, None)
    return f"?{kept.urlencode()}"
