"""The layers that can be taken out, with what a reader must know to trust them. Written out, one entry each."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from codes.layers import AREAS, CODES
from cooperatives.layers import COOPERATIVES
from core.layers import Layer
from exchange.permissions import can_export_restricted
from farms.layers import PLOTS
from landuse.layers import LAND_USE
from places.layers import UNITS
from products.layers import OFFERS, PRODUCTS

LICENCE = "CC BY 4.0"
INTERNAL = "internal use only: may hold what is not public"


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer in the catalogue; `is_personal` layers need the right and are never public.

    `has_more_for_some`: who signs in may get rows or outlines that are not public.
    """

    layer: Layer
    description: Any
    steward: Any
    is_personal: bool = False
    has_more_for_some: bool = False

    def licence_for(self, user: Any) -> str:
        """Return the licence that the file states: open only for what everybody may read."""
        is_open = not self.is_personal and not (self.has_more_for_some and user.is_authenticated)
        return LICENCE if is_open else INTERNAL

    def may_export(self, user: Any) -> bool:
        """Whether `user` may take the layer out."""
        return not self.is_personal or can_export_restricted(user)


_STEWARD = _("Cơ quan nông nghiệp của tỉnh")

CATALOGUE = (
    Entry(PRODUCTS, _("Sản phẩm đang giới thiệu, tháng có hàng và sản lượng."), _STEWARD),
    Entry(OFFERS, _("Chào bán theo tháng của từng sản phẩm."), _STEWARD),
    Entry(
        AREAS,
        _("Vùng trồng; ranh giới chỉ khi được công khai, nếu không là một điểm trong xã."),
        _STEWARD,
        has_more_for_some=True,
    ),
    Entry(CODES, _("Mã số vùng trồng với trạng thái hôm nay."), _STEWARD, has_more_for_some=True),
    Entry(COOPERATIVES, _("Hợp tác xã, tổ hợp tác và doanh nghiệp đã xác minh."), _STEWARD, has_more_for_some=True),
    Entry(LAND_USE, _("Khoanh đất theo loại đất của các lớp được công khai."), _STEWARD, has_more_for_some=True),
    Entry(UNITS, _("Đơn vị hành chính theo thời gian."), _STEWARD),
    Entry(PLOTS, _("Thửa canh tác, không có thông tin cá nhân; chỉ cho người có quyền."), _STEWARD, is_personal=True),
)


def entry(name: str) -> Entry | None:
    """Return the entry of the layer with this name."""
    return next((found for found in CATALOGUE if found.layer.name == name), None)
