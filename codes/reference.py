"""Markets, code schemes and their rules, as far as they are known; facts and their sources in docs/domain.md §1.

What an administrator has changed stays: a row that exists is never written again, and the rules of a scheme are put
in only together with the scheme.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction

from codes.models import CodeScheme, Confidence, DeadlineStep, Market, RuleKind, SchemeRule, Severity, StepDeadline

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

# Letters of the old export codes by today's province code. After the merger of 2025 DT and TG both lie in province
# 82; new numbers there are given under DT. A province that is not here: the administrator enters the letters.
OLD_LETTERS = {"01": "HN", "82": "DT", "92": "CT"}


def shipped_schemes() -> tuple[dict[str, Any], ...]:
    """Return the fields of every shipped scheme."""
    letters = OLD_LETTERS.get(settings.PROVINCE_CODE)
    return (
        {
            "slug": "xuat-khau-or",
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
                "theo Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)."
            ),
            "valid_from": dt.date(2020, 1, 1),
        },
        {
            "slug": "nd-38-2026",
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
            "valid_from": dt.date(2026, 8, 1),
        },
        {
            "slug": "noi-dia-3156",
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
                "Sửa mẫu theo văn bản rồi mới xác nhận. Hạn 3 ngày làm việc theo Nghị quyết 36/2026 (nguồn thứ cấp)."
            ),
            "valid_from": dt.date(2022, 8, 19),
        },
    )


# Working days for a decision (Nghị quyết 36/2026, secondary sources); a returned request: 15 days, of our own.
DECISION_DAYS = {"xuat-khau-or": 10, "nd-38-2026": 10, "noi-dia-3156": 3}
CORRECTION_DAYS = 15

RULES: dict[str, tuple[dict[str, Any], ...]] = {
    "xuat-khau-or": (
        {
            "kind": RuleKind.MINIMUM_AREA,
            "threshold": 10,
            "severity": Severity.WARN,
            "legal_ref": "Hướng dẫn mã số xoài xuất khẩu Đồng Tháp (2021): từ 10 ha; Nghị quyết 36/2026 nới mức này",
            "valid_from": dt.date(2020, 1, 1),
        },
    ),
}


@transaction.atomic
def load() -> str:
    """Put in what is missing; return one line that says what was."""
    markets = sum(
        Market.objects.get_or_create(
            code=code, defaults={"name_vi": name_vi, "name_en": name_en, "position": position}
        )[1]
        for position, (code, name_vi, name_en) in enumerate(MARKETS)
    )
    schemes = 0
    for fields in shipped_schemes():
        scheme, is_new = CodeScheme.objects.get_or_create(slug=fields["slug"], defaults=fields)
        if is_new:
            schemes += 1
            for rule in RULES.get(scheme.slug, ()):
                SchemeRule.objects.create(scheme=scheme, **rule)
            _add_deadlines(scheme)
    return f"codes: {markets} markets and {schemes} schemes added"


def _add_deadlines(scheme: CodeScheme) -> None:
    shared = {"scheme": scheme, "valid_from": scheme.valid_from}
    StepDeadline.objects.create(
        step=DeadlineStep.DECISION,
        days=DECISION_DAYS[scheme.slug],
        legal_ref="Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)",
        **shared,
    )
    StepDeadline.objects.create(
        step=DeadlineStep.CORRECTION,
        days=CORRECTION_DAYS,
        is_working_days=False,
        legal_ref="Mặc định của hệ thống; chưa tìm thấy quy định",
        confidence=Confidence.LOW,
        **shared,
    )
