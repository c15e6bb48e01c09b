"""Markets and code schemes, as far as they are known; facts and their sources in docs/domain.md §1."""

import datetime as dt
from typing import Any

from django.conf import settings

from codes.models import Confidence, OfficeLevel

# EUU is not in ISO 3166-1: the European Union has no alpha-3 code there. The World Bank and others use EUU for it.
MARKETS = (
    ("VNM", "Việt Nam", "Viet Nam"),
    ("CHN", "Trung Quốc", "China"),
    ("USA", "Hoa Kỳ", "United States"),
    ("EUU", "Liên minh châu Âu", "European Union"),
    ("JPN", "Nhật Bản", "Japan"),
    ("KOR", "Hàn Quốc", "Republic of Korea"),
    ("AUS", "Úc", "Australia"),
    ("NZL", "New Zealand", "New Zealand"),
    ("GBR", "Vương quốc Anh", "United Kingdom"),
    ("CAN", "Canada", "Canada"),
    ("RUS", "Nga", "Russia"),
    ("THA", "Thái Lan", "Thailand"),
)

OLD, NEW, HOME = "xuat-khau-or", "nd-38-2026", "noi-dia-3156"

# Who receives and who decides: Resolution 36/2026 names the commune's committee as the receiving desk, the province's
# body grants (docs/domain.md §1.5, secondary sources). Before, the provincial plant-protection office received as well.
LEVELS = {"receiving_level": OfficeLevel.COMMUNE, "deciding_level": OfficeLevel.PROVINCE}

LAW = "Căn cứ Điều 64 Luật Trồng trọt số 31/2018/QH14"
# What a holder takes on, printed under the facts of a certificate (docs/domain.md §1.7).
DUTIES = (
    "Đơn vị được cấp mã số có trách nhiệm: khai báo đúng sự thật; ghi nhật ký sản xuất; theo dõi sinh vật gây hại; chỉ "
    "dùng thuốc bảo vệ thực vật được phép và bảo đảm thời gian cách ly; thu gom bao gói; báo cáo sản lượng hằng năm và "
    "mọi thay đổi về diện tích, thành viên; không cho mượn, cho thuê, mua bán mã số, không trộn sản phẩm ngoài vùng "
    "trồng; tạo điều kiện cho cơ quan có thẩm quyền kiểm tra."
)
TRUTH = (
    "Giấy này xác nhận việc cấp mã số tại thời điểm in. Tình trạng hiện tại của mã số được tra cứu theo địa chỉ hoặc "
    "mã QR trên giấy."
)

# Letters of the old export codes by today's province code. After the merger of 2025 DT and TG both lie in province
# 82; new numbers there are given under DT. A province that is not here: the administrator enters the letters.
OLD_LETTERS = {"01": "HN", "82": "DT", "92": "CT"}


def shipped_schemes() -> tuple[dict[str, Any], ...]:
    """Return the fields of every shipped scheme."""
    letters = OLD_LETTERS.get(settings.PROVINCE_CODE)
    return (
        {
            "slug": OLD,
            **LEVELS,
            "name": "Xuất khẩu, kiểu cũ (VN-..OR-....)",
            "regime": "TCCS 774:2020/BVTV",
            "pattern": "VN-{letters}OR-{serial}",
            "serial_width": 4,
            "counter_scope": ["letters"],
            "fixed_parts": {"letters": letters} if letters else {},
            "is_market_bound": False,
            "is_confirmed": True,
            "legal_ref": "TCCS 774:2020/BVTV; Luật Trồng trọt 31/2018/QH14 điều 64",
            "confidence": Confidence.HIGH,
            "note": (
                "Mẫu mã đọc từ các danh sách đã công bố (VN-DTOR-0017). Một mã dùng cho nhiều thị trường, "
                "mỗi thị trường có trạng thái riêng. Hạn 10 ngày làm việc và việc không bắt buộc kiểm tra trước "
                "theo Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp). Trước 01/8/2026 Chi cục tiếp nhận và luôn kiểm tra "
                "thực địa; hướng dẫn cũ còn nêu 6-10 ha và tối đa 12 ha một mã, không thống nhất với mức từ 10 ha nên "
                "không đặt ngưỡng."
            ),
            "certificate_text": f"{LAW} và TCCS 774:2020/BVTV.\n{DUTIES}\n{TRUTH}",
            "valid_from": dt.date(2020, 1, 1),
        },
        {
            "slug": NEW,
            **LEVELS,
            "name": "Xuất khẩu theo Nghị định 38/2026 (..-PUC-...)",
            "regime": "Nghị định 38/2026/NĐ-CP, Nghị quyết 36/2026/NQ-CP",
            "pattern": "{province}-PUC-{crop}01-{serial}-{market}",
            "serial_width": 6,
            "counter_scope": ["province", "crop", "market"],
            "is_market_bound": True,
            "is_confirmed": False,
            "legal_ref": "Nghị định 38/2026/NĐ-CP; Nghị quyết 36/2026/NQ-CP (31/7/2026)",
            "confidence": Confidence.LOW,
            "note": (
                "Chưa đọc được toàn văn. Mẫu mã suy từ một ví dụ duy nhất, 01-PUC-CHANHDAY01-000001-CHN, trong một "
                "bài báo năm 2026 nói về nghị định (nguồn thứ cấp; docs/domain.md §1.2). Quản trị viên đối chiếu "
                "văn bản gốc rồi mới xác nhận. "
                "Nghị quyết 36/2026 được nói là nới mức tối thiểu 10 ha nên không đặt ngưỡng diện tích."
            ),
            "certificate_text": (f"{LAW}, Nghị định 38/2026/NĐ-CP và Nghị quyết 36/2026/NQ-CP.\n{DUTIES}\n{TRUTH}"),
            "valid_from": dt.date(2026, 8, 1),
        },
        {
            "slug": HOME,
            **LEVELS,
            "name": "Nội địa theo QĐ 3156",
            "regime": "QĐ 3156/QĐ-BNN-TT",
            "pattern": "{province}-{commune}-{crop}-{serial}",
            "serial_width": 4,
            "counter_scope": ["province", "commune", "crop"],
            "is_market_bound": False,
            "is_domestic": True,
            "is_confirmed": False,
            "legal_ref": "QĐ 3156/QĐ-BNN-TT (19/8/2022); Luật Trồng trọt 31/2018/QH14 điều 64",
            "confidence": Confidence.LOW,
            "note": (
                "Mẫu CHƯA KIỂM CHỨNG: chỉ biết dựng trên mã đơn vị hành chính, không biết cấu trúc đúng. "
                "Một nguồn thứ cấp ghi VN - tỉnh - huyện - xã - cơ sở - hai số cuối của năm, và mức 1 ha cây lâu "
                "năm, 0,1 ha cây hằng năm. Sửa mẫu theo văn bản rồi mới xác nhận. "
                "Hạn 3 ngày làm việc theo Nghị quyết 36/2026 (nguồn thứ cấp)."
            ),
            "certificate_text": f"{LAW} và QĐ 3156/QĐ-BNN-TT.\n{DUTIES}\n{TRUTH}",
            "valid_from": dt.date(2022, 8, 19),
        },
    )
