"""API of cooperatives, under /api/v1/: public facts only; an owner may take a registration back."""

from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from cooperatives import api_growers, services
from cooperatives.layers import COOPERATIVES
from core.api.preconditions import locked_for_change
from core.api.views import LayerDetailView, LayerListView, refuse_parameters


class CooperativeDetailView(LayerDetailView):
    """One cooperative; DELETE takes back one's own registration while nothing refers to it."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, key: str, *args: Any, **kwargs: Any) -> Response:
        """Delete a registration nobody has decided on; 409 `cooperative_in_use` names what refers to it (A28)."""
        refuse_parameters(request)
        with locked_for_change(request, self.layer, key) as cooperative:
            services.withdraw_registration(cooperative, by=request.user)  # type: ignore[arg-type]
        return Response(status=status.HTTP_204_NO_CONTENT)


urlpatterns: list[URLPattern] = [
    path("cooperatives/", LayerListView.as_view(layer=COOPERATIVES), name="cooperative-list"),
    path("cooperatives/<key>/", CooperativeDetailView.as_view(layer=COOPERATIVES), name="cooperative-detail"),
    *api_growers.urlpatterns,
]
