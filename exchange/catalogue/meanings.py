"""What the fields of the layers mean, in which unit, by whose code list. A field without a meaning is not published:
`tests/exchange/test_catalogue.py` asks for one of each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Choices
from django.utils.translation import gettext_lazy as _

from codes.filters import SHOWN_STATUSES
from cooperatives.models import HolderKind
from core.layers import Layer
from farms.models import PlotStatus
from landuse.models import LayerKind
from places.models import UnitLevel
from products.models import ProductKind


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one field says.

    unit    "ha", "t", "km²"; "" where there is none
    values  the values it may hold with their names, where these are a list of ours
    """

    text: Any
    unit: str = ""
    values: tuple[tuple[str, Any], ...] = ()


def _of(choices: type[Choices]) -> tuple[tuple[str, Any], ...]:
    return tuple((str(member.value), member.label) for member in choices)


_CROP = Meaning(_("Tên cây trồng theo danh mục của hệ thống"))
_VARIETY = Meaning(_("Tên giống; trống khi không khai"))
_HOLDER = Meaning(_("Tên đơn vị đại diện; trống khi đơn vị là một hộ"))
_COMMUNE = Meaning(_("Tên phường, xã"))
_COMMUNE_CODE = Meaning(_("Mã phường, xã (Quyết định 19/2025/QĐ-TTg)"))
_AREA_HA = Meaning(_("Diện tích của ranh giới, tính trên ellipsoid WGS 84"), "ha")
_CODES = Meaning(_("Các mã số vùng trồng còn hiệu lực hôm nay"))
_MONTHS = Meaning(_("Các tháng có hàng, 1 đến 12"))
_VOLUME = Meaning(_("Sản lượng chào bán mỗi vụ, theo lời khai của đơn vị"), "t")
_KIND = Meaning(_("Nhóm sản phẩm"), values=_of(ProductKind))
_PRODUCER = Meaning(_("Tên của đơn vị trong địa chỉ: /p/<tên>/"))

_ZONE = {
    "ref": Meaning(_("Số hiệu khoanh đất trên bản đồ gốc")),
    "zone": Meaning(_("Tên khu; trống khi bản đồ gốc không ghi")),
    "class_code": Meaning(_("Mã loại đất của bộ mã mà lớp dùng, ví dụ LUC, CLN")),
    "class_name": Meaning(_("Tên loại đất")),
    "area_ha": _AREA_HA,
    "layer": Meaning(_("Tên của lớp bản đồ trong địa chỉ")),
    "layer_name": Meaning(_("Tên của lớp bản đồ")),
    "as_of": Meaning(_("Ngày mà lớp phản ánh hoặc bắt đầu ràng buộc")),
    "source": Meaning(_("Nguồn: cơ quan lập bản đồ")),
    "legal_document": Meaning(_("Văn bản pháp lý")),
    "decision_number": Meaning(_("Số quyết định")),
    "valid_to": Meaning(_("Ngày đầu tiên không còn hiệu lực; trống khi còn hiệu lực")),
}

_CODE_FIELDS = {
    "code": Meaning(_("Mã số vùng trồng như đã cấp; không bao giờ dùng lại")),
    "scheme": Meaning(_("Chế độ cấp mã, theo tên trong địa chỉ")),
    "market": Meaning(_("Thị trường mà mã được cấp riêng (ISO 3166-1, EU); trống khi chung")),
    "status": Meaning(_("Trạng thái hôm nay"), values=tuple((str(key), label) for key, label in SHOWN_STATUSES)),
    "crop": Meaning(_("Cây trồng khi cấp mã")),
    "area_ha": Meaning(_("Diện tích khi cấp mã; của mã nhập từ danh sách cũ là diện tích đã khai"), "ha"),
    "commune": Meaning(_("Phường, xã khi cấp mã")),
    "issued_on": Meaning(_("Ngày cấp")),
    "valid_until": Meaning(_("Còn hiệu lực đến hết ngày này; trống khi không có hạn")),
}

# Headings of tables for people; files and the API keep the names.
HEADINGS: Mapping[str, Any] = {
    "area_ha": _("Diện tích (ha)"),
    "as_of": _("Phản ánh ngày"),
    "class_code": _("Mã loại đất"),
    "class_name": _("Loại đất"),
    "code": _("Mã số"),
    "codes": _("Mã số vùng trồng"),
    "commune": _("Phường, xã"),
    "commune_code": _("Mã phường, xã"),
    "cooperative": _("Đơn vị"),
    "crop": _("Cây trồng"),
    "crop_code": _("Mã cây trồng"),
    "crops": _("Cây trồng"),
    "decision_number": _("Số quyết định"),
    "holder": _("Đơn vị"),
    "is_schematic": _("Ranh giới vẽ lược"),
    "issued_on": _("Ngày cấp"),
    "kind": _("Loại"),
    "layer": _("Tên trong địa chỉ"),
    "layer_name": _("Lớp bản đồ"),
    "legal_area_ha": _("Diện tích pháp lý (ha)"),
    "legal_document": _("Văn bản pháp lý"),
    "legal_ref": _("Văn bản pháp lý"),
    "level": _("Cấp"),
    "market": _("Thị trường"),
    "months": _("Các tháng có hàng"),
    "name": _("Tên"),
    "name_en": _("Tên tiếng Anh"),
    "official_area_km2": _("Diện tích công bố (km²)"),
    "parent_code": _("Mã cấp trên"),
    "producer": _("Tên trong địa chỉ"),
    "producers": _("Đơn vị"),
    "product": _("Sản phẩm"),
    "products": _("Sản phẩm"),
    "quality": _("Chất lượng"),
    "ref": _("Số hiệu"),
    "scheme": _("Chế độ cấp mã"),
    "slug": _("Tên trong địa chỉ"),
    "source": _("Nguồn"),
    "status": _("Trạng thái"),
    "story": _("Giới thiệu"),
    "unit_type": _("Loại đơn vị"),
    "updated_on": _("Cập nhật ngày"),
    "valid_from": _("Có hiệu lực từ"),
    "valid_to": _("Hết hiệu lực từ"),
    "valid_until": _("Hiệu lực đến hết"),
    "variety": _("Giống"),
    "version": _("Phiên bản"),
    "volume_t": _("Sản lượng (t)"),
    "zone": _("Khu"),
}

