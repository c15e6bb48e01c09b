"""Annex A of OGC 18-058r1: coordinate reference systems by reference."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from geofiles.crs import points_to_wgs84
from tests.exchange.ogc_checker.base import CRS84, Service, _points, box_of, check, ids

OGC = re.compile(r"http://www\.opengis\.net/def/crs/(OGC/1\.3/CRS84|EPSG/0/\d{4,6})")
EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
UNKNOWN = "http://www.opengis.net/def/crs/EPSG/0/99999"


def crs_uri(service: Service) -> None:
    for collection in _described(service):
        for uri in [*collection["crs"], collection["storageCrs"]]:
            check(OGC.fullmatch(uri), collection["id"], uri)


def default_crs(service: Service) -> None:
    for collection in _described(service):
        check(CRS84 in collection["crs"], collection["id"], collection["crs"])


def storage_crs(service: Service) -> None:
    for collection in _described(service):
        check(collection["storageCrs"] in collection["crs"], collection["id"], collection["storageCrs"])


def crs_parameter(service: Service) -> None:
    for number, (collection, items) in enumerate(service.each()):
        for path in (items, f"{items}/{{featureId}}"):
            found = service.parameter(path, "crs")
            check(found["schema"]["type"] == "string" and not found["required"], path, found)
        for uri in _chosen(collection, number):
            answer = service.get(items, {"crs": uri, "limit": 2})
            check(answer.status == 200, items, uri, answer.status)
            check(answer.headers.get("Content-Crs") == f"<{uri}>", items, answer.headers.get("Content-Crs"))


def crs_parameter_default(service: Service) -> None:
    for path in _places(service):
        check(service.get(path).headers.get("Content-Crs") == f"<{CRS84}>", path)


def crs_parameter_invalid(service: Service) -> None:
    for path in _places(service):
        for text in (UNKNOWN, "text", "", "EPSG:4326", "http://127.0.0.1:9/crs"):
            check(service.get(path, {"crs": text}).status == 400, path, text)


def crs_parameter_transform(service: Service) -> None:
    """Coordinates come in the system asked for and in its order of axes: turned back, they are the same places."""
    for number, (collection, items) in enumerate(service.each()):
        plain = {str(feature["id"]): feature for feature in service.document(items, {"limit": 20})["features"]}
        for uri in _chosen(collection, number):
            for feature in service.document(items, {"limit": 20, "crs": uri})["features"]:
                _check_same_places(feature["geometry"], plain[str(feature["id"])]["geometry"], uri)


def bbox_crs_parameter(service: Service) -> None:
    """The box of a feature, as it is in each system, finds the feature."""
    for number, (collection, items) in enumerate(service.each()):
        check(service.parameter(items, "bbox-crs")["schema"]["type"] == "string", items)
        for uri in _chosen(collection, number):
            found = list(service.document(items, {"limit": 20, "crs": uri})["features"])
            for feature in [feature for feature in found if feature["geometry"]][:1]:
                west, south, east, north = box_of(feature["geometry"]) or (0, 0, 0, 0)
                room = 1e-6 if abs(east) < 400 else 0.1
                box = f"{west - room},{south - room},{east + room},{north + room}"
                answer = service.document(items, {"bbox": box, "bbox-crs": uri, "limit": 10_000})
                check(str(feature["id"]) in ids(answer["features"]), items, uri, box)


def bbox_crs_parameter_default(service: Service) -> None:
    for _collection, items in service.each():
        for box in ("105.5,10.3,105.8,10.6", "105,10,106,11"):
            said = service.document(items, {"bbox": box, "bbox-crs": CRS84})
            unsaid = service.document(items, {"bbox": box})
            check(ids(said["features"]) == ids(unsaid["features"]), items, box)
            swapped = service.document(items, {"bbox": _swapped(box), "bbox-crs": EPSG_4326})
            check(ids(swapped["features"]) == ids(unsaid["features"]), items, "latitude first")


def bbox_crs_parameter_invalid(service: Service) -> None:
    for _collection, items in service.each():
        for text in (UNKNOWN, "text", ""):
            answer = service.get(items, {"bbox": "105,10,106,11", "bbox-crs": text})
            check(answer.status == 400, items, text, answer.status)


def _chosen(collection: dict[str, Any], number: int) -> list[str]:
    """All systems for the first collection, every fifth, in turn, for each of the others."""
    return collection["crs"] if number == 0 else collection["crs"][number % 5 :: 5]


def _described(service: Service) -> Iterator[dict[str, Any]]:
    for collection in service.collections():
        yield collection
        yield service.document(f"/collections/{collection['id']}")


def _places(service: Service) -> Iterator[str]:
    for _collection, items in service.each():
        yield items
        for feature in service.document(items, {"limit": 1})["features"]:
            yield f"{items}/{feature['id']}"


def _check_same_places(given: Any, plain: Any, uri: str) -> None:
    check((given is None) == (plain is None), uri, "one has a shape, the other none")
    if plain is None:
        return
    check(given["type"] == plain["type"], uri, given["type"])
    first, second = (np.array(axis) for axis in zip(*_points(given["coordinates"]), strict=True))
    lon, lat = (np.array(axis) for axis in zip(*_points(plain["coordinates"]), strict=True))
    if uri == CRS84:
        back = first, second
    elif uri == EPSG_4326:
        back = second, first
    else:
        back = points_to_wgs84(first, second, "EPSG:" + uri.rsplit("/", 1)[1])
    off = max(abs(back[0] - lon).max(), abs(back[1] - lat).max())
    check(off < 1.1e-7, uri, "off by", off, "degrees")


def _swapped(box: str) -> str:
    west, south, east, north = box.split(",")
    return ",".join([south, west, north, east])


CRS: dict[str, Callable[[Service], None]] = {
    "crs/crs-uri": crs_uri,
    "crs/default-crs": default_crs,
    "crs/storageCrs": storage_crs,
    "crs/crs-parameter": crs_parameter,
    "crs/crs-parameter-default": crs_parameter_default,
    "crs/crs-parameter-invalid": crs_parameter_invalid,
    "crs/crs-parameter-transform": crs_parameter_transform,
    "crs/bbox-crs-parameter": bbox_crs_parameter,
    "crs/bbox-crs-parameter-default": bbox_crs_parameter_default,
    "crs/bbox-crs-parameter-invalid": bbox_crs_parameter_invalid,
}
