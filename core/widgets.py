"""Form widgets of our own: months as a strip, geometry on our map without a foreign host."""

import json
from typing import Any

from django import forms
from django.contrib.gis.geos import GEOSException, GEOSGeometry


class MonthStrip(forms.RadioSelect):
    """One month out of twelve, drawn as a strip; an empty choice is drawn as its first cell."""

    template_name = "includes/month_picker.html"


class MonthsStrip(forms.CheckboxSelectMultiple):
    """Several months out of twelve, drawn as a strip."""

    template_name = "includes/month_picker.html"


class GeometryWidget(forms.Widget):
    """Shows a geometry on our map, read-only, with its GeoJSON as text below; never changes the value.

    Takes a GEOSGeometry in EPSG:4326, WKT/EWKB/GeoJSON text or None.
    """

    template_name = "includes/geometry_widget.html"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        geometry = _geometry(value)
        if geometry is not None and not geometry.empty:
            context["frame"] = _frame(geometry)
            context["frame_id"] = f"frame-{context['widget']['attrs'].get('id', name)}"
            context["geojson"] = geometry.geojson
        return context

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Always: a geometry is changed by a service, not typed into a form."""
        return True


def _geometry(value: Any) -> GEOSGeometry | None:
    if value in (None, "") or isinstance(value, GEOSGeometry):
        return value or None
    try:
        return GEOSGeometry(value)
    except (GEOSException, ValueError, TypeError):
        return None


def _frame(geometry: GEOSGeometry) -> dict[str, Any]:
    """Return the frame of a map that shows only `geometry`, with a margin of half its size (at least 200 m)."""
    west, south, east, north = geometry.extent
    margin = max((east - west) / 2, (north - south) / 2, 0.002)
    feature = {"type": "Feature", "properties": {}, "geometry": json.loads(geometry.geojson)}
    return {
        "show": [],
        "bounds": [west - margin, south - margin, east + margin, north + margin],
        "features": {"type": "FeatureCollection", "features": [feature]},
        "hash": False,
        "count": False,
        "legend": False,
    }
