"""Rows of an import as its pages show them: a page of rows, and a map that draws at most a few thousand shapes."""

import json
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

from django.contrib.gis.db.models import Extent
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import Case, F, IntegerField, QuerySet, Value, When
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from core.errors import BadInput
from core.expressions import SquareMetres
from farms import imports
from farms.exports import place_text
from farms.models import ImportStatus, PlotImport, PlotImportRow, RowAction, Verdict
from farms.views.frames import OTHER_COLOUR, VERDICT_COLOURS, bbox_text, feature

PAGE_ROWS = 50
MAP_SHAPES = 2_000
MAP_DECIMALS = 6  # 0.1 m: this map is looked at, not measured
BEFORE_COLOUR = "#7048a8"
BADGES = {Verdict.GREEN: "ok", Verdict.AMBER: "warning", Verdict.RED: "error"}
MARGIN = 0.2
WRITTEN_FIELDS = ("planted_year", "tree_count", "expected_yield_t", "land_sheet", "land_parcel", "note")

_WORST_FIRST = Case(
    When(verdict=Verdict.RED, then=Value(0)),
    When(verdict=Verdict.AMBER, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)


def rows_context(request: HttpRequest, plot_import: PlotImport) -> dict[str, Any]:
    """Return what both preview and report show of the rows; raises BadInput for a bad page."""
    verdict, action = request.GET.get("verdict", ""), request.GET.get("action", "")
    after = _after(request)
    rows = plot_import.rows.order_by("row")
    if verdict in Verdict.values:
        rows = rows.filter(verdict=verdict)
    if action in RowAction.values:
        rows = rows.filter(action=action)
    page = list(_shown(rows.filter(row__gt=after))[: PAGE_ROWS + 1])
    columns = plot_import.options.get("columns") or {}
    is_stored = plot_import.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE)
    shown = [_row(row, columns, is_stored=is_stored) for row in page[:PAGE_ROWS]]
    counts = plot_import.summary.get("counts") or {}
    return {
        "rows": shown,
        "wanted": {"verdict": verdict, "action": action},
        "verdict_filters": _filters(request, "verdict", Verdict.choices, counts),
        "action_filters": _filters(request, "action", RowAction.choices, plot_import.summary.get("actions") or {}),
        "counts": counts,
        "total": sum(counts.values()),
        **_paging(request, page, after),
        **_map(plot_import, [item["row"] for item in shown]),
    }


def _after(request: HttpRequest) -> int:
    text = request.GET.get("after", "0")
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadInput
    return int(text)


def _shown(rows: QuerySet[PlotImportRow]) -> QuerySet[PlotImportRow]:
    heavy = ("original", "commune__boundary", "commune__boundary_3857", "target__boundary_3857")
    own = ("crop", "variety", "commune", "grower__person")
    of_target = ("target__crop", "target__variety", "target__grower__person")
    return rows.select_related(*own, *of_target).defer(*heavy).annotate(measured_m2=SquareMetres(F("boundary")))


def _paging(request: HttpRequest, page: list[PlotImportRow], after: int) -> dict[str, str | None]:
    query = request.GET.copy()
    query.pop("after", None)
    first = f"?{query.urlencode()}"
    following = f"{first}&after={page[PAGE_ROWS - 1].row}" if len(page) > PAGE_ROWS else None
    return {"next_url": following, "first_url": first if after else None}


def _filters(
    request: HttpRequest, name: str, choices: Iterable[tuple[str, Any]], counts: dict[str, int]
) -> list[dict[str, Any]]:
    """Links that filter by one thing and keep the other; only those that would show something."""
    found = [(value, label, counts.get(value, 0)) for value, label in choices if counts.get(value)]
    if len(found) < 2:
        return []
    wanted = request.GET.get(name, "")
    shown = [("", _("Tất cả"), sum(counts.values())), *found]
    return [
        {"url": _with(request, name, value), "label": label, "count": count, "is_current": wanted == value}
        for value, label, count in shown
    ]


def _with(request: HttpRequest, name: str, value: str) -> str:
    query = request.GET.copy()
    query.pop("after", None)
    query.pop(name, None)
    if value:
        query[name] = value
    return f"?{query.urlencode()}"


def _row(row: Any, columns: dict[str, str], *, is_stored: bool) -> dict[str, Any]:
    shape = row.boundary if row.boundary is not None else row.before_repair
    declared = row.attributes.get(columns.get("declared_area", ""))
    return {
        "row": row,
        "plot": row.plot_id if is_stored else row.target_id,  # a green row knows its number before it is a plot
        "badge": BADGES[row.verdict],
        "bbox": bbox_text(shape) if shape is not None and not shape.empty else "",
        "grower": str(row.grower.person) if row.grower else row.attributes.get(columns.get("grower", "")) or "",
        "measured_ha": row.measured_m2 / 10_000 if row.measured_m2 else None,
        "declared": declared if declared not in (None, "") else "",
        "is_repaired": row.before_repair is not None and row.boundary is not None,
        "changes": changes_of(row, columns) if row.action == RowAction.UPDATE and row.target else [],
        "findings": [
            {"text": imports.finding_text(finding) + place_text(finding), "severity": finding.get("severity", "")}
            for finding in row.findings
        ],
    }


