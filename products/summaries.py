"""What a producer page shows, read in a fixed number of queries."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone

from codes.models import MarketApproval, ProductionArea, ProductionAreaCode
from cooperatives.models import Certificate, Cooperative
from core.sql import COORDINATE_DIGITS
from products.enquiry_stats import ResponseRate, response_rate
from products.models import Listing, Offer, ProducerPhoto, Product

STALE_AFTER_DAYS = 180
MARGIN_DEGREES = 0.004  # some 400 m around a single point
FEWEST_MEMBERS = 3  # a number of members below it would tell of single persons


@dataclass(frozen=True, slots=True)
class ProducerPage:
    """Everything public about one cooperative on one day.

    `outlines` is a FeatureCollection of public outlines and points, `bounds` their [west, south, east, north] in
    EPSG:4326 with a margin (None without areas); `months` are those with anything on offer; `area_ha` is the sum of
    the areas. A product has its `offers_today`, `shown_listings` and `shown_photos`; `photos` are those of no product.
    `members` is None below three; `response_rate` is None below five enquiries in a year.
    """

    day: dt.date
    cooperative: Cooperative
    products: list[Product]
    areas: list[ProductionArea]
    codes: list[ProductionAreaCode]
    certificates: list[Certificate]
    photos: list[ProducerPhoto]
    members: int | None
    response_rate: ResponseRate | None
    outlines: dict[str, Any]
    bounds: list[float] | None
    months: list[int]
    area_ha: float
    is_stale: bool


def producer_page(cooperative: Cooperative) -> ProducerPage:
    """Return the public picture of `cooperative` as of today."""
    today = timezone.localdate()
    offers = Prefetch("offers", Offer.objects.on(today).order_by("-volume_t"), to_attr="offers_today")
    listings = Prefetch("listings", Listing.objects.shown().select_related("shop"), to_attr="shown_listings")
    products = list(
        Product.objects.public()
        .filter(cooperative=cooperative)
        .select_related("crop", "variety", "commune")
        .prefetch_related(offers, listings)
        .order_by("name_vi")
    )
    photos = _place_photos(cooperative, products)
    areas = list(_shown_areas(cooperative))
    approvals = Prefetch("approvals", MarketApproval.objects.select_related("market").order_by("market__position"))
    codes = (
        ProductionAreaCode.objects.public()
        .filter(holder=cooperative)
        .with_shown_status(today)
        .select_related("market", "scheme", "crop")
        .defer("boundary")
        .prefetch_related(approvals)
        .order_by("code")
    )
    latest = max((product.updated_at for product in products), default=None)
    features = [_feature(area) for area in areas]
    return ProducerPage(
        day=today,
        cooperative=cooperative,
        products=products,
        areas=areas,
        codes=list(codes),
        certificates=list(
            cooperative.certificates.shown(today).select_related("crop").order_by("kind", "-valid_until")
        ),
        photos=photos,
        members=_members(cooperative),
        response_rate=response_rate([cooperative.pk])[cooperative.pk],
        outlines={"type": "FeatureCollection", "features": features},
        bounds=_bounds(features),
        months=sorted({month for product in products for offer in product.offers_today for month in offer.months}),
        area_ha=sum(area.area_ha for area in areas),
        is_stale=latest is not None and (timezone.now() - latest).days > STALE_AFTER_DAYS,
    )


def _place_photos(cooperative: Cooperative, products: list[Any]) -> list[ProducerPhoto]:
    """Give each product its photos; return those of the producer itself. One query for all."""
    rest, by_product = [], {product.pk: product for product in products}
    for product in products:
        product.shown_photos = []
    for photo in ProducerPhoto.objects.filter(is_shown=True, cooperative=cooperative):
        if photo.product_id is None:
            rest.append(photo)
        elif photo.product_id in by_product:
            by_product[photo.product_id].shown_photos.append(photo)
    return rest


def _members(cooperative: Cooperative) -> int | None:
    count = cooperative.growers.current().count() if cooperative.is_organisation else 0
    return count if count >= FEWEST_MEMBERS else None


def _shown_areas(cooperative: Cooperative) -> QuerySet[ProductionArea]:
    """Areas with their public geometry as GeoJSON: the outline where it may be shown, else a point in the commune."""
    return (
        ProductionArea.objects.public()
        .filter(cooperative=cooperative)
        .select_related("crop", "variety", "commune")
        .annotate(shown=AsGeoJSON(F("public_shape"), precision=COORDINATE_DIGITS))
        .defer("boundary", "boundary_3857", "public_shape", "public_shape_3857")
        .order_by("name")
    )


def _feature(area: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": area.pk,
        "geometry": json.loads(area.shown),
        "properties": {
            "name": area.name,
            "crop": str(area.crop),
            "area_ha": round(area.area_m2 / 10_000, 2),
            "colour": area.crop.colour,
        },
    }


def _bounds(features: list[dict[str, Any]]) -> list[float] | None:
    positions = [position for feature in features for position in _positions(feature["geometry"]["coordinates"])]
    if not positions:
        return None
    longitudes, latitudes = zip(*positions, strict=True)
    west, south, east, north = min(longitudes), min(latitudes), max(longitudes), max(latitudes)
    margin = max((east - west) / 5, (north - south) / 5, MARGIN_DEGREES)
    return [west - margin, south - margin, east + margin, north + margin]


def _positions(coordinates: list[Any]) -> Iterator[list[float]]:
    if isinstance(coordinates[0], list):
        for inner in coordinates:
            yield from _positions(inner)
    else:
        yield coordinates
