"""What is asked of `/items`, read strictly, and the page that answers it.

A page is one statement whose GeoJSON PostGIS writes. Pages follow each other by key, not by counting: `next` is as fast
on the last page as on the first, and each feature comes once. The number of matches is counted with the first page and
travels in the signed cursor. A walk through a whole layer asks the same statement for each page, so its text is kept
(`core.kept_sql`) as long as the reader's rights are the same.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.geos import Polygon
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core import kept_sql
from core.api.pages import DEFAULT_LIMIT, MAX_CURSOR_LENGTH, Last, read_page_request
from core.errors import BadInput, Finding
from core.filters import WORLD, Box, parse_bbox
from core.prepared import ONE_PLAN
from core.problems import parameter_finding
from core.sql import FeaturePage, order_column, page_sql, read_page
from exchange.catalogue import Entry
from exchange.ogc import temporal
from exchange.ogc.conditions import narrowed
from exchange.ogc.cql import JSON, TEXT, read_cql
from exchange.ogc.crs import Crs, geometry_writer, read_crs, to_longitude_latitude, written_in
from exchange.selection import AREA_PARAMETERS, Selection

MAX_OFFSET = 10_000
STEPS = 16  # pieces of each side of a box that becomes a polygon in longitude and latitude
OWN_PARAMETERS = (
    "f",
    "limit",
    "offset",
    "cursor",
    "bbox",
    "bbox-crs",
    "crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
)
PLAIN_PARAMETERS = frozenset({"f", "limit", "cursor", "crs"})  # of a walk through a whole layer
NOT_OF_THE_RESULT = ("cursor", "offset", "limit", "f")  # the others decide which features there are


@dataclass(frozen=True, slots=True)
class ItemsRequest:
    """One page: `rows()` in no order, where it begins, and, when a page before has counted them, how many there are."""

    entry: Entry
    user: Any
    params: QueryDict
    rows: Callable[[], QuerySet[Any]]
    crs: Crs
    limit: int
    offset: int
    last: Last | None
    matched: int | None


@dataclass(frozen=True, slots=True)
class ItemsPage:
    """`features`: JSON texts in UTF-8, joined; `cursor`: of the next page, "" on the last one."""

    features: bytes
    returned: int
    matched: int
    cursor: str


def known_parameters(entry: Entry) -> list[str]:
    """Return every parameter of `/items` of this collection."""
    return list(dict.fromkeys([*OWN_PARAMETERS, *entry.layer.filterset.parameters(), *AREA_PARAMETERS]))


def narrowing_parameters(entry: Entry) -> list[str]:
    """Return the parameters that say which features of a collection are meant: the layer's filters and the area's."""
    return [name for name in known_parameters(entry) if name not in OWN_PARAMETERS]


def read_narrowing(entry: Entry, user: Any, params: QueryDict) -> QueryDict:
    """Return what of `params` narrows a collection; raises BadInput with a finding for each bad parameter."""
    _refuse_unknown(params, ["f", *narrowing_parameters(entry)])
    narrowing = params.copy()
    narrowing.pop("f", None)
    Selection.read(entry, user, narrowing)
    return narrowing


def read_items(entry: Entry, user: Any, params: QueryDict, *, default_limit: int = DEFAULT_LIMIT) -> ItemsRequest:
    """Return what `params` ask for; raises BadInput with a finding for each bad parameter."""
    _refuse_unknown(params, known_parameters(entry))
    findings: list[Finding] = []
    limit = _taken(findings, lambda: _limit(params, default_limit))
    offset = _taken(findings, lambda: _offset(params))
    last, matched = _taken(findings, lambda: _cursor(entry, params)) or (None, None)
    crs = _taken(findings, lambda: read_crs("crs", params.get("crs")))
    rows = _taken(findings, lambda: _rows(entry, user, params))
    if findings:
        raise BadInput(findings=findings)
    return ItemsRequest(entry, user, params, rows, crs, limit, offset, last, matched)


def _rows(entry: Entry, user: Any, params: QueryDict) -> Callable[[], QuerySet[Any]]:
    """Return the rows that are asked for; those of a whole layer are looked for only where its text is not kept."""
    if PLAIN_PARAMETERS.issuperset(params):
        return lambda: _selection(entry, user, params, None).rows()
    findings: list[Finding] = []
    box = _taken(findings, lambda: _box(params))
    period = _taken(findings, lambda: _period(params))
    condition = _taken(findings, lambda: _filter(params))
    selection = _taken(findings, lambda: _selection(entry, user, params, period))
    if findings:
        raise BadInput(findings=findings)
    rows = selection.rows()
    if period is not None:
        if entry.layer.name in temporal.TODAYS and not period.is_day:
            rows = temporal.of_any_day(selection)
        rows = temporal.in_period(selection, rows, period)
    if box is not None:
        rows = rows.filter(_meets(entry.layer.geometry or "", box))
    if condition is not None:
        rows = narrowed(entry.layer, rows, *condition)
    return lambda: rows


def make_page(asked: ItemsRequest) -> ItemsPage:
    """Return the page, by one statement; the first of several pages takes one more to count."""
    page = read_page(lambda cursor: _run(cursor, asked), limit=asked.limit)
    matched = _matched(asked, page)
    cursor = _make_cursor(asked, page.last, matched) if page.has_more else ""
    return ItemsPage(written_in(asked.crs, page.features), page.returned, matched, cursor)


def _run(cursor: Any, asked: ItemsRequest) -> None:
    def build() -> tuple[str, list[Any]]:
        return page_sql(
            layer,
            asked.rows(),
            limit=asked.limit,
            last=asked.last,
            offset=asked.offset,
            geometry=geometry_writer(layer, asked.crs),
        )

    layer, place = asked.entry.layer, _place(asked)
    if place is None:
        cursor.execute(*build())
    else:
        of = ("ogc", asked.limit, asked.crs.uri, len(place))
        kept_sql.run(cursor, place, layer=layer, user=asked.user, of=of, build=build, before=ONE_PLAN)


def _place(asked: ItemsRequest) -> tuple[int, ...] | None:
    """Return where the page begins, () for the first one; None where its text is not kept."""
    if not PLAIN_PARAMETERS.issuperset(asked.params) or order_column(asked.entry.layer) != asked.entry.layer.key:
        return None
    if asked.last is None:
        return ()
    return (int(asked.last[1]),) if asked.last[1].isdecimal() else None


def _matched(asked: ItemsRequest, page: FeaturePage) -> int:
    if asked.matched is not None:
        return asked.matched
    if not page.has_more and (page.returned or not asked.offset):  # the last page: nothing is left to count
        return asked.offset + page.returned
    return asked.rows().order_by().count()


def next_query(params: QueryDict, cursor: str) -> str:
    """Return the query of the page that `cursor` opens."""
    following = params.copy()
    following.pop("offset", None)
    following["cursor"] = cursor
    return following.urlencode()


# --- reading -----------------------------------------------------------------------------------------------------


def _refuse_unknown(params: QueryDict, known: list[str]) -> None:
    findings: list[Finding] = []
    for name, values in params.lists():
        if name not in known:
            detail = _("Không có tham số này. Các tham số dùng được: %(known)s.") % {"known": ", ".join(known)}
            findings.append(parameter_finding(name[:100], "unknown_parameter", detail))
        elif len(values) > 1 and name in OWN_PARAMETERS:
            findings.append(parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần.")))
    if findings:
        raise BadInput(findings=findings)


def _taken(findings: list[Finding], read: Callable[[], Any]) -> Any:
    """Gather what is wrong with each part, so that one answer names everything."""
    try:
        return read()
    except BadInput as error:
        findings.extend(error.findings)
        return None


def _period(params: QueryDict) -> temporal.Period | None:
    return temporal.read_datetime(str(params["datetime"])) if "datetime" in params else None


def _limit(params: QueryDict, default: int) -> int:
    if "limit" not in params:
        return default
    only = QueryDict(mutable=True)
    only["limit"] = str(params["limit"])
    return read_page_request(only, "").limit


def _offset(params: QueryDict) -> int:
    text = params.get("offset")
    if text is None:
        return 0
    if "cursor" in params:
        raise _bad("offset", _("Hãy dùng một trong hai: cursor hoặc offset."), "conflicting_parameters")
    if not (text.isascii() and text.isdigit()):
        raise _bad("offset", _("offset phải là số nguyên từ 0 đến %(most)d.") % {"most": MAX_OFFSET})
    digits = text.lstrip("0") or "0"
    if len(digits) > 6 or int(digits) > MAX_OFFSET:
        raise _bad(
            "offset",
            _("offset chỉ đến %(most)d; hãy đi tiếp bằng liên kết “next”.") % {"most": MAX_OFFSET},
            "offset_too_large",
        )
    return int(digits)


def _cursor(entry: Entry, params: QueryDict) -> tuple[Last, int] | None:
    text = params.get("cursor")
    if text is None:
        return None
    try:
        if len(text) > MAX_CURSOR_LENGTH:
            raise signing.BadSignature
        order_value, key, matched = signing.loads(text, salt=_salt(entry, params))
    except (signing.BadSignature, ValueError, TypeError):
        raise _bad("cursor", _("cursor không đúng; hãy dùng liên kết “next” của trang trước.")) from None
    return (order_value, key), matched


def _make_cursor(asked: ItemsRequest, last: Last, matched: int) -> str:
    return signing.dumps([*last, matched], salt=_salt(asked.entry, asked.params))


def _salt(entry: Entry, params: QueryDict) -> str:
    """A cursor opens the pages of its own question only: its count would be wrong for another."""
    question = sorted((name, values) for name, values in params.lists() if name not in NOT_OF_THE_RESULT)
    digest = hashlib.blake2b(json.dumps(question).encode(), digest_size=12).hexdigest()
    return f"exchange.ogc:{entry.layer.name}:{digest}"


def _filter(params: QueryDict) -> tuple[Any, Crs] | None:
    language = params.get("filter-lang", TEXT)
    if language not in (TEXT, JSON):
        raise _bad("filter-lang", _("filter-lang phải là cql2-text hoặc cql2-json."))
    crs = read_crs("filter-crs", params.get("filter-crs"))
    text = params.get("filter")
    return None if text is None else (read_cql(text, language), crs)


def _selection(entry: Entry, user: Any, params: QueryDict, period: temporal.Period | None) -> Selection:
    asked = params.copy()
    for name in OWN_PARAMETERS:
        asked.pop(name, None)
    for name, value in temporal.day_parameter(entry, period, asked).items():
        asked[name] = value
    return Selection.read(entry, user, asked)


def _bad(name: str, detail: Any, code: str = "invalid") -> BadInput:
    return BadInput(findings=[parameter_finding(name, code, detail)])


# --- bbox --------------------------------------------------------------------------------------------------------


def _box(params: QueryDict) -> list[Polygon] | None:
    """Return `bbox` as polygons in longitude and latitude: two when it crosses the antimeridian."""
    crs = read_crs("bbox-crs", params.get("bbox-crs"))
    text = params.get("bbox")
    if text is None:
        return None
    try:
        return _polygons(_four(text), crs)
    except ValidationError as error:
        raise _bad("bbox", " ".join(error.messages), error.code or "invalid") from error


def _four(text: str) -> str:
    """Return the four numbers of a box on the ground: heights are read and left out (§7.15.3)."""
    parts = text.split(",")
    if len(parts) != 6:
        return text
    parse_bbox(f"0,{parts[2]},0,{parts[2]}"), parse_bbox(f"0,{parts[5]},0,{parts[5]}")  # they must be numbers too
    return ",".join([parts[0], parts[1], parts[3], parts[4]])


def _polygons(text: str, crs: Crs) -> list[Polygon]:
    if crs.is_vn2000:
        return [_projected(text, crs)]
    if crs.latitude_first:
        parts = text.split(",")
        text = ",".join([parts[1], parts[0], parts[3], parts[2]]) if len(parts) == 4 else text
    return [_rectangle(box) for box in parse_bbox(text)]


def _rectangle(box: Box) -> Polygon:
    found = Polygon.from_bbox(box)
    found.srid = 4326
    return found


def _projected(text: str, crs: Crs) -> Polygon:
    """Return a box in metres as the polygon it is in degrees, its sides in pieces since they are bent there."""
    boxes = _metres(text)
    west, south, east, north = boxes
    ring = [(west + (east - west) * step / STEPS, south) for step in range(STEPS)]
    ring += [(east, south + (north - south) * step / STEPS) for step in range(STEPS)]
    ring += [(east + (west - east) * step / STEPS, north) for step in range(STEPS)]
    ring += [(west, north + (south - north) * step / STEPS) for step in range(STEPS)]
    try:
        points = to_longitude_latitude(crs, [*ring, ring[0]])
        found = Polygon(points, srid=4326)
    except ValueError:
        found = None
    if found is None or not found.valid or not Polygon.from_bbox(WORLD).contains(found):
        raise ValidationError(_("bbox nằm ngoài vùng dùng được của hệ tọa độ."), code="bbox_outside")
    return found


def _metres(text: str) -> Box:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        raise ValidationError(_("bbox cần đúng 4 số: tây,nam,đông,bắc (mét)."), code="bbox_count")
    numbers = [_metre(part) for part in parts]
    if numbers[0] >= numbers[2] or numbers[1] >= numbers[3]:
        raise ValidationError(_("bbox có góc dưới trái không ở dưới bên trái của góc kia."), code="bbox_order")
    west, south, east, north = numbers
    return west, south, east, north


def _metre(text: str) -> float:
    """A number as `parse_bbox` reads them, up to what any zone of VN-2000 needs."""
    parse_bbox(f"{text},0,{text},0")
    value = float(text)
    if abs(value) > 10_000_000:
        raise ValidationError(_("bbox nằm ngoài vùng dùng được của hệ tọa độ."), code="bbox_outside")
    return value


def _meets(geometry: str, polygons: list[Polygon]) -> Q:
    """Features whose shape meets the box: not only its box, as the API's `bbox` has it."""
    condition = Q()
    for polygon in polygons:
        condition |= Q(**{f"{geometry}__intersects": polygon})
    return condition
