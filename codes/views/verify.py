"""The public check of a file: upload, compare, answer; nothing is stored, nobody has to sign in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from codes.certificates.files import REASONS, VERDICTS, FileCheck
from codes.certificates.uploads import check_upload
from codes.summaries import shown_status, status_label
from core.errors import DomainError
from core.throttling import throttled
from core.views import error_lines, show_domain_errors

REVOCATION = {
    "good": _("Chứng thư chưa bị thu hồi."),
    "revoked": _("Chứng thư đã bị thu hồi."),
    "not_checked": _("Chưa kiểm được chứng thư có bị thu hồi không."),
}


@csrf_exempt  # changes nothing and knows nobody: without a cookie the page may be kept and works everywhere
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@show_domain_errors
@throttled("verify_file", methods=("POST",))
def verify_file(request: HttpRequest) -> HttpResponse:
    """The form; with a file, whether it is a certificate of ours as it was made or signed."""
    if request.method != "POST":
        return _page({})
    try:
        check = check_upload(request.FILES.get("file"))
    except DomainError as error:
        return _page({"error": " ".join(error_lines(error))}, status=error.status)
    return _page(context_of(check))


def context_of(check: FileCheck) -> dict[str, Any]:
    """Return what the page says of a checked file; of signers the organisation, never the person."""
    code = check.certificate.code if check.certificate else None
    status = shown_status(code) if code else ""
    return {
        "check": check,
        "verdict": VERDICTS[check.verdict],
        "reason": REASONS[check.reason],
        "status": status,
        "status_label": status_label(status) if status else "",
        "signatures": [
            {
                "organisation": one["organisation"],
                "at": parse_datetime(one["signed_at"]) if one["signed_at"] else None,
                "is_signers_clock": one["time_from"] == "signer",
                "trust": _("Người ký được tin cậy.")
                if one["is_trusted"]
                else _("Không rõ người ký có được tin cậy không."),
                "revocation": REVOCATION[one["revocation"]],
            }
            for one in check.signatures
        ],
    }


def _page(context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    return HttpResponse(render_to_string("codes/verify_file.html", context | {"is_demo": settings.DEMO}), status=status)
