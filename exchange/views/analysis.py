"""Pages of the analysis: figures by unit, two sides compared, the list behind a figure, files."""

from dataclasses import dataclass
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from core.errors import BadInput
from core.problems import parameter_finding
from core.tables import csv_lines
from core.throttling import throttled
from core.views import error_lines, show_domain_errors
from exchange.analysis import Analysis, AnalysisRequest, Figure, figures
from exchange.analysis.choropleth import NO_ROWS, Step, bounds, features, is_schematic, step_of, steps
from exchange.analysis.comparison import Comparison, before_the_reform, compare, read_sides
from exchange.analysis.conflicts import FEW_OWNERS, ConflictLine, conflict_summary
from exchange.analysis.figures import figure_of, rows_of, total
from exchange.analysis.forms import AnalysisForm, CompareForm, ConflictSummaryForm
from exchange.analysis.limits import with_time
from exchange.analysis.tables import geojson, notes, table, workbook
from exchange.catalogue import links
from exchange.permissions import can_export_restricted
from farms.land_use import LEAST_M2, LEAST_SHARE, layers_that_bind
from geofiles.workbooks import XLSX_TYPE
from maps.views.common import asked
from maps.views.tiles import catalogue
from places.models import AdministrativeUnit

PAGE_SIZE = 50
CHART_LINES = 15
PUBLIC = "public, max-age=60"
NONE = "none"  # `of`: what belongs to no unit


@dataclass(frozen=True, slots=True)
class Line:
    """A figure as the page shows it: with its bar (0 to 100), its class on the map, the list behind it."""

    figure: Figure
    bar: float
    step: Step | None
    url: str
    share: float | None


@require_safe
@show_domain_errors
@throttled("api")
def analysis_page(request: HttpRequest) -> HttpResponse:
    """GET /data/analysis/: map, chart and table of a measure by unit; 400 with what is wrong beside the form."""
    params = asked(request)
    context: dict[str, Any] = {"form": AnalysisForm(params, request.user), "errors": []}
    try:
        question = AnalysisRequest.read(request.user, params)
        with with_time(is_long=question.entry().is_personal):
            found = figures(question)
        context |= _shown(found)
    except BadInput as error:
        context["errors"] = error_lines(error)
    response = render(request, "exchange/analysis.html", context, status=400 if context["errors"] else 200)
    response["Cache-Control"] = "private, no-cache"
    return response


def _shown(found: Analysis) -> dict[str, Any]:
    question, classes = found.request, steps(found.rows)
    query = question.address()
    lines = _lines(found, classes)
    frame: dict[str, Any] = {
        "layers": catalogue([]), "show": [], "legend": False, "count": False, "hash": False,
        "features": features(found, classes),
    }  # fmt: skip
    if box := bounds(found):
        frame["bounds"] = box
    return {
        "analysis": found,
        "measure": question.measure,
        "decimals": question.measure.decimals,
        "lines": lines,
        "chart": lines[:CHART_LINES],
        "chart_left_out": max(len(lines) - CHART_LINES, 0),
        "steps": classes,
        "no_rows": NO_ROWS,
        "frame": frame,
        "is_schematic": is_schematic(found),
        "rest_url": _list_url(question, NONE),
        "total_url": _list_url(question, ""),
        "query": query,
        "compare_url": f"{reverse('exchange:analysis-compare')}?{query}",
        "is_today": question.area.on == localdate(),
    }


def _lines(found: Analysis, classes: list[Step]) -> list[Line]:
    most = max((figure.value or 0.0 for figure in found.rows), default=0.0)
    whole = found.total.value or 0.0
    adds_up = found.request.measure.is_additive and not found.request.measure.is_share
    return [
        Line(
            figure,
            round(100 * (figure.value or 0.0) / most, 2) if most else 0.0,
            step_of(figure.value, classes),
            _list_url(found.request, figure.code),
            100 * (figure.value or 0.0) / whole if adds_up and whole else None,
        )
        for figure in found.rows
    ]


def _list_url(question: AnalysisRequest, code: str) -> str:
    return f"{reverse('exchange:analysis-list')}?{question.address(of=code or None)}"


@require_safe
@show_domain_errors
@throttled("api")
def analysis_list(request: HttpRequest) -> HttpResponse:
    """GET /data/analysis/list/: the rows behind a figure; `of`: code of the unit, "none" for what belongs to none,
    left out for all."""
    params = asked(request)
    question = AnalysisRequest.read(request.user, params, besides=("of", "page"))
    layer, fields = question.entry().layer, question.entry().fields()
    with with_time(is_long=question.entry().is_personal):
        unit, figure, rows = _behind(question, params)
        values = rows.order_by("pk").annotate(**layer.columns()).values_list(*layer.columns())
        page = Paginator(values, PAGE_SIZE).get_page(params.get("page"))
        page.object_list = list(page.object_list)
    query = question.address()
    asked_rows = _asked_rows(question, params.get("of", ""))
    context = {
        "question": question,
        "measure": question.measure,
        "decimals": question.measure.decimals,
        "unit": unit,
        "of": params.get("of", ""),
        "figure": figure,
        "layer": layer,
        "fields": fields,
        "rows": [[(field, _cell(field.shown(cell))) for field, cell in zip(fields, row, strict=True)] for row in page],
        "page": page,
        "next_url": _page_url(params, page.number + 1) if page.has_next() else "",
        "first_url": _page_url(params, None) if page.number > 2 else "",
        "back_url": f"{reverse('exchange:analysis')}?{query}",
        "export_url": links.panel_of(question.entry(), asked_rows) if asked_rows is not None else "",
        "ogc_url": links.collection_of(question.entry(), asked_rows) if asked_rows is not None else "",
    }
    response = render(request, "exchange/analysis_list.html", context)
    response["Cache-Control"] = "private, no-cache"
    return response


