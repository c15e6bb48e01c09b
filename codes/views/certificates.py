"""Certificates and plates of a code, for its holder and for officers: versions, download, the signed file, artwork."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_GET, require_POST

from codes.certificates.files import MAX_BYTES
from codes.certificates.plates import SIZES, plate_svg
from codes.certificates.render import render_plate
from codes.models import CodeCertificate, ProductionAreaCode
from codes.permissions import can_sign_certificate
from codes.services import certificates as services
from codes.summaries import shown_status
from codes.views.verify import REVOCATION
from core.errors import RuleViolated
from core.throttling import throttled
from core.views import show_domain_errors
from office.services import document_response


@login_required
@require_GET
@show_domain_errors
def certificate_list(request: HttpRequest, code: str) -> HttpResponse:
    """All versions of a code's certificate, whether one is being made, the signed file, and the plates."""
    found = _code(request, code)
    rows = found.certificates.select_related("document", "signed_document").order_by("-version")
    has_ground = found.area_id is not None and found.holder_id is not None and found.boundary is not None
    is_living = has_ground and found.status not in services.OVER
    context = {
        "code": found,
        "status": shown_status(found),
        "certificates": [_shown(one) for one in rows],
        "is_being_made": services.is_being_made(found),
        "is_living": is_living,
        "has_ground": has_ground,
        "may_sign": can_sign_certificate(request.user, found),
        "sizes": SIZES.items(),
    }
    return render(request, "codes/certificates.html", context)


def _shown(certificate: CodeCertificate) -> dict[str, Any]:
    report = certificate.signature or {}
    return {
        "row": certificate,
        "is_checked": report.get("trust") == "checked",
        "signatures": [
            one | {"revocation_text": REVOCATION[one["revocation"]]} for one in report.get("signatures", ())
        ],
    }


@login_required
@require_GET
@show_domain_errors
def certificate(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """The file of a version: the signed one where there is one; `?unsigned=1` gives the one to be signed."""
    row = _certificate(request, code, version)
    wants_unsigned = request.GET.get("unsigned") == "1"
    document = row.document if wants_unsigned or row.signed_document is None else row.signed_document
    return document_response(document)  # type: ignore[return-value]


@login_required
@require_POST
@show_domain_errors
@throttled("takeaway")
def certificate_make(request: HttpRequest, code: str) -> HttpResponse:
    """Ask for the certificate to be looked at anew; a job makes it when something printed changed."""
    found = _code(request, code)
    if not services.is_being_made(found):
        services.ask_for_certificates([found.pk])
    messages.success(request, _("Đã xếp việc lập giấy xác nhận. Hãy tải lại trang sau ít phút."))
    return redirect("codes:certificates", code=found.code)


@login_required
@require_POST
@show_domain_errors
def certificate_signed(request: HttpRequest, code: str, version: int) -> HttpResponse:
    """Take the signed file in."""
    row = _certificate(request, code, version)
    upload = request.FILES.get("file")
    if upload is None or (upload.size or 0) > MAX_BYTES:
        raise RuleViolated(
            "signed_file", _("Hãy chọn tệp PDF đã ký, nhỏ hơn %(limit)s MB.") % {"limit": MAX_BYTES // 1024**2}
        )
    services.store_signed(row, upload, by=request.user)
    messages.success(request, _("Đã nhận bản ký của phiên bản %(version)s.") % {"version": version})
    return redirect("codes:certificates", code=row.code.code)


@login_required
@require_GET
@show_domain_errors
@throttled("takeaway")
def plate(request: HttpRequest, code: str, suffix: str) -> HttpResponse:
    """The plate of a code with a certificate as SVG or PDF; `?size=` a4, a5 or 30x20 (cm)."""
    found = _code(request, code)
    size = SIZES.get(request.GET.get("size", "a4"))
    last = found.certificates.order_by("version").last()
    if size is None or last is None:
        raise Http404
    with override("vi"):
        drawing = plate_svg(found, services.seal_url(found.code, last.version), size, is_demo=settings.DEMO)
    is_svg = suffix == "svg"
    body = drawing.encode() if is_svg else render_plate(drawing, size.width, size.height, found.code)
    response = HttpResponse(body, content_type="image/svg+xml" if is_svg else "application/pdf")
    response["Content-Disposition"] = f'attachment; filename="bien-{found.code}-{size.width}x{size.height}.{suffix}"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "private, no-store"
    return response


def _code(request: HttpRequest, code: str) -> ProductionAreaCode:
    rows = ProductionAreaCode.objects.visible_to(request.user).select_related("scheme", "commune", "holder", "area")
    return get_object_or_404(rows, code=code)


def _certificate(request: HttpRequest, code: str, version: int) -> CodeCertificate:
    found = _code(request, code)
    rows = found.certificates.select_related("document", "signed_document", "code")
    return get_object_or_404(rows, version=version)
