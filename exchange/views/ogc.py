"""`/ogc/`: OGC API Features as JSON for programs and as pages for people."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.api.negotiation import as_json
from core.api.pages import collection_body
from core.api.preconditions import etag_of, matches
from core.api.views import PUBLIC_SECONDS
from core.errors import BadInput
from core.problems import parameter_finding, problem_response
from core.sql import feature_text
from exchange.catalogue import Entry
from exchange.ogc import tiles
from exchange.ogc.access import admit
from exchange.ogc.collections import (
    collection_of,
    collections_for,
    describe,
    link,
    path_of,
    schema_of,
    self_and_alternate,
)
from exchange.ogc.conformance import CONFORMANCE
from exchange.ogc.crs import Crs, geometry_writer, read_crs, written_in
from exchange.ogc.formats import GEOJSON, HTML, JSON, OPENAPI, SCHEMA, wants_html
from exchange.ogc.items import make_page, next_query, read_items, read_narrowing
from exchange.ogc.openapi import document
from exchange.ogc.queryables import Kind, queryables_of

PAGE_ROWS = 50  # features on a page for people
SAFE = ("GET", "HEAD")
View = Callable[..., HttpResponse]


def _ogc(kind: str, *parameters: str) -> Callable[[View], View]:
    """Wrap a view: who reads, what is answered, which parameters there are beside `f` (none named: the view asks).

    The view gets `user` and `is_html`.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, **kwargs: str) -> HttpResponse:
            if request.method not in SAFE:
                return problem_response(request, 405, headers={"Allow": ", ".join(SAFE)})
            user = admit(request)
            is_html = wants_html(request, kind)
            if "*" not in parameters:
                _refuse_parameters(request, {"f", *parameters})
            with translation.override(_language(request, is_html)):
                response = view(request, user, is_html, **kwargs)
                response.headers.setdefault("Content-Language", translation.get_language())
            return _with_caching(response, user, is_html)

        return wrapped

    return decorate


def _refuse_parameters(request: HttpRequest, allowed: set[str]) -> None:
    findings = [
        parameter_finding(name[:100], "unknown_parameter", _("Không có tham số này."))
        for name in request.GET
        if name not in allowed
    ]
    findings += [
        parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần."))
        for name, values in request.GET.lists()
        if name in allowed and len(values) > 1
    ]
    if findings:
        raise BadInput(findings=findings)