def changes_of(row: Any, columns: dict[str, str]) -> list[dict[str, str]]:
    """Return what storing the row would change of the plot it names: title, before, after (as the file has it)."""
    target = row.target
    pairs = [
        (_("Cây trồng"), target.crop, row.crop),
        (_("Giống"), target.variety, row.variety),
        (_("Nông hộ"), target.grower and target.grower.person, row.grower and row.grower.person),
    ]
    found = [
        {"title": str(title), "before": str(before or "—"), "after": str(after)}
        for title, before, after in pairs
        if after is not None and before != after
    ]
    if row.measured_m2 and target.boundary != row.boundary:
        before, after = (f"{number_format(area / 10_000, 4)} ha" for area in (target.area_m2, row.measured_m2))
        found.append({"title": str(_("Ranh giới")), "before": before, "after": after})
    return found + _written_changes(row, columns)


def _written_changes(row: Any, columns: dict[str, str]) -> list[dict[str, str]]:
    """What the file says otherwise in columns that are stored as they stand; empty or unreadable ones say nothing."""
    codes = {finding.get("code") for finding in row.findings}
    found = []
    for field in WRITTEN_FIELDS:
        after = _on_one_line(row.attributes.get(columns.get(field, "")))
        before = getattr(row.target, field)
        if after and f"{field}_unreadable" not in codes and not _is_same(before, after):
            title = str(imports.FIELDS[field][0])
            found.append({"title": title, "before": _on_one_line(before) or "—", "after": after})
    return found


def _on_one_line(value: Any) -> str:
    return "" if value is None else " ".join(str(value).split())


def _is_same(before: Any, after: str) -> bool:
    if before is None or isinstance(before, str):
        return _on_one_line(before) == after
    try:
        return Decimal(after.replace(",", ".")) == Decimal(str(before))
    except InvalidOperation:
        return False


def _map(plot_import: PlotImport, page: list[Any]) -> dict[str, Any]:
    drawable = plot_import.rows.exclude(boundary=None)
    count = drawable.count()
    listed = drawable.annotate(shape=AsGeoJSON("boundary", precision=MAP_DECIMALS), worst=_WORST_FIRST)
    shapes = list(listed.order_by("worst", "row").values_list("row", "verdict", "shape")[:MAP_SHAPES])
    drawn = {row for row, _verdict, _shape in shapes}
    features = [_feature(json.loads(shape), colour=VERDICT_COLOURS[verdict], row=row) for row, verdict, shape in shapes]
    for row in page:
        features += _page_features(row, is_drawn=row.row in drawn)
    box = drawable.exclude(verdict=Verdict.RED).aggregate(box=Extent("boundary"))["box"]
    box = box or drawable.aggregate(box=Extent("boundary"))["box"]
    frame: dict[str, Any] = {
        "show": ["units"],
        "hash": False,
        "count": False,
        "legend": "closed",  # holds the choice of imagery where the installation names some
        "features": {"type": "FeatureCollection", "features": features},
    }
    if box:
        frame["bounds"] = widened(box)
    return {
        "frame": frame,
        "undrawn": max(0, count - MAP_SHAPES),
        "map_limit": MAP_SHAPES,
        "has_before": any(row.before_repair is not None and row.boundary is not None for row in page),
        "has_targets": any(row.action == RowAction.UPDATE and row.target for row in page),
    }


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def _page_features(row: Any, *, is_drawn: bool) -> list[dict[str, Any]]:
    """What the map shows only of the rows on this page: shapes before a repair or an update, points of faults."""
    found = []
    if row.action == RowAction.UPDATE and row.target:
        found.append(feature(row.target.boundary, colour=OTHER_COLOUR))
    if row.before_repair is not None and not row.before_repair.empty:
        is_refused = row.boundary is None
        colour = VERDICT_COLOURS[Verdict.RED] if is_refused else BEFORE_COLOUR
        found.append(feature(row.before_repair, colour=colour, row=row.row))
    if row.boundary is not None and not is_drawn:
        found.append(feature(row.boundary, colour=VERDICT_COLOURS[row.verdict], row=row.row))
    for finding in row.findings:
        if finding.get("at"):
            point = {"type": "Point", "coordinates": list(finding["at"])[:2]}
            found.append(_feature(point, colour=VERDICT_COLOURS[Verdict.RED]))
    return found


def widened(box: Iterable[float]) -> list[float]:
    """Return a box with a margin around it."""
    west, south, east, north = box
    margin = max((east - west) * MARGIN, (north - south) * MARGIN, 0.001)
    return [west - margin, south - margin, east + margin, north + margin]
