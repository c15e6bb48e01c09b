"""How many products each value of each filter would leave, while all other filters stay: the counts beside the filters.

One statement a facet whatever the number of products; nothing is counted in Python.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils.timezone import localdate
from django.utils.translation import get_language

from codes.models import ApprovalStatus, Market, ProductionAreaCode
from codes.querysets import HOME_MARKET
from cooperatives.models import Certificate, CertificateKind
from core.filters import as_query_dict, without_blanks
from crops.models import Crop, Variety
from products.filters import CERTIFICATES
from products.layers import PRODUCTS
from products.models import Listing, Offer, Product, ProductKind, ShopKind

_NOBODY = AnonymousUser()
Rows = QuerySet[Any]


@dataclass(frozen=True, slots=True)
class FacetValue:
    """A value of a filter, what it is called in the reader's language, and how many products it would leave."""

    value: str
    label: str
    count: int

    def as_dict(self) -> dict[str, Any]:
        """Return the value as JSON-ready data."""
        return {"value": self.value, "label": self.label, "count": self.count}


def facets(params: Mapping[str, Any], rows: Rows | None = None) -> dict[str, list[FacetValue]]:
    """Return the values of each facet with their counts under all *other* filters of `params`.

    Values that would leave nothing are left out, but for months (all twelve are there) and for the value in use. Most
    frequent first where the values have no order of their own. Raises BadInput for parameters that the layer does not
    take. `rows`: what PRODUCTS found for the same parameters, where the caller has it already.
    """
    asked = without_blanks(as_query_dict(params))
    # All parameters at once: what is wrong is said once; and most facets have no filter of their own to leave out.
    found = (PRODUCTS.filtered(_NOBODY, asked) if rows is None else rows).order_by()
    return {
        name: _with_chosen(name, count(_others(found, asked, name), asked), asked) for name, count in _FACETS.items()
    }


def _others(rows: Rows, asked: QueryDict, name: str) -> Rows:
    # With a month, the least volume is that of the month: `_months` asks for both.
    own = {name, "min_volume"} if name == "month" else {name}
    if own.isdisjoint(asked):
        return rows
    kept = asked.copy()
    for left_out in own:
        kept.pop(left_out, None)
    return PRODUCTS.filtered(_NOBODY, kept).order_by()


def _with_chosen(name: str, values: list[FacetValue], asked: QueryDict) -> list[FacetValue]:
    """Return the values, and the one in use though it find nothing: its name must still be said."""
    chosen = str(asked.get(name, ""))
    if not chosen or name not in _WORDS or chosen in {value.value for value in values}:
        return values
    return [*values, FacetValue(chosen, _WORDS[name](chosen), 0)]


def _name(path: str) -> str:
    return f"{path}_en" if get_language() == "en" else f"{path}_vi"


def _grouped(rows: Rows, value: str, *labels: str) -> list[FacetValue]:
    counted = rows.filter(**{f"{value}__isnull": False}).values_list(value, *labels).annotate(n=Count("pk"))
    return [
        FacetValue(str(found[0]), " ".join(part for part in found[1:-1] if part), found[-1])
        for found in counted.order_by("-n", *labels, value)
    ]


def _crops(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    return _grouped(rows, "crop__slug", _name("crop__name"))


def _varieties(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    return _grouped(rows, "variety__slug", "variety__name_vi")


def _communes(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    return _grouped(rows, "commune__code", "commune__unit_type", "commune__name_vi")


def _kinds(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    counted = dict(rows.values_list("kind").annotate(n=Count("pk")))
    return _present(ProductKind.choices, counted)


def _months(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    offers = Offer.objects.on(localdate()).filter(product__in=rows.values("pk")).order_by()
    months = range(1, 13)
    if "min_volume" in asked:
        least = float(str(asked["min_volume"]))
        sums = {f"sum_{month}": Sum("volume_t", filter=Q(months__contains=[month])) for month in months}
        enough = {f"m{month}": Count("product", filter=Q(**{f"sum_{month}__gte": least})) for month in months}
        counted = offers.values("product").annotate(**sums).aggregate(**enough)
    else:
        named = {f"m{month}": Count("product", distinct=True, filter=Q(months__contains=[month])) for month in months}
        counted = offers.aggregate(**named)
    return [FacetValue(str(month), str(month), counted[f"m{month}"]) for month in months]


def _markets(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    """Export markets by what each says of a code in force; the home market by the codes that are domestic."""
    codes = ProductionAreaCode.objects.active_on(localdate()).values("pk")
    coded = Product.objects.filter(
        pk__in=rows.values("pk"), area__codes__in=codes, area__codes__approvals__status=ApprovalStatus.APPROVED
    )
    market = "area__codes__approvals__market"
    good = dict(coded.values_list(market).annotate(n=Count("pk", distinct=True)).order_by())
    home = ProductionAreaCode.objects.good_for(HOME_MARKET, localdate()).filter(area=OuterRef("area"))
    good[HOME_MARKET] = rows.filter(Exists(home)).count()
    return _present(Market.objects.values_list("code", _name("name")), good)


def _certificates(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    today = localdate()
    held = "cooperative__certificates__"
    # The filter's own rows: neither refused by an officer nor taken out of use.
    valid = Q(cooperative__certificates__in=Certificate.objects.valid_on(today).values("pk"))
    fits = Q(**{f"{held}crop": None}) | Q(**{f"{held}crop": F("crop")})
    kinds = {kind: Q(**{f"{held}kind": kind}) for kind in CertificateKind.values}
    stars = {f"ocop{n}": Q(**{f"{held}kind": CertificateKind.OCOP, f"{held}stars__gte": n}) for n in (3, 4, 5)}
    # A subquery keeps the layer's own annotations out of the join.
    products = Product.objects.filter(pk__in=rows.values("pk")).order_by()
    counted = products.aggregate(
        **{name: Count("pk", distinct=True, filter=valid & fits & said) for name, said in (kinds | stars).items()}
    )
    return _present(CERTIFICATES, counted)


def _shops(rows: Rows, asked: QueryDict) -> list[FacetValue]:
    listed = Listing.objects.shown().filter(product__in=rows.values("pk")).order_by()
    counted = dict(listed.values_list("shop__kind").annotate(n=Count("product", distinct=True)))
    return _present(ShopKind.choices, counted)


def _present(choices: Any, counted: Mapping[str, int]) -> list[FacetValue]:
    return [FacetValue(str(v), str(label), counted[v]) for v, label in choices if counted.get(v)]


def _word_of(choices: Any) -> Callable[[str], str]:
    words = {str(value): label for value, label in choices}
    return lambda value: str(words.get(value, value))


_WORDS: dict[str, Callable[[str], str]] = {
    "product": lambda value: str(Crop.objects.get(slug=value)),
    "variety": lambda value: str(Variety.objects.get(slug=value)),
    "market": lambda value: str(Market.objects.get(code=value)),
    "kind": _word_of(ProductKind.choices),
    "certificate": _word_of(CERTIFICATES),
    "sells_on": _word_of(ShopKind.choices),
}

_FACETS: dict[str, Callable[[Rows, QueryDict], list[FacetValue]]] = {
    "product": _crops,
    "variety": _varieties,
    "kind": _kinds,
    "month": _months,
    "commune": _communes,
    "market": _markets,
    "certificate": _certificates,
    "sells_on": _shops,
}
