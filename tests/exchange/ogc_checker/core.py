"""Annex A.2 of OGC 17-069r4: the 34 tests of the class Core."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.exchange.ogc_checker.base import (
    CRS84,
    GEOJSON,
    Failed,
    Service,
    box_of,
    check,
    check_links,
    href_of,
    ids,
)

HTML, JSON = "text/html", "application/json"
CLASS = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core"
FIXED = ("/", "/conformance", "/collections", "/api")
MANY = 1_000_000
ROUNDING = 1e-7  # coordinates are written with seven digits, kept with more


def http(service: Service) -> None:
    """Requests and answers follow HTTP: GET and HEAD agree, other methods are refused by name, HEAD has no body."""
    for path in FIXED:
        answer = service.get(path)
        check(answer.status == 200 and answer.kind, path, answer.status)
        check(service.get(path, None, X_Method="HEAD").body == b"", path, "HEAD has a body")
        refused = service.get(path, None, X_Method="POST")
        check(refused.status == 405 and "GET" in refused.headers.get("Allow", ""), path, "POST", refused.status)


def root_op(service: Service) -> None:
    check(service.get("/").status == 200, "landing page")


def root_success(service: Service) -> None:
    links = service.document("/")["links"]
    check_links("landing page", links, ("self", JSON), ("alternate", HTML), ("conformance", ""), ("data", ""))
    check(href_of(links, "service-desc") or href_of(links, "service-doc"), "landing page has no link to the API")


def api_definition_op(service: Service) -> None:
    links = service.document("/")["links"]
    for rel in ("service-desc", "service-doc"):
        for link in (found for found in links if found["rel"] == rel):
            answer = service.get(link["href"], None, Accept=link["type"])
            check(answer.status == 200, link["href"], answer.status)


def api_definition_success(service: Service) -> None:
    links = service.document("/")["links"]
    for link in (found for found in links if found["rel"] in ("service-desc", "service-doc")):
        answer = service.get(link["href"], None, Accept=link["type"])
        check(answer.kind == link["type"].partition(";")[0], link["href"], answer.kind)


def conformance_op(service: Service) -> None:
    check(service.get("/conformance").status == 200, "conformance")


def conformance_success(service: Service) -> None:
    classes = service.document("/conformance")["conformsTo"]
    check(isinstance(classes, list) and CLASS in classes, "conformsTo has not", CLASS)
    check(all(isinstance(name, str) and name.startswith("http") for name in classes), "conformsTo", classes)


def fc_md_op(service: Service) -> None:
    answer = service.get("/collections")
    check(answer.status == 200, "collections", answer.status)


def fc_md_success(service: Service) -> None:
    found = service.document("/collections")
    check({"links", "collections"} <= set(found), "collections lacks a member", sorted(found))
    for collection in found["collections"]:
        _check_collection(collection)


def fc_md_links(service: Service) -> None:
    check_links("collections", service.document("/collections")["links"], ("self", JSON), ("alternate", HTML))


def fc_md_items(service: Service) -> None:
    named = [collection["id"] for collection in service.collections()]
    check(named and len(named) == len(set(named)), "ids of collections", named)
    for name in named:
        check(service.get(f"/collections/{name}/items", {"limit": 1}).status == 200, name)


def fc_md_items_links(service: Service) -> None:
    for collection in service.collections():
        check_links(collection["id"], collection["links"], ("items", GEOJSON), ("items", HTML))
        for kind in (GEOJSON, HTML):
            answer = service.get(href_of(collection["links"], "items", kind) or "", None, Accept=kind)
            check(answer.status == 200 and answer.kind == kind, collection["id"], kind, answer.kind)


def fc_md_extent(service: Service) -> None:
    """The extent, where there is one, holds every feature, in the right CRS and calendar."""
    for collection, items in service.each():
        extent = collection.get("extent", {})
        spatial, temporal = extent.get("spatial"), extent.get("temporal")
        if spatial:
            check(spatial.get("crs", CRS84) == CRS84, collection["id"], spatial)
            box = spatial["bbox"][0]
            check(len(box) == 4, collection["id"], box)
            for feature in service.walk(items, {"limit": 10_000}):
                check(_is_inside(box_of(feature["geometry"]), box), collection["id"], feature["id"], "outside", box)
        if temporal:
            for interval in temporal["interval"]:
                check(len(interval) == 2, collection["id"], interval)
                check(all(end is None or datetime.fromisoformat(end).tzinfo for end in interval), interval)


def fc_md_extent_multi(service: Service) -> None:
    """Where there is more than one box, every feature of the collection lies in the first and in one of the others."""
    for collection, items in service.each():
        boxes = collection.get("extent", {}).get("spatial", {}).get("bbox", [])
        for feature in service.walk(items, {"limit": 10_000}) if boxes else []:
            box = box_of(feature["geometry"])
            check(_is_inside(box, boxes[0]), collection["id"], feature["id"])
            check(len(boxes) == 1 or any(_is_inside(box, other) for other in boxes[1:]), collection["id"])


def sfc_md_op(service: Service) -> None:
    for collection in service.collections():
        check(service.get(f"/collections/{collection['id']}").status == 200, collection["id"])
    check(service.get("/collections/dUmmYColLection").status == 404, "unknown collection")


def sfc_md_success(service: Service) -> None:
    for collection in service.collections():
        own = service.document(f"/collections/{collection['id']}")
        _check_collection(own)
        for member in ("id", "title", "description", "extent", "itemType", "crs"):
            check(own.get(member) == collection.get(member), collection["id"], "differs in", member)


def fc_op(service: Service) -> None:
    for _collection, items in service.each():
        answer = service.get(items)
        check(answer.status == 200 and answer.kind == GEOJSON, items, answer.status, answer.kind)
    check(service.get("/collections/dUmmYColLection/items").status == 404, "items of an unknown collection")


def fc_bbox_definition(service: Service) -> None:
    for _collection, items in service.each():
        found = service.parameter(items, "bbox")
        schema = found["schema"]
        check(schema["type"] == "array" and schema["items"]["type"] == "number", items, schema)
        check((schema["minItems"], schema["maxItems"]) == (4, 6), items, schema)
        check(found.get("style", "form") == "form" and found["explode"] is False and not found["required"], found)


def fc_bbox_response(service: Service) -> None:
    """A box around one feature finds it, and nothing whose own box lies apart; an empty sea finds nothing."""
    for collection, items in service.each():
        everything = service.walk(items, {"limit": 10_000})
        for feature in [feature for feature in everything if feature["geometry"]][:3]:
            west, south, east, north = box_of(feature["geometry"]) or (0, 0, 0, 0)
            box = (west - ROUNDING, south - ROUNDING, east + ROUNDING, north + ROUNDING)
            text = ",".join(str(number) for number in box)
            for asked in ({"bbox": text}, {"bbox": text, "bbox-crs": CRS84}, {"bbox": _with_heights(box)}):
                found = service.walk(items, {"limit": 10_000, **asked})
                check(str(feature["id"]) in ids(found), items, asked, "misses", feature["id"])
                for other in found:
                    check(_do_meet(box_of(other["geometry"]), box), items, asked, "has", other["id"])
        check(service.walk(items, {"bbox": "-40,-40,-39,-39"}) == [], collection["id"], "bbox in the Atlantic")
        world = service.walk(items, {"bbox": "-180,-90,180,90", "limit": 10_000})
        check(len(world) == sum(bool(feature["geometry"]) for feature in everything), items, "world")


def fc_limit_definition(service: Service) -> None:
    for _collection, items in service.each():
        found = service.parameter(items, "limit")
        schema = found["schema"]
        check(schema["type"] == "integer" and schema["minimum"] == 1, items, schema)
        check(schema["default"] <= schema["maximum"], items, schema)
        check(found.get("style", "form") == "form" and found["explode"] is False and not found["required"], found)


def fc_limit_response(service: Service) -> None:
    """At most `limit` features; more than the maximum is clamped, not an error; the pages hold each feature once."""
    for _collection, items in service.each():
        everything = ids(service.walk(items, {"limit": 10_000}))
        for limit in (1, 2, 10):
            page = service.document(items, {"limit": limit})
            check(len(page["features"]) == min(limit, len(everything)), items, limit, len(page["features"]))
        for limit in (1, 3):
            walked = ids(service.walk(items, {"limit": limit}))
            check(walked == everything, items, "pages of", limit, walked)
        check(len(set(everything)) == len(everything), items, "a feature twice")
        clamped = service.document(items, {"limit": MANY})
        check(len(clamped["features"]) == len(everything), items, "limit above the maximum")


def fc_time_definition(service: Service) -> None:
    for _collection, items in service.each():
        found = service.parameter(items, "datetime")
        check(found["schema"] == {"type": "string"}, items, found)
        check(found.get("style", "form") == "form" and found["explode"] is False and not found["required"], found)


def fc_time_response(service: Service) -> None:
    """Every way to write a moment or period is understood; open periods hold what their closed parts hold."""
    for _collection, items in service.each():
        moments = ("2026-01-01", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00+07:00")
        periods = ("2020-01-01/2026-12-31", "2020-01-01T00:00:00Z/2026-12-31T23:59:59Z")
        opened = ("../2026-12-31", "/2026-12-31", "2020-01-01/..", "2020-01-01/")
        for text in (*moments, *periods, *opened):
            check(service.get(items, {"datetime": text}).status == 200, items, text)
        closed = set(ids(service.walk(items, {"datetime": periods[0], "limit": 10_000})))
        for text in opened:
            found = set(ids(service.walk(items, {"datetime": text, "limit": 10_000})))
            check(closed <= found, items, text, "misses", closed - found)


def query_param_unknown(service: Service) -> None:
    for path in (*FIXED, *(items for _collection, items in service.each())):
        answer = service.get(path, {"dUmmYParAmeTer": "1"})
        check(answer.status == 400, path, "unknown parameter", answer.status)


def query_param_invalid(service: Service) -> None:
    cases = {
        "limit": ("0", "-1", "1.5", "text", ""),
        "bbox": ("1,2,3", "1,2,3,4,5", "a,b,c,d", "", "0,9,1,8", "nan,0,1,1"),
        "datetime": ("text", "2026-13-01", "2026-01-02/2026-01-01", "../..", "2026-01-01T24:00:00Z"),
    }
    for _collection, items in service.each():
        for name, values in cases.items():
            for value in values:
                answer = service.get(items, {name: value})
                check(answer.status == 400, items, name, value, answer.status)


def fc_response(service: Service) -> None:
    for _collection, items in service.each():
        page = service.document(items)
        check(page["type"] == "FeatureCollection", items, page["type"])
        for feature in page["features"]:
            check({"type", "id", "geometry", "properties"} <= set(feature), items, sorted(feature))


def fc_links(service: Service) -> None:
    """self, alternate, next and prev: each says rel and type, and self leads back to the same features."""
    for _collection, items in service.each():
        page = service.document(items, {"limit": 1})
        check_links(items, page["links"], ("self", GEOJSON), ("alternate", HTML))
        again = service.document(href_of(page["links"], "self") or "")
        check(ids(again["features"]) == ids(page["features"]), items, "self")
        other = service.get(href_of(page["links"], "alternate", HTML) or "")
        check(other.status == 200 and other.kind == HTML, items, "alternate", other.kind)
        check(bool(href_of(page["links"], "next")) == (page["numberMatched"] > 1), items, "next")


def fc_time_stamp(service: Service) -> None:
    for _collection, items in service.each():
        stamp = service.document(items)["timeStamp"]
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", stamp), items, stamp)


def fc_number_matched(service: Service) -> None:
    for _collection, items in service.each():
        everything = service.walk(items, {"limit": 10_000})
        for params in ({}, {"limit": 1}, {"limit": 2, "offset": 1}):
            page = service.document(items, params)
            check(page["numberMatched"] == len(everything), items, params, page["numberMatched"], len(everything))
            following = href_of(page["links"], "next")
            if following:
                check(service.document(following)["numberMatched"] == len(everything), items, "on the second page")


def fc_number_returned(service: Service) -> None:
    for _collection, items in service.each():
        for limit in (1, 2, 100):
            page = service.document(items, {"limit": limit})
            check(page["numberReturned"] == len(page["features"]), items, page["numberReturned"])


def f_op(service: Service) -> None:
    for _collection, items in service.each():
        for feature in service.document(items, {"limit": 3})["features"]:
            answer = service.get(f"{items}/{feature['id']}")
            check(answer.status == 200 and answer.kind == GEOJSON, items, feature["id"], answer.status)
        check(service.get(f"{items}/dUmmYFeAtUre").status == 404, items, "unknown feature")


def f_success(service: Service) -> None:
    for _collection, items in service.each():
        for feature in service.document(items, {"limit": 3})["features"]:
            own = service.document(f"{items}/{feature['id']}")
            check(own["type"] == "Feature", items, own["type"])
            for member in ("id", "geometry", "properties"):
                check(own[member] == feature[member], items, feature["id"], "differs in", member)


def f_links(service: Service) -> None:
    for _collection, items in service.each():
        for feature in service.document(items, {"limit": 1})["features"]:
            links = service.document(f"{items}/{feature['id']}")["links"]
            check_links(items, links, ("self", GEOJSON), ("alternate", HTML), ("collection", ""))
            for link in links:
                check(service.get(link["href"]).status == 200, items, link)


def crs84(service: Service) -> None:
    """Without `crs` every coordinate is longitude, then latitude: here within Viet Nam's box."""
    for _collection, items in service.each():
        for feature in service.walk(items, {"limit": 10_000}):
            box = box_of(feature["geometry"])
            check(_is_inside(box, [102.0, 6.5, 118.0, 23.6]), items, feature["id"], box)


