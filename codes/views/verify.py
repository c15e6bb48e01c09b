"""The public check of a file: upload, compare, answer; nothing is stored, nobody has to sign in."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from codes.certificates.files import REASONS, VERDICTS, FileCheck
from codes.certificates.uploads import check_upload
from codes.summaries import shown_status, status_label
from codes.views.language import in_asked_language, language_query
from core.errors import DomainError
from core.throttling import throttled
from core.views import error_lines, show_domain_errors

REVOCATION = {
    "good": _("Chứng thư chưa bị thu hồi."),
    "revoked": _("Chứng thư đã bị thu hồi."),
    "not_checked": _("Chưa kiểm được chứng thư có bị thu hồi không."),
}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@in_asked_language
@show_domain_errors
@throttled("verify_file", methods=("POST",))
def verify_file(request: HttpRequest) -> HttpResponse:
    """The form; with a file, whether it is a certificate of ours as it was made or signed."""
    if request.method != "POST":
        return _page(request, {})
    try:
        check = check_upload(request.FILES.get("file"))
    except DomainError as error:
        return _page(request, {"error": " ".join(error_lines(error))}, status=error.status)
    return _page(request, context_of(check))


def context_of(check: FileCheck) -> dict[str, Any]:
    """Return what the page says of a checked file; of signers the organisation, never the person."""
    code = check.certificate.code if check.certificate else None
    status = shown_status(code) if code else ""
    return {
        "check": check,
        "verdict": VERDICTS[check.verdict],
        "reason": REASONS[check.reason],
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


def _page(request: HttpRequest, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render with nothing of the visitor but the token of the form."""
    more = {"is_demo": settings.DEMO, "csrf_token": get_token(request), "lang_query": language_query(request)}
    return HttpResponse(render_to_string("codes/verify_file.html", context | more), status=status)
