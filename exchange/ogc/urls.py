"""The addresses of OGC API Features below /ogc/."""

from django.urls import path

from exchange.views import ogc

urlpatterns = [
    path("", ogc.landing, name="ogc-landing"),
    path("api", ogc.api, name="ogc-api"),
    path("conformance", ogc.conformance, name="ogc-conformance"),
    path("collections", ogc.collections, name="ogc-collections"),
    path("collections/<str:name>", ogc.collection, name="ogc-collection"),
    path("collections/<str:name>/queryables", ogc.queryables, name="ogc-queryables"),
    path("collections/<str:name>/schema", ogc.schema, name="ogc-schema"),
    path("collections/<str:name>/items", ogc.items, name="ogc-items"),
    path("collections/<str:name>/items/<str:key>", ogc.feature, name="ogc-feature"),
]
