"""A plot from the corner table of a land certificate: typed, pasted or from a file; drawn, compared, stored."""

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.gis.geos import MultiPolygon
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import DomainError, Finding
from core.permissions import require
from core.views import show_domain_errors
from farms import forms_certificate as parts
from farms.file_errors import file_error_text
from farms.forms_certificate import CertificateForm, GridRow, PasteForm
from farms.looking import Look, look_at, neighbours_of
from farms.models import PlotStatus
from farms.permissions import can_add_plot
from farms.services.land_certificates import Reading, plot_from_corners, read_corners
from farms.views.frames import OTHER_COLOUR, PLOT_COLOUR, feature, frame_of
from geofiles import corners as tables
from geofiles import sandbox
from geofiles.corners import Corner, CornerTable
from geofiles.errors import GeoFileError

MAX_NEIGHBOURS = 300
NEAR_DEGREES = 0.003
SKETCH = 400.0  # width and height of the sketch's drawing area, in its own units
SKETCH_MARGIN = 34.0


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def certificate(request: HttpRequest) -> HttpResponse:
    """The page: every button posts the whole form, so that nothing is lost and nothing needs script."""
    cooperative = cooperative_of(request)
    require(can_add_plot(request.user, cooperative))
    if request.method != "POST":
        return _page(request, cooperative, CertificateForm(cooperative=cooperative), PasteForm(), [])
    asked = request.POST.get("do", "preview")
    form = CertificateForm(request.POST, cooperative=cooperative, for_saving=asked == "save")
    paste = PasteForm(request.POST, request.FILES)
    rows = parts.grid_of(request.POST)
    table, problems = _table(paste, rows)
    if table is not None and table.corners and (paste.files or request.POST.get("paste", "").strip()):
        rows, paste = parts.grid_from(table), PasteForm()  # what was pasted stands in the grid now
    if asked == "rows":
        return _page(request, cooperative, form, paste, rows, more=parts.MORE_ROWS, unbound=True)
    if table is None or (not form.is_valid() and not set(form.errors) <= set(parts.NEEDED_TO_SAVE)):
        return _page(request, cooperative, form, paste, rows, problems=problems)
    reading = read_corners(
        cooperative, table.corners, crs=form.cleaned_data["crs"], printed_area_m2=form.cleaned_data["printed_area"]
    )
    if asked == "save" and not problems and form.is_valid() and _may_store(form, reading):
        try:
            return _stored(request, cooperative, form, table)
        except DomainError as error:
            if error.status == 403:
                raise
            problems += error.findings or (Finding(error.code, error.detail),)
    return _page(request, cooperative, form, paste, rows, table=table, reading=reading, problems=problems)


def _table(paste: PasteForm, rows: Sequence[GridRow]) -> tuple[CornerTable | None, list[Finding]]:
    """The table of the file, the paste box or the grid, in this order; None where the form itself is at fault."""
    if not paste.is_valid():
        return None, []
    text, file = paste.cleaned_data["paste"], paste.cleaned_data["file"]
    try:
        if file is not None:
            table = _from_file(file)
        else:
            table = tables.parse_text(text) if text.strip() else parts.table_of(rows)
    except GeoFileError as error:
        paste.add_error("file", file_error_text(error.code, error.params))
        return None, []
    told = [
        Finding(problem.code, parts.problem_text(problem))
        for problem in table.problems
        if problem.code in parts.STOPPING and problem.code != "too_few_corners"
    ]
    return table, told


def _from_file(file: UploadedFile) -> CornerTable:
    """Cells of a workbook, CSV or PDF, read in the fence; its headings may be the first corner."""
    with tempfile.NamedTemporaryFile(prefix="certificate-", suffix=Path(file.name or "").suffix[:8]) as copy:
        for chunk in file.chunks():
            copy.write(chunk)
        copy.flush()
        found = sandbox.read_list(copy.name, max_rows=tables.MAX_CORNERS * 3)
    return tables.parse_rows([found.headings, *(cells for _number, cells in found.rows)])


def _may_store(form: CertificateForm, reading: Reading) -> bool:
    if reading.boundary is None:
        return False
    if reading.needs_look and not form.cleaned_data["looked"]:
        form.add_error("looked", _("Có chỗ lệch với giấy. Hãy xem phần so sánh, rồi đánh dấu ô này nếu vẫn lưu."))
        return False
    return True


def _stored(request: HttpRequest, cooperative: Cooperative, form: CertificateForm, table: CornerTable) -> HttpResponse:
    plot = plot_from_corners(
        cooperative,
        table.corners,
        crs=form.cleaned_data["crs"],
        swapped=table.swapped,
        by=request.user,
        **form.plot_fields(),
    )
    if plot.status == PlotStatus.IN_CONFLICT:
        messages.warning(
            request,
            _("Đã lưu thửa %(ref)s, nhưng thửa chồng lên đất của đơn vị khác: phải chờ cán bộ giải quyết.")
            % {"ref": plot.ref},
        )
    else:
        messages.success(request, _("Đã lưu thửa %(ref)s.") % {"ref": plot.ref})
    return redirect(plot)


