"""Addresses of the analysis below /data/; they stand before those of layers."""

from django.urls import URLPattern, path, re_path

from exchange.views import analysis

urlpatterns: list[URLPattern] = [
    path("analysis/", analysis.analysis_page, name="analysis"),
    path("analysis/list/", analysis.analysis_list, name="analysis-list"),
    path("analysis/compare/", analysis.analysis_compare, name="analysis-compare"),
    path("analysis/conflicts/", analysis.analysis_conflicts, name="analysis-conflicts"),
    re_path(r"^analysis\.(?P<suffix>csv|xlsx|geojson)$", analysis.analysis_file, name="analysis-file"),
]
