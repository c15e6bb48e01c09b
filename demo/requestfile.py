"""A request of the demonstration with all that a file holds: a diary, a return with marks, a new version, opinions."""

from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils.timezone import localdate

from casework import services
from casework.models import CodeRequest, Opinion, RequestStatus

DIARY = b"%PDF-1.4\n% Nhat ky san xuat DEMO\n1 0 obj\n<</Type/Catalog>>\nendobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def tell_request_file(*, clerk: Any, officer: Any) -> str:
    """Return one request with marks, hand it in again changed, and ask two offices, one of which has answered."""
    code_request = CodeRequest.objects.filter(status=RequestStatus.IN_REVIEW).order_by("pk").first()
    if code_request is None:
        return "no request under review to tell of"
    plot = code_request.area.plots.order_by("ref").first()
    services.return_request(
        code_request,
        reason="Thiếu nhật ký sản xuất; xem lại sản lượng và thửa được đánh dấu (DEMO).",
        fields=["documents", "expected_output_t"],
        plots=[plot.pk] if plot else [],
        by=officer,
    )
    services.add_document(
        code_request,
        kind="diary",
        file=ContentFile(DIARY, name="nhat-ky-demo.pdf"),
        title="Nhật ký vụ thuận (DEMO)",
        season="Vụ thuận",
        by=clerk,
    )
    services.update_request(code_request, expected_output_t=round(code_request.area.area_ha * 12), by=clerk)
    services.resubmit_request(code_request, by=clerk, note="Đã bổ sung nhật ký, sửa sản lượng (DEMO)")
    answered = _ask(code_request, "Cơ quan đất đai DEMO", officer)
    services.answer_opinion(answered, verdict="remarks", answer="Đúng loại đất; giữ hành lang kênh thủy lợi (DEMO).")
    _ask(code_request, "Ủy ban xã DEMO", officer)
    return f"{code_request}: two versions, {Opinion.objects.count()} opinions"


def _ask(code_request: CodeRequest, office: str, officer: Any) -> Opinion:
    question = f"Xin cho ý kiến về vị trí vùng trồng, trả lời trước {localdate() + timedelta(days=5):%d/%m/%Y} (DEMO)."
    return services.ask_opinion(code_request, office=office, email="y-kien@demo.invalid", question=question, by=officer)
