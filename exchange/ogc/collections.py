"""The collections: those layers of the catalogue that have a shape and that the reader may take out."""

from collections.abc import Callable
from typing import Any

from django.contrib.gis.db.models import Extent
from django.core.cache import cache
from django.db.models import Min
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from core.layers import as_expression
from exchange.catalogue import CATALOGUE, Entry, entry
from exchange.catalogue.entries import LICENCE, LICENCE_URL
from exchange.ogc import tiles
from exchange.ogc.crs import CRS84, CRSS
from exchange.ogc.formats import GEOJSON, HTML, JSON, SCHEMA
from exchange.ogc.queryables import properties_of
from exchange.ogc.temporal import DATES

EXTENT_SECONDS = 600
MARGIN_DEGREES = 0.001  # coordinates are rounded, and clients leave out what touches the edge
QUERYABLES_REL = "http://www.opengis.net/def/rel/ogc/1.0/queryables"
SCHEMA_REL = "http://www.opengis.net/def/rel/ogc/1.0/schema"
SCHEMA_DIALECT = "https://json-schema.org/draft/2020-12/schema"

Url = Callable[[str], str]
Link = dict[str, Any]


def collections_for(user: Any) -> list[Entry]:
    """Return the entries that `user` sees as collections, in the order of the catalogue."""
    return [found for found in CATALOGUE if _is_open(found, user)]


def collection_of(name: str, user: Any) -> Entry:
    """Return the collection with this id; Http404 where there is none, or none for `user` (B15)."""
    found = entry(name)
    if found is None or not _is_open(found, user):
        raise Http404
    return found


def _is_open(found: Entry, user: Any) -> bool:
    return found.layer.geometry is not None and found.may_export(user)


# --- addresses and links -----------------------------------------------------------------------------------------


def path_of(name: str, *args: str) -> str:
    """Return the path of one of our addresses, by the last part of its name."""
    return reverse(f"exchange:ogc-{name}", args=args)


def link(rel: str, href: str, kind: str, title: str = "") -> Link:
    """Return a link; `title` where there is one."""
    return {"rel": rel, "type": kind, "href": href, **({"title": title} if title else {})}


def self_and_alternate(this: str, page: str, kind: str = JSON) -> list[Link]:
    """Return the links from a document to itself and to its page for people."""
    return [
        link("self", this, kind, _("Tài liệu này")),
        link("alternate", page, HTML, _("Trang cho người đọc")),
    ]


def describe(found: Entry, user: Any, url: Url, query: str = "") -> dict[str, Any]:
    """Return the collection (OGC 17-069r4 §7.14, 18-058r1 §6.2); `url` makes a path an address; `query` narrows it and
    stays in the links to it and to its items."""
    name = found.layer.name
    own, items = url(path_of("collection", name)), url(path_of("items", name))
    data, page = (f"?{query}", f"?{query}&f=html") if query else ("", "?f=html")
    links = [
        *self_and_alternate(f"{own}{data}", f"{own}{page}"),
        link("items", f"{items}{data}", GEOJSON, _("Các đối tượng")),
        link("items", f"{items}{page}", HTML, _("Các đối tượng")),
        link(QUERYABLES_REL, url(path_of("queryables", name)), SCHEMA, _("Các trường lọc được")),
        link("describedby", url(path_of("schema", name)), SCHEMA, _("Các trường")),
        link(SCHEMA_REL, url(path_of("schema", name)), SCHEMA, _("Các trường")),
        *tiles.links(found, url("")),
    ]
    if found.licence_for(user) == LICENCE:
        links.append(link("license", LICENCE_URL, HTML, LICENCE))
    described: dict[str, Any] = {
        "id": name,
        "title": str(found.layer.title),
        "description": str(found.description),
        "attribution": str(found.steward),
        "itemType": "feature",
        "crs": list(CRSS),
        "storageCrs": CRS84.uri,
        "links": links,
    }
    extent = extent_of(found, user)
    return described | ({"extent": extent} if extent else {})


def schema_of(found: Entry, address: str) -> dict[str, Any]:
    """Return the queryables as a JSON Schema (OGC 19-079r2 §6.2); the fields of a feature are the same ones."""
    titles = {name: meaning.text for name, meaning in found.meanings.items()}
    return {
        "$schema": SCHEMA_DIALECT,
        "$id": address,
        "type": "object",
        "title": str(found.layer.title),
        "description": str(found.description),
        "properties": properties_of(found.layer, titles),
        "additionalProperties": False,
    }


# --- extents -----------------------------------------------------------------------------------------------------


def extent_of(found: Entry, user: Any) -> dict[str, Any]:
    """Return where and when the rows are that `user` may see; {} for none.

    It reads all rows, so it is kept until the data changes, for ten minutes at most: rights change without the data.
    """
    own_view = found.is_personal or found.has_more_for_some
    who = user.pk if own_view and user.is_authenticated else "all"
    changed = found.last_change()
    key = f"exchange.ogc.extent:{found.layer.name}:{who}:{changed.timestamp() if changed else 0}"
    kept: dict[str, Any] | None = cache.get(key)
    if kept is None:
        kept = _extent(found, user)
        cache.set(key, kept, EXTENT_SECONDS)
    return kept


def _extent(found: Entry, user: Any) -> dict[str, Any]:
    layer, dates = found.layer, DATES.get(found.layer.name)
    rows = layer.rows(user).order_by()
    wanted: dict[str, Any] = {"box": Extent(layer.geometry or "")}
    if dates is not None:
        rows = rows.annotate(extent_start=as_expression(layer.fields[dates.start]))
        wanted["first"] = Min("extent_start")
    seen = rows.aggregate(**wanted)
    extent: dict[str, Any] = {}
    if seen["box"] is not None:
        west, south, east, north = seen["box"]
        box = [west - MARGIN_DEGREES, south - MARGIN_DEGREES, east + MARGIN_DEGREES, north + MARGIN_DEGREES]
        extent["spatial"] = {"bbox": [[round(number, 4) for number in box]], "crs": CRS84.uri}
    if dates is not None and seen["first"] is not None:
        # The end stays open: the layers go on.
        extent["temporal"] = {"interval": [[f"{seen['first'].isoformat()}T00:00:00+07:00", None]]}
    return extent
