"""Pages of farms."""

from django.urls import URLPattern

app_name = "farms"
urlpatterns: list[URLPattern] = []
