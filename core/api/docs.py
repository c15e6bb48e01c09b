"""The API's description for programs (OpenAPI) and the page that lets people read and try it."""

from functools import cache
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext_lazy as _
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from core.errors import BadInput
from core.problems import parameter_finding

KEPT_S = 300


@cache
def description(urlconf: str | None, language: str) -> dict[str, Any]:
    """Return the OpenAPI document; walking all views takes 0.1 s, so each process does it once per language."""
    with translation.override(language):
        return SchemaGenerator(urlconf=urlconf).get_schema(request=None, public=True)  # type: ignore[no-any-return]


class ApiSchemaView(SpectacularAPIView):
    """OpenAPI as YAML or JSON (Accept, or `?format=json`), in the reader's language (`?lang=en`); the same for all."""

    def _get_schema_response(self, request: Request) -> Response:
        name = self._get_filename(request, None)
        response = Response(description(self.urlconf, translation.get_language()))
        response["Content-Disposition"] = f'inline; filename="{name}"'
        response["Cache-Control"] = f"public, max-age={KEPT_S}"
        patch_vary_headers(response, ("Accept", "Accept-Language"))
        return response

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        if request.GET.get("lang", settings.LANGUAGE_CODE) not in dict(settings.LANGUAGES):
            raise BadInput(findings=[parameter_finding("lang", "invalid", _("lang phải là vi hoặc en."))])
        return super().get(request, *args, **kwargs)  # type: ignore[no-any-return]


class ApiDocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own host, its start script as a file of its own: inline scripts are refused by our policy."""

    template_name = "api_docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # The library opens the page to other windows for OAuth, which is not used here; the site's own rule holds.
        response.headers.pop("Cross-Origin-Opener-Policy", None)
        return response
