"""The import wizard: file, how it is read, columns, preview, storing, report."""

import tempfile
from pathlib import Path
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives.views import cooperative_of
from core.errors import BadInput, DomainError
from core.permissions import require
from core.views import show_domain_errors
from farms import exports, file_errors, services
from farms.forms_imports import ColumnsForm, CommitForm, DoubtForm, ReadingForm, UploadForm, doubt_form
from farms.models import ImportKind, ImportStatus, OverlapCase, PlotImport
from farms.permissions import can_add_plot
from farms.services import mappings
from farms.services.columns import settle_columns
from farms.services.imports import SameFile
from farms.views.import_questions import columns_context, question_context, readings_of, sentence_of_place
from farms.views.import_rows import rows_context
from geofiles import crs
from office.models import JobStatus
from office.services import document_response
from office.services.documents import DocumentErased

EARLIER = 20
SHOWN_CASES = 20
WORKING = (ImportStatus.READING, ImportStatus.PREVIEWED, ImportStatus.COMMITTED)
FILE, READING, COLUMNS, PREVIEW, REPORT = range(5)


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
    context = {"cooperative": cooperative, "form": form, "steps": _steps(FILE), **_earlier(request, cooperative)}
    return render(request, "farms/import_new.html", context, status=422 if form.errors else 200)


def _earlier(request: HttpRequest, cooperative: Any) -> dict[str, Any]:
    """A page of earlier imports, the newest first; `?before=` is when the last of the page before came."""
    rows = PlotImport.objects.filter(cooperative=cooperative).select_related("document", "created_by", "job")
    before = request.GET.get("before", "")
    if before:
        try:
            moment = parse_datetime(before)
        except ValueError:
            moment = None
        if moment is None or moment.tzinfo is None:
            raise BadInput
        rows = rows.filter(created_at__lt=moment)
    page = list(rows.order_by("-created_at")[: EARLIER + 1])
    first = f"{reverse('farms:import-new')}?cooperative={cooperative.slug}"
    last = page[EARLIER - 1].created_at.isoformat().replace("+", "%2B") if len(page) > EARLIER else ""
    return {
        "earlier": page[:EARLIER],
        "next_url": f"{first}&before={last}" if last else None,
        "first_url": first if before else None,
    }


def _steps(current: int) -> list[dict[str, str]]:
    titles = (_("Chọn tệp"), _("Cách đọc"), _("Các cột"), _("Xem trước"), _("Kết quả"))
    states = ["done"] * current + ["current"] + ["todo"] * (len(titles) - current - 1)
    return [{"title": title, "state": state, "url": ""} for title, state in zip(titles, states, strict=True)]


def _visible(request: HttpRequest, pk: Any) -> PlotImport:
    rows = PlotImport.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("job", "document", "cooperative", "created_by"), pk=pk)


def _context(plot_import: PlotImport, step: int) -> dict[str, Any]:
    return {
        "plot_import": plot_import,
        "cooperative": plot_import.cooperative,
        "job": plot_import.job,
        "steps": _steps(step),
    }


def is_working(plot_import: PlotImport) -> bool:
    """Whether a job is reading, storing or undoing now."""
    job = plot_import.job
    return job is not None and job.status in (JobStatus.QUEUED, JobStatus.RUNNING) and plot_import.status in WORKING


@login_required
@require_safe
@show_domain_errors
def import_detail(request: HttpRequest, pk: Any) -> HttpResponse:
    """Whatever comes next for this import; while a job works the page asks again by itself."""
    plot_import = _visible(request, pk)
    if is_working(plot_import):
        return _progress(request, plot_import)
    if getattr(request, "htmx", False):
        response = HttpResponse(status=200)
        response["HX-Refresh"] = "true"
        return response
    if plot_import.status == ImportStatus.NEEDS_ANSWER:
        return _question(request, plot_import, doubt_form(None, doubt=plot_import.summary["doubt"]))
    if plot_import.status == ImportStatus.PREVIEWED:
        is_settled = plot_import.options.get(mappings.SETTLED) or plot_import.kind != ImportKind.FILE
        return _preview(request, plot_import) if is_settled else redirect("farms:import-columns", pk=plot_import.pk)
    if plot_import.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE):
        return _report(request, plot_import)
    return _failed(request, plot_import)