def _language(request: HttpRequest, is_html: bool) -> str:
    """Pages follow the visitor's own choice, as all pages do; programs say Accept-Language."""
    if not is_html:
        return translation.get_language() or settings.LANGUAGE_CODE
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def _with_caching(response: HttpResponse, user: Any, is_html: bool) -> HttpResponse:
    """Let shared caches keep the data that everybody gets. Layers with rights are 404 for visitors, so no answer to a
    visitor holds any of them; pages have forms of their reader's session."""
    if not user.is_authenticated and not is_html and response.status_code in (200, 304):
        response["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}"
    else:
        response["Cache-Control"] = "private, no-cache" if "ETag" in response else "private, no-store"
    patch_vary_headers(response, ("Accept", "Accept-Language", "Cookie", "Authorization"))
    return response


# --- documents ---------------------------------------------------------------------------------------------------


@_ogc(JSON)
def landing(request: HttpRequest, user: Any, is_html: bool) -> HttpResponse:
    """Where everything begins."""
    url = request.build_absolute_uri
    this, api = url(path_of("landing")), url(path_of("api"))
    found = {
        "title": "Vùng Trồng",
        "description": _("Các lớp dữ liệu nông nghiệp theo chuẩn OGC API Features; lớp công khai không cần đăng nhập."),
        "links": [
            *self_and_alternate(this, f"{this}?f=html"),
            link("service-desc", api, OPENAPI, "OpenAPI 3.0"),
            link("service-doc", f"{api}?f=html", HTML, _("Tài liệu")),
            link("conformance", url(path_of("conformance")), JSON, _("Các phần của chuẩn")),
            link("data", url(path_of("collections")), JSON, _("Các lớp")),
            *tiles.matrix_set_links(_base(request)),
        ],
    }
    if is_html:
        return _page(request, "landing", {"collections": collections_for(user)})
    return _json(found)


@_ogc(JSON)
def conformance(request: HttpRequest, user: Any, is_html: bool) -> HttpResponse:
    """Which conformance classes hold."""
    if is_html:
        return _page(request, "conformance", {"classes": CONFORMANCE}, (_("Các phần của chuẩn"), ""))
    this = request.build_absolute_uri(path_of("conformance"))
    return _json({"links": self_and_alternate(this, f"{this}?f=html"), "conformsTo": CONFORMANCE})


@_ogc(OPENAPI)
def api(request: HttpRequest, user: Any, is_html: bool) -> HttpResponse:
    """The OpenAPI 3.0 document of what the reader sees."""
    base = request.build_absolute_uri(path_of("landing")).rstrip("/")
    described = document(base, collections_for(user))
    if is_html:
        operations = [(path, methods["get"]) for path, methods in described["paths"].items()]
        return _page(request, "api", {"operations": operations, "base": base}, (_("Tài liệu"), ""))
    return _json(described, OPENAPI)


@_ogc(JSON)
def collections(request: HttpRequest, user: Any, is_html: bool) -> HttpResponse:
    """All collections that the reader sees."""
    found = collections_for(user)
    if is_html:
        return _page(request, "collections", {"collections": found}, (_("Các lớp"), ""))
    this = request.build_absolute_uri(path_of("collections"))
    described = [describe(entry, user, _url(request)) for entry in found]
    return _json({"links": self_and_alternate(this, f"{this}?f=html"), "collections": described})


@_ogc(JSON, "*")
def collection(request: HttpRequest, user: Any, is_html: bool, name: str) -> HttpResponse:
    """One collection; with filters of the layer or an area: narrowed, so that GDAL's OAPIF, which sends what stands in
    the address with every request, reads a part of a layer."""
    entry = collection_of(name, user)
    query = read_narrowing(entry, user, request.GET).urlencode()
    described = describe(entry, user, _url(request), query)
    if is_html:
        context = {"entry": entry, "collection": described, "fields": entry.fields(), "query": query}
        return _page(request, "collection", context, *_crumbs(entry)[:-1], (str(entry.layer.title), ""))
    return _json(described)


@_ogc(SCHEMA, "*")
def queryables(request: HttpRequest, user: Any, is_html: bool, name: str) -> HttpResponse:
    """What may be asked in a filter, as a JSON Schema."""
    return _schema(request, user, is_html, name, "queryables")


@_ogc(SCHEMA, "*")
def schema(request: HttpRequest, user: Any, is_html: bool, name: str) -> HttpResponse:
    """The fields of a feature, as a JSON Schema."""
    return _schema(request, user, is_html, name, "schema")


def _schema(request: HttpRequest, user: Any, is_html: bool, name: str, which: str) -> HttpResponse:
    entry = collection_of(name, user)
    read_narrowing(entry, user, request.GET)  # a narrowed collection has the fields of the whole one
    found = schema_of(entry, request.build_absolute_uri(path_of(which, name)))
    if is_html:
        text = next(name for name, kind in queryables_of(entry.layer).items() if kind.kind == Kind.TEXT)
        context = {"entry": entry, "schema": found, "text_field": text}
        return _page(request, "queryables", context, *_crumbs(entry), (_("Các trường lọc được"), ""))
    return _json(found, SCHEMA)


# --- features ----------------------------------------------------------------------------------------------------


@_ogc(GEOJSON, "*")
def items(request: HttpRequest, user: Any, is_html: bool, name: str) -> HttpResponse:
    """A page of features; PostGIS writes them."""
    entry = collection_of(name, user)
    asked = read_items(entry, user, request.GET, **({"default_limit": PAGE_ROWS} if is_html else {}))
    page = make_page(asked)
    following = f"{request.path}?{next_query(request.GET, page.cursor)}" if page.cursor else ""
    if is_html:
        context = {
            "entry": entry,
            "rows": _rows(entry, page.features),
            "columns": list(entry.layer.fields),
            "matched": page.matched,
            "returned": page.returned,
            "following": following,
            "first": path_of("items", name) if "cursor" in request.GET else "",
            "as_data": f"{request.path}?{_with_format(request, 'json')}",
        }
        return _page(request, "items", context, *_crumbs(entry), (_("Các đối tượng"), ""))
    url = request.build_absolute_uri
    links = [
        link("self", url(), GEOJSON, _("Tài liệu này")),
        link("alternate", url(f"{request.path}?{_with_format(request, 'html')}"), HTML, _("Trang cho người đọc")),
        link("collection", url(path_of("collection", name)), JSON, str(entry.layer.title)),
    ]
    if following:
        links.append(link("next", url(following), GEOJSON, _("Trang tiếp")))
    head = {
        "type": "FeatureCollection",
        "timeStamp": _now(),
        "numberMatched": page.matched,
        "numberReturned": page.returned,
        "links": links,
    }
    return _features(collection_body(head, page.features), asked.crs)


@_ogc(GEOJSON, "crs")
def feature(request: HttpRequest, user: Any, is_html: bool, name: str, key: str) -> HttpResponse:
    """One feature with its ETag; 304 when If-None-Match names it."""
    entry = collection_of(name, user)
    crs = read_crs("crs", request.GET.get("crs"))
    text = _one(entry, user, key, crs)
    url = request.build_absolute_uri
    if is_html:
        found = json.loads(text)
        cells = [(field, _text(found["properties"][field.name])) for field in entry.fields()]
        shape = found["geometry"] and found["geometry"]["type"]
        context = {
            "entry": entry,
            "key": found["id"],
            "cells": cells,
            "shape": shape,
            "as_data": f"{request.path}?{_with_format(request, 'json')}",
        }
        return _page(request, "feature", context, *_crumbs(entry), (str(found["id"]), ""))
    links = [
        link("self", url(), GEOJSON, _("Tài liệu này")),
        link("alternate", url(f"{request.path}?{_with_format(request, 'html')}"), HTML, _("Trang cho người đọc")),
        link("collection", url(path_of("collection", name)), JSON, str(entry.layer.title)),
    ]
    text = f'{text[:-1]},"links":{as_json(links)}}}'
    etag = etag_of(text)
    if matches(request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
        response = HttpResponse(status=304)
    else:
        response = _features(text.encode(), crs)
    response["ETag"] = etag
    return response


def _one(entry: Entry, user: Any, key: str, crs: Crs) -> str:
    """Return the feature with this key; Http404 where there is none, none for the user, or the key can be none."""
    layer = entry.layer
    try:
        text = feature_text(layer, layer.one(user, key), geometry=geometry_writer(layer, crs))
    except (ValueError, OverflowError):  # more digits than a key can have
        raise Http404 from None
    if text is None:
        raise Http404
    return written_in(crs, text.encode()).decode()


def _rows(entry: Entry, features: bytes) -> list[dict[str, Any]]:
    """Return a page for a table: the address of each feature, and its values as text."""
    return [
        {
            "key": str(found["id"]),
            "url": path_of("feature", entry.layer.name, str(found["id"])),
            "cells": [(name, _text(value)) for name, value in found["properties"].items()],
        }
        for found in json.loads(b"[%b]" % features)
    ]


def _text(value: Any) -> str:
    """Return a value of a feature as people read it; numbers with four decimals, a square metre of a hectare."""
    if isinstance(value, list):
        return ", ".join(str(item) for item in value)
    if isinstance(value, bool):
        return _("có") if value else _("không")
    if isinstance(value, float):
        return number_format(round(value, 4))
    return "" if value is None else str(value)


# --- answers -----------------------------------------------------------------------------------------------------


def _json(value: Mapping[str, Any], kind: str = JSON) -> HttpResponse:
    return HttpResponse(as_json(value).encode(), content_type=kind)


def _features(body: bytes, crs: Crs) -> HttpResponse:
    response = HttpResponse(body, content_type=GEOJSON)
    response["Content-Crs"] = f"<{crs.uri}>"
    return response


def _page(request: HttpRequest, name: str, context: dict[str, Any], *crumbs: tuple[str, str]) -> HttpResponse:
    first = {"title": "OGC API", "url": path_of("landing")}
    trail = [first, *({"title": title, "url": url} for title, url in crumbs)]
    return render(request, f"exchange/ogc_{name}.html", {"crumbs": trail, **context})


def _crumbs(entry: Entry) -> list[tuple[str, str]]:
    own = path_of("collection", entry.layer.name)
    return [(_("Các lớp"), path_of("collections")), (str(entry.layer.title), own)]


def _url(request: HttpRequest) -> Callable[[str], str]:
    base = _base(request)
    return lambda path: base + path


def _base(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _with_format(request: HttpRequest, name: str) -> str:
    params = request.GET.copy()
    params["f"] = name
    return params.urlencode()


def _now() -> str:
    return timezone.now().isoformat(timespec="seconds").replace("+00:00", "Z")
