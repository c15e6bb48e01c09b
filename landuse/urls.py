"""Pages of a layer's steward."""

from django.urls import URLPattern, path

from landuse import views

app_name = "landuse"
urlpatterns: list[URLPattern] = [
    path("maps/land-use/layers/", views.layer_list, name="layer-list"),
    path("maps/land-use/layers/new/", views.upload_new, name="upload-new"),
    path("maps/land-use/layers/uploads/<uuid:pk>/", views.upload_detail, name="upload-detail"),
    path("maps/land-use/layers/uploads/<uuid:pk>/answer/", views.upload_answer, name="upload-answer"),
    path("maps/land-use/layers/uploads/<uuid:pk>/store/", views.upload_store, name="upload-store"),
    path("maps/land-use/layers/<slug:slug>/", views.layer_detail, name="layer-detail"),
    path("maps/land-use/layers/<slug:slug>/publish/", views.layer_publish, name="layer-publish"),
]
