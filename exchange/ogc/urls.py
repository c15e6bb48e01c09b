"""The addresses of OGC API Features."""

from django.urls import path

from exchange.views import ogc

urlpatterns = [
    path("ogc/", ogc.landing, name="ogc-landing"),
    path("ogc", ogc.landing),  # QGIS takes the slash at the end away, and follows no redirect (3.22)
    path("ogc/api", ogc.api, name="ogc-api"),
    path("ogc/conformance", ogc.conformance, name="ogc-conformance"),
    path("ogc/collections", ogc.collections, name="ogc-collections"),
    path("ogc/collections/<str:name>", ogc.collection, name="ogc-collection"),
    path("ogc/collections/<str:name>/queryables", ogc.queryables, name="ogc-queryables"),
    path("ogc/collections/<str:name>/schema", ogc.schema, name="ogc-schema"),
    path("ogc/collections/<str:name>/items", ogc.items, name="ogc-items"),
    path("ogc/collections/<str:name>/items/<str:key>", ogc.feature, name="ogc-feature"),
]
