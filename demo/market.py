"""Products, offers by month and questions of invented buyers."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from codes.models import Market, ProductionArea
from cooperatives.models import Cooperative
from crops.models import Crop
from demo.cast import COOPERATIVES
from products.models import Enquiry, Offer, Product, ProductKind
from products.services import add_offer, answer_enquiry, open_enquiry, publish_product, save_template, send_enquiry

TONNES_PER_HA = 9.5
READY_ANSWER = "Chào {buyer}, {cooperative} có {product}, đủ {quantity} trong tháng {months} (DEMO)."
OTHER_MONTHS = tuple(range(1, 13))


def make_products(cooperatives: dict[str, Cooperative], areas: Sequence[ProductionArea], by: Any) -> str:
    """Publish what each holder grows and makes, with offers; return a line that says how much."""
    for role in COOPERATIVES:
        cooperative = cooperatives[role.slug]
        own = [area for area in areas if area.cooperative_id == cooperative.pk]
        shown: dict[tuple[int, int | None], list[ProductionArea]] = {}
        for area in own:
            shown.setdefault((area.crop_id, area.variety_id), []).append(area)
        for same in shown.values():
            _offer_crop(cooperative, same, by)
        if role.other_product:
            kind, name_vi, name_en = role.other_product
            product = publish_product(cooperative, kind=kind, name_vi=name_vi, name_en=name_en, by=by)
            add_offer(product, months=OTHER_MONTHS, volume_t=6, quality="Đóng gói theo yêu cầu", by=by)
    return f"{Product.objects.count()} products, {Offer.objects.count()} offers"


def _offer_crop(cooperative: Cooperative, areas: list[ProductionArea], by: Any) -> None:
    area, crop = areas[0], areas[0].crop
    variety = area.variety
    product = publish_product(
        cooperative,
        kind=ProductKind.CROP,
        name_vi=f"{crop.name_vi} {variety.name_vi}" if variety else crop.name_vi,
        name_en=f"{crop.name_en} {variety.name_en}" if variety else crop.name_en,
        crop=crop,
        variety=variety,
        area=area,
        by=by,
    )
    tonnes = sum(one.area_ha for one in areas) * TONNES_PER_HA
    months = list(crop.usual_months)
    add_offer(product, months=months, volume_t=round(tonnes * 0.8), quality="Loại 1, đồng đều", by=by)
    if len(months) > 3:
        add_offer(product, months=months[:2], volume_t=round(tonnes * 0.2), quality="Đầu vụ, số lượng ít", by=by)


def make_enquiries(cooperatives: dict[str, Cooperative], by: Any) -> str:
    """Let invented buyers ask; two of them have an answer, one was read."""
    market = Market.objects.get(code="CHN")
    for number, role in enumerate(COOPERATIVES[:6]):
        cooperative = cooperatives[role.slug]
        product = Product.objects.filter(cooperative=cooperative).order_by("pk").first()
        enquiry = send_enquiry(
            cooperative,
            buyer_name=f"Công ty thu mua DEMO {number + 1}",
            contact=f"demo{number + 1}@example.invalid" if number % 2 else f"000123{number:04d}",
            message="Chúng tôi cần hàng đều trong vụ, có mã số vùng trồng. Xin báo giá và lịch giao (DEMO).",
            has_consented=True,
            proved_at=timezone.now(),
            product=product,
            quantity_t=20 + 5 * number,
            quality="Loại 1, VietGAP" if number % 2 else "",
            shares_contact=number == 1,
            wanted_months=Crop.objects.get(pk=product.crop_id).usual_months if product and product.crop_id else (5,),
            market=market,
        )
        if number < 3:
            save_template(cooperative, title="Còn hàng (DEMO)", text=READY_ANSWER, by=by)
        if number < 2:
            answer_enquiry(enquiry, text="Hợp tác xã có đủ hàng, mời anh chị tới thăm vườn (DEMO).", by=by)
        elif number == 2:
            open_enquiry(enquiry, by=by)
    return f"{Enquiry.objects.count()} enquiries"
