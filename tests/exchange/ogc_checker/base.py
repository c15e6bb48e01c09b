"""What the abstract tests share: a service that is asked over HTTP, and small checks."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
LINK_WORDS = {"rel", "type"}


class Failed(AssertionError):
    """An abstract test does not hold; the text says where."""


def check(condition: Any, *said: Any) -> None:
    """Raise Failed with what was seen where the condition does not hold."""
    if not condition:
        raise Failed(" ".join(str(word)[:300] for word in said))


@dataclass
class Answer:
    """An answer as a client sees it."""

    url: str
    status: int
    headers: Any
    body: bytes

    @property
    def kind(self) -> str:
        return str(self.headers.get("Content-Type", "")).partition(";")[0]

    def json(self) -> Any:
        try:
            return json.loads(self.body)
        except ValueError:
            raise Failed(f"{self.url}: no JSON") from None


@dataclass
class Service:
    """A service at `base` ("/ogc"), asked by `fetch(path_and_query, headers) -> (status, headers, body)`.

    Documents are kept, so that 54 tests ask each once. `only`: ids of the collections that are walked; all when empty.
    """

    base: str
    fetch: Callable[[str, dict[str, str]], tuple[int, Any, bytes]]
    only: tuple[str, ...] = ()
    _kept: dict[str, Answer] = field(default_factory=dict)

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Ask for a path below the base, or a whole address of the same service."""
        url = path if path.startswith(("http://", self.base)) else self.base + path
        parts = urlsplit(url)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *(params or {}).items()])
        target = parts.path + (f"?{query}" if query else "")
        name = f"{target} {sorted(headers.items())}"
        if name not in self._kept:
            sent = {key.replace("_", "-"): value for key, value in headers.items()}
            self._kept[name] = Answer(target, *self.fetch(target, sent))
        return self._kept[name]

    def document(self, path: str, params: dict[str, Any] | None = None) -> Any:
        """Return the JSON of an answer that must be 200."""
        answer = self.get(path, params)
        check(answer.status == 200, answer.url, answer.status, answer.body)
        return answer.json()

    def collections(self) -> list[dict[str, Any]]:
        found = self.document("/collections")["collections"]
        return [collection for collection in found if not self.only or collection["id"] in self.only]

    def each(self) -> Iterator[tuple[dict[str, Any], str]]:
        """Yield each collection and the path of its items."""
        for collection in self.collections():
            yield collection, f"/collections/{collection['id']}/items"

    def openapi(self) -> dict[str, Any]:
        return dict(self.document("/api"))

    def operation(self, path: str) -> dict[str, Any]:
        """Return the GET operation of `path` in the OpenAPI document."""
        paths = self.openapi()["paths"]
        check(path in paths and "get" in paths[path], "OpenAPI has no GET", path)
        return dict(paths[path]["get"])

    def parameter(self, path: str, name: str) -> dict[str, Any]:
        """Return the definition of a query parameter of `path`, references followed."""
        document = self.openapi()
        for found in self.operation(path).get("parameters", []):
            if "$ref" in found:
                found = document["components"]["parameters"][found["$ref"].rsplit("/", 1)[1]]
            if found["name"] == name and found["in"] == "query":
                return dict(found)
        raise Failed(f"{path}: parameter {name} is not declared")

    def walk(self, path: str, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Return every feature, page by page along `next`."""
        found: list[dict[str, Any]] = []
        answer = self.get(path, params)
        for _page in range(10_000):
            check(answer.status == 200, answer.url, answer.status, answer.body)
            page = answer.json()
            found += page["features"]
            following = href_of(page["links"], "next")
            if following is None:
                return found
            answer = self.get(following)
        raise Failed(f"{path}: next has no end")


def href_of(links: list[dict[str, Any]], rel: str, kind: str = "") -> str | None:
    """Return the address of the first link with this relation (and media type)."""
    for link in links:
        if link["rel"] == rel and (not kind or link.get("type", "").startswith(kind)):
            return str(link["href"])
    return None


def check_links(where: str, links: Any, *wanted: tuple[str, str]) -> None:
    """Every link says rel and type, and those wanted (rel, media type) are there."""
    check(isinstance(links, list) and links, where, "has no links")
    for link in links:
        check(set(link) >= LINK_WORDS and link.get("href"), where, "incomplete link", link)
    for rel, kind in wanted:
        check(href_of(links, rel, kind), where, "has no link", rel, kind)


def box_of(geometry: dict[str, Any] | None) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north of a GeoJSON geometry."""
    if geometry is None:
        return None
    points = list(_points(geometry["coordinates"]))
    return (
        min(x for x, _y in points),
        min(y for _x, y in points),
        max(x for x, _y in points),
        max(y for _x, y in points),
    )


def _points(value: Any) -> Iterator[tuple[float, float]]:
    if isinstance(value[0], int | float):
        yield value[0], value[1]
    else:
        for part in value:
            yield from _points(part)


def ids(features: list[dict[str, Any]]) -> list[str]:
    return [str(feature["id"]) for feature in features]
