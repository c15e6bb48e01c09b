"""Frames of the maps of a request (docs/frontend.md): plots, neighbours, marked plots, ground that came and went."""

from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet

from casework.differences import ADDED, Differences
from casework.eligibility import FAIL, PASS, WARN, Finding
from casework.marks import Marks
from casework.models import CodeRequest
from casework.summaries import map_of
from codes.views.areas import feature
from farms.models import Plot
from landuse.models import LandUseLayer

LAND_LAYER = "land-use"
ADDED_COLOUR, REMOVED_COLOUR, MARKED_COLOUR = "#1f7a3a", "#a02c1b", "#b35a00"
FAULT_COLOURS = {FAIL: "#c92a2a", WARN: "#e8890c"}
Json = dict[str, Any]


def request_frame(
    code_request: CodeRequest,
    *,
    with_neighbours: bool,
    findings: Iterable[Finding] = (),
    marks: Marks | None = None,
    changes: Differences | None = None,
    land_layers: QuerySet[LandUseLayer] | None = None,
) -> Json:
    """Return the frame: the area and its plots; on top marked plots and changed ground, each by colour and pattern.

    With `land_layers` the land-use layer is there too, hidden until one of them is chosen on the page.
    """
    frame = map_of(code_request.area, with_neighbours=with_neighbours)
    features = frame["features"]["features"]
    features += faults_of(findings)
    if marks is not None and marks.plots:
        plots = code_request.area.plots.filter(pk__in=marks.plots).only("ref", "boundary")
        features += [feature(one.boundary, colour=MARKED_COLOUR, pattern="marked", name=one.ref) for one in plots]
    if changes is not None:
        features += [_ground(one.kind, one.geometry) for one in changes.ground]
    if land_layers is not None and land_layers.exists():
        frame |= {"show": ["units", LAND_LAYER], "hidden": [LAND_LAYER], "legend": "closed"}
    return frame


def faults_of(findings: Iterable[Finding]) -> list[Json]:
    """Return the plots at which failed and warned checks point, each once, by the worst verdict, for officers' maps.

    Properties beside colour and name: `fault`, the verdict; `plot`, the id that `data-fault-plots` of the checks holds.
    """
    worst: dict[int, Finding] = {}
    rules: dict[int, list[str]] = {}
    for finding in findings:  # worst first
        if finding.verdict != PASS:
            for plot in finding.plots:
                worst.setdefault(plot.id, finding)
                rules.setdefault(plot.id, []).append(str(finding.title))
    rows = Plot.objects.filter(pk__in=worst).only("ref", "boundary").order_by("pk")
    return [
        feature(
            plot.boundary,
            colour=FAULT_COLOURS[worst[plot.pk].verdict],
            pattern="marked",
            name=f"{plot.ref}: {', '.join(dict.fromkeys(rules[plot.pk]))}",
            plot=plot.pk,
            fault=worst[plot.pk].verdict,
        )
        for plot in rows
    ]


def _ground(kind: str, geometry: Json) -> Json:
    colour = ADDED_COLOUR if kind == ADDED else REMOVED_COLOUR
    return {"type": "Feature", "properties": {"colour": colour, "pattern": kind}, "geometry": geometry}
