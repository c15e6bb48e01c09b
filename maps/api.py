"""API of maps, under /api/v1/: the ground of the light map, to read."""

from django.urls import path

from core.api.views import LayerListView
from maps.basemap import BASE

urlpatterns = [path("base/", LayerListView.as_view(layer=BASE))]
