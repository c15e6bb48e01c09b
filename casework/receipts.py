"""The receipt by which a request is followed without an account."""

import io

import segno
from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from casework.models import CodeRequest


def receipt_url(code_request: CodeRequest) -> str:
    """Return the whole address of the page that shows state and dates of the request."""
    return settings.PUBLIC_URL + reverse("casework:receipt", args=[code_request.receipt])


def receipt_qr(code_request: CodeRequest) -> SafeString:
    """Return the address as a QR code: SVG markup of our own making, without style (error correction M)."""
    out = io.BytesIO()
    segno.make(receipt_url(code_request), error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=2, svgclass="qr", lineclass=None, nl=False
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308  (made by segno from our own address)
