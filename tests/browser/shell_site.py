"""One page with a map and one without, to try the shell and the map library alone; no database is asked.

`urlconf` of `test_shell.py`: `@pytest.mark.urls("tests.browser.shell_site")`.
"""

import math

import mapbox_vector_tile
from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import include, path

from core.widgets import MonthStrip

PLOTS = [
    {"id": 1, "name": "Vùng xoài Một", "crop": "XOAI", "box": (105.60, 10.40, 105.66, 10.46)},
    {"id": 2, "name": "Vùng nhãn Hai", "crop": "NHAN", "box": (105.70, 10.40, 105.76, 10.46)},
]
FRAME = {
    "layers": {
        "layers": [
            {
                "name": "areas",
                "title": "Vùng trồng",
                "tiles": "/tiles/areas/{z}/{x}/{y}.mvt",
                "geojson": "/geo/areas/",
                "filters": ["crop"],
                "colour_by": "crop",
                "kinds": [{"source_layer": "areas", "type": "fill", "paint": {"fill-color": "#e59a12"}}],
                "legend": [{"label": "Xoài", "colour": "#e59a12", "shape": "fill", "value": "XOAI"}],
                "popup": {
                    "title": "name",
                    "source": "/geo/areas/{id}/",
                    "link": "url",
                    "fields": [["crop_name", "Cây trồng"]],
                },
            }
        ],
        "units": None,
    },
    "bounds": [105.55, 10.35, 105.81, 10.51],
}
PAGE = """
{% extends "base.html" %}{% load static %}
{% block title %}Bản đồ thử{% endblock %}
{% block head %}{% include "includes/map_scripts.html" %}{% endblock %}
{% block main_class %}page page--map{% endblock %}
{% block content %}
  <div class="map-split">
    <div class="map-split__map">
      <div data-map data-config="#frame" data-filters="#filters" data-results="#results"></div>
    </div>
    <div class="map-split__panel">
      <h1>Bản đồ thử</h1>
      <form id="filters" class="filters" method="get">{{ form }}<button class="button">Lọc</button></form>
      <div id="results"><p class="count-line">{{ plots|length }} vùng trồng</p>
        <ul class="results">{% for plot in plots %}
          <li data-layer="areas" data-feature-id="{{ plot.id }}" data-bbox="{{ plot.box|join:"," }}">
            <p class="results__title">{{ plot.name }}</p>
            <button type="button" class="button-plain" data-show-on-map>Xem {{ plot.name }} trên bản đồ</button>
          </li>{% endfor %}</ul>
      </div>
    </div>
  </div>{{ frame|json_script:"frame" }}
{% endblock %}
{% block page_scripts %}<script type="module" src="{% static 'js/pages/layer-map.js' %}"></script>{% endblock %}
"""


class Filters(forms.Form):
    crop = forms.ChoiceField(
        label="Cây trồng", required=False, choices=[("", "Tất cả"), ("XOAI", "Xoài"), ("NHAN", "Nhãn")]
    )
    month = forms.ChoiceField(
        label="Tháng thu hoạch",
        required=False,
        choices=[("", "Cả năm"), *((str(month), str(month)) for month in range(1, 13))],
        widget=MonthStrip,
    )


def chosen(request: HttpRequest) -> list[dict]:
    crop = request.GET.get("crop")
    return [plot for plot in PLOTS if crop in (None, "", plot["crop"])]


def map_page(request: HttpRequest) -> HttpResponse:
    context = {
        "form": Filters(request.GET or None),
        "plots": chosen(request),
        "frame": FRAME,
        "csp_nonce": request.csp_nonce,
    }
    # Without the request: the context processors would ask for the menu, and that for the database.
    return HttpResponse(engines["django"].from_string(PAGE).render(context))


def properties(plot: dict) -> dict:
    named = {"XOAI": "Xoài", "NHAN": "Nhãn"}[plot["crop"]]
    address = f"/areas/{plot['id']}"
    return {"id": plot["id"], "name": plot["name"], "crop": plot["crop"], "crop_name": named, "url": address}


def drawn(plot: dict) -> dict:
    """What a tile holds of a plot: all of the first one, of the others what they are drawn by."""
    return properties(plot) if plot is PLOTS[0] else {"id": plot["id"], "crop": plot["crop"]}


def ring(box: tuple[float, float, float, float]) -> list[list[float]]:
    west, south, east, north = box
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def feature(plot: dict) -> dict:
    shape = {"type": "Polygon", "coordinates": [ring(plot["box"])]}
    return {"type": "Feature", "properties": properties(plot), "geometry": shape}


def geojson(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"type": "FeatureCollection", "features": [feature(plot) for plot in chosen(request)]})


def one(request: HttpRequest, pk: int) -> JsonResponse:
    return JsonResponse(feature(PLOTS[pk - 1]))


def tile(request: HttpRequest, z: int, x: int, y: int) -> HttpResponse:
    def pixel(lon: float, lat: float) -> tuple[float, float]:
        scale = 2**z * 4096
        east = (lon + 180) / 360 * scale - x * 4096
        south = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * scale - y * 4096
        return east, 4096 - south

    features = []
    for plot in chosen(request):
        points = ", ".join(f"{across} {up}" for across, up in (pixel(*corner) for corner in ring(plot["box"])))
        features.append({"geometry": f"POLYGON(({points}))", "properties": drawn(plot)})
    body = mapbox_vector_tile.encode([{"name": "areas", "features": features}])
    return HttpResponse(body, content_type="application/vnd.mapbox-vector-tile")


urlpatterns = [
    path("", map_page),
    path("i18n/", include("django.conf.urls.i18n")),
    path("accounts/", include("allauth.urls")),
    path("", include("office.urls")),  # the manifest and the session of the outbox, which every page names
    path("geo/areas/", geojson),
    path("geo/areas/<int:pk>/", one),
    path("tiles/areas/<int:z>/<int:x>/<int:y>.mvt", tile),
]

handler404 = "core.views.page_not_found"
handler500 = "core.views.server_error"
