"""What the site needs to work without signal: the worker, the shells of its pages, who is signed in, the manifest.

Which pages work without signal is one written-out list, `geoapp.wiring.OFFLINE_PAGES`; which public pages a visitor's
browser may keep as last seen is `settings.OFFLINE_VIEWS`.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

_ANY = "any-slug"
_SOURCE = Path(settings.BASE_DIR) / "static" / "js" / "service-worker.js"
# What every shell loads; a page adds its own.
COMMON_FILES = (
    "vendor/@picocss/pico/css/pico.min.css",
    "css/fonts.css",
    "css/tokens.css",
    "css/base.css",
    "css/components.css",
    "css/layout.css",
    "css/print.css",
    *(
        f"vendor/@fontsource/be-vietnam-pro/files/be-vietnam-pro-{letters}-400-normal.woff2"
        for letters in ("vietnamese", "latin-ext", "latin")
    ),
    "img/favicon.svg",
    "img/logo.svg",
    "img/icon-180.png",
    "js/lib/dom.js",
    "js/lib/text.js",
    "js/lib/outbox.js",
    "js/lib/outbox-list.js",
    "js/lib/worker.js",
    "js/pages/outbox.js",
    "js/pages/site.js",
)
# A launcher cuts a "maskable" icon to its own shape: that one has its drawing inside the inner 80 %.
ICONS = (
    ("img/icon-192.png", "192x192", "any"),
    ("img/icon-512.png", "512x512", "any"),
    ("img/icon-maskable-192.png", "192x192", "maskable"),
    ("img/icon-maskable-512.png", "512x512", "maskable"),
)


@dataclass(frozen=True, slots=True)
class OfflinePage:
    """A page that opens without signal.

    page      URL name of the page; without signal its shell stands in for it
    template  of the shell: extends `offline_shell.html`, the same for everybody, filled by script on the device
    shell_url URL name under which the shell is served by `offline_shell`
    files     static files of the shell beyond COMMON_FILES, with every module that they import
    title     its name on the start page without signal and as a shortcut of the installed app; blank: neither
    hint      a sentence on what can be done there
    entry     URL name to which the shortcut leads; default `page`
    """

    page: str
    template: str
    shell_url: str
    files: tuple[str, ...] = ()
    title: Any = ""
    hint: Any = ""
    entry: str = ""


# The installed app opens here; without signal a page that says what can be done meanwhile.
START = OfflinePage(page="home", template="office/offline_start.html", shell_url="office:offline-start")


def offline_pages() -> tuple[OfflinePage, ...]:
    """Return the written-out list of the pages that work without signal."""
    return tuple(import_string(settings.OFFLINE_PAGES))


def kept_files() -> list[str]:
    """Return the names of the static files that the worker keeps, each once."""
    return list(dict.fromkeys([*COMMON_FILES, *(name for page in offline_pages() for name in page.files)]))


@require_GET
def service_worker(request: HttpRequest) -> HttpResponse:
    """The worker with the addresses of today's files; a new release has a new version and fills its own cache.

    A browser asks for it at every page that it opens, so what does not change within a release is worked out once.
    """
    settled = _settled.__wrapped__ if settings.DEBUG else _settled
    response = HttpResponse(settled(get_language() or ""), content_type="text/javascript; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=8)
def _settled(language: str) -> str:
    """Return the worker's text. Its version changes with its source, a file, or a word of a shell in `language`."""
    files, source = [static(name) for name in kept_files()], _SOURCE.read_text(encoding="utf-8")
    views = [view_pattern(name) for name in settings.OFFLINE_VIEWS]
    pages = {reverse(page.page): reverse(page.shell_url) for page in offline_pages()}
    shells = [render_to_string(page.template, _shell_context(), HttpRequest()) for page in offline_pages()]
    words = {
        "language": language,
        "copy": gettext("Đang không có mạng: đây là bản lưu lúc {time}, có thể đã cũ. Gửi yêu cầu cần có mạng."),
    }
    parts = [language, source, *files, *pages, *pages.values(), *shells, *views, words["copy"]]
    version = hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
    kept = {"version": version, "pages": pages, "files": files, "views": views, "words": words}
    return f"self.OFFLINE = {json.dumps(kept)};\n{source}"


def view_pattern(name: str) -> str:
    """Return the regular expression of a public page's path; one argument stands for anything without a slash."""
    try:
        return f"^{re.escape(reverse(name))}$"
    except NoReverseMatch:
        return f"^{re.escape(reverse(name, args=[_ANY])).replace(re.escape(_ANY), '[^/]+')}$"


@require_GET
def offline_shell(request: HttpRequest, template: str) -> HttpResponse:
    """A page without its content: the same for everybody, filled on the phone from what it kept while online."""
    request.user = AnonymousUser()  # a shell is kept on the device: whoever asks, it knows nobody
    response = render(request, template, _shell_context())
    response["Cache-Control"] = "no-cache"
    return response


def _shell_context() -> dict[str, Any]:
    named = [page for page in offline_pages() if page.title]
    return {"offline_pages": [{"title": one.title, "hint": one.hint, "url": reverse(one.page)} for one in named]}


@require_GET
@never_cache
def session(request: HttpRequest) -> HttpResponse:
    """Who is signed in here, for the outbox: only this user's entries are shown and sent; and a fresh CSRF token."""
    if not request.user.is_authenticated:
        return JsonResponse({"user": "", "csrf_token": ""})
    return JsonResponse({"user": str(request.user.pk), "csrf_token": get_token(request)})


@require_GET
def manifest(request: HttpRequest) -> HttpResponse:
    """What makes the site an app of the phone (W3C Web Application Manifest). Browsers ask for it without cookies."""
    icons = [{"src": static(name), "sizes": size, "type": "image/png", "purpose": use} for name, size, use in ICONS]
    shortcuts = [
        {"name": str(page.title), "url": reverse(page.entry or page.page), "icons": icons[:1]}
        for page in offline_pages()
        if page.title
    ]
    response = JsonResponse(
        {
            "id": "/",
            "name": gettext("Vùng Trồng: thửa, vùng trồng và mã số"),
            "short_name": "Vùng Trồng",
            "description": gettext("Đo ranh thửa bằng điện thoại, kiểm tra thực địa và tra cứu mã số vùng trồng."),
            "lang": get_language(),
            "dir": "ltr",
            "start_url": reverse(START.page),
            "scope": "/",
            "display": "standalone",
            "theme_color": "#12402f",
            "background_color": "#faf6ec",
            "categories": ["productivity", "utilities"],
            "icons": icons,
            "shortcuts": shortcuts,
        },
        content_type="application/manifest+json",
    )
    response["Cache-Control"] = "no-cache"
    return response
