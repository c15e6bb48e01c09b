"""Tonnes by commune, product and month: what can be bought in March, how much, from whom.

The rule (docs/domain.md §6.3): an offer's tonnes are those of a whole season, spread evenly over its months. The twelve
months of any group therefore add up to the tonnes of its offers. Page, API and map all read these functions.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.contrib.gis.db.models import Collect
from django.contrib.gis.db.models.functions import Centroid
from django.contrib.gis.geos import Point
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, FloatField, Func, IntegerField, QuerySet, Sum
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast
from django.utils.translation import get_language

from core.filters import as_query_dict
from crops.models import Crop
from places.models import AdministrativeUnit
from products import sql
from products.layers import OFFERS
from products.models import Offer, ProductKind

MONTHS = tuple(range(1, 13))
DIGITS = 6  # a gramme: what is left of the order in which floats were added is cut off
NOBODY = AnonymousUser()
_OUTLINES = ("boundary", "boundary_3857")

_SHARE = Sum(F("volume_t") / Cast(Func(F("months"), function="cardinality"), FloatField()))
_COMMUNE_KEY = ("commune",)
_GOODS_KEY = ("kind", "crop")
Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """What a set of offers comes to: tonnes, and by how many producers in how many communes."""

    tonnes: float
    producers: int
    communes: int


@dataclass(frozen=True, slots=True)
class Year:
    """Twelve months, January first: tonnes of each, and how many producers have some."""

    tonnes: tuple[float, ...]
    producers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Goods:
    """What is sold: a crop, or where there is none a kind of product. `slug` is "" for a kind."""

    kind: str
    slug: str
    name: str

    @property
    def filters(self) -> dict[str, str]:
        """The filter that finds it on the product map."""
        return {"product": self.slug} if self.slug else {"kind": self.kind}


@dataclass(frozen=True, slots=True)
class CommuneYear:
    """The months of a commune; `place` is its centre in EPSG:4326, else the middle of what is sold there."""

    code: str
    name: str
    place: Point | None
    year: Year


@dataclass(frozen=True, slots=True)
class GoodsYear:
    """The months of a product in all communes."""

    goods: Goods
    year: Year


@dataclass(frozen=True, slots=True)
class Overview:
    """The months of all offers together, of each commune, of each product."""

    year: Year
    communes: list[CommuneYear]
    goods: list[GoodsYear]

    def total_of(self, month: int) -> Total:
        """Return what can be bought in `month` (1 to 12)."""
        communes = sum(1 for row in self.communes if row.year.producers[month - 1])
        return Total(self.year.tonnes[month - 1], self.year.producers[month - 1], communes)


@dataclass(frozen=True, slots=True)
class Line:
    """The months of a product in a commune."""

    commune_code: str
    commune: str
    goods: Goods
    year: Year


@dataclass(frozen=True, slots=True)
class Seller:
    """A producer with its tonnes of the month."""

    slug: str
    name: str
    tonnes: float


@dataclass(frozen=True, slots=True)
class MonthLine:
    """A product in a commune in one month, with who sells it, the largest first."""

    commune_code: str
    commune: str
    goods: Goods
    tonnes: float
    sellers: tuple[Seller, ...]


def season_offers(params: Mapping[str, Any], *, besides: Collection[str] = ()) -> QuerySet[Offer]:
    """Return the public offers in force today that match the filters of the product map, whatever their months.

    `month` is not a filter here: it chooses what is shown of a year. Raises BadInput naming each bad parameter.
    """
    asked = as_query_dict(params).copy()
    asked.pop("month", None)
    found = OFFERS.filtered(NOBODY, asked, besides=besides)
    # The filters are asked once, not by each of the sums: all numbers of a page are of the same offers.
    ids = found.order_by().values_list("pk", flat=True)
    chosen = RawSQL("SELECT unnest(%s::bigint[])", [f"{{{','.join(map(str, ids))}}}"])  # one value
    return Offer.objects.filter(pk__in=chosen).order_by()


def in_month(offers: QuerySet[Offer], month: int) -> QuerySet[Offer]:
    """Return the offers that have something in `month` (1 to 12)."""
    return offers.filter(months__contains=[month])


def overview(offers: QuerySet[Offer]) -> Overview:
    """Return the months of all offers, of every commune in the order of names, of every product, the largest first.

    The offers are read once for all three.
    """
    sums = _sums(offers, (), _COMMUNE_KEY, _GOODS_KEY)
    communes = sums[_COMMUNE_KEY]
    units = list(
        AdministrativeUnit.objects.filter(pk__in=[pk for (pk,) in communes])
        .order_by("name_vi", "code")
        .defer(*_OUTLINES)
    )
    places = _middles(offers, [unit.pk for unit in units if unit.centre is None])
    named = _goods_by_key(sums[_GOODS_KEY])
    goods = [GoodsYear(named[key], year) for key, year in sums[_GOODS_KEY].items()]
    return Overview(
        sums[()].get((), _year({})),
        [
            CommuneYear(unit.code, unit.full_name, unit.centre or places.get(unit.pk), communes[(unit.pk,)])
            for unit in units
        ],
        sorted(goods, key=lambda row: (-sum(row.year.tonnes), row.goods.name)),
    )


def year_of(offers: QuerySet[Offer]) -> Year:
    """Return the months of all offers together."""
    return _sums(offers, ())[()].get((), _year({}))


def _middles(offers: QuerySet[Offer], communes: Sequence[int]) -> dict[int, Point]:
    """Return the middle of what is sold in these communes; most have a centre of their own and ask for none."""
    if not communes:
        return {}
    rows = offers.filter(product__commune__in=communes).values("product__commune")
    return dict(rows.annotate(middle=Centroid(Collect("product__location"))).values_list("product__commune", "middle"))


def lines(offers: QuerySet[Offer]) -> list[Line]:
    """Return the months of every product in every commune, by commune and name."""
    key_of = (*_COMMUNE_KEY, *_GOODS_KEY)
    years = _sums(offers, key_of)[key_of]
    units = AdministrativeUnit.objects.defer(*_OUTLINES).in_bulk({key[0] for key in years})
    named = _goods_by_key(key[1:] for key in years)
    found = [
        Line(units[pk].code, units[pk].full_name, named[tuple(goods)], year) for (pk, *goods), year in years.items()
    ]
    return sorted(found, key=lambda row: (row.commune_code, row.goods.name))


SORTS: dict[str, Callable[[str], tuple[str, ...]]] = {
    "tonnes": lambda name: ("-tonnes", "product__commune__name_vi", name),
    "commune": lambda name: ("product__commune__name_vi", "product__commune", "-tonnes"),
    "product": lambda name: (name, "product__kind", "-tonnes"),
}


def month_rows(offers: QuerySet[Offer], month: int, *, sort: str = "tonnes") -> QuerySet[Offer, Any]:
    """Return one row for each commune and product that has something in `month`, to be cut into pages.

    `month_lines` makes a page of it readable; `sort` is a key of `SORTS`.
    """
    goods = _goods_fields()
    rows = in_month(offers, month).values(*_COMMUNE, *goods).annotate(tonnes=_SHARE)
    return rows.order_by(*SORTS[sort](goods[-1]), "product__commune", "product__crop")


def month_lines(offers: QuerySet[Offer], month: int, rows: Iterable[Mapping[str, Any]]) -> list[MonthLine]:
    """Return a page of `month_rows` with the sellers of each row, which one more query fetches."""
    page = list(rows)
    goods = _goods_fields()
    sold = in_month(offers, month).filter(product__commune__in={row["product__commune"] for row in page})
    who = sold.values_list(
        "product__commune", "product__kind", "product__crop", "product__cooperative__slug", "product__cooperative__name"
    )
    sellers: dict[tuple[Any, ...], list[Seller]] = {}
    for *key, slug, name, tonnes in who.annotate(tonnes=_SHARE).order_by("-tonnes", "product__cooperative__name"):
        sellers.setdefault(tuple(key), []).append(Seller(slug, name, _tonnes(tonnes)))
    return [
        MonthLine(
            row["product__commune__code"],
            f"{row['product__commune__unit_type']} {row['product__commune__name_vi']}".strip(),
            _goods([row[name] for name in goods]),
            _tonnes(row["tonnes"]),
            tuple(sellers[row["product__commune"], row["product__kind"], row["product__crop"]]),
        )
        for row in page
    ]


_COMMUNE = (
    "product__commune", "product__commune__code", "product__commune__unit_type", "product__commune__name_vi",
)  # fmt: skip


def _goods_fields() -> tuple[str, ...]:
    name = "name_en" if get_language() == "en" else "name_vi"
    return ("product__kind", "product__crop", "product__crop__slug", f"product__crop__{name}")


def _goods(key: Sequence[Any]) -> Goods:
    kind, _crop, slug, name = key
    return Goods(kind, slug or "", name or str(ProductKind(kind).label))


def _goods_by_key(keys: Iterable[Key]) -> dict[Key, Goods]:
    """Return what is sold for each (kind, crop id)."""
    wanted = {tuple(key) for key in keys}
    crops = Crop.objects.in_bulk({crop for _kind, crop in wanted if crop is not None})
    name = "name_en" if get_language() == "en" else "name_vi"
    return {
        (kind, pk): _goods((kind, pk, crop.slug if crop else "", getattr(crop, name, "")))
        for kind, pk in wanted
        for crop in [crops.get(pk)]
    }


def _sums(offers: QuerySet[Offer], *keys: Key) -> dict[Key, dict[Key, Year]]:
    """Return for each of `keys` (columns of `sql.sums_by_month`) the twelve months of every group.

    One statement reads the offers once; the database adds up, one row comes for each group and month.
    """
    rows = offers.annotate(
        commune=F("product__commune_id"),
        kind=F("product__kind"),
        crop=F("product__crop_id"),
        holder=F("product__cooperative_id"),
        month=Func(F("months"), function="unnest", output_field=IntegerField()),
        tonnes=F("volume_t") / Cast(Func(F("months"), function="cardinality"), FloatField()),
    ).values_list("commune", "kind", "crop", "holder", "month", "tonnes")
    found: dict[Key, dict[Key, dict[int, tuple[float, int]]]] = {key: {} for key in keys}
    try:
        inner, params = rows.query.sql_with_params()
    except EmptyResultSet:
        return {key: {} for key in keys}
    with connection.cursor() as cursor:
        cursor.execute(sql.sums_by_month(inner, keys), params)
        for is_grouped, *values, month, tonnes, producers in cursor:
            key = tuple(compress(sql.SUMMED, is_grouped))
            group = tuple(compress(values, is_grouped))
            found[key].setdefault(group, {})[month] = (_tonnes(tonnes), producers)
    return {key: {group: _year(months) for group, months in groups.items()} for key, groups in found.items()}


def _year(months: Mapping[int, tuple[float, int]]) -> Year:
    every = [months.get(month, (0.0, 0)) for month in MONTHS]
    return Year(tuple(tonnes for tonnes, _n in every), tuple(n for _tonnes_, n in every))


def _tonnes(value: float | None) -> float:
    return round(value or 0.0, DIGITS)
