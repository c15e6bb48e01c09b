"""Thresholds, terms and papers of the shipped schemes, each with where it is known from."""

from collections.abc import Iterator, Mapping
from typing import Any

from codes.models import CodeScheme, Confidence, DeadlineStep, DocumentKind, RuleKind, Severity
from codes.reference.schemes import HOME, NEW, OLD
from crops.models import Crop

Schemes = Mapping[str, CodeScheme]
Rows = Iterator[dict[str, Any]]

DONG_THAP_2021 = "Hướng dẫn mã số xoài xuất khẩu Đồng Tháp (2021)"
RELAXED = "Nghị quyết 36/2026 nới mức này (nguồn thứ cấp)"
SECONDARY_3156 = "QĐ 3156/QĐ-BNN-TT (nguồn thứ cấp, chưa đọc toàn văn)"
SECONDARY_NQ36 = "Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp)"
OURS = "Mặc định của hệ thống; chưa tìm thấy quy định"

# scheme, kind, threshold (unit of the kind; None: the engine's own), legal_ref. All warn: the sources are secondary
# or relaxed since, so an officer decides (docs/domain.md §1.4).
RULES: tuple[tuple[str, str, float | None, str], ...] = (
    (OLD, RuleKind.MINIMUM_AREA, 10, f"{DONG_THAP_2021}: từ 10 ha; {RELAXED}"),
    (OLD, RuleKind.ONE_VARIETY, None, f"{DONG_THAP_2021}: một giống"),
    (OLD, RuleKind.EVIDENCE, None, f"{DONG_THAP_2021}: GAP hoặc tương đương"),
    (NEW, RuleKind.MIXED_STAND, None, f"{SECONDARY_NQ36}: trồng xen phải khai diện tích và số cây thực tế"),
    (HOME, RuleKind.MINIMUM_AREA, 0.1, f"{SECONDARY_3156}: cây hằng năm từ 0,1 ha"),
)
PERENNIAL_HA = 1
PERENNIAL_REF = f"{SECONDARY_3156}: cây lâu năm từ 1 ha"

# Working days for a decision by scheme (Resolution 36/2026, secondary sources).
DECISION_DAYS = {OLD: 10, NEW: 10, HOME: 3}
# step -> (days, working days): nobody has found a text for these, an administrator enters the office's own.
OWN_TERMS = {
    DeadlineStep.CORRECTION: (15, False),
    DeadlineStep.OPINION: (5, True),
    DeadlineStep.INSPECTION: (5, True),
    DeadlineStep.REPLY: (10, True),
}

FORM_774 = "Biểu mẫu hồ sơ theo TCCS 774:2020/BVTV"
DOCUMENTS: tuple[tuple[str, str, str], ...] = (
    (OLD, DocumentKind.GROWER_LIST, FORM_774),
    (OLD, DocumentKind.MAP, FORM_774),
    (OLD, DocumentKind.PROCESS, FORM_774),
    (OLD, DocumentKind.COMMITMENT, FORM_774),
    (OLD, DocumentKind.MONITORING_PLAN, f"{FORM_774}; ISPM 6"),
    (OLD, DocumentKind.TRAINING, "Hướng dẫn cũ: giấy xác nhận tập huấn theo TCCS (nguồn thứ cấp)"),
    (NEW, DocumentKind.GROWER_LIST, SECONDARY_NQ36),
    (NEW, DocumentKind.LAND_PAPER, f"{SECONDARY_NQ36}: mã định danh thửa đất"),
    (NEW, DocumentKind.COMMITMENT, f"{SECONDARY_NQ36}: tự chịu trách nhiệm về nội dung khai"),
    (HOME, DocumentKind.GROWER_LIST, SECONDARY_3156),
    (HOME, DocumentKind.MAP, SECONDARY_3156),
)


def rule_rows(schemes: Schemes) -> Rows:
    """Yield the fields of the shipped SchemeRule rows."""
    for slug, kind, threshold, legal_ref in RULES:
        if slug in schemes:
            yield _rule(schemes[slug], kind, threshold, legal_ref)
    if HOME in schemes:
        for crop in Crop.objects.filter(is_perennial=True).order_by("pk"):
            yield _rule(schemes[HOME], RuleKind.MINIMUM_AREA, PERENNIAL_HA, PERENNIAL_REF, crop=crop)


def _rule(
    scheme: CodeScheme, kind: str, threshold: float | None, legal_ref: str, crop: Crop | None = None
) -> dict[str, Any]:
    return {
        "scheme": scheme,
        "kind": kind,
        "crop": crop,
        "threshold": threshold,
        "severity": Severity.WARN,
        "legal_ref": legal_ref,
        "valid_from": scheme.valid_from,
    }


def deadline_rows(schemes: Schemes) -> Rows:
    """Yield the fields of the shipped StepDeadline rows: every scheme has a term for every step."""
    for slug, scheme in schemes.items():
        shared: dict[str, Any] = {"scheme": scheme, "valid_from": scheme.valid_from}
        yield shared | {
            "step": DeadlineStep.DECISION,
            "days": DECISION_DAYS[slug],
            "legal_ref": SECONDARY_NQ36,
            "confidence": Confidence.MEDIUM,
        }
        for step, (days, is_working_days) in OWN_TERMS.items():
            yield shared | {
                "step": step,
                "days": days,
                "is_working_days": is_working_days,
                "legal_ref": OURS,
                "confidence": Confidence.LOW,
            }


def document_rows(schemes: Schemes) -> Rows:
    """Yield the fields of the shipped RequiredDocument rows; a missing one warns."""
    for slug, kind, legal_ref in DOCUMENTS:
        if slug in schemes:
            scheme = schemes[slug]
            yield {
                "scheme": scheme,
                "kind": kind,
                "severity": Severity.WARN,
                "legal_ref": legal_ref,
                "valid_from": scheme.valid_from,
            }