def _cell(value: Any) -> Any:
    """Return a value as a table shows it."""
    if isinstance(value, float):
        return formats.localize(round(value, 4))
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return "" if value is None else value


def _behind(question: AnalysisRequest, params: QueryDict) -> tuple[AdministrativeUnit | None, Figure, Any]:
    of = params.get("of", "")
    if not of:
        return None, total(question), question.rows()
    if of == NONE:
        return None, figure_of(question, None), rows_of(question, None)
    units = AdministrativeUnit.objects.on(question.area.on).filter(level=question.level).without_shapes()
    unit = units.filter(code=of.replace("\0", "")).first()
    if unit is None:
        detail = _("Vào ngày %(day)s không có đơn vị nào ở cấp này mang mã đó.")
        raise BadInput(
            findings=[parameter_finding("of", "unknown_unit", detail % {"day": f"{question.area.on:%d/%m/%Y}"})]
        )
    return unit, figure_of(question, unit), rows_of(question, unit)


def _asked_rows(question: AnalysisRequest, of: str) -> dict[str, list[str]] | None:
    """Return the filter by which the same rows are taken out; None where filters cannot say which they are."""
    if question.as_of is not None or of == NONE or (of and question.area.units):
        return None
    query = question.selection().asked.copy()
    if of:
        query["unit"] = of
    return dict(query.lists())


def _page_url(params: QueryDict, number: int | None) -> str:
    changed = params.copy()
    changed.pop("page", None)
    if number is not None:
        changed["page"] = str(number)
    return f"?{changed.urlencode()}"


@require_safe
@show_domain_errors
@throttled("api")
def analysis_compare(request: HttpRequest) -> HttpResponse:
    """GET /data/analysis/compare/: the same measure by two boundaries, of two days or of two seasons."""
    params = asked(request)
    if not params:
        params.update(before_the_reform())
    context: dict[str, Any] = {"form": CompareForm(params, request.user), "errors": []}
    try:
        first, second = read_sides(request.user, params)
        with with_time(is_long=first.entry().is_personal):
            found: Comparison = compare(first, second)
        context |= {
            "comparison": found,
            "measure": first.measure,
            "decimals": first.measure.decimals,
            "sides": [(side, f"{reverse('exchange:analysis')}?{side.request.address()}") for side in found.sides],
        }
    except BadInput as error:
        context["errors"] = error_lines(error)
    response = render(request, "exchange/analysis_compare.html", context, status=400 if context["errors"] else 200)
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@show_domain_errors
@throttled("takeaway")
def analysis_file(request: HttpRequest, suffix: str) -> HttpResponseBase:
    """GET /data/analysis.csv, .xlsx, .geojson: the table of the page, by the same parameters."""
    question = AnalysisRequest.read(request.user, asked(request))
    with with_time(is_long=question.entry().is_personal):
        found = figures(question)
    response: HttpResponseBase
    if suffix == "csv":
        headings, rows = table(found)
        about = [f"{name}: {text}" for name, text in notes(found)]
        lines = [[*row, about[place] if place < len(about) else ""] for place, row in enumerate(rows)]
        width = len(headings)
        lines += [[""] * width + [text] for text in about[len(rows) :]]
        response = StreamingHttpResponse(
            csv_lines([*headings, _("Về bảng này")], lines), content_type="text/csv; charset=utf-8"
        )
    elif suffix == "xlsx":
        response = HttpResponse(workbook(found), content_type=XLSX_TYPE)
    elif suffix == "geojson":
        response = StreamingHttpResponse(geojson(found), content_type="application/geo+json; charset=utf-8")
    else:
        raise Http404
    name = f"{question.measure.name}-{question.level}-{localdate().isoformat()}.{suffix}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = caching(request, question)
    return response


def caching(request: HttpRequest, question: AnalysisRequest) -> str:
    """Shared caches keep only what a visitor got."""
    is_shared = not request.user.is_authenticated and not question.entry().is_personal
    return PUBLIC if is_shared else "private, no-store"


@require_safe
@show_domain_errors
@throttled("takeaway")
def analysis_conflicts(request: HttpRequest) -> HttpResponse:
    """GET /data/analysis/conflicts/: plots that do not fit land use or plans, in hectares and owners by commune."""
    params = asked(request)
    sees_plots = can_export_restricted(request.user)
    context: dict[str, Any] = {
        "form": ConflictSummaryForm(params) if sees_plots else None,
        "errors": [],
        "layers": layers_that_bind(),
        "least_m2": LEAST_M2,
        "least_percent": LEAST_SHARE * 100,
        "few": FEW_OWNERS,
    }
    try:
        with with_time(is_long=True):
            found = conflict_summary(request.user, params)
        context |= {
            "summary": found,
            "lines": [(line, _conflict_list(params, line) if sees_plots else "") for line in found.lines],
            "total_url": _conflict_list(params, found.total) if sees_plots else "",
        }
    except BadInput as error:
        context["errors"] = error_lines(error)
    response = render(request, "exchange/analysis_conflicts.html", context, status=400 if context["errors"] else 200)
    response["Cache-Control"] = "private, no-cache"
    return response


def _conflict_list(params: QueryDict, line: ConflictLine) -> str:
    query = params.copy()
    if line.unit is not None:
        query["commune"] = line.unit.code
    return f"{reverse('maps:land-use-conflicts')}?{query.urlencode()}"
