"""What the visit page needs without signal: the service worker, the shell of the page, who is signed in."""

import hashlib
import json
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

_SOURCE = Path(settings.BASE_DIR) / "static" / "js" / "service-worker.js"
# Everything that the shell loads, and nothing else.
FILES = (
    "vendor/@picocss/pico/css/pico.min.css",
    "css/fonts.css",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/layout.css",
    "css/print.css",
    "css/inspection.css",
    *(
        f"vendor/@fontsource/be-vietnam-pro/files/be-vietnam-pro-{letters}-{weight}-normal.woff2"
        for letters in ("vietnamese", "latin-ext", "latin")
        for weight in (400, 600, 700)
    ),
    "img/favicon.svg",
    "img/logo.svg",
    "js/lib/camera.js",
    "js/lib/dom.js",
    "js/lib/text.js",
    "js/lib/outbox.js",
    "js/pages/outbox.js",
    "js/pages/inspection.js",
)


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker with the addresses of today's files; a new release has a new version and fills its own cache."""
    files = [static(name) for name in FILES]
    source = _SOURCE.read_text(encoding="utf-8")
    settled = json.dumps(
        {
            "version": hashlib.sha256("\n".join([source, *files]).encode()).hexdigest()[:16],
            "page": reverse("casework:inspection-new"),
            "shell": reverse("casework:inspection-shell"),
            "files": files,
        }
    )
    response = HttpResponse(f"self.OFFLINE = {settled};\n{source}", content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["Service-Worker-Allowed"] = reverse("casework:inspection-new")
    return response


@require_GET
def shell(request: HttpRequest) -> HttpResponse:
    """The visit page without a visit: the same for everybody, filled on the phone from what it kept while online."""
    response = render(request, "casework/inspection_shell.html")
    response["Cache-Control"] = "no-cache"
    return response


@require_GET
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in here, for the outbox: only this user's entries are shown and sent; and a fresh CSRF token."""
    if not request.user.is_authenticated:
        return JsonResponse({"user": "", "csrf_token": ""})
    return JsonResponse({"user": str(request.user.pk), "csrf_token": get_token(request)})
