"""The import wizard: upload, wait, look, store, report."""

import csv
import io
import json
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives.views import cooperative_of
from core.permissions import require
from core.views import show_domain_errors
from farms import imports, services
from farms.forms import AnswerForm, CommitForm, UploadForm
from farms.models import ImportStatus, PlotImport, Verdict
from farms.permissions import can_add_plot
from farms.services.imports import SameFile, rows_of
from farms.views.frames import VERDICT_COLOURS, bbox_text, feature, frame_of
from geofiles import crs
from office.models import JobStatus

SHOWN_ROWS = 500
BADGES = {Verdict.GREEN: "ok", Verdict.AMBER: "warning", Verdict.RED: "error"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def import_new(request: HttpRequest) -> HttpResponse:
    """Step 1: choose the file. Earlier imports stand below."""
    cooperative = cooperative_of(request)
    require(can_add_plot(request.user, cooperative))
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        crop = form.cleaned_data["crop"]
        options = {"crop": crop.slug} if crop else {}
        try:
            return redirect(
                services.start_import(cooperative, form.cleaned_data["file"], by=request.user, options=options)
            )
        except SameFile as error:
            messages.warning(request, str(error.detail))
            return redirect(error.findings[0].extra["url"])
    earlier = PlotImport.objects.filter(cooperative=cooperative).select_related("document").order_by("-created_at")[:10]
    context = {"cooperative": cooperative, "form": form, "earlier": earlier, "steps": _steps(0)}
    return render(request, "farms/import_new.html", context, status=422 if form.errors else 200)


def _steps(current: int) -> list[dict[str, str]]:
    titles = (_("Tải tệp lên"), _("Kiểm tra"), _("Xem và xác nhận"), _("Kết quả"))
    states = ["done"] * current + ["current"] + ["todo"] * (len(titles) - current - 1)
    return [{"title": title, "state": state, "url": ""} for title, state in zip(titles, states, strict=True)]


def _visible(request: HttpRequest, pk: Any) -> PlotImport:
    rows = PlotImport.objects.visible_to(request.user).select_related("job", "document", "cooperative")
    return get_object_or_404(rows, pk=pk)


def is_working(plot_import: PlotImport) -> bool:
    """Whether a job is reading or storing the file now."""
    job = plot_import.job
    return job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING) and plot_import.status in (
        ImportStatus.READING, ImportStatus.PREVIEWED
    )  # fmt: skip


@login_required
@require_safe
@show_domain_errors
def import_detail(request: HttpRequest, pk: Any) -> HttpResponse:
    """Whatever comes next for this import; while a job works the page asks again by itself."""
    plot_import = _visible(request, pk)
    context = {"plot_import": plot_import, "cooperative": plot_import.cooperative, "job": plot_import.job}
    if is_working(plot_import):
        template = "farms/_import_progress.html" if getattr(request, "htmx", False) else "farms/import_progress.html"
        return render(request, template, context | {"steps": _steps(1)})
    if getattr(request, "htmx", False):
        response = HttpResponse(status=200)
        response["HX-Refresh"] = "true"
        return response
    if plot_import.status == ImportStatus.NEEDS_ANSWER:
        form = AnswerForm(summary=plot_import.summary, options=plot_import.options)
        return render(request, "farms/import_question.html", context | {"form": form, "steps": _steps(1)})
    if plot_import.status in (ImportStatus.PREVIEWED, ImportStatus.COMMITTED):
        return _preview(request, plot_import, context)
    return render(request, "farms/import_failed.html", context | {"steps": _steps(1)})


