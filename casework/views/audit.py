"""History for auditors and officers: every act on one code, every act of a period; as pages and as CSV."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from accounts.permissions import holds
from casework.audit import GRANT, HEADER, KINDS, acts, acts_of, acts_within, as_act, readable_codes
from codes import numbering
from codes.models import ProductionAreaCode
from codes.summaries import shown_status
from core.errors import BadInput
from core.filters import without_blanks
from core.problems import parameter_finding
from core.tables import csv_lines
from core.views import show_domain_errors

PAGE_SIZE = 100
MAX_DAYS = 366
CHUNK = 2_000


class AuditForm(forms.Form):
    """A period of at most a year, kinds of acts, one code."""

    first = forms.DateField(
        label=_("Từ ngày"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    last = forms.DateField(
        label=_("Đến hết ngày"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), required=False
    )
    kind = forms.ChoiceField(label=_("Loại"), choices=[("", _("Tất cả")), *KINDS.items()], required=False)
    code = forms.CharField(label=_("Mã số"), max_length=80, required=False)

    def clean(self) -> dict[str, Any]:
        """Put in the last 30 days where no day is given; refuse what is backwards or longer than a year."""
        data = super().clean() or {}
        last = data.get("last") or localdate()
        first = data.get("first") or last - dt.timedelta(days=30)
        if first > last:
            self.add_error("first", _("Ngày đầu phải trước ngày cuối."))
        elif (last - first).days > MAX_DAYS:
            self.add_error("last", _("Khoảng thời gian dài nhất là 366 ngày."))
        if data.get("code"):
            found = numbering.find_code(data["code"])
            if found is None:
                self.add_error("code", _("Không có mã số này."))
            else:
                data["code"] = found.code
        return data | {"first": first, "last": last}


@login_required
@require_GET
@show_domain_errors
def code_history(request: HttpRequest, pk: int) -> HttpResponse:
    """Every act on one code, newest first."""
    code = _code(request, pk)
    context = {
        "code": code,
        "status": shown_status(code),
        "acts": acts(acts_of(code)),
        "header": HEADER,
        "requests": code.requests.select_related("assigned_to"),
    }
    return render(request, "casework/code_history.html", context)


@login_required
@require_GET
@show_domain_errors
def code_history_csv(request: HttpRequest, pk: int) -> Any:
    """The rows of the history page for a spreadsheet."""
    code = _code(request, pk)
    return _csv(acts_of(code), f"lich-su-{code.code}.csv")


@login_required
@require_GET
@show_domain_errors
def audit_page(request: HttpRequest) -> HttpResponse:
    """Every act of a period in the reader's units, with filters; the first days shown are the last 30."""
    _require_reader(request)
    params = without_blanks(request.GET)
    chosen = _chosen(params)
    page = Paginator(_rows(request, chosen), PAGE_SIZE).get_page(params.get("page"))
    query = params.copy()
    query.pop("page", None)
    form = AuditForm(initial=chosen | {"kind": params.get("kind", "")})
    context = {"page": page, "acts": acts(page), "form": form, "header": HEADER, "query": query.urlencode()}
    return render(request, "casework/audit.html", context)


@login_required
@require_GET
@show_domain_errors
def audit_csv(request: HttpRequest) -> Any:
    """The rows of the page, all of them, for a spreadsheet."""
    _require_reader(request)
    chosen = _chosen(without_blanks(request.GET))
    return _csv(_rows(request, chosen), f"nhat-ky-{chosen['first']:%Y%m%d}-{chosen['last']:%Y%m%d}.csv")


def _require_reader(request: HttpRequest) -> None:
    """Outsiders do not learn that there is a log."""
    if not holds(request.user, GRANT):
        raise Http404


def _code(request: HttpRequest, pk: int) -> ProductionAreaCode:
    _require_reader(request)
    return get_object_or_404(readable_codes(request.user).select_related("scheme", "market", "commune"), pk=pk)


def _chosen(params: Any) -> dict[str, Any]:
    """Return the filters; raise BadInput that names the parameter where one can't be read."""
    form = AuditForm(params)
    if not form.is_valid():
        raise BadInput(
            findings=[
                parameter_finding(name, "invalid", f"{form.fields[name].label}: {' '.join(map(str, texts))}")
                for name, texts in form.errors.items()
            ]
        )
    return form.cleaned_data


def _rows(request: HttpRequest, chosen: dict[str, Any]) -> Any:
    kinds = frozenset([chosen["kind"]]) if chosen["kind"] else frozenset(KINDS)
    return acts_within(request.user, first=chosen["first"], last=chosen["last"], kinds=kinds, code=chosen["code"])


def _csv(rows: Any, name: str) -> StreamingHttpResponse:
    def cells() -> Iterator[tuple[Any, ...]]:
        for row in rows.iterator(chunk_size=CHUNK):
            yield as_act(row).cells()

    answer = StreamingHttpResponse(csv_lines(HEADER, cells()), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
