"""Why a file could not be used, said to a clerk: what is wrong and what to do next."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

_FILE_ERRORS: dict[str, Any] = {
    "unreadable_file": _("Không đọc được tệp: tệp hỏng hoặc không có đối tượng nào."),
    "unsupported_format": _(
        "Chưa đọc được loại tệp này. Hãy gửi shapefile nén (.zip), GeoJSON, GeoPackage, KML/KMZ, GPX, FlatGeobuf, "
        "GeoParquet, MapInfo nén (.zip), DXF, Excel (.xlsx) hoặc CSV."
    ),
    "unsafe_archive": _("Tệp nén không an toàn nên không được mở."),
    "missing_part": _("Shapefile thiếu phần {part} của lớp {layer}. Hãy nén đủ .shp, .shx, .dbf (và .prj)."),
    "unsupported_crs": _("Hệ tọa độ của tệp không dùng được ({crs}). Hãy xuất lại theo WGS 84 hoặc VN-2000."),
    "wrong_geometry_type": _("Tệp không có hình vùng (polygon)."),
    "too_many_features": _("Tệp có {found} đối tượng; mỗi lần chỉ nhận {limit}. Hãy chia nhỏ tệp."),
    "too_complex": _("Tệp quá phức tạp nên đã dừng đọc. Hãy chia nhỏ tệp."),
    "coordinates_out_of_range": _("Tọa độ không hợp với hệ tọa độ đã chọn. Hãy chọn hệ tọa độ khác."),
    "crs_in_doubt": _("Chưa rõ tệp dùng hệ tọa độ nào."),
    "layer_in_doubt": _("Tệp có nhiều lớp, hãy chọn một lớp."),
    "encoding_in_doubt": _("Chưa rõ bảng mã chữ của tệp."),
    "geometry_in_doubt": _(
        "Chưa rõ cột nào của bảng cho biết vị trí thửa. Bảng cần một cột WKT, hoặc hai cột X và Y của các góc thửa."
    ),
}

# (code, reason) -> a text closer to the case than that of the code alone
_REASONS: dict[tuple[str, str], Any] = {
    ("unreadable_file", "empty_file"): _("Tệp trống (0 byte). Hãy xuất lại tệp rồi tải lên."),
    ("unreadable_file", "no_features"): _("Tệp không có đối tượng nào. Hãy kiểm tra đã xuất đúng lớp các thửa chưa."),
    ("unreadable_file", "no_layers"): _("Tệp không có lớp dữ liệu nào. Hãy xuất lại lớp các thửa."),
    ("unreadable_file", "trailing_bytes"): _(
        "Tệp nén có thêm dữ liệu lạ ở cuối nên không được mở. Hãy nén lại từ các tệp gốc."
    ),
    ("unreadable_file", "doctype"): _(
        "Tệp KML có khai báo DOCTYPE nên không được mở. Hãy xuất lại từ Google Earth hoặc QGIS."
    ),
    ("unreadable_file", "not_utf8"): _("Tệp GeoJSON không ở dạng UTF-8. Hãy xuất lại với mã UTF-8."),
    ("unreadable_file", "truncated"): _("Phần {part} của lớp {layer} bị cắt cụt. Hãy chép lại tệp gốc rồi nén lại."),
    ("unreadable_file", "parts_differ"): _(
        "Shapefile không khớp: {shapes} hình nhưng {records} dòng thuộc tính. Hãy xuất lại."
    ),
    ("unreadable_file", "no_geometry_column"): _("Tệp không có cột hình. Hãy xuất lại lớp bản đồ, không phải bảng."),
    ("unreadable_file", "no_table"): _(
        "Tệp không có bảng nào: cần một dòng tiêu đề và ít nhất một dòng dữ liệu. Hãy xem lại tệp."
    ),
    ("unreadable_file", "no_geometry"): _(
        "Không dựng được thửa nào từ bảng. Lỗi đầu tiên ở dòng {row}, cột {column}: “{value}”. Hãy sửa rồi gửi lại."
    ),
    ("crs_in_doubt", "mixed_crs"): _("Các dòng của bảng ghi nhiều hệ tọa độ khác nhau ({crs})."),
    ("encoding_in_doubt", "mixed"): _("Chữ trong tệp có hai kiểu mã lẫn lộn."),
    ("unreadable_file", "uneven_row"): _("Dòng {row} của bảng có số ô khác dòng tiêu đề. Hãy sửa rồi gửi lại."),
    ("unreadable_file", "repeated_column"): _("Bảng có hai cột trùng tên. Hãy đổi tên một cột rồi gửi lại."),
    ("unreadable_file", "nested_too_deep"): _("Thư mục trong tệp KML lồng quá sâu. Hãy xuất lại vào một thư mục."),
    ("unreadable_file", "not_geoparquet"): _("Tệp Parquet không mô tả hình (GeoParquet). Hãy xuất lại từ QGIS."),
    ("unreadable_file", "geometry_not_wkb"): _(
        "Tệp Parquet lưu hình theo kiểu {encoding}, chưa đọc được. Hãy xuất lại với hình dạng WKB."
    ),
    ("missing_part", "mapinfo"): _(
        "Lớp MapInfo {layer} thiếu phần {part}. Hãy nén đủ .tab, .dat, .map, .id hoặc .mif, .mid vào một tệp .zip."
    ),
    ("unsupported_format", "mapinfo_link"): _(
        "Tệp .tab của lớp {layer} chỉ trỏ tới dữ liệu ở nơi khác. Hãy lưu thành bảng MapInfo riêng rồi nén lại."
    ),
    ("unsupported_format", "dwg"): _("Chưa đọc được DWG. Hãy lưu bản vẽ thành DXF (dạng ASCII)."),
    ("unsupported_format", "binary_dxf"): _("DXF dạng nhị phân chưa đọc được. Hãy lưu lại thành DXF dạng ASCII."),
    ("wrong_geometry_type", "dxf"): _("Bản vẽ không có đường khép kín (closed polyline). Hãy khép kín ranh từng thửa."),
    ("unsafe_archive", "encrypted"): _("Tệp nén có mật khẩu. Hãy nén lại không đặt mật khẩu."),
    ("unsafe_archive", "nested_archive"): _("Trong tệp nén lại có tệp nén khác. Hãy nén thẳng các tệp bản đồ."),
    ("unsafe_archive", "too_many_entries"): _("Tệp nén chứa quá nhiều tệp. Hãy chỉ nén các tệp của lớp thửa."),
    ("unsafe_archive", "duplicate_entry"): _("Tệp nén có hai tệp trùng tên {entry}. Hãy nén lại."),
    ("unsafe_archive", "ratio"): _("Tệp nén phình quá lớn khi mở nên đã dừng. Hãy chia nhỏ tệp."),
    ("unsafe_archive", "too_large"): _("Tệp nén phình quá lớn khi mở nên đã dừng. Hãy chia nhỏ tệp."),
    ("unsupported_crs", "hanoi_1972"): _(
        "Tệp theo hệ tọa độ cũ Hà Nội 1972 (HN-72). Hệ này lệch so với VN-2000 và không có phép chuyển chung đủ "
        "chính xác cho từng nơi. Hãy nhờ đơn vị đo đạc chuyển tệp sang VN-2000 rồi tải lên lại."
    ),
    ("too_complex", "time"): _("Đọc tệp quá lâu nên đã dừng. Hãy chia nhỏ tệp."),
    ("too_complex", "cpu"): _("Đọc tệp quá lâu nên đã dừng. Hãy chia nhỏ tệp."),
    ("too_complex", "memory"): _("Tệp cần quá nhiều bộ nhớ nên đã dừng đọc. Hãy chia nhỏ tệp."),
    ("crs_in_doubt", "no_prj"): _("Shapefile không kèm tệp .prj nên chưa rõ hệ tọa độ."),
    ("crs_in_doubt", "not_degrees"): _("Tệp nói tọa độ là độ, nhưng các số lại là mét."),
    ("crs_in_doubt", "unknown_meridian"): _(
        "Tệp theo VN-2000 nhưng kinh tuyến trục không có trong danh sách chính thức."
    ),
    ("crs_in_doubt", "vn2000_zone_on_wgs84"): _(
        "Tệp nói là WGS 84 nhưng có tỷ lệ của VN-2000; phần mềm đo đạc hay ghi nhầm như vậy."
    ),
}  # fmt: skip

# What the user can answer; the file is read again with the answer.
DOUBTS = frozenset({"crs_in_doubt", "layer_in_doubt", "encoding_in_doubt", "geometry_in_doubt"})
ANSWERED_BY = {
    "crs_in_doubt": "crs",
    "layer_in_doubt": "layer",
    "encoding_in_doubt": "encoding",
    "geometry_in_doubt": "geometry",
}


class _Lenient(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def file_error_text(code: str, params: Mapping[str, Any]) -> str:
    """Return why a file could not be used, as a sentence in the reader's language."""
    text = _REASONS.get((code, str(params.get("reason", "")))) or _FILE_ERRORS.get(code)
    return str(text or _FILE_ERRORS["unreadable_file"]).format_map(_Lenient(params))
