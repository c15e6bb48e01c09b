"""The classes GeoJSON and HTML of OGC 17-069r4."""

from collections.abc import Callable
from html.parser import HTMLParser

from tests.exchange.ogc_checker.base import GEOJSON as GEOJSON_TYPE
from tests.exchange.ogc_checker.base import Service, check

KINDS = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}


class _Page(HTMLParser):
    """Gathers the tags and the text of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def geojson_definition(service: Service) -> None:
    for _collection, items in service.each():
        for path in (items, f"{items}/{{featureId}}"):
            content = service.operation(path)["responses"]["200"]["content"]
            check(GEOJSON_TYPE in content, path, sorted(content))
        answer = service.get(items, None, Accept=GEOJSON_TYPE)
        check(answer.kind == GEOJSON_TYPE, items, answer.kind)


def geojson_content(service: Service) -> None:
    """RFC 7946: members by name, known shapes, closed rings of two numbers a position, no `crs`."""
    for _collection, items in service.each():
        page = service.document(items, {"limit": 50})
        check("crs" not in page, items, "crs")
        for feature in page["features"]:
            check(feature["type"] == "Feature" and isinstance(feature["properties"], dict), items, feature["id"])
            geometry = feature["geometry"]
            check(geometry is None or geometry["type"] in KINDS, items, geometry)
            if geometry and geometry["type"] == "MultiPolygon":
                for ring in (ring for part in geometry["coordinates"] for ring in part):
                    check(len(ring) >= 4 and ring[0] == ring[-1], items, feature["id"], "ring")


def html_definition(service: Service) -> None:
    for path in ("/", "/conformance", "/collections", "/api", *(items for _collection, items in service.each())):
        content = service.operation(path)["responses"]["200"]["content"]
        check("text/html" in content, path, sorted(content))
        answer = service.get(path, None, Accept="text/html")
        check(answer.status == 200 and answer.kind == "text/html", path, answer.status, answer.kind)


def html_content(service: Service) -> None:
    """Pages hold what the JSON holds: classes, collections, features, and ways on."""
    for collection, items in service.each():
        page, table = _page(service, f"/collections/{collection['id']}"), _page(service, items)
        check(collection["title"] in page.text, collection["id"], "title")
        for feature in service.document(items, {"limit": 5})["features"]:
            check(str(feature["id"]) in table.text, items, feature["id"])
            own = _page(service, f"{items}/{feature['id']}")
            for value in feature["properties"].values():
                check(not isinstance(value, str) or value in own.text, items, feature["id"], value)
    classes = _page(service, "/conformance").text
    check(all(name in classes for name in service.document("/conformance")["conformsTo"]), "conformance")
    titles = _page(service, "/collections").text
    check(all(collection["title"] in titles for collection in service.collections()), "collections")


def _page(service: Service, path: str) -> _Page:
    answer = service.get(path, None, Accept="text/html")
    check(answer.status == 200, path, answer.status)
    page = _Page()
    page.feed(answer.body.decode())
    check({"html", "title", "h1"} <= set(page.tags), path, "is no page")
    return page


GEOJSON: dict[str, Callable[[Service], None]] = {
    "geojson/definition": geojson_definition,
    "geojson/content": geojson_content,
}
HTML: dict[str, Callable[[Service], None]] = {"html/definition": html_definition, "html/content": html_content}
