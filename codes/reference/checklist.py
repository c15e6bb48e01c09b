"""Lines of the inspection minutes (biên bản kiểm tra), as the forms of TCCS 774 have them (docs/domain.md §1.6)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from codes.models import AnswerKind, CodeScheme
from codes.reference.schemes import HOME, NEW, OLD

ALL = (OLD, NEW, HOME)
EXPORT = (OLD, NEW)
FORM = "Mẫu biên bản kiểm tra theo TCCS 774:2020/BVTV"


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `schemes`: where it is asked, `is_critical`: "no" is a major fault."""

    slug: str
    text_vi: str
    text_en: str
    answer_kind: str = AnswerKind.YES_NO
    unit: str = ""
    is_required: bool = True
    is_critical: bool = False
    schemes: tuple[str, ...] = ALL


NUMBER, TEXT = AnswerKind.NUMBER, AnswerKind.TEXT
LINES = (
    Line("dien-tich", "Diện tích thực tế", "Area as found", NUMBER, "ha"),
    Line("so-ho", "Số hộ đang canh tác", "Households growing there", NUMBER, "hộ"),
    Line("dung-cay-giong", "Cây trồng, giống đúng hồ sơ", "Crop and variety as in the file", is_critical=True),
    Line("tuoi-cay", "Tuổi cây", "Age of the trees", NUMBER, "năm", is_required=False),
    Line("giai-doan", "Giai đoạn sinh trưởng", "Stage of growth", TEXT),
    Line("thu-hoach", "Thời gian thu hoạch dự kiến", "Expected harvest", TEXT, is_required=False),
    Line("san-luong", "Sản lượng dự kiến", "Expected output", NUMBER, "tấn", is_required=False),
    Line("ranh-gioi", "Ranh giới ngoài thực địa khớp bản đồ", "Boundary on the ground agrees with the map"),
    Line(
        "thuoc-viet-nam",
        "Chỉ dùng thuốc bảo vệ thực vật được phép tại Việt Nam",
        "Only pesticides permitted in Viet Nam",
        is_critical=True,
    ),
    Line(
        "thuoc-nuoc-nhap-khau",
        "Không dùng hoạt chất mà nước nhập khẩu cấm",
        "No substance that the importing country forbids",
        is_critical=True,
        schemes=EXPORT,
    ),
    Line("thuoc-khac", "Thuốc, chế phẩm khác đang dùng", "Other products in use", TEXT, is_required=False),
    Line("nhat-ky", "Có nhật ký sản xuất", "A production diary is kept", is_critical=True),
    Line("nhat-ky-du", "Nhật ký ghi đủ, đúng", "The diary is complete and right"),
    Line("nhat-ky-thieu", "Nội dung nhật ký còn thiếu", "What the diary lacks", TEXT, is_required=False),
    Line("sinh-vat", "Sinh vật gây hại phát hiện, mật độ", "Pests found and their density", TEXT),
    Line("bien-phap", "Biện pháp phòng trừ đang áp dụng", "Control in use", TEXT, is_required=False),
    Line("giam-sat", "Có bẫy, sổ theo dõi sinh vật gây hại", "Traps and a pest monitoring log", schemes=EXPORT),
    Line("gap", "Áp dụng GAP hoặc quy trình tương đương", "GAP or an equivalent is applied", schemes=EXPORT),
    Line("ve-sinh", "Đã dọn cỏ dại, tàn dư thực vật", "Weeds and residues are removed"),
    Line("bao-goi", "Thu gom bao gói thuốc bảo vệ thực vật", "Pesticide packaging is collected"),
    Line("ho-so-luu", "Hồ sơ được lưu giữ", "Records are kept"),
    Line(
        "nguon-gay-nhiem",
        "Không có nhà ở, chợ, chăn nuôi thả rông trong vùng",
        "No houses, market or free livestock inside",
        schemes=(OLD,),
    ),
    Line("noi-dung-khac", "Nội dung khác", "Other remarks", TEXT, is_required=False),
)


def checklist_rows(schemes: Mapping[str, CodeScheme]) -> Iterator[dict[str, Any]]:
    """Yield the fields of the shipped ChecklistItem rows, in the order of the minutes."""
    for position, line in enumerate(LINES, start=1):
        for slug in line.schemes:
            if slug in schemes:
                yield {
                    "scheme": schemes[slug],
                    "slug": line.slug,
                    "position": position * 10,
                    "text_vi": line.text_vi,
                    "text_en": line.text_en,
                    "answer_kind": line.answer_kind,
                    "unit": line.unit,
                    "is_required": line.is_required,
                    "is_critical": line.is_critical,
                    "legal_ref": FORM,
                    "valid_from": schemes[slug].valid_from,
                }
