"""Writes on products and offers."""

import datetime as dt
from collections.abc import Iterable
from itertools import count

from django.contrib.gis.geos import Point
from django.db import transaction
from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from codes.models import ProductionArea
from cooperatives.models import Cooperative
from cooperatives.permissions import require_verified
from core.changes import announce
from core.errors import RuleViolated
from core.permissions import require
from core.text import clean_line, fold
from crops.models import Crop, Variety
from products.changes import ProductsChanged
from products.models import Offer, Product, ProductKind
from products.permissions import can_edit_products
from products.services.findings import finding


@transaction.atomic
def publish_product(
    cooperative: Cooperative,
    *,
    kind: str,
    name_vi: str,
    name_en: str = "",
    crop: Crop | None = None,
    variety: Variety | None = None,
    area: ProductionArea | None = None,
    description: str = "",
    by: object,
) -> Product:
    """Put a product of the cooperative on the map: at its area's public point, else at the cooperative's seat.

    Crop and variety are kept only for kind `crop`. Raises RuleViolated for a crop product without a crop, an area or
    a variety that does not fit, a name that the cooperative has given already, and a seat that nobody knows;
    HolderNotVerified until an officer has verified the cooperative.
    """
    require(can_edit_products(by, cooperative))
    require_verified(cooperative)
    if kind != ProductKind.CROP:
        crop = variety = None
    if area is not None:
        # Held until the product stands: its point may be withdrawn from the public at this moment.
        area = ProductionArea.objects.select_for_update(of=("self",), no_key=True).get(pk=area.pk)
    _check_origin(cooperative, kind, crop, variety, area)
    _check_name(cooperative, name_vi)
    product = Product.objects.create(
        cooperative=cooperative,
        kind=kind,
        crop=crop,
        variety=variety,
        area=area,
        commune=area.commune if area else cooperative.commune,
        location=area.public_location if area else _seat(cooperative),
        slug=_free_slug(f"{cooperative.slug} {name_vi}"),
        name_vi=name_vi,
        name_en=name_en,
        search_key=_search_key(name_vi, name_en, crop),
        description=description,
    )
    announce(ProductsChanged(products=Product.objects.filter(pk=product.pk)))
    return product


@transaction.atomic
def set_published(product: Product, *, is_published: bool, by: object) -> Product:
    """Show or hide the product everywhere; shown only for a verified cooperative (HolderNotVerified)."""
    require(can_edit_products(by, product.cooperative))
    if is_published:
        require_verified(product.cooperative)
    product.is_published = is_published
    product.save(update_fields=["is_published", "updated_at"])
    announce(ProductsChanged(products=Product.objects.filter(pk=product.pk)))
    return product


@transaction.atomic
def add_offer(
    product: Product,
    *,
    months: Iterable[int],
    volume_t: float,
    quality: str = "",
    valid_from: dt.date | None = None,
    valid_to: dt.date | None = None,
    by: object,
) -> Offer:
    """Say how much of the product there is (tonnes a season) in which months (1-12).

    Raises RuleViolated for months outside the year, a volume that is not positive and an end before the beginning.
    """
    require(can_edit_products(by, product.cooperative))
    require_verified(product.cooperative)
    valid_from = valid_from or timezone.localdate()
    months = sorted(set(months))
    _check_offer(months, volume_t, valid_from, valid_to)
    offer = Offer.objects.create(
        product=product,
        months=months,
        volume_t=volume_t,
        quality=quality,
        valid_from=valid_from,
        valid_to=valid_to,
    )
    _touch(product)
    return offer


@transaction.atomic
def end_offer(offer: Offer, *, by: object) -> None:
    """Take the offer off from today; one that starts today or later is deleted, since it never stood for a day."""
    require(can_edit_products(by, offer.product.cooperative))
    today = timezone.localdate()
    if offer.valid_from >= today:
        offer.delete()
    else:
        offer.valid_to = today
        offer.save(update_fields=["valid_to", "updated_at"])
    _touch(offer.product)


@transaction.atomic
def follow_areas(areas: QuerySet[ProductionArea]) -> None:
    """Move the products of these areas to the areas' public points: an outline may have become private."""
    touched = Product.objects.filter(area__in=areas.values("pk"))
    place = ProductionArea.objects.filter(pk=OuterRef("area"))
    touched.update(location=Subquery(place.values("public_location")), commune=Subquery(place.values("commune")))
    announce(ProductsChanged(products=touched))


def _touch(product: Product) -> None:
    product.save(update_fields=["updated_at"])
    announce(ProductsChanged(products=Product.objects.filter(pk=product.pk)))


def _check_origin(
    cooperative: Cooperative, kind: str, crop: Crop | None, variety: Variety | None, area: ProductionArea | None
) -> None:
    if kind == ProductKind.CROP and crop is None:
        raise RuleViolated(findings=[finding("crop_missing", "crop", _("Sản phẩm trồng trọt cần có cây trồng."))])
    if variety is not None and crop is not None and variety.crop_id != crop.pk:
        raise RuleViolated(findings=[finding("foreign_variety", "variety", _("Giống không thuộc cây trồng này."))])
    if area is not None and (area.cooperative_id != cooperative.pk or (crop is not None and area.crop_id != crop.pk)):
        raise RuleViolated(
            findings=[finding("foreign_area", "area", _("Vùng trồng phải là của đơn vị và trồng đúng cây này."))]
        )


def _check_name(cooperative: Cooperative, name_vi: str) -> None:
    if Product.objects.filter(cooperative=cooperative, name_vi=clean_line(name_vi)).exists():
        raise RuleViolated(findings=[finding("name_taken", "name_vi", _("Đơn vị đã có sản phẩm mang tên này."))])


def _check_offer(months: list[int], volume_t: float, valid_from: dt.date, valid_to: dt.date | None) -> None:
    findings = []
    if not months or not 1 <= months[0] <= months[-1] <= 12:
        findings.append(finding("bad_months", "months", _("Hãy chọn ít nhất một tháng, từ 1 đến 12.")))
    if not 0 < volume_t < float("inf"):
        findings.append(finding("bad_volume", "volume_t", _("Sản lượng phải lớn hơn 0.")))
    if valid_to is not None and valid_to <= valid_from:
        findings.append(finding("bad_dates", "valid_to", _("Ngày kết thúc phải sau ngày bắt đầu.")))
    if findings:
        raise RuleViolated(findings=findings)


def _seat(cooperative: Cooperative) -> Point:
    location = cooperative.location or cooperative.commune.centre
    if location is None:
        raise RuleViolated("seat_unknown", _("Đơn vị chưa có vị trí trụ sở trên bản đồ."))
    return location


def _free_slug(text: str) -> str:
    base = slugify(fold(text))[:90].strip("-")
    taken = set(Product.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in count(2))
    return base if base not in taken else next(slug for slug in numbered if slug not in taken)


def _search_key(name_vi: str, name_en: str, crop: Crop | None) -> str:
    return fold(" ".join(part for part in (name_vi, name_en, crop.name_vi if crop else "") if part))[:250]
