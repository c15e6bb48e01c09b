"""API of landuse, under /api/v1/."""

from django.urls import URLPattern, path

from core.api.views import LayerDetailView, LayerListView
from landuse.layers import LAND_USE, LAND_USE_LAYERS, PLANNING_ZONES

urlpatterns: list[URLPattern] = [
    path("land-use/", LayerListView.as_view(layer=LAND_USE), name="land-use-list"),
    path("land-use/<key>/", LayerDetailView.as_view(layer=LAND_USE), name="land-use-detail"),
    path("planning-zones/", LayerListView.as_view(layer=PLANNING_ZONES), name="planning-zone-list"),
    path("planning-zones/<int:key>/", LayerDetailView.as_view(layer=PLANNING_ZONES), name="planning-zone-detail"),
    path("land-use-layers/", LayerListView.as_view(layer=LAND_USE_LAYERS), name="land-use-layer-list"),
    path("land-use-layers/<key>/", LayerDetailView.as_view(layer=LAND_USE_LAYERS), name="land-use-layer-detail"),
]
