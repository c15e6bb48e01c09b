"""A list of members: upload, wait, look, choose, store, report; and the rows left out, to be corrected."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives import grower_lists, services
from cooperatives.forms_growers import ListColumnsForm, ListUploadForm
from cooperatives.grower_lists import ADD, AMBER, GREEN, RED, SKIP, UPDATE
from cooperatives.models import GrowerImport, GrowerImportStatus
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.services.grower_imports import SameList, can_download, content_of, is_working
from cooperatives.views.home import cooperative_of
from core.errors import DomainError, RuleViolated
from core.permissions import require
from core.tables import csv_lines
from core.views import show_domain_errors
from geofiles.lists import EXPLANATIONS
from geofiles.workbooks import XLSX_TYPE, Sheet, xlsx
from office.models import JobStatus

PAGE_SIZE = 100
BADGES = {GREEN: "ok", AMBER: "warning", RED: "error"}
SHOWN = ("number", "full_name", "birth_year", "hamlet", "declared_area")


def _verdicts() -> dict[str, str]:
    return {GREEN: _("đạt"), AMBER: _("cần xem lại"), RED: _("không nhận")}


def _actions() -> dict[str, str]:
    return {ADD: _("Thêm"), UPDATE: _("Sửa thành viên đã có"), SKIP: _("Bỏ qua")}


def _import(request: HttpRequest, pk: Any) -> GrowerImport:
    """An import of a cooperative for which the user enters data; 404 else."""
    rows = GrowerImport.objects.select_related("job", "cooperative")
    found = get_object_or_404(rows, pk=pk)
    if not can_edit_for_cooperative(request.user, found.cooperative):
        raise Http404
    return found


def _steps(current: int) -> list[dict[str, str]]:
    titles = (_("Tải danh sách lên"), _("Kiểm tra"), _("Xem và xác nhận"), _("Kết quả"))
    states = ["done"] * current + ["current"] + ["todo"] * (len(titles) - current - 1)
    return [{"title": title, "state": state, "url": ""} for title, state in zip(titles, states, strict=True)]


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def grower_import_new(request: HttpRequest) -> HttpResponse:
    """Step 1: the file. Earlier lists stand below."""
    cooperative = cooperative_of(request)
    require(can_edit_for_cooperative(request.user, cooperative))
    form = ListUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            started = services.start_grower_import(
                cooperative, values["file"], by=request.user, evidence=values["evidence"]
            )
            return redirect("cooperatives:grower-import", pk=started.pk)
        except SameList as error:
            messages.warning(request, str(error.detail))
            return redirect(error.findings[0].extra["url"])
        except DomainError as error:
            form.add_error("file", str(error.detail))
    earlier = GrowerImport.objects.filter(cooperative=cooperative)[:10]
    context = {"cooperative": cooperative, "form": form, "earlier": earlier, "steps": _steps(0)}
    return render(request, "cooperatives/grower_import_new.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def grower_template(request: HttpRequest) -> HttpResponse:
    """The workbook to fill in: headings, two examples, and a sheet that explains the columns. Always in Vietnamese."""
    with override("vi"):
        titles = [str(title) for title, _names in grower_lists.FIELDS.values()]
        example = {
            "number": "001", "full_name": "Nguyễn Văn Ví Dụ", "birth_year": "1970", "sex": "nam", "phone": "0912345678",
            "id_number": "012345678901", "hamlet": "Ấp 3", "declared_area": "0,85", "joined_on": "15/03/2024",
            "directory": "x", "public_outline": "x", "messages": "20/11/2025", "evidence": "Phiếu số 12, tủ 3",
        }  # fmt: skip
        second = {"full_name": "Trần Thị Thí Dụ", "birth_year": "02/09/1965", "sex": "nữ", "hamlet": "Khóm 1"}
        rows = [[row.get(str(name), "") for name in grower_lists.FIELDS] for row in (example, second)]
        meanings = [(str(grower_lists.FIELDS[name][0]), text) for name, text in _explanations().items()]
        book = xlsx(
            [
                Sheet("Thành viên", titles, rows, widths=[14, 28, 12, 10, 16, 22, 16, 28, 18, 14]),
                Sheet(EXPLANATIONS, ["Cột", "Cách ghi"], meanings, widths=[32, 90], is_wrapped=True),
            ]
        )
    response = HttpResponse(book, content_type=XLSX_TYPE)
    response["Content-Disposition"] = 'attachment; filename="mau-danh-sach-thanh-vien.xlsx"'
    return response


def _explanations() -> dict[str, str]:
    consent = _("x hoặc ngày đồng ý (31/12/2025); để trống là chưa đồng ý. Cần bằng chứng.")
    return {
        "full_name": _("Bắt buộc. Xóa hai dòng ví dụ trước khi gửi."),
        "number": _("Để trống, hệ thống đặt số tiếp theo. Ghi số đang có để sửa thành viên đó."),
        "birth_year": _("1970 hoặc 31/12/1970; chỉ năm được lưu."),
        "sex": _("nam hoặc nữ; có thể để trống."),
        "phone": _("10 hoặc 11 chữ số, bắt đầu bằng 0 hoặc +84."),
        "id_number": _("12 chữ số (căn cước) hoặc 9 chữ số (CMND cũ). Được mã hóa; dùng để tránh ghi trùng người."),
        "hamlet": _("Ấp, khóm, tổ."),
        "address": _("Số nhà, đường; có thể để trống."),
        "declared_area": _("Héc-ta, ví dụ 0,85."),
        "joined_on": _("31/12/2025."),
        "directory": consent,
        "public_name": consent,
        "public_outline": consent,
        "buyer_contact": consent,
        "messages": consent,
        "evidence": _("Nơi lưu phiếu có chữ ký, ví dụ: Phiếu số 12, tủ 3."),
    }


@login_required
@require_safe
@show_domain_errors
def grower_import(request: HttpRequest, pk: Any) -> HttpResponse:
    """Whatever comes next for this list; while a job works the page asks again by itself."""
    found = _import(request, pk)
    context = _context(request, found)
    is_htmx = bool(getattr(request, "htmx", False))
    if is_working(found):
        name = "_grower_import_progress" if is_htmx else "grower_import_progress"
        return render(request, f"cooperatives/{name}.html", context | {"steps": _steps(1)})
    if is_htmx:
        return HttpResponse(headers={"HX-Refresh": "true"})
    if found.status == GrowerImportStatus.PREVIEWED:
        return _preview(request, found, context)
    if found.status == GrowerImportStatus.COMMITTED:
        left = content_of(found).get("rows", [])
        context |= {"steps": _steps(3), "left": len(left), "stored": found.summary.get("stored", {})}
        return render(request, "cooperatives/grower_import_report.html", context)
    if found.job and found.job.status == JobStatus.FAILED and not found.error:
        context["failed_job"] = found.job
    return render(request, "cooperatives/grower_import_failed.html", context | {"steps": _steps(1)})


def _context(request: HttpRequest, found: GrowerImport) -> dict[str, Any]:
    return {
        "grower_import": found,
        "cooperative": found.cooperative,
        "job": found.job,
        "may_download": can_download(found, request.user),
    }


def _preview(
    request: HttpRequest, found: GrowerImport, context: dict[str, Any], *, form: ListColumnsForm | None = None
) -> HttpResponse:
    content = content_of(found)
    wanted = request.GET.get("verdict", "")
    rows = [row for row in content.get("rows", []) if wanted not in BADGES or row["verdict"] == wanted]
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    counts, actions = found.summary.get("counts", {}), found.summary.get("actions", {})
    missing = found.summary.get("missing", [])
    context |= {
        "steps": _steps(2),
        "counts": [(verdict, label, BADGES[verdict], counts.get(verdict, 0)) for verdict, label in _verdicts().items()],
        "total": found.summary.get("total", 0),
        "adding": actions.get(ADD, 0),
        "updating": actions.get(UPDATE, 0),
        "skipping": actions.get(SKIP, 0),
        "amber": counts.get(AMBER, 0),
        "page": page,
        "rows": [_shown(row) for row in page],
        "wanted": wanted,
        "query": f"verdict={wanted}" if wanted in BADGES else "",
        "columns_form": form or ListColumnsForm(grower_import=found, content=content),
        "is_doubtful": bool(content.get("encodings")),
        "missing": [grower_lists.FIELDS[name][0] for name in missing],
        "failed_job": found.job if found.job and found.job.status == JobStatus.FAILED else None,
    }
    status = 422 if form is not None else 200
    return render(request, "cooperatives/grower_import_preview.html", context, status=status)


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    values = row["values"]
    return {
        "row": row["row"],
        "badge": BADGES[row["verdict"]],
        "verdict": _verdicts()[row["verdict"]],
        "values": {name: values.get(name, "") for name in SHOWN},
        "phone": f"•••• {values['phone'][-3:]}" if values.get("phone") else "",
        "id_number": f"•••• {values['id_number'][-3:]}" if values.get("id_number") else "",
        "consents": len(values.get("consents", {})),
        "findings": [grower_lists.finding_text(finding) for finding in row["findings"]],
        "action": row["action"],
        "action_label": _actions()[row["action"]],
        "choices": [(action, _actions()[action]) for action in row["choices"]],
    }


@login_required
@require_POST
@show_domain_errors
def grower_import_columns(request: HttpRequest, pk: Any) -> HttpResponse:
    """Other columns, the evidence of the whole file, another encoding: the file is read again."""
    found = _import(request, pk)
    form = ListColumnsForm(request.POST, grower_import=found, content=content_of(found))
    if form.is_valid():
        try:
            services.answer_grower_import(found, by=request.user, **form.for_service())
        except RuleViolated as error:
            form.add_error("column_full_name" if error.code == "columns_missing" else None, str(error.detail))
        else:
            return redirect("cooperatives:grower-import", pk=pk)
    return _preview(request, found, _context(request, found), form=form)


@login_required
@require_POST
@show_domain_errors
def grower_import_rows(request: HttpRequest, pk: Any) -> HttpResponse:
    """What is done with the rows of the page; `all=skip` leaves out every row that needs a look; `do=commit` stores."""
    found = _import(request, pk)
    if request.POST.get("all") == SKIP:
        choices = {row["row"]: SKIP for row in content_of(found).get("rows", []) if row["verdict"] == AMBER}
    else:
        choices = {
            int(name.removeprefix("row-")): str(value)
            for name, value in request.POST.items()
            if name.startswith("row-") and name.removeprefix("row-").isdecimal() and len(name) < 12
        }
    services.choose_rows(found, choices, by=request.user)
    if request.POST.get("do") == "commit":
        services.commit_grower_import(found, by=request.user)
        return redirect("cooperatives:grower-import", pk=pk)
    messages.success(request, _("Đã lưu lựa chọn. Chưa có gì được ghi."))
    verdict, page = request.POST.get("verdict", ""), request.POST.get("page", "")
    query = f"?verdict={verdict if verdict in BADGES else ''}&page={page if page.isdecimal() else 1}"
    return redirect(reverse("cooperatives:grower-import", args=[pk]) + query)


@login_required
@require_POST
@show_domain_errors
def grower_import_cancel(request: HttpRequest, pk: Any) -> HttpResponse:
    """Give up; file and rows go at once."""
    found = services.cancel_grower_import(_import(request, pk), by=request.user)
    messages.success(request, _("Đã bỏ danh sách và xóa tệp. Không có ai được ghi."))
    return redirect(f"{reverse('cooperatives:grower-import-new')}?cooperative={found.cooperative.slug}")


@login_required
@require_safe
@show_domain_errors
def grower_import_left(request: HttpRequest, pk: Any, suffix: str) -> HttpResponse:
    """The rows that are not stored, as they stood in the file, with the reasons: to correct and send again."""
    found = _import(request, pk)
    require(can_download(found, request.user))
    content = content_of(found)
    headings = [_("Dòng"), _("Kết quả"), _("Lý do"), *content.get("headings", [])]
    rows = [_left(row, content["cells"]) for row in content.get("rows", []) if row["action"] == SKIP]
    if suffix == "xlsx":
        body: bytes | str = xlsx([Sheet("Chưa ghi", headings, rows, widths=[8, 14, 60])])
        response = HttpResponse(body, content_type=XLSX_TYPE)
    else:
        response = HttpResponse("".join(csv_lines(headings, rows)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="thanh-vien-chua-ghi.{suffix}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _left(row: dict[str, Any], cells: dict[str, list[str]]) -> list[str]:
    reasons = " ".join(grower_lists.finding_text(finding) for finding in row["findings"])
    return [str(row["row"]), _verdicts()[row["verdict"]], reasons, *cells[str(row["row"])]]
