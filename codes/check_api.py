"""API of the public checks, under /api/v1/: what holds for a code today, whether a file is a certificate of ours."""

from typing import Any

from django.http import HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from codes.certificates.files import REASONS
from codes.certificates.seal import looks_sealed, read_seal
from codes.certificates.uploads import check_upload
from codes.numbering import MAX_TYPED_LENGTH, find_code, suggestions
from codes.summaries import CodeCheck, check_code, shown_status
from core.api.views import PUBLIC_SECONDS, ApiView, refuse_parameters
from core.errors import DomainError, Finding


class UnknownCode(DomainError):
    """404: no code is spelled so; the findings name the nearest."""

    status = 404
    code = "unknown_code"
    detail = _("Hệ thống này không cấp và không biết mã số này.")


class NotGenuine(DomainError):
    """404: the seal was made by nobody here; told without asking the database."""

    status = 404
    code = "not_genuine"
    detail = _("Dấu niêm phong trong mã QR này không do hệ thống tạo ra.")


class PublicView(ApiView):
    """Open to everybody, counted by the budget of the public check."""

    permission_classes = [AllowAny]
    throttle_scope = "verify"


class CodeCheckView(PublicView):
    """GET: status of a code today with markets, history, certificate, coarse volume, packing houses, violations.

    `key` is a code however it is spelled, or the text of a QR code (`CODE.version.seal`).
    """

    throttle_classes: list[Any] = []  # counted after the seal was tested

    @extend_schema(responses=dict)
    def get(self, request: Request, key: str) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        seal = read_seal(key) if looks_sealed(key) else None
        if seal is None and looks_sealed(key):
            raise NotGenuine
        for throttle in (kind() for kind in PublicView.throttle_classes):
            if not throttle.allow_request(request, self):
                self.throttled(request, throttle.wait() or 1.0)
        found = find_code(seal.code if seal else key)
        if found is None:
            nearest = suggestions(key[:MAX_TYPED_LENGTH])
            raise UnknownCode(findings=[Finding("nearest", code, extra={"nearest": code}) for code in nearest])
        response = Response(as_json(check_code(found, seal)))
        response["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
        return response


def as_json(check: CodeCheck) -> dict[str, Any]:
    """Return the public view of a code as JSON-able data; the same facts as the page."""
    code, paper = check.code, check.paper
    return {
        "code": code.code,
        "status": check.status,
        "status_text": str(check.text),
        "crop": code.crop_name,
        "variety": code.variety_name,
        "area_name": code.area_name,
        "area_ha": None if code.area_ha is None else round(code.area_ha, 2),
        "holder": check.holder or None,
        "commune_at_issue": code.commune_name,
        "province_at_issue": code.province_name,
        "communes_today": list(check.communes_today) or [code.commune_name],
        "issued_on": code.issued_on,
        "valid_until": code.valid_until,
        "scheme": code.scheme.slug,
        "office": check.office or None,
        "needs_review": check.needs_review,
        "volume": str(check.volume) or None,
        "markets": [
            {"market": one.market_id, "status": one.status, "decided_on": one.decided_on} for one in check.markets
        ],
        "history": [
            {
                "title": str(one.title),
                "status": one.status,
                "on": one.on,
                "market": one.market.code if one.market else None,
                "document_number": one.document_number,
                "note": one.note,
            }
            for one in check.history
        ],
        "successors": list(check.successors),
        "packing_houses": [
            {"code": one.code, "name": one.name or None, "market": one.market.code if one.market else None}
            for one in check.packers
        ],
        "violations": [
            {"decision_number": one.decision_number, "decided_on": one.decided_on, "text": one.text}
            for one in check.violations
        ],
        "certificate": {
            "latest": paper.latest,
            "is_signed": paper.is_signed,
            "scanned": paper.scanned,
            "scanned_state": paper.state or None,
        },
        "url": check.url,
    }


class VerifyView(PublicView):
    """POST (multipart, `file`): whether a file is one of our certificates: valid, altered or unknown, and why.

    Nothing is stored. Signers are named by their organisation only.
    """

    parser_classes = [MultiPartParser]
    throttle_scope = "verify_file"

    @extend_schema(
        request={
            "multipart/form-data": {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
        },
        responses=dict,
    )
    def post(self, request: Request) -> HttpResponse:
        refuse_parameters(request)
        check = check_upload(request.FILES.get("file"))
        certificate = check.certificate
        keys = ("organisation", "signed_at", "time_from", "is_intact", "covers_file", "is_trusted", "revocation")
        response = Response(
            {
                "verdict": check.verdict.value,
                "reason": check.reason,
                "detail": str(REASONS[check.reason]),
                "sha256": check.sha256,
                "certificate": certificate
                and {
                    "code": certificate.code.code,
                    "version": certificate.version,
                    "is_latest": check.is_latest,
                    "code_status": shown_status(certificate.code),
                },
                "signatures": [{key: one.get(key) for key in keys} for one in check.signatures],
            }
        )
        response["Cache-Control"] = "no-store"
        return response


urlpatterns: list[URLPattern] = [
    path("codes/<str:key>/check/", CodeCheckView.as_view(), name="code-check"),
    path("verify/", VerifyView.as_view(), name="verify-file"),
]
