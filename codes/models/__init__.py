"""Models of codes: regimes as data, areas, issued codes, packing houses, the ledger, certificates, lists."""

from codes.models.areas import AreaPlot, ProductionArea
from codes.models.certificates import CodeCertificate
from codes.models.issued import (
    FROZEN_CODE_FIELDS,
    ApprovalStatus,
    CodeCounter,
    CodeEvent,
    CodeStatus,
    MarketApproval,
    ProductionAreaCode,
)
from codes.models.ledger import Lot, LotAnswer
from codes.models.lists import CodeList, CodeListRow, ListKind, ListStatus, ListVerdict
from codes.models.packing import LinkStatus, PackingHouseCode, PackingLink
from codes.models.schemes import (
    AnswerKind,
    ChecklistItem,
    CodeScheme,
    Confidence,
    DeadlineStep,
    DocumentKind,
    Market,
    OfficeLevel,
    Reason,
    ReasonUse,
    RequiredDocument,
    RuleKind,
    SchemeRule,
    Severity,
    StepDeadline,
)

__all__ = [
    "FROZEN_CODE_FIELDS",
    "AnswerKind",
    "ApprovalStatus",
    "AreaPlot",
    "ChecklistItem",
    "CodeCertificate",
    "CodeCounter",
    "CodeEvent",
    "CodeList",
    "CodeListRow",
    "CodeScheme",
    "CodeStatus",
    "Confidence",
    "DeadlineStep",
    "DocumentKind",
    "LinkStatus",
    "ListKind",
    "ListStatus",
    "ListVerdict",
    "Lot",
    "LotAnswer",
    "Market",
    "MarketApproval",
    "OfficeLevel",
    "PackingHouseCode",
    "PackingLink",
    "ProductionArea",
    "ProductionAreaCode",
    "Reason",
    "ReasonUse",
    "RequiredDocument",
    "RuleKind",
    "SchemeRule",
    "Severity",
    "StepDeadline",
]
