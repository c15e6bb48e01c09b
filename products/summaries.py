"""What a producer page shows, read in a fixed number of queries."""

import json
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Case, F, Prefetch, QuerySet, When
from django.utils import timezone

from codes.models import MarketApproval, ProductionArea, ProductionAreaCode
from cooperatives.models import Certificate, Cooperative
from products.models import Offer, Product

STALE_AFTER_DAYS = 180


@dataclass(frozen=True, slots=True)
class ProducerPage:
    """Everything public about one cooperative. `outlines` is a FeatureCollection of public outlines and points."""

    cooperative: Cooperative
    products: list[Product]
    areas: list[ProductionArea]
    codes: list[ProductionAreaCode]
    certificates: list[Certificate]
    outlines: dict[str, Any]
    is_stale: bool


def producer_page(cooperative: Cooperative) -> ProducerPage:
    """Return the public picture of `cooperative` as of today."""
    today = timezone.localdate()
    offers = Prefetch("offers", Offer.objects.on(today).order_by("-volume_t"), to_attr="offers_today")
    products = list(
        Product.objects.public()
        .filter(cooperative=cooperative)
        .select_related("crop", "variety", "commune")
        .prefetch_related(offers)
        .order_by("name_vi")
    )
    areas = list(_shown_areas(cooperative))
    approvals = Prefetch("approvals", MarketApproval.objects.select_related("market").order_by("market__position"))
    codes = (
        ProductionAreaCode.objects.public()
        .filter(holder=cooperative)
        .with_shown_status(today)
        .select_related("market", "scheme")
        .defer("boundary")
        .prefetch_related(approvals)
        .order_by("code")
    )
    latest = max((product.updated_at for product in products), default=None)
    return ProducerPage(
        cooperative=cooperative,
        products=products,
        areas=areas,
        codes=list(codes),
        certificates=list(cooperative.certificates.select_related("crop").order_by("kind", "-valid_until")),
        outlines={"type": "FeatureCollection", "features": [_feature(area) for area in areas]},
        is_stale=latest is not None and (timezone.now() - latest).days > STALE_AFTER_DAYS,
    )


def _shown_areas(cooperative: Cooperative) -> QuerySet[ProductionArea]:
    """Areas with their public geometry as GeoJSON: the outline where it may be shown, else a point in the commune."""
    return (
        ProductionArea.objects.public()
        .filter(cooperative=cooperative)
        .select_related("crop", "variety", "commune")
        .annotate(
            shown=Case(
                When(is_outline_public=True, then=AsGeoJSON(F("boundary"), precision=6)),
                default=AsGeoJSON(F("public_location"), precision=6),
            )
        )
        .defer("boundary", "boundary_3857")
        .order_by("name")
    )


def _feature(area: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "id": area.pk,
        "geometry": json.loads(area.shown),
        "properties": {
            "name": area.name,
            "crop": area.crop.name_vi,
            "area_ha": round(area.area_m2 / 10_000, 2),
            "colour": area.crop.colour,
        },
    }
