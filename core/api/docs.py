"""The page that lets people read and try the API."""

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response


class ApiDocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own host, its start script as a file of its own: inline scripts are refused by our policy."""

    template_name = "api_docs.html"

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        response = super().get(request, *args, **kwargs)
        # The library opens the page to other windows for OAuth, which is not used here; the site's own rule holds.
        response.headers.pop("Cross-Origin-Opener-Policy", None)
        return response
