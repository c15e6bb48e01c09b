"""Assembly of the take-away map; see the package's docstring."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from geofiles.errors import GeoFileError, MapTooLarge, UnsafeMap
from geofiles.htmlmap import selfcontained
from geofiles.htmlmap.page import MAP_SCRIPT, STYLE

DEFAULT_MAX_BYTES = 5 * 1024 * 1024
MAX_FEATURES = 20_000  # beyond, phones take more than ten seconds to open the file
VENDOR_ROOT = Path(__file__).resolve().parents[2] / "node_modules"

# Every map of ours names them, whatever part of the country it shows. Latitude, longitude.
SEA_LABELS = (
    ("Quần đảo Hoàng Sa (Việt Nam)", 16.5, 112.0),
    ("Quần đảo Trường Sa (Việt Nam)", 9.5, 113.5),
    ("Biển Đông", 13.3, 112.0),
)
_LIBRARIES = (
    ("Leaflet", "leaflet/LICENSE"),
    ("leaflet-search", "leaflet-search/license.txt"),
)
_PACKAGES = ("folium", "branca")  # their templates make the page's frame, so parts of them are in every file
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_CSP = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"


@dataclass(frozen=True, slots=True)
class MapLayer:
    """One layer of the map.

    features    GeoJSON FeatureCollection in EPSG:4326, as a mapping or as text.
    color_by    property that decides the colour; ``colors`` maps its values to (``#rrggbb``, label).
    popup       (property, label) pairs shown on click; only these, ``color_by`` and ``search_by`` leave the
    server. search_by   property the search box looks in.
    is_ground   only says where the rest lies: the map opens on the other layers, where these have anything.
    """

    name: str
    features: Mapping[str, Any] | str
    color_by: str | None = None
    colors: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    default_color: str = "#5f6b5f"
    popup: Sequence[tuple[str, str]] = ()
    search_by: str | None = None
    fill: bool = True
    weight: float = 1.0
    visible: bool = True
    is_ground: bool = False


@dataclass(frozen=True, slots=True)
class MapTexts:
    """Words on the map; the caller passes those of the user's language."""

    lang: str = "vi"
    legend: str = "Chú giải"
    layers: str = "Các lớp bản đồ"
    search: str = "Tìm trên bản đồ"
    not_found: str = "Không tìm thấy"
    source: str = "Nguồn"
    as_of: str = "Số liệu đến"
    licences: str = "Giấy phép"
    other: str = "Khác"
    demo: str = "DEMO: dữ liệu minh họa, không có thật"
    needs_script: str = "Bản đồ cần JavaScript. Hãy mở tệp này bằng trình duyệt."


def build_map(
    *,
    title: str,
    subtitle: str = "",
    layers: Sequence[MapLayer],
    legend: Sequence[tuple[str, str]] | None = None,
    source: str = "",
    as_of: str = "",
    vendor_root: Path = VENDOR_ROOT,
    licences: Sequence[str] = (),
    demo: bool = False,
    texts: MapTexts | None = None,
    max_bytes: int = DEFAULT_MAX_BYTES,
) -> str:
    """The HTML document.

    ``legend``: (``#rrggbb``, label) entries; None takes them from the layers' colour tables. ``licences``:
    lines on the data's licences; those of the embedded libraries are added. All texts are plain text. Raises
    MapTooLarge (``size``, ``limit``), UnsafeMap when something would still load from elsewhere, GeoFileError
    ``too_many_features`` above 20,000, ``bad_colour``, ``vendor_missing``.
    """
    words = texts or MapTexts()
    collections = [_slim(layer) for layer in layers]
    _require_sane(layers, collections)
    page = _skeleton(layers, _bounds(layers, collections), vendor_root)
    panel = _Panel(title, subtitle, _legend(layers, collections, legend, words), source, as_of, tuple(licences), demo)
    page = _dress(page, panel, words, vendor_root)
    if references := selfcontained.external_references(page):
        raise UnsafeMap(references=references[:10])
    page = page.replace("</body>", _data_blocks(layers, collections, words) + "</body>", 1)
    size = len(page.encode())
    if size > max_bytes:
        raise MapTooLarge(size=size, limit=max_bytes)
    return page


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    subtitle: str
    legend: tuple[tuple[str, str], ...]
    source: str
    as_of: str
    licences: tuple[str, ...]
    demo: bool


def _slim(layer: MapLayer) -> dict[str, Any]:
    """The collection with only the properties the map shows."""
    data = json.loads(layer.features) if isinstance(layer.features, str) else layer.features
    wanted = {name for name, _ in layer.popup} | {layer.color_by, layer.search_by}
    features = [
        {
            "type": "Feature",
            "geometry": feature["geometry"],
            "properties": {k: v for k, v in (feature.get("properties") or {}).items() if k in wanted},
        }
        for feature in data["features"]
        if feature.get("geometry")
    ]
    return {"type": "FeatureCollection", "features": features}


def _require_sane(layers: Sequence[MapLayer], collections: Sequence[dict[str, Any]]) -> None:
    count = sum(len(collection["features"]) for collection in collections)
    if count > MAX_FEATURES:
        raise GeoFileError("too_many_features", found=count, limit=MAX_FEATURES)
    for layer in layers:
        for colour in (layer.default_color, *(colour for colour, _ in layer.colors.values())):
            _require_colour(colour)


def _require_colour(colour: str) -> None:
    if not _COLOUR.fullmatch(colour):
        raise GeoFileError("bad_colour", colour=colour[:40])


def _bounds(layers: Sequence[MapLayer], collections: Sequence[dict[str, Any]]) -> tuple[float, float, float, float]:
    """West, south, east, north of what is shown, of the ground where that is nothing; the country without either."""
    import shapely

    pairs = zip(layers, collections, strict=True)
    above = [collection for layer, collection in pairs if not layer.is_ground and collection["features"]]
    shapes = [
        shapely.from_geojson(json.dumps({"type": "GeometryCollection", "geometries": geometries}))
        for collection in above or collections
        if (geometries := [feature["geometry"] for feature in collection["features"]])
    ]
    west, south, east, north = shapely.total_bounds(shapes).tolist() if shapes else (102.1, 8.2, 109.5, 23.4)
    return west, south, east, north


def _skeleton(layers: Sequence[MapLayer], bounds: tuple[float, float, float, float], vendor_root: Path) -> str:
    """folium's page with our scripts and the libraries inlined, still without any data."""
    from geofiles.htmlmap import elements

    west, south, east, north = bounds
    page = elements.OfflineMap(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        prefer_canvas=True,
        max_zoom=19,
        min_zoom=4,
    )
    elements.Frame().add_to(page)
    for index, layer in enumerate(layers):
        # Without its name: folium renders texts a second time as a template, so none of ours goes through it.
        elements.DataLayer(index, show=layer.visible).add_to(page)
    for number, (_, latitude, longitude) in enumerate(SEA_LABELS):
        elements.SeaLabel(number, latitude, longitude).add_to(page)
    if len(layers) > 1:
        elements.LayerSwitch().add_to(page)
    if any(layer.search_by for layer in layers):
        elements.SearchBox().add_to(page)
    page.fit_bounds([[south, west], [north, east]], max_zoom=16)
    return selfcontained.inline_assets(page.get_root().render(), vendor_root)


def _legend(
    layers: Sequence[MapLayer],
    collections: Sequence[dict[str, Any]],
    given: Sequence[tuple[str, str]] | None,
    words: MapTexts,
) -> tuple[tuple[str, str], ...]:
    if given is not None:
        for colour, _ in given:
            _require_colour(colour)
        return tuple(given)
    entries: list[tuple[str, str]] = []
    for layer, collection in zip(layers, collections, strict=True):
        entries += layer.colors.values()
        if not layer.colors:
            entries.append((layer.default_color, layer.name))
        elif any(feature["properties"].get(layer.color_by) not in layer.colors for feature in collection["features"]):
            entries.append((layer.default_color, words.other))
    return tuple(dict.fromkeys(entries))


def _dress(page: str, panel: _Panel, words: MapTexts, vendor_root: Path) -> str:
    """Title, language, panel and styles around folium's map."""
    title = html.escape(panel.title)
    head = (
        f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_CSP}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{STYLE}</style><script>{MAP_SCRIPT}</script>"
    )
    # folium's own viewport forbids zooming, which people with weak sight need.
    page = re.sub(r'<meta name="viewport"[^>]*/>', "", page, count=1)
    page = page.replace("<html>", f'<html lang="{html.escape(words.lang)}">', 1)
    page = page.replace("<head>", "<head>" + head, 1)
    page = page.replace("<body>", "<body>" + _panel_html(panel, words, vendor_root), 1)
    return page.replace('class="folium-map"', f'class="folium-map" role="region" aria-label="{title}"', 1)


