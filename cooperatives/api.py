"""API of cooperatives, under /api/v1/: public facts only."""

from django.urls import URLPattern, path

from cooperatives.layers import COOPERATIVES
from core.api.views import LayerDetailView, LayerListView

urlpatterns: list[URLPattern] = [
    path("cooperatives/", LayerListView.as_view(layer=COOPERATIVES), name="cooperative-list"),
    path("cooperatives/<key>/", LayerDetailView.as_view(layer=COOPERATIVES), name="cooperative-detail"),
]
