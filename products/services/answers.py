"""Ready answers of a cooperative, and how their places are filled for one buyer."""

import re
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative
from core.errors import Finding, RuleViolated
from core.permissions import require
from products.amounts import amount
from products.contacts import has_markup
from products.models import AnswerTemplate, Enquiry
from products.permissions import can_edit_products
from products.services.findings import finding

MOST_TEMPLATES = 50
PLACES = {
    "buyer": _("tên người mua"),
    "product": _("sản phẩm được hỏi"),
    "quantity": _("số lượng, kèm đơn vị"),
    "months": _("các tháng cần hàng"),
    "cooperative": _("tên đơn vị"),
}
_PLACE = re.compile(r"\{([^{}\n]{0,40})\}")


@transaction.atomic
def save_template(
    cooperative: Cooperative, *, title: str, text: str, by: Any, template: AnswerTemplate | None = None
) -> AnswerTemplate:
    """Keep a ready answer, new or changed. Raises RuleViolated for a title that is taken, HTML, an unknown place."""
    require(can_edit_products(by, cooperative))
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)  # two at once: titles and number hold
    findings = _findings(cooperative, title, text, template)
    if findings:
        raise RuleViolated(findings=findings)
    template = template or AnswerTemplate(cooperative=cooperative)
    template.title, template.text = title, text
    template.save()
    return template


def _findings(cooperative: Cooperative, title: str, text: str, template: AnswerTemplate | None) -> list[Finding]:
    others = cooperative.answer_templates.all()
    if template is not None:
        others = others.exclude(pk=template.pk)
    findings = []
    if others.filter(title=title).exists():
        findings.append(finding("title_taken", "title", _("Đã có mẫu với tiêu đề này.")))
    if template is None and others.count() >= MOST_TEMPLATES:
        told = _("Mỗi đơn vị giữ nhiều nhất %(n)s mẫu. Hãy xóa bớt mẫu cũ.")
        findings.append(finding("too_many_templates", "title", told % {"n": MOST_TEMPLATES}))
    if has_markup(text):
        findings.append(finding("markup", "text", _("Chỉ ghi chữ thường, không dùng thẻ HTML.")))
    unknown = [name for name in _PLACE.findall(text) if name not in PLACES]
    if unknown:
        told = _("Không có chỗ điền {%(name)s}. Dùng được: %(known)s.")
        known = ", ".join(f"{{{name}}}" for name in PLACES)
        findings.append(finding("unknown_place", "text", told % {"name": unknown[0], "known": known}))
    return findings


@transaction.atomic
def delete_template(template: AnswerTemplate, *, by: Any) -> None:
    """Throw a ready answer away."""
    require(can_edit_products(by, template.cooperative))
    template.delete()


def fill_template(text: str, enquiry: Enquiry) -> str:
    """Return the text with the enquiry's facts in its places; only the names of PLACES are looked up, nothing else."""
    facts = {
        "buyer": enquiry.buyer_name,
        "product": enquiry.product.name if enquiry.product else str(_("mặt hàng anh chị hỏi")),
        "quantity": amount(enquiry.quantity_t) if enquiry.quantity_t else str(_("lượng anh chị cần")),
        "months": ", ".join(map(str, enquiry.wanted_months)) or str(_("thời gian anh chị cần")),
        "cooperative": str(enquiry.cooperative),
    }
    return _PLACE.sub(lambda match: facts.get(match[1], match[0]), text)
