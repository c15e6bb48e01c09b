"""What is said of a finding of the EUDR check: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

SEVERITY_TEXTS: dict[str, Any] = {
    "refused": _("TRACES không nhận; phải sửa ở dữ liệu gốc"),
    "mendable": _("TRACES không nhận; tệp xuất hoặc tệp đã sửa được sửa tự động"),
    "notice": _("Nên xem lại"),
}

TEXTS: dict[str, Any] = {
    "not_json": _("Tệp không phải JSON: lỗi ở dòng {line}, cột {column}. Hãy xuất lại tệp từ phần mềm bản đồ."),
    "not_utf8": _("Tệp không ở dạng UTF-8 (từ byte {byte}). Hãy xuất lại với mã UTF-8."),
    "too_deep": _("JSON lồng quá nhiều tầng. Hãy xuất lại tệp từ phần mềm bản đồ."),
    "not_geojson": _("Không phải GeoJSON ({found}). Cần một FeatureCollection."),
    "no_features": _("Tệp không có đối tượng nào."),
    "too_many_features": _("Tệp có {found} đối tượng; chỉ kiểm được {limit}. Hãy chia nhỏ tệp."),
    "file_too_large": _("Tệp lớn hơn 25 MB, giới hạn của một tờ khai. Tệp đã sửa được chia thành nhiều phần."),
    "other_crs": _("Tệp ghi hệ tọa độ khác WGS 84 ({crs}). Hãy xuất lại theo EPSG:4326."),
    "crs_member": _("Tệp có mục “crs”; EUDR chỉ dùng WGS 84 nên không ghi mục này."),
    "not_a_feature": _("Phần tử này không phải Feature ({found})."),
    "no_geometry": _("Đối tượng không có hình."),
    "wrong_geometry_type": _("Loại hình {found} không được nhận; chỉ nhận điểm và vùng. Hãy khép đường thành vùng."),
    "bad_coordinates": _("Tọa độ không phải cặp số [kinh độ, vĩ độ]."),
    "out_of_range": _("Tọa độ nằm ngoài Trái Đất. Hãy kiểm tra hệ tọa độ: có thể là mét (VN-2000)."),
    "axes_swapped": _("Vĩ độ đứng trước kinh độ. Thứ tự đúng là [kinh độ, vĩ độ]."),
    "ring_too_short": _("Ranh không đủ ba góc khác nhau sau khi làm tròn 6 số lẻ."),
    "ring_not_closed": _("Ranh chưa khép kín: điểm cuối phải trùng điểm đầu."),
    "duplicate_vertices": _("Các đỉnh cách nhau dưới 0,1 m trùng nhau khi làm tròn 6 số lẻ."),
    "hole": _("Vùng có lỗ bên trong. Tệp đã sửa cắt vùng thành các phần không có lỗ."),
    "self_crossing": _("Ranh tự cắt nhau. Hãy vẽ lại ranh ở chỗ này."),
    "self_crossing_small": _("Ranh tự cắt hoặc tự chạm nhẹ khi làm tròn 6 số lẻ."),
    "no_ground": _("Vùng không còn diện tích sau khi làm tròn 6 số lẻ."),
    "ground_not_shown": _("Bạn chỉ được xem một điểm trong xã, không phải ranh thật. Đối tượng này không vào tệp."),
    "point_too_large": _("Điểm chỉ dùng cho đất đến 4 ha; đối tượng này ghi {area_ha} ha. Hãy vẽ ranh."),
    "area_not_a_number": _("Area phải là số hecta lớn hơn 0 (đang là “{value}”)."),
    "country_not_iso2": _("ProducerCountry phải là mã nước hai chữ hoa, ví dụ VN (đang là “{value}”)."),
    "property_not_text": _("{name} phải là chữ."),
    "property_name": _("Tên trường “{name}” sẽ bị bỏ qua; tên đúng là {meant}, đúng cả chữ hoa."),
    "properties_not_object": _("“properties” phải là một đối tượng JSON."),
    "point_without_area": _("Điểm không ghi Area; hệ thống sẽ hiểu là 4 ha."),
    "area_on_polygon": _("Area chỉ có nghĩa với điểm; diện tích của vùng được tính từ ranh."),
    "few_decimals": _("Tọa độ chưa đến 6 số lẻ; luật yêu cầu ít nhất 6 (khoảng 0,1 m). Đừng thêm số 0 cho đủ."),
    "height": _("Có độ cao; TRACES chỉ dùng kinh độ và vĩ độ. Tệp đã sửa bỏ độ cao."),
    "same_ground_twice": _("Cùng một khu đất xuất hiện nhiều lần."),
    "no_producer": _("Không có ProducerName: được nhận, nhưng người mua thường cần tên người sản xuất."),
}


class _Lenient(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def text_of(code: str, params: Mapping[str, Any]) -> str:
    """Return the sentence of a finding in the reader's language."""
    return str(TEXTS[code]).format_map(_Lenient(params))
