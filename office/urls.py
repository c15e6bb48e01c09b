"""Pages of the office."""

from django.urls import path

from office import offline, views

app_name = "office"
urlpatterns = [
    path("sw.js", offline.service_worker, name="service-worker"),
    path("manifest.webmanifest", offline.manifest, name="manifest"),
    path("outbox/session/", offline.session, name="outbox-session"),
    path("offline/", offline.offline_shell, {"template": offline.START.template}, name="offline-start"),
    path("notices/", views.notice_list, name="notice-list"),
    path("notices/read/", views.notice_read_all, name="notice-read-all"),
    path("notices/preferences/", views.preferences, name="preferences"),
    path("notices/<int:pk>/read/", views.notice_read, name="notice-read"),
    path("notices/<int:pk>/", views.notice_open, name="notice-open"),
]
