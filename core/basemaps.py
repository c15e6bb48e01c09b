"""Basemaps besides our own ground: none unless `settings.MAP_EXTERNAL_BASEMAPS` names them.

Only their hosts enter the Content Security Policy; a PMTiles file of our own (`file`) is served by `/tiles/archive/`.
"""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

KEYS = ("id", "name", "kind", "url", "attribution", "max_zoom")
KINDS = ("raster", "style", "pmtiles")
FOLDER = "basemaps"  # under STATE_DIR: where the PMTiles files lie
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.pmtiles")


def external_basemaps() -> list[dict[str, Any]]:
    """Return the configured basemaps for the page, each with the keys of `KEYS`.

    An entry is `{"id", "name", "kind", "url", "attribution", "max_zoom", "hosts"}`. `kind`: "raster" (default; `url`
    holds {z}, {x}, {y}), "style" (`url` of a style document) or "pmtiles" (`url` of an archive, or `file`, the name of
    one in `STATE_DIR/basemaps/`). `hosts`: further origins that a style takes its tiles and signs from.
    """
    return [
        {key: entry.get(key) for key in KEYS}
        | {"kind": entry.get("kind") or "raster", "url": archive_url(entry) or entry.get("url")}
        for entry in settings.MAP_EXTERNAL_BASEMAPS
    ]


def basemap_origins() -> list[str]:
    """Return the origins (`https://host`) that the browser must be allowed to fetch basemaps from."""
    addresses = [
        address
        for entry in settings.MAP_EXTERNAL_BASEMAPS
        for address in ([] if entry.get("file") else [entry.get("url") or ""]) + list(entry.get("hosts") or [])
    ]
    parts = (urlsplit(address) for address in addresses)
    return sorted({f"{part.scheme}://{part.netloc}" for part in parts if part.netloc})


def uses_archives() -> bool:
    """True when a PMTiles basemap is configured: only then pages name the library that reads them."""
    return any(entry.get("kind") == "pmtiles" for entry in settings.MAP_EXTERNAL_BASEMAPS)


def archive_url(entry: dict[str, Any]) -> str:
    """Return our own address of an entry's PMTiles file, "" where it has none."""
    return f"/tiles/archive/{entry['id']}.pmtiles" if entry.get("file") else ""


def archive_path(basemap_id: str) -> Path | None:
    """Return the PMTiles file of the configured basemap with this id; None when there is no such entry or file."""
    for entry in settings.MAP_EXTERNAL_BASEMAPS:
        if entry.get("id") == basemap_id and _FILE.fullmatch(str(entry.get("file") or "")):
            path = Path(settings.STATE_DIR) / FOLDER / entry["file"]
            return path if path.is_file() else None
    return None


def mistakes(entries: Any) -> list[str]:
    """Return what is wrong with the setting, one English sentence each; [] when all is well."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return ["it must be a JSON list of objects"]
    ids = [entry.get("id") for entry in entries]
    found = [f"id {name!r} stands twice" for name in sorted({str(one) for one in ids if ids.count(one) > 1})]
    return found + [f"entry {entry.get('id')!r}: {wrong}" for entry in entries for wrong in _wrong(entry)]


def _wrong(entry: dict[str, Any]) -> list[str]:
    kind, url = entry.get("kind") or "raster", str(entry.get("url") or "")
    found = []
    if not _ID.fullmatch(str(entry.get("id") or "")):
        found.append("id must be of a-z, 0-9 and -")
    if not str(entry.get("name") or "").strip():
        found.append("name is missing")
    if kind not in KINDS:
        found.append(f"kind must be one of {', '.join(KINDS)}")
    if entry.get("file"):
        if kind != "pmtiles" or not _FILE.fullmatch(str(entry["file"])):
            found.append("file must be the plain name of a .pmtiles file, of kind pmtiles")
    elif not url.startswith("https://"):
        found.append("url must begin with https://")
    elif kind == "raster" and not all(part in url for part in ("{z}", "{x}", "{y}")):
        found.append("url of a raster basemap must hold {z}, {x} and {y}")
    if any(not str(host).startswith("https://") for host in entry.get("hosts") or []):
        found.append("hosts must be addresses that begin with https://")
    return found