def _check_collection(collection: Any) -> None:
    check(isinstance(collection, dict) and isinstance(collection.get("id"), str), "collection", collection)
    check(isinstance(collection.get("links"), list), collection["id"], "links")
    check(collection.get("itemType", "feature") == "feature", collection["id"], collection.get("itemType"))


def _is_inside(box: Any, frame: Any) -> bool:
    if box is None:
        return True
    return bool(frame[0] <= box[0] and frame[1] <= box[1] and box[2] <= frame[2] and box[3] <= frame[3])


def _do_meet(box: Any, frame: Any) -> bool:
    if box is None:
        return False
    return not (box[2] < frame[0] or frame[2] < box[0] or box[3] < frame[1] or frame[3] < box[1])


def _with_heights(box: Any) -> str:
    west, south, east, north = box
    return f"{west},{south},-10,{east},{north},9000"


CORE: dict[str, Callable[[Service], None]] = {
    "core/http": http,
    "core/root-op": root_op,
    "core/root-success": root_success,
    "core/api-definition-op": api_definition_op,
    "core/api-definition-success": api_definition_success,
    "core/conformance-op": conformance_op,
    "core/conformance-success": conformance_success,
    "core/fc-md-op": fc_md_op,
    "core/fc-md-success": fc_md_success,
    "core/fc-md-links": fc_md_links,
    "core/fc-md-items": fc_md_items,
    "core/fc-md-items-links": fc_md_items_links,
    "core/fc-md-extent": fc_md_extent,
    "core/fc-md-extent-multi": fc_md_extent_multi,
    "core/sfc-md-op": sfc_md_op,
    "core/sfc-md-success": sfc_md_success,
    "core/fc-op": fc_op,
    "core/fc-bbox-definition": fc_bbox_definition,
    "core/fc-bbox-response": fc_bbox_response,
    "core/fc-limit-definition": fc_limit_definition,
    "core/fc-limit-response": fc_limit_response,
    "core/fc-time-definition": fc_time_definition,
    "core/fc-time-response": fc_time_response,
    "core/query-param-unknown": query_param_unknown,
    "core/query-param-invalid": query_param_invalid,
    "core/fc-response": fc_response,
    "core/fc-links": fc_links,
    "core/fc-timeStamp": fc_time_stamp,
    "core/fc-numberMatched": fc_number_matched,
    "core/fc-numberReturned": fc_number_returned,
    "core/f-op": f_op,
    "core/f-success": f_success,
    "core/f-links": f_links,
    "core/crs84": crs84,
}
__all__ = ["CORE", "Failed"]