def _progress(request: HttpRequest, plot_import: PlotImport) -> HttpResponse:
    is_part = getattr(request, "htmx", False)
    template = "farms/_import_progress.html" if is_part else "farms/import_progress.html"
    is_read = plot_import.status != ImportStatus.READING
    context = _context(plot_import, PREVIEW if is_read else READING)
    return render(request, template, context | {"is_storing": is_read})


def _question(request: HttpRequest, plot_import: PlotImport, form: DoubtForm, status: int = 200) -> HttpResponse:
    context = _context(plot_import, READING) | question_context(plot_import, form)
    for candidate in context.get("candidates", []):
        candidate["place"] = sentence_of_place(candidate)
    doubt = plot_import.summary["doubt"]
    context["why"] = file_errors.file_error_text(doubt["code"], doubt["params"])
    template = "farms/import_crs.html" if context["is_crs"] else "farms/import_question.html"
    return render(request, template, context, status=status)


def _failed(request: HttpRequest, plot_import: PlotImport) -> HttpResponse:
    context = _context(plot_import, READING)
    doubt = plot_import.summary.get("doubt")
    if plot_import.status == ImportStatus.FAILED and doubt:
        context["why"] = file_errors.file_error_text(doubt["code"], doubt.get("params", {}))
    return render(request, "farms/import_failed.html", context)


def _preview(request: HttpRequest, plot_import: PlotImport) -> HttpResponse:
    context = _context(plot_import, PREVIEW) | rows_context(request, plot_import)
    counts, job = context["counts"], plot_import.job
    system = plot_import.summary.get("crs")
    context |= {
        "crs_name": crs.name_of(crs.split_choice(system)[0]) if system else "",
        "failed_job": job if job and job.status == JobStatus.FAILED else None,
        "form": CommitForm(has_green=bool(counts.get("green"))),
        "storable": counts.get("green", 0) + counts.get("amber", 0),
        "is_remembered": plot_import.options.get(mappings.SETTLED) == "memory",
        "formats": list(exports.FORMATS),
    }
    return render(request, "farms/import_preview.html", context)


def _report(request: HttpRequest, plot_import: PlotImport, error: DomainError | None = None) -> HttpResponse:
    job = plot_import.job
    own_plots = plot_import.rows.exclude(plot=None).values("plot")
    cases = OverlapCase.objects.open().filter(second__in=own_plots) | OverlapCase.objects.open().filter(
        first__in=own_plots
    )
    context = _context(plot_import, REPORT) | rows_context(request, plot_import)
    context |= {
        "stored": plot_import.summary.get("stored") or {},
        "has_refused": exports.refused_rows(plot_import).exists(),
        "cases": list(cases.select_related("first", "second").order_by("pk")[:SHOWN_CASES]),
        "failed_job": job if job and job.status == JobStatus.FAILED else None,
        "undo_error": error,
        "may_undo": plot_import.status == ImportStatus.COMMITTED,
        "formats": list(exports.FORMATS),
    }
    return render(request, "farms/import_report.html", context, status=error.status if error else 200)


