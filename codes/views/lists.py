"""Lists of codes: upload, wait, look, store, report; and the rows that found nothing, to be corrected."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import OfficerPost
from accounts.permissions import holds, roles_with, units_with
from codes import imports, services
from codes.forms import ColumnsForm, ListForm
from codes.models import CodeList, CodeListRow, ListStatus, ListVerdict
from codes.services import ListFacts
from codes.services.lists import is_working
from core.errors import RuleViolated
from core.tables import csv_lines
from core.views import show_domain_errors
from office.models import JobStatus
from places.models import AdministrativeUnit

PAGE_SIZE = 100
VERDICT_BADGES = {
    ListVerdict.CHANGE: "ok",
    ListVerdict.SAME: "plain",
    ListVerdict.UNMATCHED: "warning",
    ListVerdict.REFUSED: "error",
}


def _units_of(request: HttpRequest) -> Any:
    """Return the units of the officer's posts, then all below: a list is brought in for one of them."""
    if not holds(request.user, "codes.import_list"):
        raise Http404
    posts = OfficerPost.objects.of(request.user).filter(role__in=roles_with("codes.import_list")).values("unit")
    mine = units_with(request.user, "codes.import_list").filter(pk__in=posts)
    return AdministrativeUnit.objects.filter(pk__in=mine.values("pk")).without_shapes().order_by("level", "code")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def list_new(request: HttpRequest) -> HttpResponse:
    """Step 1: the file and what it is. Earlier lists stand below."""
    form = ListForm(request.POST or None, request.FILES or None, units=_units_of(request))
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        file, unit = values.pop("file"), values.pop("unit")
        try:
            code_list = services.start_list(unit, file, ListFacts(**values), by=request.user)
        except RuleViolated as error:
            for finding in error.findings:
                name = finding.pointer.strip("/")
                form.add_error(name if name in form.fields else None, str(finding.message))
            if not error.findings:
                form.add_error("file", str(error.detail))
        else:
            return redirect("codes:list-detail", pk=code_list.pk)
    earlier = CodeList.objects.visible_to(request.user).select_related("document", "market", "scheme")[:20]
    context = {"form": form, "earlier": earlier}
    return render(request, "codes/list_new.html", context, status=422 if form.errors else 200)


def _list(request: HttpRequest, pk: Any) -> CodeList:
    rows = CodeList.objects.visible_to(request.user).select_related("document", "market", "scheme", "unit", "job")
    return get_object_or_404(rows, pk=pk)


@login_required
@require_safe
@show_domain_errors
def list_detail(request: HttpRequest, pk: Any) -> HttpResponse:
    """Whatever comes next for this list; while a job works the page asks again by itself."""
    code_list = _list(request, pk)
    context: dict[str, Any] = {"code_list": code_list, "job": code_list.job}
    is_htmx = bool(getattr(request, "htmx", False))
    if is_working(code_list):
        return render(request, "codes/_list_progress.html" if is_htmx else "codes/list_progress.html", context)
    if is_htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    wanted = request.GET.get("verdict", "")
    rows = code_list.rows.select_related("code").defer("code__boundary")
    if wanted in ListVerdict.values:
        rows = rows.filter(verdict=wanted)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    counts = code_list.summary.get("counts", {})
    is_open = code_list.status == ListStatus.PREVIEWED
    context |= {
        "page": page,
        "rows": [_shown(row) for row in page],
        "verdicts": [(value, label, counts.get(value, 0)) for value, label in ListVerdict.choices],
        "wanted": wanted,
        "query": f"verdict={wanted}" if wanted else "",
        "is_open": is_open,
        "changes": counts.get(ListVerdict.CHANGE, 0),
        "columns_form": ColumnsForm(code_list=code_list) if is_open else None,
        "missing": [imports.COLUMNS[name] for name in code_list.summary.get("missing", ())],
        "stored": code_list.summary.get("stored"),
        "failed_job": code_list.job if code_list.job and code_list.job.status == JobStatus.FAILED else None,
    }
    return render(request, "codes/list_detail.html", context)


def _shown(row: CodeListRow) -> dict[str, Any]:
    return {
        "row": row,
        "badge": VERDICT_BADGES[ListVerdict(row.verdict)],
        "findings": [imports.finding_text(finding) for finding in row.findings],
    }


@login_required
@require_POST
@show_domain_errors
def list_columns(request: HttpRequest, pk: Any) -> HttpResponse:
    """Other columns: the file is read again."""
    code_list = _list(request, pk)
    form = ColumnsForm(request.POST, code_list=code_list)
    if not form.is_valid():
        raise RuleViolated("columns", _("Mỗi ý nghĩa chỉ được chọn cho một cột của tệp."))
    services.answer_list(code_list, form.columns(), by=request.user)
    return redirect("codes:list-detail", pk=pk)


@login_required
@require_POST
@show_domain_errors
def list_commit(request: HttpRequest, pk: Any) -> HttpResponse:
    """Store what the preview shows."""
    services.commit_list(_list(request, pk), by=request.user)
    return redirect("codes:list-detail", pk=pk)


@login_required
@require_POST
@show_domain_errors
def list_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give up."""
    services.cancel_list(_list(request, pk), by=request.user)
    messages.success(request, _("Đã bỏ danh sách. Chưa có gì được ghi."))
    return redirect("codes:list-new")


@login_required
@require_safe
@show_domain_errors
def list_left(request: HttpRequest, pk: Any) -> HttpResponse:
    """The rows that were not stored, with the reason, as CSV."""
    code_list = _list(request, pk)
    rows = code_list.rows.filter(verdict__in=(ListVerdict.UNMATCHED, ListVerdict.REFUSED))
    meanings = [name for name in imports.USED[code_list.kind] if name in code_list.columns.values()]
    header = [_("Dòng"), _("Kết quả"), _("Lý do"), *(imports.COLUMNS[name] for name in meanings)]
    lines = csv_lines(header, (_left(row, meanings) for row in rows.iterator()))
    response = HttpResponse("".join(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="dong-chua-ghi.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _left(row: CodeListRow, meanings: list[str]) -> list[Any]:
    reasons = " ".join(imports.finding_text(finding) for finding in row.findings)
    return [row.row, row.get_verdict_display(), reasons, *(row.values.get(name, "") for name in meanings)]
