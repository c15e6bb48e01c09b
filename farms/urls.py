"""Pages of farms."""

from django.urls import path, re_path

from farms.offline import CAPTURE
from farms.views import capture, certificate, drawing, history, imports, overlaps, plots
from office.offline import offline_shell

app_name = "farms"
urlpatterns = [
    path("coop/plots/", plots.plot_list, name="plot-list"),
    path("coop/plots/capture/", capture.plot_capture, name="plot-capture"),
    path("coop/plots/capture/shell/", offline_shell, {"template": CAPTURE.template}, name="plot-capture-shell"),
    path("coop/plots/<int:pk>/photos/<int:number>/", capture.plot_photo, name="plot-photo"),
    path("coop/plots/new/", drawing.plot_draw, name="plot-draw"),
    path("coop/plots/merge/", drawing.plot_merge, name="plot-merge"),
    path("coop/plots/<int:pk>/boundary/", drawing.plot_boundary, name="plot-boundary"),
    path("coop/plots/<int:pk>/split/", drawing.plot_split, name="plot-split"),
    path("coop/plots/certificate/", certificate.certificate, name="plot-certificate"),
    path("coop/plots/changes/", history.plot_changes, name="plot-changes"),
    path("coop/plots/<int:pk>/history/", history.plot_history, name="plot-history"),
    path("coop/plots/<int:pk>/seasons/", history.plot_seasons, name="plot-seasons"),
    path("coop/plots/<int:pk>/seasons/<int:season>/", history.season_edit, name="season-edit"),
    path("coop/plots/<int:pk>/seasons/<int:season>/remove/", history.season_remove, name="season-remove"),
    path("coop/plots/<int:pk>/", plots.plot_detail, name="plot-detail"),
    path("coop/plots/<int:pk>/edit/", plots.plot_edit, name="plot-edit"),
    path("coop/plots/<int:pk>/archive/", plots.plot_archive, name="plot-archive"),
    path("coop/imports/new/", imports.import_new, name="import-new"),
    path("coop/imports/<uuid:pk>/", imports.import_detail, name="import-detail"),
    path("coop/imports/<uuid:pk>/answer/", imports.import_answer, name="import-answer"),
    path("coop/imports/<uuid:pk>/columns/", imports.import_columns, name="import-columns"),
    path("coop/imports/<uuid:pk>/reading/", imports.import_reading, name="import-reading"),
    path("coop/imports/<uuid:pk>/file/", imports.import_file, name="import-file"),
    path("coop/imports/<uuid:pk>/undo/", imports.import_undo, name="import-undo"),
    path("coop/imports/<uuid:pk>/commit/", imports.import_commit, name="import-commit"),
    path("coop/imports/<uuid:pk>/cancel/", imports.import_cancel, name="import-cancel"),
    re_path(
        r"^coop/imports/(?P<pk>[0-9a-f-]{36})/refused\.(?P<suffix>xlsx|csv|geojson|gpkg)$",
        imports.import_refused,
        name="import-refused",
    ),
    path("coop/overlaps/", overlaps.overlap_list, name="overlap-list"),
    path("desk/overlaps/<int:pk>/", overlaps.overlap_case, name="overlap-case"),
    path("coop/overlaps/<int:pk>/decide/", overlaps.overlap_decide, name="overlap-decide"),
]
