"""Shops that listings may lead to. What is here is a beginning: the administration adds, renames and switches off.

Buudien.vn is Postmart under its new name since 31 March 2024 (produce at nongsan.buudien.vn); Voso stopped in 2023
(docs/domain.md §7). The others are widely used shops in Viet Nam (background knowledge, not official data).
"""

import datetime as dt

from office.reference import DAY, add_schedules
from products.models import ShopHost, ShopKind

CHECK_AT = dt.time(3, 30)  # local time, when shops and worker are quiet

SHOPS: tuple[tuple[str, str, ShopKind, bool, str], ...] = (
    ("buudien.vn", "Buudien.vn", ShopKind.BUUDIEN, True, ""),
    ("nongsan.buudien.vn", "Nông sản Buudien.vn", ShopKind.BUUDIEN, True, ""),
    (
        "postmart.vn",
        "Postmart",
        ShopKind.BUUDIEN,
        False,
        "Đã đổi thành Buudien.vn từ 31/03/2024: hãy dùng địa chỉ mới.",
    ),
    ("voso.vn", "Voso", ShopKind.VOSO, False, "Sàn đã ngừng hoạt động năm 2023."),
    ("shopee.vn", "Shopee", ShopKind.OTHER, True, ""),
    ("lazada.vn", "Lazada", ShopKind.OTHER, True, ""),
    ("tiki.vn", "Tiki", ShopKind.OTHER, True, ""),
    ("sendo.vn", "Sendo", ShopKind.OTHER, True, ""),
    ("foodmap.asia", "FoodMap", ShopKind.OTHER, True, ""),
)


def add_shops() -> int:
    """Add the shops that are missing, by host; what an administrator changed stays. Return how many are new."""
    added = 0
    for host, name, kind, is_active, note in SHOPS:
        defaults = {"name": name, "kind": kind, "is_active": is_active, "note": note}
        added += ShopHost.objects.get_or_create(host=host, defaults=defaults)[1]
    return added


def load() -> str:
    """Add the shops, and the clock of the dead-link check (which does nothing unless LISTING_CHECK is on)."""
    added = add_shops()
    add_schedules({"products.check_listings": DAY}, at=CHECK_AT)  # each night a part; each listing once a week
    return f"products: {added} new shops"