def _preview(request: HttpRequest, plot_import: PlotImport, context: dict[str, Any]) -> HttpResponse:
    wanted = request.GET.get("verdict", "")
    rows = rows_of(plot_import).defer("commune__boundary", "commune__boundary_3857")
    drawn = [row for row in rows if row.boundary is not None]
    shown = [row for row in rows if wanted not in Verdict.values or row.verdict == wanted][:SHOWN_ROWS]
    features = [feature(row.boundary, colour=VERDICT_COLOURS[row.verdict], row=row.row) for row in drawn[:5_000]]
    counts = plot_import.summary["counts"]
    is_stored = plot_import.status == ImportStatus.COMMITTED
    system = plot_import.summary.get("crs")
    context |= {
        "steps": _steps(3 if is_stored else 2),
        "counts": counts,
        "total": sum(counts.values()),
        "wanted": wanted,
        "rows": [_row(row) for row in shown],
        "is_cut": len(shown) == SHOWN_ROWS,
        "frame": frame_of(features, [row.boundary for row in drawn]),
        "crs_name": crs.name_of(system) if system else "",
        "stored": plot_import.summary.get("stored"),
        "failed_job": plot_import.job if plot_import.job and plot_import.job.status == JobStatus.FAILED else None,
    }
    if not is_stored:
        context |= {
            "form": CommitForm(),
            "answer_form": AnswerForm(summary=plot_import.summary, options=plot_import.options),
            "storable": counts["green"] + counts["amber"],
        }
    return render(request, "farms/import_report.html" if is_stored else "farms/import_preview.html", context)


def _row(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "badge": BADGES[row.verdict],
        "bbox": bbox_text(row.boundary) if row.boundary is not None else "",
        "findings": [imports.finding_text(finding) + _place(finding) for finding in row.findings],
    }


def _place(finding: dict[str, Any]) -> str:
    if "at" not in finding:
        return ""
    lon, lat = finding["at"]
    return _(" Điểm: vĩ độ %(lat).6f, kinh độ %(lon).6f.") % {"lat": lat, "lon": lon}


@login_required
@require_POST
@show_domain_errors
def import_answer(request: HttpRequest, pk: Any) -> HttpResponse:
    """Answers to what is in doubt, or other columns: the file is read again."""
    plot_import = _visible(request, pk)
    form = AnswerForm(request.POST, summary=plot_import.summary, options=plot_import.options)
    if not form.is_valid():
        context = {"plot_import": plot_import, "cooperative": plot_import.cooperative, "form": form, "steps": _steps(1)}
        return render(request, "farms/import_question.html", context, status=422)
    services.answer_import(plot_import, form.options(), by=request.user)
    return redirect(plot_import)


@login_required
@require_POST
@show_domain_errors
def import_commit(request: HttpRequest, pk: Any) -> HttpResponse:
    """Store the good rows."""
    plot_import = _visible(request, pk)
    services.commit_import(plot_import, by=request.user, with_amber=request.POST.get("with_amber") == "on")
    return redirect(plot_import)


@login_required
@require_POST
@show_domain_errors
def import_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give up."""
    plot_import = services.cancel_import(_visible(request, pk), by=request.user)
    messages.success(request, _("Đã bỏ lần nhập. Không có thửa nào được ghi."))
    return redirect(f"{reverse('farms:import-new')}?cooperative={plot_import.cooperative.slug}")


@login_required
@require_safe
def import_refused(request: HttpRequest, pk: Any, suffix: str) -> HttpResponse:
    """The rows that are not stored, with their reasons, to be corrected and sent again: GeoJSON or CSV."""
    plot_import = _visible(request, pk)
    rows = rows_of(plot_import).filter(plot=None).exclude(verdict=Verdict.GREEN)
    content, kind = (
        (_geojson(rows), "application/geo+json") if suffix == "geojson" else (_csv(rows), "text/csv; charset=utf-8")
    )
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="thua-chua-dat.{suffix}"'
    return response


def _reasons(row: Any) -> str:
    return " ".join(imports.finding_text(finding) + _place(finding) for finding in row.findings)


def _geojson(rows: Any) -> str:
    features = [
        {
            "type": "Feature",
            "geometry": json.loads(row.boundary.geojson) if row.boundary is not None else None,
            "properties": {**row.attributes, "row": row.row, "verdict": row.verdict, "reasons": _reasons(row)},
        }
        for row in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False)


def _csv(rows: Any) -> str:
    text = io.StringIO()
    text.write("\ufeff")  # spreadsheets take the file for UTF-8 only with this mark
    writer = csv.writer(text)
    headings = sorted({heading for row in rows for heading in row.attributes})
    writer.writerow(["row", "verdict", "reasons", *headings, "wkt"])
    for row in rows:
        values = [row.attributes.get(heading) for heading in headings]
        shape = row.boundary.wkt if row.boundary is not None else ""
        writer.writerow([row.row, row.verdict, _reasons(row), *map(_cell, values), shape])
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell that a spreadsheet would run as a formula is quoted (F15)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