MEANINGS: Mapping[str, Mapping[str, Meaning]] = {
    "products": {
        "name": Meaning(_("Tên sản phẩm")),
        "kind": _KIND,
        "crop": _CROP,
        "crop_code": Meaning(_("Mã ngắn của cây trồng")),
        "variety": _VARIETY,
        "holder": _HOLDER,
        "producer": _PRODUCER,
        "commune": _COMMUNE,
        "commune_code": _COMMUNE_CODE,
        "months": _MONTHS,
        "volume_t": _VOLUME,
        "codes": _CODES,
        "updated_on": Meaning(_("Ngày đơn vị cập nhật gần nhất")),
    },
    "products-by-commune": {
        "code": _COMMUNE_CODE,
        "name": _COMMUNE,
        "unit_type": Meaning(_("Loại đơn vị: Phường, Xã, Đặc khu")),
        "products": Meaning(_("Số sản phẩm đang giới thiệu")),
        "producers": Meaning(_("Số đơn vị có sản phẩm đang giới thiệu")),
        "volume_t": Meaning(_("Tổng sản lượng chào bán mỗi vụ, theo lời khai"), "t"),
        "crops": Meaning(_("Các cây trồng")),
        "months": _MONTHS,
    },
    "offers": {
        "product": Meaning(_("Tên sản phẩm")),
        "kind": _KIND,
        "crop": _CROP,
        "holder": _HOLDER,
        "producer": _PRODUCER,
        "commune": _COMMUNE,
        "commune_code": _COMMUNE_CODE,
        "months": _MONTHS,
        "volume_t": _VOLUME,
        "quality": Meaning(_("Quy cách, chất lượng theo lời khai")),
        "codes": _CODES,
    },
    "areas": {
        "name": Meaning(_("Tên vùng trồng")),
        "crop": _CROP,
        "variety": _VARIETY,
        "holder": _HOLDER,
        "commune": _COMMUNE,
        "commune_code": _COMMUNE_CODE,
        "area_ha": _AREA_HA,
        "codes": _CODES,
    },
    "codes": _CODE_FIELDS,
    "cooperatives": {
        "slug": Meaning(_("Tên của đơn vị trong địa chỉ: /p/<tên>/")),
        "kind": Meaning(_("Loại hình"), values=_of(HolderKind)),
        "name": Meaning(_("Tên đơn vị; trống khi là một hộ")),
        "commune": _COMMUNE,
        "commune_code": _COMMUNE_CODE,
        "story": Meaning(_("Lời giới thiệu của đơn vị")),
    },
    "land-use": {**_ZONE, "kind": Meaning(_("Loại lớp"), values=_of(LayerKind))},
    "planning-zones": _ZONE,
    "units": {
        "code": Meaning(_("Mã đơn vị (Quyết định 19/2025/QĐ-TTg; trước đó Quyết định 124/2004/QĐ-TTg)")),
        "name": Meaning(_("Tên không kèm loại")),
        "name_en": Meaning(_("Tên tiếng Anh")),
        "unit_type": Meaning(_("Loại đơn vị: Tỉnh, Thành phố, Huyện, Phường, Xã, Ấp ...")),
        "level": Meaning(_("Cấp"), values=_of(UnitLevel)),
        "parent_code": Meaning(_("Mã đơn vị cấp trên")),
        "official_area_km2": Meaning(_("Diện tích đã công bố, không phải diện tích của ranh giới"), "km²"),
        "valid_from": Meaning(_("Ngày bắt đầu có hiệu lực")),
        "valid_to": Meaning(_("Ngày đầu tiên không còn hiệu lực; trống khi còn hiệu lực")),
        "legal_ref": Meaning(_("Căn cứ pháp lý")),
        "source": Meaning(_("Nguồn của ranh giới")),
        "is_schematic": Meaning(_("Ranh giới là sơ đồ, chưa phải địa giới chính thức")),
    },
    "plots": {
        "ref": Meaning(_("Số thửa do hợp tác xã đặt")),
        "crop": _CROP,
        "variety": _VARIETY,
        "area_ha": _AREA_HA,
        "legal_area_ha": Meaning(_("Diện tích trên hồ sơ: giữ nguyên khi ranh giới đổi không quá 2 %"), "ha"),
        "commune_code": _COMMUNE_CODE,
        "cooperative": _HOLDER,
        "status": Meaning(_("Trạng thái"), values=_of(PlotStatus)),
        "version": Meaning(_("Phiên bản của thửa, tăng sau mỗi lần sửa")),
    },
}


def meanings_of(layer: Layer) -> Mapping[str, Meaning]:
    """Return the meanings of the layer's fields in their order; KeyError for a field that has none."""
    known = MEANINGS[layer.name]
    return {name: known[name] for name in layer.fields}
