"""Reasons of acts with the text that an officer starts from; grounds of revocation as in docs/domain.md §1.7."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from codes.models import ReasonUse

SINCE = dt.date(2020, 1, 1)
DECREE = "Nghị định 38/2026/NĐ-CP (nguồn thứ cấp)"
PRACTICE = "Thực hành của cơ quan quản lý; chưa tìm thấy quy định"

# use: (slug, Vietnamese, English, canned text, legal_ref)
REASONS: dict[str, tuple[tuple[str, str, str, str, str], ...]] = {
    ReasonUse.RETURN: (
        ("thieu-giay-to", "Thiếu giấy tờ", "Papers are missing",
         "Hồ sơ còn thiếu: [ghi tên giấy tờ]. Đề nghị đơn vị bổ sung rồi nộp lại trước thời hạn nêu trên.", ""),
        ("ranh-gioi", "Ranh giới chưa đúng", "The boundary is not right",
         "Ranh giới các thửa được đánh dấu chưa khớp thực địa hoặc bản đồ. Đề nghị đo, vẽ lại rồi nộp lại.", ""),
        ("danh-sach-ho", "Danh sách hộ chưa đầy đủ", "The list of growers is incomplete",
         "Danh sách hộ thiếu người hoặc thiếu diện tích từng hộ. Đề nghị bổ sung danh sách có xác nhận.", ""),
        ("san-luong", "Sản lượng chưa rõ căn cứ", "The expected output is not explained",
         "Đề nghị giải trình sản lượng dự kiến theo năng suất trung bình ba năm và diện tích cho trái.", ""),
        ("chong-lan", "Chồng lấn với đơn vị khác", "Overlap with another holder",
         "Các thửa được đánh dấu chồng lấn đất của đơn vị khác. Đề nghị thống nhất ranh giới trước khi nộp lại.", ""),
    ),
    ReasonUse.REJECT: (
        ("khong-du-dieu-kien", "Không đủ điều kiện", "The conditions are not met",
         "Vùng trồng không đáp ứng điều kiện của chế độ mã số đã chọn: [nêu điều kiện].", ""),
        ("khai-khong-dung", "Khai báo không đúng sự thật", "The declaration is not true",
         "Kết quả xác minh cho thấy nội dung khai không đúng: [nêu nội dung].", DECREE),
        ("da-co-ma", "Vùng trồng đã có mã số cùng loại", "The area has such a code already",
         "Vùng trồng đã được cấp mã số cùng chế độ, cùng thị trường: [ghi mã số].", ""),
    ),
    ReasonUse.OVERRIDE: (
        ("da-xac-minh", "Đã xác minh tại thực địa", "Verified on the ground",
         "Đã kiểm tra thực địa ngày [..]: điều kiện thực tế đáp ứng, số liệu trên hệ thống chưa cập nhật.", PRACTICE),
        ("chuyen-tiep", "Quy định chuyển tiếp", "Transitional rule",
         "Áp dụng quy định chuyển tiếp: [ghi điều khoản].", "Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)"),
        ("du-lieu-nen", "Dữ liệu nền sai hoặc cũ", "Reference data is wrong or old",
         "Lớp dữ liệu nền sai hoặc cũ tại vị trí này: [nêu căn cứ].", PRACTICE),
    ),
    ReasonUse.SUSPEND: (
        ("nuoc-nhap-khau", "Nước nhập khẩu cảnh báo", "Warning by the importing country",
         "Nước nhập khẩu cảnh báo lô hàng mang mã số này theo văn bản [số, ngày].", PRACTICE),
        ("du-luong", "Vượt ngưỡng dư lượng, chất cấm", "Residues above the limit",
         "Kết quả phân tích số [..] vượt ngưỡng cho phép đối với [hoạt chất].", DECREE),
        ("kiem-dich", "Phát hiện đối tượng kiểm dịch", "A quarantine pest was found",
         "Phát hiện đối tượng kiểm dịch thực vật [tên] trên sản phẩm của vùng trồng.", PRACTICE),
        ("hang-ngoai-vung", "Nghi trộn sản phẩm ngoài vùng", "Fruit from elsewhere is suspected",
         "Khối lượng xuất vượt khả năng của vùng trồng; tạm đình chỉ để xác minh nguồn gốc.", DECREE),
        ("kiem-tra-khong-dat", "Kiểm tra không đạt", "An inspection was failed",
         "Biên bản kiểm tra ngày [..] kết luận không đạt: [nêu nội dung].", PRACTICE),
    ),
    ReasonUse.RESTORE: (
        ("da-khac-phuc", "Đã khắc phục", "The fault is mended",
         "Đơn vị đã khắc phục; kiểm tra lại ngày [..] đạt yêu cầu.", PRACTICE),
        ("canh-bao-rut", "Cảnh báo đã được gỡ", "The warning was lifted",
         "Cơ quan có thẩm quyền đã gỡ cảnh báo theo văn bản [số, ngày].", PRACTICE),
        ("khong-vi-pham", "Xác minh không có vi phạm", "No violation was found",
         "Kết quả xác minh: mã số không bị sử dụng sai.", PRACTICE),
    ),
    ReasonUse.REVOKE: (
        ("chat-cam", "Dùng chất cấm, thuốc ngoài danh mục", "Banned or unlisted chemicals",
         "Sử dụng hóa chất cấm hoặc thuốc bảo vệ thực vật ngoài danh mục: [nêu căn cứ].", DECREE),
        ("giay-to-gia", "Giả mạo giấy tờ", "False papers",
         "Hồ sơ có giấy tờ giả: [nêu giấy tờ].", DECREE),
        ("cho-muon-ban-ma", "Cho mượn, thuê, mua bán mã số", "The code was lent, rented or sold",
         "Đơn vị cho đơn vị khác sử dụng mã số: [nêu lô hàng, thời gian].", DECREE),
        ("kiem-tra-lai-khong-dat", "Kiểm tra lại không đạt", "A repeated inspection was failed",
         "Hết thời hạn khắc phục, kiểm tra lại ngày [..] vẫn không đạt.", PRACTICE),
        ("khong-su-dung", "Không còn sử dụng", "No longer in use",
         "Vùng trồng không còn canh tác cây trồng đã được cấp mã.", PRACTICE),
        ("theo-de-nghi", "Theo đề nghị của đơn vị", "At the holder's request",
         "Theo đơn đề nghị ngày [..] của đơn vị được cấp mã.", PRACTICE),
    ),
    ReasonUse.RENEW: (
        ("con-du-dieu-kien", "Còn đủ điều kiện", "The conditions are still met",
         "Kiểm tra ngày [..]: vùng trồng còn đủ điều kiện.", PRACTICE),
        ("theo-de-nghi", "Theo đề nghị của đơn vị", "At the holder's request",
         "Theo đơn đề nghị gia hạn ngày [..].", PRACTICE),
    ),
    ReasonUse.SUPERSEDE: (
        ("sap-nhap-vung", "Sáp nhập vùng trồng", "Areas were merged",
         "Các vùng trồng được sáp nhập; mã số cũ được thay bằng mã số mới.", PRACTICE),
        ("tach-vung", "Chia tách vùng trồng", "The area was split",
         "Vùng trồng được chia tách; mã số cũ được thay bằng các mã số mới.", PRACTICE),
        ("doi-mau-ma", "Chuyển sang mẫu mã mới", "New pattern of codes",
         "Chuyển mã số sang mẫu mới; chuỗi mã cũ vẫn tra cứu được.", DECREE),
        ("doi-don-vi", "Thay đổi đơn vị quản lý", "Another holder",
         "Vùng trồng chuyển sang đơn vị quản lý khác.", PRACTICE),
    ),
}  # fmt: skip


def reason_rows() -> Iterator[dict[str, Any]]:
    """Yield the fields of the shipped Reason rows, for all schemes."""
    for use, reasons in REASONS.items():
        for slug, text_vi, text_en, canned_text, legal_ref in reasons:
            yield {
                "use": use,
                "slug": slug,
                "text_vi": text_vi,
                "text_en": text_en,
                "canned_text": canned_text,
                "legal_ref": legal_ref,
                "valid_from": SINCE,
            }
