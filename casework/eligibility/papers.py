"""Rules about evidence and documents."""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from casework.eligibility.facts import Facts
from casework.eligibility.question import PASS, Finding, with_market
from casework.eligibility.standards import standards
from codes.models import DocumentKind, RequiredDocument, RuleKind

NQ_36 = _("Nghị quyết 36/2026/NQ-CP (nguồn thứ cấp): chứng nhận hoặc nhật ký sản xuất")
MAX_NAMES = 3


def check_evidence(facts: Facts) -> Iterator[Finding]:
    """How the fruit is grown is shown: by a certificate in force for the crop, or by diaries that cover every plot."""
    covered = facts.documents.get(DocumentKind.DIARY, frozenset())
    missing = [plot.id for plot in facts.plots if plot.id not in covered]
    is_met = bool(facts.certificates) or (bool(facts.plots) and not missing)
    if facts.certificates:
        measured = ", ".join(facts.certificates[:MAX_NAMES])
    else:
        total = len(facts.plots)
        measured = _("nhật ký của %(n)s/%(total)s thửa") % {"n": total - len(missing), "total": total}
    for asked in standards(facts, RuleKind.EVIDENCE, legal_ref=NQ_36):
        yield Finding(
            rule=RuleKind.EVIDENCE.value,
            title=with_market(_("Bằng chứng sản xuất"), asked.row),
            verdict=PASS if is_met else asked.severity,
            measured=measured,
            threshold=_("chứng nhận còn hạn cho cây này, hoặc nhật ký có mùa vụ của mọi thửa"),
            legal_ref=asked.legal_ref,
            advice="" if is_met else _("Đính kèm nhật ký sản xuất, ghi mùa vụ và các thửa; hoặc khai chứng nhận."),
            plots=() if is_met else facts.at_fault(missing),
        )


def check_documents(facts: Facts) -> Iterator[Finding]:
    """Every kind of document that the scheme asks for is attached; one finding for each kind that is asked for."""
    for required in _strictest(facts.required_documents):
        is_met = required.kind in facts.documents
        yield Finding(
            rule=RuleKind.DOCUMENTS.value,
            title=f"{_('Giấy tờ')}: {required.get_kind_display()}",
            verdict=PASS if is_met else required.severity,
            measured=_("đã có") if is_met else _("chưa có"),
            threshold=_("phải có"),
            legal_ref=required.legal_ref,
            advice="" if is_met else _("Đính kèm giấy tờ này vào hồ sơ."),
        )


def _strictest(rows: tuple[RequiredDocument, ...]) -> list[RequiredDocument]:
    """Return one row for each kind: asked for by any market it is needed, and `fail` outweighs `warn`."""
    chosen: dict[str, RequiredDocument] = {}
    for row in sorted(rows, key=lambda row: row.severity, reverse=True):  # warn, then fail: the last one stays
        chosen[row.kind] = row
    return [chosen[kind] for kind in sorted(chosen)]
