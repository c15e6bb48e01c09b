"""Which format is answered: `f=json|geojson`, else Accept. Unknown `f` is 400, an Accept without ours 406."""

import json
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import JSONRenderer

from core.errors import BadInput
from core.problems import parameter_finding

FORMATS = {"json": "application/geo+json", "geojson": "application/geo+json"}


class GeoJSONRenderer(JSONRenderer):
    """`application/geo+json`, the first choice of every layer view."""

    media_type = "application/geo+json"
    format = "geojson"


class StrictNegotiation(DefaultContentNegotiation):
    """Reads `f`, never the framework's `format` parameter (which is unknown, so refused)."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        wanted = request.query_params.get("f")
        if wanted is None:
            return super().select_renderer(_WithoutFormat(request), renderers, None)  # type: ignore[arg-type]
        if wanted not in FORMATS:
            raise BadInput(findings=[parameter_finding("f", "invalid", _("f phải là json hoặc geojson."))])
        return renderers[0], renderers[0].media_type


class _WithoutFormat:
    """The request as the base class reads it: headers, and no parameters."""

    query_params: dict[str, str] = {}

    def __init__(self, request: Any) -> None:
        self.headers = request.headers


def as_json(value: Any) -> str:
    """Return compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
