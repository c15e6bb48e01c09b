"""Addresses of the export panel, of exports as jobs and of snapshots."""

from django.urls import path, re_path

from exchange.views import jobs, panel, snapshots

urlpatterns = [
    path("data/exports/", jobs.export_list, name="export-list"),
    path("data/exports/<uuid:pk>/", jobs.export_detail, name="export-detail"),
    path("data/exports/<uuid:pk>/file", jobs.export_file, name="export-file"),
    path("data/exports/<uuid:pk>/cancel/", jobs.export_cancel, name="export-cancel"),
    path("data/<slug:name>/export/", panel.panel, name="export-panel"),
    path("data/<slug:name>/snapshots/", snapshots.snapshot_list, name="snapshots"),
    path("data/<slug:name>/SHA256SUMS", snapshots.checksums, name="checksums"),
    path("data/<slug:name>/latest.<slug:suffix>", snapshots.latest_file, name="snapshot-latest"),
    re_path(
        r"^data/(?P<name>[a-z-]{1,40})/(?P<day>\d{4}-\d{2}-\d{2})\.(?P<suffix>[a-z]{1,10})$",
        snapshots.dated_file,
        name="snapshot-dated",
    ),
]
