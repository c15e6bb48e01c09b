"""Exports that are made by a job: one's list, the progress of one, its file, calling it off."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.api.authentication import reader_of
from core.throttling import throttled
from core.views import show_domain_errors
from exchange.catalogue import entry
from exchange.models import Export
from exchange.querysets import UNDERWAY
from exchange.services.exports import cancel_export, file_of
from office.services import document_response

PAGE_SIZE = 30


@login_required
@require_safe
def export_list(request: HttpRequest) -> HttpResponse:
    """GET /data/exports/: what the user ordered, newest first."""
    rows = Export.objects.of(request.user).select_related("job", "document").order_by("-requested_at")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {"page": page, "rows": [_row(export, request.user) for export in page], "crumbs": _crumbs()}
    return render(request, "exchange/export_list.html", context)


@require_safe
def export_detail(request: HttpRequest, pk: Any) -> HttpResponse:
    """GET /data/exports/<id>/: progress, then the file; a part of the page for htmx, which asks every two seconds."""
    export = _export(request.user, pk)
    is_part = getattr(request, "htmx", False) and export.job is not None and export.job.status in UNDERWAY
    crumbs = [*_crumbs(), {"title": _("Các tệp đã yêu cầu"), "url": reverse("exchange:export-list")}]
    context = _row(export, request.user) | {"crumbs": crumbs if request.user.is_authenticated else _crumbs()}
    template = "exchange/_export_progress.html" if is_part else "exchange/export_detail.html"
    response = render(request, template, context)
    response["Cache-Control"] = "private, no-store"
    if getattr(request, "htmx", False) and not is_part:
        response["HX-Refresh"] = "true"
    return response


@require_safe
@show_domain_errors
@throttled("takeaway")
def export_file(request: HttpRequest, pk: Any) -> FileResponse:
    """GET /data/exports/<id>/file: the file, while it is kept and the caller may have it; also with a token.

    404 for those who may not have it, 410 when its days are over.
    """
    user = reader_of(request)
    document = file_of(_export(user, pk), user)
    if document is None:
        raise Http404
    return document_response(document)


@require_POST
@show_domain_errors
def export_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    """POST /data/exports/<id>/cancel/: call off what waits or runs."""
    export = _export(request.user, pk)
    cancel_export(export, by=request.user)
    messages.success(request, _("Đã dừng. Không có tệp nào được ghi."))
    return redirect(export)


def _export(user: Any, pk: Any) -> Export:
    rows = Export.objects.visible_to(user).select_related("job", "document", "requested_by")
    return get_object_or_404(rows, pk=pk)


def _row(export: Export, user: Any) -> dict[str, Any]:
    found = entry(export.layer)
    document = file_of(export, user)
    return {
        "export": export,
        "job": export.job,
        "title": found.layer.title if found else export.layer,
        "is_underway": export.job is not None and export.job.status in UNDERWAY,
        "document": document if document is not None and document.file else None,
        "is_gone": export.document is not None and not export.document.file,
        "filters": [(name, ", ".join(values)) for name, values in export.query.items()],
    }


def _crumbs() -> list[dict[str, Any]]:
    return [{"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")}]
