"""What a few typed letters may mean: without diacritics, and by the names that communes had before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import and_
from typing import Any

from django.db.models import Case, Count, Exists, F, IntegerField, OuterRef, Q, Value, When
from django.db.models.functions import Concat
from django.utils.translation import gettext

from cooperatives.models import Cooperative
from core.filters import Like
from core.text import Fold, fold, like_pattern
from crops.models import Crop, Variety
from places.models import AdministrativeUnit, UnitSuccession
from products.models import Product

MAX_LETTERS = 100
MAX_OF_A_KIND = 4
MAX_WORDS = 8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What the text may mean: its kind, its name, what tells it apart, and the filters that ask for it."""

    kind: str
    label: str
    note: str
    parameters: dict[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the suggestion as JSON-ready data."""
        return {"kind": self.kind, "label": self.label, "note": self.note, "parameters": self.parameters}


def suggestions(text: str) -> list[Suggestion]:
    """Return what `text` may mean, crops first; none for a blank text. Seven queries at most.

    Only what leads to products: crops and varieties that somebody sells, producers who sell. Communes are all that
    are in force today, those with products first; a name that two communes share is asked for by its code.
    """
    words = fold(text)
    if not words or len(text) > MAX_LETTERS:
        return []
    return [*_crops(words), *_varieties(words), *_names(words), *_producers(words), *_communes(words)]


def _sold(path: str, **outer: Any) -> Exists:
    return Exists(Product.objects.public().filter(**{path: OuterRef("pk")}, **outer))


def _first(column: str, words: str) -> Case:
    """Names that begin with the words stand before those that hold them further on."""
    begins = When(**{f"{column}__startswith": words}, then=Value(0))
    return Case(begins, default=Value(1), output_field=IntegerField())


def _crops(words: str) -> Iterator[Suggestion]:
    pattern = Value(like_pattern(words))
    rows = Crop.objects.filter(Like(F("search_key"), pattern), _sold("crop"))
    for crop in rows.order_by(_first("search_key", words), "name_vi")[:MAX_OF_A_KIND]:
        yield Suggestion("product", str(crop), gettext("Cây trồng"), {"product": crop.slug})


def _varieties(words: str) -> Iterator[Suggestion]:
    """Varieties by their own name, or together with their crop's: "xoai cat chu", "mango cat"."""
    rows = Variety.objects.annotate(
        key=Fold(F("name_vi")), whole=Concat("crop__search_key", Value(" "), Fold(F("name_vi")))
    ).select_related("crop")
    is_called = Like(F("key"), Value(like_pattern(words)))
    parts = words.split()
    if 1 < len(parts) <= MAX_WORDS:
        holds_all = [Q(Like(F("whole"), Value(like_pattern(part)))) for part in parts]
        rows = rows.filter(Q(is_called) | reduce(and_, holds_all), _sold("variety"))
    else:
        rows = rows.filter(is_called, _sold("variety"))
    for variety in rows.order_by(_first("key", words), "name_vi")[:MAX_OF_A_KIND]:
        yield Suggestion(
            "variety", str(variety), str(variety.crop), {"product": variety.crop.slug, "variety": variety.slug}
        )


def _names(words: str) -> Iterator[Suggestion]:
    """Names of products that no crop or variety says already: what is processed, raised, caught."""
    rows = Product.objects.public().filter(Like(F("search_key"), Value(like_pattern(words))), crop=None)
    for name in rows.order_by("name_vi").values_list("name_vi", flat=True).distinct()[:MAX_OF_A_KIND]:
        yield Suggestion("name", name, gettext("Sản phẩm"), {"q": name})


def _producers(words: str) -> Iterator[Suggestion]:
    rows = Cooperative.objects.public().filter(Like(F("search_key"), Value(like_pattern(words))))
    rows = rows.filter(_sold("cooperative")).select_related("commune").defer("commune__boundary")
    for producer in rows.order_by(_first("search_key", words), "name")[:MAX_OF_A_KIND]:
        yield Suggestion("producer", producer.name, producer.commune.full_name, {"producer": producer.slug})


def _communes(words: str) -> Iterator[Suggestion]:
    units = AdministrativeUnit.objects.current().communes().search(words).without_shapes()
    units = units.select_related("parent").defer(
        "parent__boundary", "parent__boundary_3857", "boundary", "boundary_3857"
    )
    found = list(units.alias(sells=_sold("commune")).order_by(F("sells").desc(), "closeness", "code")[:MAX_OF_A_KIND])
    former = _former_names([unit.pk for unit in found], words)
    doubles = _doubles([unit.search_key for unit in found])
    for unit in found:
        note = unit.parent.full_name if unit.parent else ""
        if unit.pk in former and words not in unit.search_key:
            note = gettext("trước đây: %(names)s") % {"names": former[unit.pk]}
        asked = unit.code if unit.search_key in doubles else unit.full_name
        yield Suggestion("commune", unit.full_name, note, {"commune": asked})


def _doubles(keys: list[str]) -> set[str]:
    """Return those of the names that two communes of today share: only their codes tell them apart."""
    units = AdministrativeUnit.objects.current().communes().filter(search_key__in=keys).order_by()
    return set(units.values("search_key").annotate(n=Count("pk")).filter(n__gt=1).values_list("search_key", flat=True))


def _former_names(ids: list[int], words: str) -> dict[int, str]:
    """Return the full names of the units that went into these and are called so, by id."""
    rows = UnitSuccession.objects.filter(
        Like(F("predecessor__search_key"), Value(like_pattern(words))), successor__in=ids
    ).order_by("predecessor__name_vi", "predecessor_id")
    names: dict[int, list[str]] = {}
    for successor, kind, name in rows.values_list(
        "successor", "predecessor__unit_type", "predecessor__name_vi"
    ).distinct():
        names.setdefault(successor, []).append(f"{kind} {name}".strip())
    return {successor: ", ".join(found[:3]) for successor, found in names.items()}
