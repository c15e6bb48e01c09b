"""What the columns of a foreign file mean for us, and what a finding says to people."""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.text import fold
from farms.file_errors import DOUBTS, file_error_text

# our field -> (title, headings that mean it, in search form, the surest first)
FIELDS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "ref": (
        _("Số thửa"),
        ("so thua", "ma thua", "ma lo", "ten thua", "so lo", "ref", "thua", "ma", "name", "ten", "id", "stt",
         "label"),  # the text inside a closed line of a DXF drawing
    ),
    "grower": (
        _("Nông hộ"),
        ("chu ho", "ho ten", "ho va ten", "ten chu ho", "ten ho", "nong ho", "chu vuon", "nguoi canh tac",
         "so thanh vien", "ma thanh vien", "so tv", "ma tv", "ma ho", "so ho", "ma nong ho", "grower", "farmer",
         "owner"),
    ),
    "crop": (_("Cây trồng"), ("cay trong", "loai cay", "cay", "crop", "san pham", "loai cay trong")),
    "variety": (_("Giống"), ("giong", "giong cay", "ten giong", "variety", "chung loai")),
    "declared_area": (
        _("Diện tích kê khai"),
        ("dien tich", "dt", "dien tich ha", "dt ha", "dien tich m2", "dt m2", "area ha", "area",
         "hectares"),
    ),
    "planted_year": (_("Năm trồng"), ("nam trong", "year", "planted", "namtrong")),
    "tree_count": (_("Số cây"), ("so cay", "so luong cay", "trees", "socay")),
    "harvest_months": (
        _("Tháng thu hoạch"),
        ("thang thu hoach", "thu hoach", "mua thu hoach", "thoi vu thu hoach", "harvest months", "harvest"),
    ),
    "irrigation": (
        _("Nguồn nước tưới"),
        ("nguon nuoc tuoi", "nguon nuoc", "nuoc tuoi", "tuoi", "he thong tuoi", "irrigation"),
    ),
    "expected_yield_t": (
        _("Sản lượng dự kiến (tấn/vụ)"),
        ("san luong du kien", "san luong du kien tan", "san luong tan", "san luong", "expected yield t",
         "expected yield"),
    ),
    "land_sheet": (_("Tờ bản đồ"), ("to ban do", "so to", "to bd", "sheet", "soto")),
    "land_parcel": (_("Số thửa địa chính"), ("so thua dia chinh", "thua dia chinh", "so hieu thua", "parcel")),
    "parcel_code": (
        _("Mã định danh thửa đất"),
        ("ma dinh danh thua dat", "ma dinh danh thua", "ma dinh danh", "parcel code", "geohash"),
    ),
    "determination": (
        _("Cách xác định ranh"),
        ("cach xac dinh ranh", "cach xac dinh", "phuong phap xac dinh", "phuong phap do", "cach do", "determination",
         "determination method"),
    ),
    "determined_on": (
        _("Ngày xác định ranh"),
        ("ngay xac dinh ranh", "ngay xac dinh", "ngay do", "ngay do dac", "determined on", "determination datetime"),
    ),
    "note": (_("Ghi chú"), ("ghi chu", "note", "notes", "remarks", "mo ta")),
}  # fmt: skip

# What the file of rows not stored says beside the sender's own columns; a corrected file that comes back is read
# without them. Always these words, whatever the language of the page: they are how such a file is known again.
OWN_HEADINGS = {
    "row": "Dòng trong tệp gốc",
    "verdict": "Kết quả kiểm tra",
    "reasons": "Lý do chưa đạt",
}
WKT_HEADING = "WKT (WGS 84)"

DBF_NAME_BYTES = 10
CLEAR_LETTERS = 7
_SQUARE_METRES = ("m2", "m²", "met vuong")

RED, AMBER, INFO = "red", "amber", "info"