def _panel_html(panel: _Panel, words: MapTexts, vendor_root: Path) -> str:
    parts = ["<header>"]
    if panel.demo:
        parts.append(f'<p class="demo" role="note">{html.escape(words.demo)}</p>')
    parts.append(f"<h1>{html.escape(panel.title)}</h1>")
    if panel.subtitle:
        parts.append(f"<p>{html.escape(panel.subtitle)}</p>")
    parts.append(f"<noscript><p>{html.escape(words.needs_script)}</p></noscript></header>")
    parts.append(f'<aside aria-label="{html.escape(words.legend)}"><h2>{html.escape(words.legend)}</h2><ul>')
    for colour, label in panel.legend:
        parts.append(f'<li><span class="swatch" style="background:{colour}"></span>{html.escape(label)}</li>')
    parts.append("</ul>")
    # The islands are named on the map itself too, but there they may lie outside the first view.
    parts.append('<p class="sea">' + "<br>".join(html.escape(label) for label, _, _ in SEA_LABELS) + "</p>")
    for word, value in ((words.source, panel.source), (words.as_of, panel.as_of)):
        if value:
            parts.append(f"<p>{html.escape(word)}: {html.escape(value)}</p>")
    parts.append(f"<details><summary>{html.escape(words.licences)}</summary>")
    parts += [f"<p>{html.escape(line)}</p>" for line in panel.licences]
    for name, path in _LIBRARIES:
        text = selfcontained.vendor_file(vendor_root, path).read_text("utf-8")
        parts.append(f"<h3>{html.escape(name)}</h3><pre>{html.escape(text)}</pre>")
    for name in _PACKAGES:
        parts.append(f"<h3>{html.escape(name)}</h3><pre>{html.escape(_package_licence(name))}</pre>")
    parts.append("</details></aside>")
    return "".join(parts)


