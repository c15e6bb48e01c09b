"""API views over a layer: a page of features and a single feature, both written by PostGIS."""

from typing import Any

from django.http import Http404, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from core.api.negotiation import GeoJSONRenderer, StrictNegotiation
from core.api.pages import PAGE_PARAMETERS, collection_body, make_cursor, next_query, read_page_request
from core.api.parsers import StrictGeoJSONParser, StrictJSONParser
from core.api.preconditions import etag_of, matches
from core.api.schema import LayerDetailSchema, LayerListSchema, StrictSchema
from core.api.throttles import ScopedThrottle
from core.errors import BadInput
from core.filters import as_query_dict
from core.layers import Layer
from core.problems import parameter_finding
from core.sql import feature_page, feature_text

PUBLIC_SECONDS = 60


class ApiView(APIView):
    """Base of all API views: strict JSON in, problem documents for errors, a request budget, no format guessing."""

    parser_classes = [StrictJSONParser]
    throttle_classes = [ScopedThrottle]
    throttle_scope = "api"
    content_negotiation_class = StrictNegotiation
    schema = StrictSchema()


class LayerView(ApiView):
    """Base of the views over one layer; `as_view(layer=AREAS)` or a subclass with `layer`.

    Reading is open to all when the layer is public, else to signed-in users; what they see, `layer.rows` decides.
    Subclasses that write add `post`, `put`, ...: those need a signed-in user unless `get_permissions` says otherwise.
    """

    layer: Layer = None  # type: ignore[assignment]
    parser_classes = [StrictJSONParser, StrictGeoJSONParser]
    renderer_classes = [GeoJSONRenderer, JSONRenderer]

    def get_permissions(self) -> list[Any]:
        if self.layer.is_public and self.request.method in SAFE_METHODS:
            return [AllowAny()]
        return [IsAuthenticated()]

    def answer(self, request: Request, body: str | bytes, *, status: int = 200, etag: str = "") -> HttpResponse:
        """Return JSON text with the media type that was negotiated and the right caching headers."""
        response = HttpResponse(
            body,
            status=status,
            content_type=request.accepted_renderer.media_type,  # type: ignore[attr-defined]
        )
        return with_caching(request, response, self.layer, etag)


def with_caching(request: Request, response: HttpResponse, layer: Layer, etag: str = "") -> HttpResponse:
    """Let shared caches keep only what an anonymous user got from a public layer (F14)."""
    is_shared = layer.is_public and not request.user.is_authenticated and request.method in SAFE_METHODS
    response["Cache-Control"] = f"public, max-age={PUBLIC_SECONDS}" if is_shared else "private, no-store"
    if etag:
        response["ETag"] = etag
        if not is_shared:
            response["Cache-Control"] = "private, no-cache"
    patch_vary_headers(response, ("Cookie", "Authorization"))
    return response


class LayerListView(LayerView):
    """GET: a page of the layer as a GeoJSON FeatureCollection.

    Parameters: those of the layer's filters, `limit` (1 to 10,000, default 100; more is clamped), `cursor` (from
    `next`), `count=true` (adds `numberMatched`, which costs a second query), `f`.
    """

    schema = LayerListSchema()

    def get(self, request: Request, **kwargs: Any) -> HttpResponse:
        params = as_query_dict(request.query_params)
        asked = read_page_request(params, self.layer.name)
        rows = self.layer.filtered(request.user, params, besides=PAGE_PARAMETERS)
        page = feature_page(self.layer, rows, limit=asked.limit, last=asked.last)
        following = None
        if page.has_more:
            query = next_query(params, make_cursor(page.last, self.layer.name))
            following = request.build_absolute_uri(f"{request.path}?{query}")
        head = {
            "type": "FeatureCollection",
            "numberReturned": page.returned,
            **({"numberMatched": rows.count()} if asked.count else {}),
            "next": following,
            "links": _links(request.build_absolute_uri(), following),
        }
        return self.answer(request, collection_body(head, page.features))


def _links(this: str, following: str | None) -> list[dict[str, str]]:
    links = [{"rel": "self", "type": GeoJSONRenderer.media_type, "href": this}]
    if following:
        links.append({"rel": "next", "type": GeoJSONRenderer.media_type, "href": following})
    return links


class LayerDetailView(LayerView):
    """GET: one feature with its ETag; 304 when If-None-Match names it. The address gives `key`."""

    schema = LayerDetailSchema()

    def get(self, request: Request, key: str, **kwargs: Any) -> HttpResponse:
        refuse_parameters(request, allowed=("f",))
        return self.feature_answer(request, key)

    def feature_answer(self, request: Request, key: Any, *, status: int = 200) -> HttpResponse:
        """Return the feature with this key as the user sees it, for reads and after writes; Http404 if not visible."""
        feature = feature_text(self.layer, self.layer.one(request.user, key))
        if feature is None:
            raise Http404
        etag = etag_of(feature)
        if request.method in SAFE_METHODS and matches(request.META.get("HTTP_IF_NONE_MATCH", ""), etag):
            return with_caching(request, HttpResponse(status=304), self.layer, etag)
        return self.answer(request, feature, status=status, etag=etag)


def refuse_parameters(request: Request, *, allowed: tuple[str, ...] = ()) -> None:
    """Raise BadInput for query parameters that are not in `allowed`, or given twice."""
    findings = []
    for name, values in request.query_params.lists():
        if name not in allowed:
            findings.append(parameter_finding(name[:100], "unknown_parameter", _("Không có tham số này.")))
        elif len(values) > 1:
            findings.append(parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần.")))
    if findings:
        raise BadInput(findings=findings)
