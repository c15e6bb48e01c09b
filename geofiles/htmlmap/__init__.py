"""Features in, one self-contained HTML map out: it opens from disk without a network.

folium builds the map; Leaflet and its search control are inlined from ``node_modules``. Data and every text
that is not ours travel as JSON in ``<script type="application/json">`` and reach the page as
``textContent``, never as HTML or JavaScript; before the data go in, the page is searched for anything that
would load from elsewhere.
"""

from geofiles.htmlmap.build import DEFAULT_MAX_BYTES, MapLayer, MapTexts, build_map
from geofiles.htmlmap.selfcontained import external_references

__all__ = ["DEFAULT_MAX_BYTES", "MapLayer", "MapTexts", "build_map", "external_references"]
