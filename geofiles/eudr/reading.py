"""The document as it stands: JSON, and the features in it with where they are."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from geofiles.eudr import rules

_MAX_NESTED = 4  # collections within collections


class NotRead(Exception):
    """The text is no document that could be checked; `code` of `rules.SEVERITIES`, `params` for its text."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Item:
    """A feature: its number from 1, its JSON pointer, id and properties, and its geometry as it stands."""

    number: int
    pointer: str
    name: str
    properties: Any
    geometry: Any
    geometry_pointer: str


def parse(raw: bytes) -> dict[str, Any]:
    """Return the root object; raises NotRead."""
    try:
        text = raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise NotRead("not_utf8", byte=error.start) from error
    try:
        document = json.loads(text, parse_constant=_constant)
    except json.JSONDecodeError as error:
        raise NotRead("not_json", line=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise NotRead("too_deep") from error
    except ValueError as error:  # an integer of thousands of digits
        raise NotRead("not_json", line=1, column=1) from error
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise NotRead("not_geojson", found=type(document).__name__)
    return document


def _constant(name: str) -> float:
    return float("nan")  # found as a bad coordinate, with its place


def items(document: dict[str, Any]) -> Iterator[Item | tuple[str, str]]:
    """Return the features one by one; (pointer, what it is) for what stands among them and is none. Raises NotRead."""
    kind = document["type"]
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list):
            raise NotRead("not_geojson", found="FeatureCollection")
        if not features:
            raise NotRead("no_features")
        if len(features) > rules.MAX_FEATURES:
            raise NotRead("too_many_features", found=len(features), limit=rules.MAX_FEATURES)
        for number, feature in enumerate(features, start=1):
            pointer = f"/features/{number - 1}"
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                yield pointer, str(feature.get("type")) if isinstance(feature, dict) else type(feature).__name__
                continue
            yield _item(number, pointer, feature)
    elif kind == "Feature":
        yield _item(1, "", document)
    elif kind in (*rules.POINTS, *rules.POLYGONS, rules.COLLECTION):
        yield Item(1, "", "", {}, document, "")
    else:
        raise NotRead("not_geojson", found=kind[:60])


def _item(number: int, pointer: str, feature: dict[str, Any]) -> Item:
    properties = feature.get("properties")
    name = feature.get("id")
    if name is None and isinstance(properties, dict):
        name = properties.get(rules.PLACE)
    shown = showable(str(name)[:80]) if isinstance(name, str | int) and not isinstance(name, bool) else ""
    return Item(number, pointer, shown, properties, feature.get("geometry"), f"{pointer}/geometry")


def geometries(geometry: Any, pointer: str, depth: int = 0) -> Iterator[tuple[Any, str]]:
    """Return the single geometries of one that may be a collection, each with its pointer."""
    if isinstance(geometry, dict) and geometry.get("type") == rules.COLLECTION and depth < _MAX_NESTED:
        members = geometry.get("geometries")
        if isinstance(members, list) and members:
            for index, member in enumerate(members):
                yield from geometries(member, f"{pointer}/geometries/{index}", depth + 1)
            return
    yield geometry, pointer


def showable(text: str) -> str:
    """Return the text without halves of surrogate pairs, which JSON may hold and UTF-8 may not."""
    return text.encode("utf-8", "replace").decode("utf-8")
