"""Catalogue and downloads."""

from django.urls import path

from exchange import views

app_name = "exchange"
urlpatterns = [
    path("data/", views.catalogue, name="catalogue"),
    path("data/<slug:name>.geojson", views.export, name="export"),
]