def _page(
    request: HttpRequest,
    cooperative: Cooperative,
    form: CertificateForm,
    paste: PasteForm,
    rows: Sequence[GridRow],
    *,
    table: CornerTable | None = None,
    reading: Reading | None = None,
    problems: Sequence[Finding] = (),
    more: int = 0,
    unbound: bool = False,
) -> HttpResponse:
    stopped = [*problems, *(reading.problems if reading else ())]
    if unbound:  # more rows were asked for: nothing is judged yet
        form = CertificateForm(initial=request.POST.dict(), cooperative=cooperative)
    context: dict[str, Any] = {
        "cooperative": cooperative,
        "form": form,
        "paste": paste,
        "rows": parts.with_blank_rows(rows, more),
        "problems": list({finding.message: finding for finding in stopped}.values()),
        "reading": reading,
        "table": table,
    }
    if reading is not None and table is not None:
        context["sketch"] = sketch_of(table.corners, in_degrees=table.in_degrees)
        context["comparison"] = comparison(reading, table)
        context["told"] = [parts.problem_text(found) for found in table.problems if found.code not in parts.STOPPING]
    if reading is not None and reading.boundary is not None:
        look = look_at(cooperative, reading.boundary)
        context |= {"look": look, "frame": _frame(request.user, reading.boundary), "met": _met(look)}
    failed = bool(stopped) or form.errors or paste.errors
    return render(request, "farms/certificate.html", context, status=422 if failed else 200)


def _frame(user: Any, boundary: MultiPolygon) -> dict[str, Any]:
    """The plot among the neighbours that the user may see."""
    west, south, east, north = boundary.extent
    box = (west - NEAR_DEGREES, south - NEAR_DEGREES, east + NEAR_DEGREES, north + NEAR_DEGREES)
    neighbours: Any = neighbours_of(user, box)
    around = neighbours.values_list("ref", "geojson")[:MAX_NEIGHBOURS]
    features = [
        {"type": "Feature", "properties": {"colour": OTHER_COLOUR, "name": ref}, "geometry": json.loads(text)}
        for ref, text in around
    ]
    features.append(feature(boundary, colour=PLOT_COLOUR, name=_("Thửa theo giấy")))
    return frame_of(features, [boundary])


def _met(look: Look) -> list[str]:
    """What storing would meet, in words."""
    told = [
        _("Chồng lên thửa %(ref)s của chính hợp tác xã: %(m2)s m². Không lưu được khi còn chồng.")
        % {"ref": one.ref, "m2": round(one.shared_m2)}
        for one in look.own
    ]
    if look.others_m2:
        told.append(
            _("Chồng lên đất của đơn vị khác %(m2)s m². Nếu lưu, thửa phải chờ cán bộ giải quyết.")
            % {"m2": round(look.others_m2)}
        )
    if look.commune is None:
        told.append(_("Thửa không nằm trong xã, phường nào đã có địa giới."))
    return told


@dataclass(frozen=True, slots=True)
class EdgeRow:
    """One edge in the table beside the sketch: from, to, metres measured and printed, whether they differ."""

    start: str
    end: str
    measured_m: float
    printed_m: float | None
    differs: bool


def comparison(reading: Reading, table: CornerTable) -> list[EdgeRow]:
    """Every edge with what the paper says of it; none for degrees, whose edges are not metres."""
    if table.in_degrees:
        return []
    wrong = {one.index for one in reading.edges}
    measured = tables.edges_m(table.corners)
    count = len(table.corners)
    return [
        EdgeRow(one.label, table.corners[(index + 1) % count].label, measured[index], one.edge_m, index in wrong)
        for index, one in enumerate(table.corners)
    ]


def sketch_of(corners: Sequence[Corner], *, in_degrees: bool) -> dict[str, Any] | None:
    """The outline as an SVG drawing: `path` points, labelled corners and edge lengths, north up."""
    if len(corners) < 2:
        return None
    shrink = 0.984 if in_degrees else 1.0  # a degree of longitude is a little shorter than one of latitude here
    easts, norths = [one.y * shrink for one in corners], [one.x for one in corners]
    span = max(max(easts) - min(easts), max(norths) - min(norths)) or 1.0
    scale = (SKETCH - 2 * SKETCH_MARGIN) / span
    left = (SKETCH - (max(easts) - min(easts)) * scale) / 2
    top = (SKETCH - (max(norths) - min(norths)) * scale) / 2
    places = [
        (left + (east - min(easts)) * scale, top + (max(norths) - north) * scale)
        for east, north in zip(easts, norths, strict=True)
    ]
    middle = (sum(x for x, _y in places) / len(places), sum(y for _x, y in places) / len(places))
    edges = [] if in_degrees else tables.edges_m(corners)
    following = [*places[1:], places[0]]
    return {
        "size": int(SKETCH),
        "points": " ".join(f"{x:.1f},{y:.1f}" for x, y in places),
        "corners": [
            {"label": one.label, "x": round(x, 1), "y": round(y, 1), **_beside(x, y, middle)}
            for one, (x, y) in zip(corners, places, strict=True)
        ],
        "edges": [
            {"text": f"{length:.2f}", "x": round((a[0] + b[0]) / 2, 1), "y": round((a[1] + b[1]) / 2, 1)}
            for length, a, b in zip(edges, places, following, strict=False)
            if length * scale > 34  # shorter ones would lie on their corners' numbers
        ],
    }


def _beside(x: float, y: float, middle: tuple[float, float]) -> dict[str, float]:
    """Where the corner's number goes: outward from the middle."""
    dx, dy = x - middle[0], y - middle[1]
    away = max((dx * dx + dy * dy) ** 0.5, 1.0)
    return {"tx": round(x + 16 * dx / away, 1), "ty": round(y + 16 * dy / away + 4, 1)}
