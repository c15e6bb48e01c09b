"""Why the file of a layer could not be used, said to its steward: what is wrong and what to do next."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

# What a doubt is settled by: the option of `geofiles.sandbox.read_file_to` that the steward's answer fills.
ANSWERED_BY = {"crs_in_doubt": "crs", "layer_in_doubt": "layer", "encoding_in_doubt": "encoding"}

_TEXTS: dict[str, Any] = {
    "unreadable_file": _("Không đọc được tệp: tệp hỏng hoặc không có đối tượng nào."),
    "unsupported_format": _("Chưa đọc được loại tệp này. Hãy gửi shapefile nén (.zip), GeoPackage hoặc GeoJSON."),
    "unsafe_archive": _("Tệp nén không an toàn nên không được mở."),
    "missing_part": _("Shapefile thiếu một phần. Hãy nén đủ .shp, .shx, .dbf (và .prj)."),
    "unsupported_crs": _("Hệ tọa độ của tệp không dùng được. Hãy xuất lại theo WGS 84 hoặc VN-2000."),
    "wrong_geometry_type": _("Tệp không có hình vùng (polygon)."),
    "too_many_features": _("Tệp có quá nhiều đối tượng; mỗi phiên bản nhận tối đa 200.000. Hãy chia theo địa bàn."),
    "too_complex": _("Tệp quá phức tạp nên đã dừng đọc. Hãy chia nhỏ tệp."),
    "coordinates_out_of_range": _("Tọa độ không hợp với hệ tọa độ đã chọn. Hãy chọn hệ tọa độ khác."),
    "crs_in_doubt": _("Chưa rõ tệp dùng hệ tọa độ nào. Hãy chọn bên dưới."),
    "layer_in_doubt": _("Tệp có nhiều lớp. Hãy chọn một lớp bên dưới."),
    "encoding_in_doubt": _("Chưa rõ bảng mã chữ của tệp. Hãy chọn bên dưới."),
}


def file_error_text(code: str) -> str:
    """Return the sentence for a code of `geofiles.errors`."""
    return str(_TEXTS.get(code, _("Không đọc được tệp này. Hãy xuất lại rồi gửi lại.")))


def answers(code: str, params: Mapping[str, Any]) -> list[list[str]]:
    """Return (value, label) pairs that settle a doubt; empty where nothing can be chosen."""
    if code not in ANSWERED_BY:
        return []
    found = []
    for item in params.get("candidates") or ():
        fields = item if isinstance(item, Mapping) else {"name": item}
        if code == "crs_in_doubt":
            found.append([str(fields.get("id", fields.get("crs", ""))), str(fields.get("name") or fields.get("crs"))])
        elif code == "encoding_in_doubt":
            samples = ", ".join(str(text) for text in (fields.get("samples") or ())[:2])
            name = str(fields.get("encoding", ""))
            found.append([name, f"{name}: {samples}" if samples else name])
        else:
            found.append([str(fields.get("name", "")), str(fields.get("name", ""))])
    return found