@login_required
@require_POST
@show_domain_errors
def import_answer(request: HttpRequest, pk: Any) -> HttpResponse:
    """The answer to what is in doubt: the file is read again."""
    plot_import = _visible(request, pk)
    doubt = plot_import.summary.get("doubt")
    if plot_import.status != ImportStatus.NEEDS_ANSWER or not doubt:
        return redirect(plot_import)
    form = doubt_form(request.POST, doubt=doubt)
    if not form.is_valid():
        return _question(request, plot_import, form, status=422)
    services.answer_import(plot_import, form.options(), by=request.user)
    return redirect(plot_import)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def import_columns(request: HttpRequest, pk: Any) -> HttpResponse:
    """Step 3: what the columns mean; with guesses, or as the cooperative said last time."""
    plot_import = _visible(request, pk)
    if plot_import.status != ImportStatus.PREVIEWED or is_working(plot_import):
        return redirect(plot_import)
    options = plot_import.options
    saved = None if options.get(mappings.SETTLED) else _saved(plot_import)
    headings = plot_import.summary.get("headings") or []
    form = ColumnsForm(request.POST or None, headings=headings, options=saved or options)
    if request.method == "POST" and form.is_valid():
        settle_columns(plot_import, columns=form.columns(), crop=form.crop(), by=request.user)
        return redirect(plot_import)
    context = _context(plot_import, COLUMNS) | columns_context(plot_import, form)
    context["is_remembered"] = context["is_remembered"] or saved is not None
    return render(request, "farms/import_columns.html", context, status=422 if form.errors else 200)


def _saved(plot_import: PlotImport) -> dict[str, Any] | None:
    saved = mappings.recall(plot_import.cooperative, plot_import.summary.get("headings") or [])
    if saved is None:
        return None
    return {"columns": saved["columns"], "crop": plot_import.options.get("crop") or saved["crop"]}


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def import_reading(request: HttpRequest, pk: Any) -> HttpResponse:
    """Back in step 2: read the file in another coordinate system or encoding."""
    plot_import = _visible(request, pk)
    if plot_import.status != ImportStatus.PREVIEWED or is_working(plot_import):
        return redirect(plot_import)
    form = ReadingForm(
        request.POST or None,
        summary=plot_import.summary,
        options=plot_import.options,
        readings=readings_of(plot_import),
    )
    if request.method == "POST" and form.is_valid():
        services.answer_import(plot_import, form.options(), by=request.user)
        return redirect(plot_import)
    context = _context(plot_import, READING) | {"form": form}
    return render(request, "farms/import_reading.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def import_commit(request: HttpRequest, pk: Any) -> HttpResponse:
    """Store the good rows; how the columns were read is kept for the next file."""
    plot_import = _visible(request, pk)
    services.commit_import(plot_import, by=request.user, with_amber=request.POST.get("with_amber") == "on")
    mappings.remember(plot_import)
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
@require_POST
@show_domain_errors
def import_undo(request: HttpRequest, pk: Any) -> HttpResponse:
    """Take back everything an import stored; where something depends on it, the report says what."""
    plot_import = _visible(request, pk)
    try:
        services.undo_import(plot_import, by=request.user)
    except DomainError as error:
        if error.status not in (409, 422):
            raise
        return _report(request, plot_import, error)
    messages.success(request, _("Đã hoàn tác lần nhập. Các thửa trở lại như trước khi ghi."))
    return redirect(plot_import)


@login_required
@require_safe
@show_domain_errors
def import_file(request: HttpRequest, pk: Any) -> HttpResponse:
    """The file as it was uploaded."""
    return document_response(_visible(request, pk).document)  # type: ignore[return-value]


@login_required
@require_safe
@show_domain_errors
def import_refused(request: HttpRequest, pk: Any, suffix: str) -> HttpResponse:
    """The rows that are not stored, with their reasons, to be corrected and sent again."""
    plot_import = _visible(request, pk)
    if not plot_import.document.file:
        raise DocumentErased
    with tempfile.TemporaryDirectory(prefix="refused-") as folder:
        path = Path(folder) / f"thua-chua-dat.{suffix}"
        exports.write_refused(plot_import, path, suffix)
        content = path.open("rb")  # the open file outlives its name
    response = FileResponse(content, as_attachment=True, filename=path.name, content_type=exports.FORMATS[suffix][0])
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response  # type: ignore[return-value]
