"""Addresses below /data/ of the export panel, of exports as jobs and of snapshots."""

from django.urls import path, re_path

from exchange.views import jobs, panel, snapshots

urlpatterns = [
    path("exports/", jobs.export_list, name="export-list"),
    path("exports/<uuid:pk>/", jobs.export_detail, name="export-detail"),
    path("exports/<uuid:pk>/file", jobs.export_file, name="export-file"),
    path("exports/<uuid:pk>/cancel/", jobs.export_cancel, name="export-cancel"),
    path("<slug:name>/export/", panel.panel, name="export-panel"),
    path("<slug:name>/snapshots/", snapshots.snapshot_list, name="snapshots"),
    path("<slug:name>/SHA256SUMS", snapshots.checksums, name="checksums"),
    path("<slug:name>/latest.<slug:suffix>", snapshots.latest_file, name="snapshot-latest"),
    re_path(
        r"^(?P<name>[a-z-]{1,40})/(?P<day>\d{4}-\d{2}-\d{2})\.(?P<suffix>[a-z]{1,10})$",
        snapshots.dated_file,
        name="snapshot-dated",
    ),
]
