"""Addresses of the analysis; they stand before those of layers."""

from django.urls import URLPattern, path, re_path

from exchange.views import analysis

urlpatterns: list[URLPattern] = [
    path("data/analysis/", analysis.analysis_page, name="analysis"),
    path("data/analysis/list/", analysis.analysis_list, name="analysis-list"),
    path("data/analysis/compare/", analysis.analysis_compare, name="analysis-compare"),
    path("data/analysis/conflicts/", analysis.analysis_conflicts, name="analysis-conflicts"),
    re_path(r"^data/analysis\.(?P<suffix>csv|xlsx|geojson)$", analysis.analysis_file, name="analysis-file"),
]
