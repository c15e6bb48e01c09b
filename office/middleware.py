"""What of the public pages a visitor's browser may keep for when there is no signal."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "Offline-Copy"


class OfflineCopyMiddleware:
    """Marks the pages of `settings.OFFLINE_VIEWS` when nobody is signed in: the service worker keeps these only.

    The page says so too (`request.keeps_offline`, a meta element in base.html), so that only it asks for the worker.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_page = getattr(request, "keeps_offline", False) and request.headers.get("HX-Request") != "true"
        if is_page and response.status_code == 200:
            response[HEADER] = "keep"
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        """Decide before the page is drawn, since it says so itself."""
        match = request.resolver_match
        is_public = match is not None and match.view_name in settings.OFFLINE_VIEWS
        request.keeps_offline = (  # type: ignore[attr-defined]
            is_public and request.method == "GET" and not request.user.is_authenticated
        )
