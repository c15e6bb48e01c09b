"""What map pages and take-away maps list, each by one query object."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import Envelope
from django.contrib.gis.geos import Point
from django.db.models import Case, F, Prefetch, When
from django.utils.timezone import localdate

from codes.models import ApprovalStatus, MarketApproval, ProductionAreaCode
from cooperatives.models import Certificate
from landuse.models import LandUseLayer
from maps.tiles import NOBODY
from places.models import AdministrativeUnit
from products.layers import PRODUCTS
from products.models import Product

NEARBY_DEGREES = 0.01  # a view of about 2 km around a point
_HEAVY = ("commune__boundary", "commune__boundary_3857", "area__boundary", "area__boundary_3857")


@dataclass(frozen=True, slots=True)
class CodeBadge:
    """A code in force and the markets it is good for."""

    code: str
    markets: tuple[str, ...]
    said: tuple[MarketApproval, ...]  # where no market takes the code: what those say that were asked


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A code as the list of the code map shows it; area in hectares. Days of visits only for whom they are told."""

    code: ProductionAreaCode
    status: str
    area_ha: float | None
    approvals: list[MarketApproval]
    bbox: str
    is_monitoring_due: bool
    last_visit_on: dt.date | None
    next_visit_on: dt.date | None


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as the list shows it; volume in tonnes per season, area in hectares, distance in kilometres."""

    product: Product
    months: list[int]
    volume_t: float | None
    area_ha: float | None
    codes: list[CodeBadge]
    certificates: list[Certificate]
    distance_km: float | None
    bbox: str

    @property
    def variety(self) -> str:
        """The variety where the product's name does not already say it; "" else."""
        name = str(self.product.variety or "")
        return "" if name in self.product.name else name


def product_rows(products: Any, near: Point | None = None) -> list[ProductRow]:
    """Return the list's rows for a page (a slice of the layer's queryset in its order); five queries in all.

    `near` (EPSG:4326) adds distances. The keys come first: months, volumes and codes are then read for the page alone,
    not for every row that the sort looks at.
    """
    keys = list(products.values_list("pk", flat=True))
    rows: Any = PRODUCTS.rows(NOBODY).filter(pk__in=keys)
    if near is not None:
        rows = rows.from_place(near)
    box = Case(When(area__is_outline_public=True, then=Envelope("area__boundary")))
    place = {key: position for position, key in enumerate(keys)}
    found: list[Any] = sorted(
        rows.select_related("cooperative", "commune", "crop", "variety", "area").defer(*_HEAVY).annotate(area_box=box),
        key=lambda product: place[product.pk],
    )
    badges = _badges({product.area_id for product in found if product.area_id})
    certificates = _certificates({product.cooperative_id for product in found})
    return [
        ProductRow(
            product,
            product.layer_months,
            product.layer_volume_t,
            product.area.area_ha if product.area else None,
            badges.get(product.area_id or 0, []),
            [held for held in certificates.get(product.cooperative_id, []) if held.crop_id in (None, product.crop_id)],
            None if near is None else product.distance_m / 1000,
            _bbox(product),
        )
        for product in found
    ]


def _certificates(cooperative_ids: Iterable[int]) -> dict[int, list[Certificate]]:
    """Return the certificates in force today, by cooperative."""
    held = Certificate.objects.valid_on(localdate()).filter(cooperative__in=list(cooperative_ids))
    found: dict[int, list[Certificate]] = {}
    for certificate in held.order_by("kind", "-stars", "-valid_until"):
        found.setdefault(certificate.cooperative_id, []).append(certificate)
    return found


def code_rows(codes: Any) -> list[CodeRow]:
    """Return the list's rows for a page (a slice of the queryset of CODES or WATCHED_CODES); two queries in all."""
    said = MarketApproval.objects.select_related("market").order_by("market__position", "market_id")
    found: list[Any] = list(
        codes.defer("boundary").annotate(box=Envelope("shape")).prefetch_related(Prefetch("approvals", said))
    )
    return [
        CodeRow(
            code,
            code.shown_status,
            code.area_ha,
            list(code.approvals.all()),
            _around(code.box),
            getattr(code, "layer_is_due", False),
            getattr(code, "layer_last_visit", None),
            getattr(code, "layer_next_visit", None),
        )
        for code in found
    ]


def _badges(area_ids: Iterable[int]) -> dict[int, list[CodeBadge]]:
    said = MarketApproval.objects.select_related("market").order_by("market__position", "market_id")
    codes = (
        ProductionAreaCode.objects.active_on(localdate())
        .filter(area__in=list(area_ids))
        .only("code", "area_id")
        .prefetch_related(Prefetch("approvals", said))
        .order_by("code")
    )
    badges: dict[int, list[CodeBadge]] = {}
    for code in codes:
        approvals = tuple(code.approvals.all())
        markets = tuple(str(approval.market) for approval in approvals if approval.status == ApprovalStatus.APPROVED)
        badges.setdefault(code.area_id, []).append(CodeBadge(code.code, markets, () if markets else approvals))
    return badges


def _bbox(product: Any) -> str:
    return _around(product.area_box or product.location)


def _around(shape: Any) -> str:
    """Return `west,south,east,north` of a shape; of a point, a view around it; "" without one."""
    if shape is None:
        return ""
    west, south, east, north = shape.extent
    if (west, south) == (east, north):
        west, south, east, north = (
            west - NEARBY_DEGREES, south - NEARBY_DEGREES, east + NEARBY_DEGREES, north + NEARBY_DEGREES
        )  # fmt: skip
    return f"{west:.5f},{south:.5f},{east:.5f},{north:.5f}"


def commune_names() -> list[str]:
    """Return the full names of today's communes."""
    units = AdministrativeUnit.objects.current().communes().order_by("name_vi", "code")
    return [f"{kind} {name}".strip() for kind, name in units.values_list("unit_type", "name_vi")]


def land_use_layers(user: Any) -> list[LandUseLayer]:
    """Return the layers this user may see, present land use first, then plans, newest first."""
    layers = LandUseLayer.objects.visible_to(user).select_related("scheme", "unit")
    return list(layers.defer("unit__boundary", "unit__boundary_3857").order_by(F("kind").asc(), "-as_of", "pk"))
