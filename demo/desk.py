"""Who gets which files, and cases of misuse on their way from a report to a published decision."""

from typing import Any

from django.utils.timezone import localdate

from casework.models import MisuseCase
from casework.services.assignment import add_routing_rule
from casework.services.misuse import (
    ask_for_reply,
    close_misuse,
    dismiss_misuse,
    publish_misuse,
    reply_to_misuse,
    report_misuse,
    verify_misuse,
)
from codes.models import CodeStatus, ProductionAreaCode
from places.models import AdministrativeUnit

CLAIM = "Thùng xoài mang mã số của đơn vị được thấy ở nơi không thuộc vùng trồng (DEMO)."
PUBLIC_TEXT = "Mã số bị đơn vị khác sử dụng cho lô hàng không từ vùng trồng; đã xử lý theo quyết định (DEMO)."


def tell_desk(*, clerk: Any, officer: Any) -> str:
    """Route the files of the officer's province, and tell three reports: waiting, unfounded, published."""
    post = officer.posts.select_related("unit").order_by("pk").first()
    add_routing_rule(AdministrativeUnit.objects.get(pk=post.unit_id), officer=officer, by=officer)
    codes = list(
        ProductionAreaCode.objects.filter(status=CodeStatus.ACTIVE, holder__slug__startswith="demo-").order_by("pk")[:3]
    )
    cases = [_report(code) for code in codes]
    ask_for_reply(cases[0], claim=CLAIM, by=officer)
    dismiss_misuse(cases[1], note="Ảnh chụp từ năm trước (DEMO)", by=officer)
    close_misuse(cases[1], by=officer)
    ask_for_reply(cases[2], claim=CLAIM, by=officer)
    reply_to_misuse(cases[2], text="Chúng tôi không bán lô hàng này (DEMO).", by=clerk)
    verify_misuse(cases[2], note="Đã đối chiếu sổ giao hàng (DEMO)", by=officer)
    publish_misuse(cases[2], decision_number="DEMO-01/QĐ", decided_on=localdate(), public_text=PUBLIC_TEXT, by=officer)
    return f"{len(cases)} misuse cases, 1 published"


def _report(code: ProductionAreaCode) -> MisuseCase:
    return report_misuse(
        code_text=code.code, description="Thấy thùng hàng mang mã số này ở chợ đầu mối (DEMO).", has_consented=True
    )
