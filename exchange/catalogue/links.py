"""Where a layer can be had: pages, files, services. One place for page, API and linked data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from exchange.catalogue.entries import Entry
from exchange.exports.formats import FORMATS
from exchange.models import ExportFormat


@dataclass(frozen=True, slots=True)
class FileLink:
    """A file of a layer: `is_direct` ones come at once, the others by a job on the export panel."""

    format: ExportFormat
    url: str
    is_direct: bool
    limits: Any


def page_of(entry: Entry) -> str:
    """Return the path of the layer's page."""
    return reverse("exchange:layer", args=[entry.name])


def panel_of(entry: Entry, params: Mapping[str, list[str]] | None = None) -> str:
    """Return the path of the panel that chooses area, fields, coordinate system, format and profile."""
    return _with(f"/data/{entry.name}/export/", params)


def files_of(entry: Entry, params: Mapping[str, list[str]] | None = None) -> list[FileLink]:
    """Return where to get the layer in each format, narrowed by `params`; layers without a shape only as tables."""
    links = []
    for format, spec in FORMATS.items():
        if spec.is_streamed:
            url = _with(f"/data/{entry.name}.{spec.suffix}", params)
        else:
            url = panel_of(entry, {**(params or {}), "format": [format.value]})
        links.append(FileLink(format, url, spec.is_streamed, spec.limits_text))
    return links


def api_of(entry: Entry, params: Mapping[str, list[str]] | None = None) -> str:
    """Return the path of the layer in the API: by convention the layer's name."""
    return _with(f"/api/v1/{entry.name}/", params)


def collection_of(entry: Entry, params: Mapping[str, list[str]] | None = None) -> str:
    """Return the path of the layer, narrowed by `params`, as a collection of OGC API Features; "" without a shape."""
    return _with(f"/ogc/collections/{entry.name}", params) if entry.layer.geometry else ""


def tilejson_of(entry: Entry) -> str:
    """Return the path of the layer's TileJSON; "" where it is not drawn."""
    return reverse("maps:tilejson", args=[entry.name]) if entry.is_drawn else ""


def snapshots_of(entry: Entry) -> str:
    """Return the path of the layer's nightly files; "" for layers that are not public."""
    return f"/data/{entry.name}/snapshots/" if entry.layer.is_public else ""


def latest_of(entry: Entry, format: ExportFormat) -> str:
    """Return the path of the layer's newest nightly file in a format."""
    return f"/data/{entry.name}/latest.{FORMATS[format].suffix}"


def _with(path: str, params: Mapping[str, list[str]] | None) -> str:
    return f"{path}?{urlencode(params, doseq=True)}" if params else path