@cache
def _package_licence(name: str) -> str:
    """The licence that a Python package came with; GeoFileError ``vendor_missing`` without one."""
    files = metadata.files(name) or []
    found = next((file for file in files if file.name.upper().startswith("LICENSE")), None)
    if found is None:
        raise GeoFileError("vendor_missing", file=f"{name}: LICENSE")
    return found.read_text(encoding="utf-8")


def _data_blocks(layers: Sequence[MapLayer], collections: Sequence[dict[str, Any]], words: MapTexts) -> str:
    config = {
        "switch": words.layers,
        "search": words.search,
        "notFound": words.not_found,
        "seaLabels": [label for label, _, _ in SEA_LABELS],
        "layers": [
            {
                "name": layer.name,
                "colorBy": layer.color_by,
                "colors": {value: colour for value, (colour, _) in layer.colors.items()},
                "labels": {value: label for value, (_, label) in layer.colors.items()},
                "color": layer.default_color,
                "popup": [list(pair) for pair in layer.popup],
                "searchBy": layer.search_by,
                "fill": layer.fill,
                "weight": layer.weight,
            }
            for layer in layers
        ],
    }
    blocks = [_json_block("map-config", config)]
    blocks += [_json_block(f"map-data-{index}", data) for index, data in enumerate(collections)]
    return "".join(blocks)


def _json_block(name: str, data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # No "<" can close the element or open a comment in it; U+2028/9 end a line in old engines.
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return f'<script type="application/json" id="{name}">{text}</script>'
