"""What pages with a map and a list have in common."""

from collections.abc import Callable
from typing import Any

from django.core.paginator import Page
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from core.filters import without_blanks

PAGE_SIZE = 40
BESIDES = ("page",)
LINK_TRACKERS = frozenset({"fbclid", "gclid", "zarsrc", "mibextid"})


def asked(request: HttpRequest) -> QueryDict:
    """Return the filters asked for, without blanks and without what Zalo, Facebook or mailings add to a link."""
    params = without_blanks(request.GET)
    for name in [name for name in params if name in LINK_TRACKERS or name.startswith("utm_")]:
        del params[name]
    return params


def answer(
    request: HttpRequest, template: str, fragment: str, context: dict[str, Any], rest: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """Return the page, or only its results for a request by script."""
    status = 400 if context["errors"] else 200
    if request.headers.get("HX-Request") == "true":
        return render(request, fragment, context, status=status)
    return render(request, template, context | rest(), status=status)


def page_url(params: QueryDict, page: Page[Any] | None, step: int | None) -> str:
    """Return the query for the next page (`step`) or the first (None); "" where there is none to go to."""
    if page is None or (step is None and page.number < 3) or (step is not None and not page.has_next()):
        return ""
    changed = params.copy()
    changed.pop("page", None)
    if step is not None:
        changed["page"] = str(page.number + step)
    return f"?{changed.urlencode()}" if changed else "?"


def with_query(address: str, params: QueryDict, **changes: str | None) -> str:
    """Return `address` with the filters of `params`: never `page`; `changes` set a parameter, or drop it by None."""
    kept = params.copy()
    for name, value in {"page": None, **changes}.items():
        kept.pop(name, None)
        if value is not None:
            kept[name] = value
    return f"{address}?{kept.urlencode()}" if kept else address
