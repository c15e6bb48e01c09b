"""What happens around every request: an id, problem documents, CSP, language, caching, history context."""

import secrets
import uuid
from collections.abc import Callable
from typing import Any

import pghistory.middleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.middleware.locale import LocaleMiddleware
from django.utils import translation
from django.utils.cache import patch_vary_headers

from core import views
from core.basemaps import basemap_origins
from core.errors import DomainError
from core.history import acting_for
from core.problems import is_machine_path, problem_for_error, problem_for_response, refuse_malformed

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestIdMiddleware:
    """Gives each request an id that stands in the log, in the header X-Request-Id and in problem documents."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.id = uuid.uuid4().hex  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.id  # type: ignore[attr-defined]
        return response


class ProblemMiddleware:
    """Answers machines (API, tiles) with RFC 9457 documents, also where Django itself says 400, 403, 404 or 500."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        refused = refuse_malformed(request)
        if refused is not None:
            return refused
        response = self.get_response(request)
        if is_machine_path(request.path) and response.status_code >= 400:
            return problem_for_response(request, response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Turn a domain error that a view let through into its answer (API views do so themselves)."""
        if isinstance(exception, DomainError):
            answer = problem_for_error if is_machine_path(request.path) else views.domain_error_page
            return answer(request, exception)
        return None


class ContentSecurityPolicyMiddleware:
    """A strict policy with a nonce per response; the hosts of configured external basemaps are added."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]
        response = self.get_response(request)
        if "Content-Security-Policy" not in response:
            nonce = request.csp_nonce  # type: ignore[attr-defined]
            tiles = "".join(f" {origin}" for origin in basemap_origins())
            framers = getattr(response, "frame_ancestors", "'none'")  # a page made to be embedded names who may
            response["Content-Security-Policy"] = (
                f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self'; "
                f"img-src 'self' data: blob:{tiles}; connect-src 'self'{tiles}; "
                "font-src 'self'; worker-src 'self'; object-src 'none'; base-uri 'self'; "
                f"form-action 'self'; frame-ancestors {framers}"
            )
        response.setdefault("Permissions-Policy", "geolocation=(self), camera=(self), microphone=()")
        return response


class PageGZipMiddleware(GZipMiddleware):
    """Compresses pages and API lists for slow lines; tiles come compressed, exports stream and stay as they are.

    What has an ETag stays too: compressing makes the tag weak, and If-Match takes no weak one (RFC 9110 §13.1.1).

    Django pads the compressed answer by random bytes, so that its length tells nothing of secrets in it (BREACH).
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response if response.streaming or "ETag" in response else super().process_response(request, response)


class LanguageMiddleware(LocaleMiddleware):
    """Vietnamese first: pages follow the visitor's own choice (cookie) only; machines say Accept-Language.

    A clerk's browser is often in English; it must not decide what the clerk reads.
    """

    def process_request(self, request: HttpRequest) -> None:
        if is_machine_path(request.path):
            super().process_request(request)
            return
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = dict(settings.LANGUAGES)
        translation.activate(chosen if chosen in known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Accept-Language",) if is_machine_path(request.path) else ("Cookie",))
        return response


class PrivateByDefaultMiddleware:
    """What a signed-in user gets, and what no view called public, may not be kept by shared caches."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "private, no-store"
            patch_vary_headers(response, ("Cookie", "Authorization"))
        return response


class HistoryContextMiddleware(pghistory.middleware.HistoryMiddleware):
    """Adds user, address path and on whose behalf the user acts to the history rows of every writing request."""

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in settings.PGHISTORY_MIDDLEWARE_METHODS:
            return self.get_response(request)
        with pghistory.context(**self.get_context(request)):
            request.__class__ = _ActingRequest
            return self.get_response(request)

    def get_context(self, request: HttpRequest) -> dict[str, Any]:
        """Return the context; whom a token names is known only later, in the view (see `_ActingRequest`)."""
        return {**super().get_context(request), **acting_for(getattr(request, "user", None))}


class _ActingRequest(pghistory.middleware.WSGIRequest):
    """A request whose user may still be set by the API's authentication."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "user":
            pghistory.context(on_behalf_of=acting_for(value).get("on_behalf_of", []))
