"""What every template knows of the installation."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the template variables `is_demo`, `csp_nonce` and `public_url`."""
    return {
        "is_demo": settings.DEMO,
        "csp_nonce": getattr(request, "csp_nonce", ""),
        "public_url": settings.PUBLIC_URL,
    }
