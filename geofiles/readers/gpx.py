"""GPX of a telephone or a hand-held receiver: walks around plots, routes, and corners marked one by one. WGS 84.

A track segment or route whose ends meet becomes a polygon. Waypoints are corners when at least three of them belong
together, by ``<type>`` and by their name without its last number (``A1, A2, A3``); they stay in the order of the file.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from geofiles import crs
from geofiles.errors import UnreadableFile
from geofiles.features import Notice
from geofiles.readers import safe_xml
from geofiles.readers.memory import UNREADABLE, columns_of, layer_of, points_to_wkb
from geofiles.readers.safe_xml import Element, child, local, text_of
from geofiles.readers.sources import Layer
from geofiles.readers.tracks import Point, track_to_wkb

_TOLD = ("name", "cmt", "desc", "src", "number", "type", "sym")
_LAST_NUMBER = re.compile(r"[\s._#()-]*\d+\)?\s*$")
_Feature = tuple[bytes, dict[str, Any], bool]


def open_layers(path: Path, title: str) -> tuple[Layer, ...]:
    """Layers ``tracks``, ``routes`` and ``waypoints``, those that there are. Raises UnreadableFile."""
    safe_xml.check(path, "gpx")
    found: dict[str, list[_Feature]] = defaultdict(list)
    waypoints: list[Element] = []
    for event, name, element in safe_xml.walk(path, "gpx"):
        if event != "end":
            continue
        if name == "trk":
            found["tracks"] += _track(element)
            element.clear()
        elif name == "rte":
            found["routes"].append(_line(_told(element), [part for part in element if local(part) == "rtept"]))
            element.clear()
        elif name == "wpt":
            waypoints.append(element)
    found["waypoints"] = _waypoints(waypoints, title)
    layers = tuple(_layer(kind, path, features) for kind, features in found.items() if features)
    if not layers:
        raise UnreadableFile(reason="no_features", format="gpx")
    return layers


def _layer(kind: str, path: Path, features: list[_Feature]) -> Layer:
    closed = sum(was_closed for _wkb, _told, was_closed in features)
    return layer_of(
        kind,
        path,
        [wkb for wkb, _told, _closed in features],
        columns_of([told for _wkb, told, _closed in features]),
        crs=crs.WGS84,
        html_columns=frozenset({"desc", "cmt"}),
        notices=(Notice("track_closed", {"features": closed}),) if closed else (),
    )


def _track(track: Element) -> Iterable[_Feature]:
    told = _told(track)
    segments = [segment for segment in track if local(segment) == "trkseg"]
    for number, segment in enumerate(segments, start=1):
        points = [part for part in segment if local(part) == "trkpt"]
        if points:
            yield _line(told | ({"segment": number} if len(segments) > 1 else {}), points)


def _line(told: dict[str, Any], points: list[Element]) -> _Feature:
    if points and (time := text_of(child(points[0], "time"))):
        told = told | {"time": time}
    places = [_place(point) for point in points]
    if not places or None in places:
        return UNREADABLE, told, False
    wkb, closed = track_to_wkb([place for place in places if place is not None])
    return wkb, told, closed


def _place(point: Element) -> Point | None:
    try:
        place = (float(point.get("lon", "")), float(point.get("lat", "")))
    except ValueError:
        return None
    height = text_of(child(point, "ele"))
    try:
        return (*place, float(height)) if height else place
    except ValueError:
        return place


def _told(element: Element) -> dict[str, Any]:
    """What is said about a track, route or waypoint: the known elements, and the leaves of its extensions."""
    told = {name: text for name in _TOLD if (text := text_of(child(element, name)))}
    extensions = child(element, "extensions")
    for leaf in extensions.iter() if extensions is not None else ():
        if not len(leaf) and (text := text_of(leaf)):
            told.setdefault(local(leaf), text)
    return told


def _waypoints(elements: list[Element], title: str) -> list[_Feature]:
    groups: dict[tuple[str, str], list[Element]] = defaultdict(list)
    for element in elements:
        name, kind = (text_of(child(element, part)) or "" for part in ("name", "type"))
        groups[kind, _LAST_NUMBER.sub("", name) if name else "\x00"].append(element)
    _join_small(groups)
    features: list[_Feature] = []
    for (kind, stem), members in groups.items():
        # Points that bear neither a name nor a type say nothing about what they belong to.
        if len(members) >= 3 and (kind or stem != "\x00"):
            features.append(_corners(stem.strip("\x00") or kind or title, members))
        else:
            features += [_point(member) for member in members]
    return features


def _join_small(groups: dict[tuple[str, str], list[Element]]) -> None:
    """Corners of one type whose names do not make groups of three are one group by their type, in file order."""
    kinds: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for key in groups:
        kinds[key[0]].append(key)
    for kind, keys in kinds.items():
        if kind and len(keys) > 1 and any(len(groups[key]) < 3 for key in keys):
            members = [member for key in keys for member in groups.pop(key)]
            groups[kind, ""] = members


def _corners(name: str, members: list[Element]) -> _Feature:
    places = [_place(member) for member in members]
    told = {key: value for key, value in _told(members[0]).items() if key in ("type", "cmt", "desc", "src")}
    told = {"name": name, **told, "points": len(members)}
    if time := text_of(child(members[0], "time")):
        told["time"] = time
    if None in places:
        return UNREADABLE, told, False
    return points_to_wkb([place for place in places if place is not None], kind="ring"), told, False


def _point(member: Element) -> _Feature:
    place = _place(member)
    return points_to_wkb([place], kind="point") if place else UNREADABLE, _told(member), False
