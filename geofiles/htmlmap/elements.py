"""folium elements that load nothing from elsewhere: each class has its own list of files."""

from __future__ import annotations

from typing import Any

import folium
from branca.element import MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template


class OfflineMap(folium.Map):
    """folium's map with Leaflet from ``asset:`` and without jQuery, Bootstrap and icon fonts.

    folium keeps these lists on the class and appends to them for the whole process: hence lists of our own.
    """

    default_js = [("leaflet", "asset:leaflet/dist/leaflet.js")]
    default_css = [("leaflet_css", "asset:leaflet/dist/leaflet.css")]


class DataLayer(Layer):
    """A layer whose features stand in the page as the JSON block ``map-data-<index>``."""

    _template = Template(
        "{% macro script(this, kwargs) %}var {{ this.get_name() }} = takeaway.layer({{ this.index }});{% endmacro %}"
    )

    def __init__(self, index: int, *, show: bool) -> None:
        super().__init__(name=f"layer_{index}", overlay=True, control=False, show=show)
        self._name = "DataLayer"
        self.index = index


class Frame(MacroElement):
    """Scale bar in metres and a plain attribution."""

    _template = Template("{% macro script(this, kwargs) %}takeaway.frame({{ this._parent.get_name() }});{% endmacro %}")

    def __init__(self) -> None:
        super().__init__()
        self._name = "Frame"


class SeaLabel(MacroElement):
    """The permanent label number ``number`` of the configuration, at a place on the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}takeaway.seaLabel({{ this._parent.get_name() }}, {{ this.number }}, "
        "{{ this.latitude }}, {{ this.longitude }});{% endmacro %}"
    )

    def __init__(self, number: int, latitude: float, longitude: float) -> None:
        super().__init__()
        self._name = "SeaLabel"
        self.number, self.latitude, self.longitude = number, latitude, longitude


class LayerSwitch(MacroElement):
    """Leaflet's layer control, with names from the configuration (folium's would render them as a template)."""

    _template = Template(
        "{% macro script(this, kwargs) %}takeaway.layerControl({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self) -> None:
        super().__init__()
        self._name = "LayerSwitch"


class SearchBox(JSCSSMixin, MacroElement):
    """Leaflet's search control over all layers that name a property to search in."""

    default_js = [("search", "asset:leaflet-search/dist/leaflet-search.min.js")]
    default_css = [("search_css", "asset:leaflet-search/dist/leaflet-search.min.css")]
    _template = Template(
        "{% macro script(this, kwargs) %}takeaway.search({{ this._parent.get_name() }});{% endmacro %}"
    )

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._name = "SearchBox"