# code -> what the finding says; the words in braces are the finding's own members
FINDINGS: dict[str, Any] = {
    "no_geometry": _("Dòng này không có ranh giới."),
    "empty_geometry": _("Ranh giới trống."),
    "wrong_geometry_type": _("Phải là hình vùng (polygon), không phải điểm hay đường."),
    "bad_coordinates": _("Tọa độ không đọc được."),
    "too_many_vertices": _("Ranh giới có quá nhiều điểm."),
    "invalid_geometry": _("Đường ranh tự cắt hoặc không khép đúng. Hãy sửa tại điểm được đánh dấu."),
    "no_area": _("Diện tích gần bằng không."),
    "repaired": _(
        "Đường ranh có lỗi nhỏ, hệ thống đã sửa: trước {area_before_m2} m², sau {area_after_m2} m². Hãy xem lại."
    ),
    "z_dropped": _("Đã bỏ độ cao."),
    "parts_dropped": _("Đã bỏ {count} mảnh nhỏ hơn 5 m² của ranh giới."),
    "outside_country": _("Ranh giới nằm ngoài lãnh thổ Việt Nam. Hệ tọa độ chọn có thể chưa đúng."),
    "outside_communes": _("Ranh giới không nằm trong xã, phường nào."),
    "ref_generated": _("Không có số thửa; hệ thống đặt là {ref}."),
    "ref_repeated": _("Số thửa {ref} đã có ở dòng {other_row} của tệp."),
    "ref_taken": _("Hợp tác xã đã có thửa số {ref}."),
    "crop_missing": _("Không có cây trồng. Hãy ghi vào tệp, hoặc chọn cây trồng chung cho cả tệp."),
    "crop_unknown": _("Không nhận ra cây trồng “{value}”."),
    "variety_unknown": _("Không nhận ra giống “{value}”; sẽ để trống."),
    "grower_unknown": _("Không tìm thấy nông hộ “{value}” trong hợp tác xã; sẽ để trống."),
    "declared_area_unreadable": _("Diện tích kê khai “{value}” không đọc được; sẽ để trống."),
    "planted_year_unreadable": _("Năm trồng “{value}” không đọc được; sẽ để trống."),
    "tree_count_unreadable": _("Số cây “{value}” không đọc được; sẽ để trống."),
    "harvest_months_unreadable": _(
        "Tháng thu hoạch “{value}” không đọc được (ví dụ đúng: 3-5 hoặc 3,4,5); sẽ để trống."
    ),
    "expected_yield_t_unreadable": _("Sản lượng dự kiến “{value}” không đọc được; sẽ để trống."),
    "parcel_code_unreadable": _("Mã định danh thửa đất “{value}” không đúng dạng (12 ký tự GeoHash); sẽ để trống."),
    "determination_unreadable": _("Cách xác định ranh “{value}” không nhận ra; sẽ ghi là chưa rõ."),
    "determined_on_unreadable": _("Ngày xác định ranh “{value}” không đọc được (ví dụ đúng: 31/12/2025); sẽ để trống."),
    "plot_unknown": _("Không có thửa {ref} trong hợp tác xã, hoặc thửa đã lưu trữ."),
    "version_missing": _("Thiếu phiên bản của thửa {ref} lúc bạn đọc."),
    "version_stale": _("Thửa {ref} nay ở phiên bản {version}, bạn gửi theo phiên bản {sent}: đã có người sửa."),
    "area_differs": _("Diện tích kê khai {declared_ha} ha, đo trên bản đồ {measured_ha} ha: lệch {percent} %."),
    "overlaps_own": _("Chồng lên thửa {neighbour} của chính hợp tác xã: {shared_m2} m²."),
    "overlaps_in_file": _("Chồng lên dòng {other_row} của tệp: {shared_m2} m²."),
    "overlaps_old_outline": _(
        "Chồng lên ranh giới cũ của thửa {neighbour} ({shared_m2} m²); ranh cũ còn đó nếu dòng {other_row} không ghi."
    ),
    "overlaps_other": _("Chồng lên đất của đơn vị khác {shared_m2} m². Nếu ghi, thửa phải chờ cán bộ giải quyết."),
}


