"""Pages of the office."""

from django.urls import path

from office import views

app_name = "office"
urlpatterns = [
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/read/", views.notice_read_all, name="notice-read-all"),
    path("notices/preferences/", views.preferences, name="preferences"),
    path("notices/<int:pk>/read/", views.notice_read, name="notice-read"),
    path("notices/<int:pk>/", views.notice_open, name="notice-open"),
]
