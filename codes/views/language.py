"""The language of the public checks stands in their address: who gets a link or scans a plate need not set a cookie.

A shared cache keeps these pages; a form with a token, by which the rest of the site changes the language, has no place
in them.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import get_language, override

View = Callable[..., HttpResponse]


def in_asked_language(view: View) -> View:
    """Run the view in the language of `?lang=`; without one, or with one we do not speak, in the visitor's own.

    A redirection to another address of ours keeps the parameter.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        query = language_query(request)
        if not query:
            return view(request, *args, **kwargs)
        with override(request.GET["lang"]):
            response = view(request, *args, **kwargs)
            response.headers["Content-Language"] = get_language() or settings.LANGUAGE_CODE
        if isinstance(response, HttpResponseRedirect):
            response["Location"] += query
        return response

    return wrapped


def language_query(request: HttpRequest) -> str:
    """Return `?lang=..` for the links of a page that was asked for in a language, "" for all others."""
    asked = request.GET.get("lang", "")
    return f"?lang={asked}" if asked in dict(settings.LANGUAGES) else ""
