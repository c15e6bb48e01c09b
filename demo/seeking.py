"""What buyers look for: saved searches, and demands that show themselves where DEMAND_POSTS is switched on."""

from accounts.models import User
from codes.models import Market
from cooperatives.models import Cooperative
from crops.models import Crop
from products.models import Demand, SavedSearch
from products.services import demands, searches

BUYER = "demo-nguoimua"


def tell_seeking(cooperatives: dict[str, Cooperative], *, clerk: User) -> str:
    """Let an invented buyer keep two searches and post two demands, one of which is answered."""
    buyer = User.objects.create_user(BUYER, full_name="Công ty thu mua DEMO")
    mango = Crop.objects.get(slug="xoai")
    months = list(mango.usual_months)
    searches.save_search(
        buyer, name="Xoài có mã đi Trung Quốc", params={"product": "xoai", "market": "CHN"}, is_mailed=False
    )
    searches.save_search(buyer, name="Hàng có chứng nhận VietGAP", params={"certificate": "vietgap"}, is_mailed=False)
    asked = demands.post_demand(
        buyer,
        buyer_name="Công ty thu mua DEMO",
        crop=mango,
        months=months[:2],
        quantity_t=20,
        market=Market.objects.get(code="CHN"),
        message="Loại 1, trái 300-400 g, giao tại vườn (DEMO).",
    )
    demands.post_demand(
        buyer,
        buyer_name="Công ty thu mua DEMO",
        crop=mango,
        months=months,
        quantity_t=60,
        message="Hàng tươi giao hằng tuần trong vụ (DEMO).",
    )
    seller = demands.matching_cooperatives(asked).filter(pk__in=[one.pk for one in cooperatives.values()]).first()
    if seller is not None:
        demands.reply_to_demand(
            asked, cooperative=seller, text="Hợp tác xã có đủ hàng, mời công ty xem vườn (DEMO).", by=clerk
        )
    return f"{SavedSearch.objects.count()} saved searches, {Demand.objects.count()} demands"
