"""External basemaps: none unless the installation names them, and then only their hosts enter the CSP."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

KEYS = ("id", "name", "url", "attribution", "max_zoom")


def external_basemaps() -> list[dict[str, Any]]:
    """Return the raster basemaps of `settings.MAP_EXTERNAL_BASEMAPS`, each with the keys of `KEYS`.

    An entry is `{"id", "name", "url", "attribution", "max_zoom"}` with an https address that holds {z}, {x}, {y}.
    """
    return [{key: entry.get(key) for key in KEYS} for entry in settings.MAP_EXTERNAL_BASEMAPS]


def basemap_origins() -> list[str]:
    """Return the origins (`https://host`) that the browser must be allowed to fetch tiles from."""
    parts = (urlsplit(entry["url"]) for entry in settings.MAP_EXTERNAL_BASEMAPS)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts})
