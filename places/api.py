"""API of places, under /api/v1/: administrative units, to read."""

from django.urls import path

from core.api.views import LayerDetailView, LayerListView
from places.layers import UNITS

urlpatterns = [
    path("units/", LayerListView.as_view(layer=UNITS)),
    path("units/<int:key>/", LayerDetailView.as_view(layer=UNITS)),
]