class _Lenient(dict):
    def __missing__(self, key: str) -> str:
        return "?"


def finding_text(finding: Mapping[str, Any]) -> str:
    """Return a stored finding as a sentence in the reader's language."""
    return str(FINDINGS[finding["code"]]).format_map(_Lenient(finding))


def heading_form(heading: str) -> str:
    """Return a heading as it is compared: folded, signs as blanks. `SO_THUA` and `Số thửa` are `so thua`."""
    folded = fold(heading)
    return " ".join("".join(sign if sign.isalnum() else " " for sign in folded).split())


def is_own_heading(heading: str) -> bool:
    """Whether a column is one that our own file of refused rows added: reasons, verdict, row."""
    return heading_form(heading) in _OWN_FORMS


def guess_columns(headings: Iterable[str]) -> dict[str, str]:
    """Return our field -> heading for the headings that say clearly enough what they hold; each heading once.

    A heading that fills the ten bytes a shapefile has for it may have lost its end (`Cây trồ`, `Diện tí`).
    """
    forms = {heading: heading_form(heading) for heading in headings if not is_own_heading(heading)}
    squeezed = {heading: form.replace(" ", "") for heading, form in forms.items()}
    guessed: dict[str, str] = {}
    for field, (_title, names) in FIELDS.items():
        for name in names:
            fits = [
                heading
                for heading in forms
                if heading not in guessed.values()
                and (forms[heading] == name or squeezed[heading] == name.replace(" ", ""))
            ]
            if fits:
                guessed[field] = fits[0]
                break
    for heading in forms:
        field = _cut_short(heading, forms[heading])
        if field and field not in guessed and heading not in guessed.values():
            guessed[field] = heading
    return guessed


def _cut_short(heading: str, form: str) -> str:
    """Return the field whose name a DBF cut down to `heading`, "" when it is none or not clear."""
    spelled = unicodedata.normalize("NFC", heading).lower()
    if not DBF_NAME_BYTES - 3 < len(spelled.encode()) <= DBF_NAME_BYTES:  # the last letter has up to three bytes
        return ""
    if spelled == "số thử":  # folded, it is also the beginning of "số thứ tự", the running number
        return "ref"
    if len(form) < CLEAR_LETTERS:
        return ""
    fields = {field for field, (_title, names) in FIELDS.items() if any(name.startswith(form) for name in names)}
    return fields.pop() if len(fields) == 1 else ""


def is_in_square_metres(heading: str, values: Iterable[float]) -> bool:
    """Whether a column of areas is in m²: its heading says so, else whether its median is too large for hectares."""
    form = fold(heading)
    if any(word in form for word in _SQUARE_METRES):
        return True
    if "ha" in heading_form(heading).split():
        return False
    ordered = sorted(values)
    return bool(ordered) and ordered[len(ordered) // 2] > 100


def match_values(values: Iterable[str], names: Mapping[str, int]) -> dict[str, int]:
    """Return value -> id for the values whose search form is a name of `names` (search form -> id), or holds one.

    "Xoài Cát Chu" is the crop "xoai": the longest name that the value begins with wins.
    """
    found = {}
    ordered = sorted(names, key=len, reverse=True)
    for value in values:
        form = heading_form(value)
        for name in ordered:
            if form == name or form.startswith(f"{name} ") or form == f"cay {name}":
                found[value] = names[name]
                break
    return found


_OWN_FORMS = frozenset(heading_form(heading) for heading in OWN_HEADINGS.values())

__all__ = [
    "AMBER",
    "DOUBTS",
    "FIELDS",
    "FINDINGS",
    "INFO",
    "OWN_HEADINGS",
    "RED",
    "WKT_HEADING",
    "file_error_text",
    "finding_text",
    "guess_columns",
    "heading_form",
    "is_in_square_metres",
    "is_own_heading",
    "match_values",
]
