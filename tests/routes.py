"""Every address of the service, found by walking the resolver: what a test says of all routes holds for new ones."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern as `urls.py` has it ("p/<slug:slug>/"), whether it takes arguments, and the view."""

    pattern: str
    has_arguments: bool
    view: Callable[..., Any]


def all_routes(*, besides: tuple[str, ...] = ("admin/",)) -> list[Route]:
    """Return the routes whose pattern does not begin with one of `besides`."""
    return [route for route in _walk(get_resolver(), "", False) if not route.pattern.startswith(besides)]


def _walk(resolver: URLResolver, prefix: str, has_arguments: bool) -> Iterator[Route]:
    for item in resolver.url_patterns:
        pattern = prefix + str(item.pattern)
        takes = has_arguments or bool(item.pattern.converters) or bool(item.pattern.regex.groups)
        if isinstance(item, URLResolver):
            yield from _walk(item, pattern, takes)
        elif isinstance(item, URLPattern):
            yield Route(pattern, takes, item.callback)
