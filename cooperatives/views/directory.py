"""The farmer directory for officers: list, one person, a logged look at a phone, tables out, and who took them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cooperatives.directory import count_hidden, directory_rows, found, listed, with_land
from cooperatives.filters import DirectoryFilters
from cooperatives.forms_directory import DirectoryExportForm, PhoneForm
from cooperatives.models import DirectoryExport, Grower
from cooperatives.permissions import (
    can_export_directory,
    can_export_phones,
    can_read_directory_phone,
    can_see_exports,
    can_use_directory,
)
from cooperatives.services.directory import DirectoryTable, export_directory
from cooperatives.services.growers import read_number
from core.errors import DomainError
from core.filters import without_blanks
from core.tables import csv_lines
from core.throttling import throttled
from core.views import show_domain_errors
from geofiles.workbooks import XLSX_TYPE, Sheet, xlsx
from people.consent_texts import text_of
from people.models import NumberKind, Purpose
from places.models import AdministrativeUnit

PAGE_SIZE = 50
FOUND_AT_MOST = 100
_BESIDES = ("page",)


@login_required
@require_safe
@show_domain_errors
@throttled("directory")
def directory(request: HttpRequest) -> HttpResponse:
    """GET /directory/: members of the officer's units who agreed to stand in it; the others are counted only."""
    _require_officer(request)
    params = without_blanks(request.GET)
    if "q" in params:  # a name has no place in addresses and logs: it comes in the body
        del params["q"]
    return _page(request, params)


@login_required
@require_POST
@show_domain_errors
@throttled("directory")
def directory_search(request: HttpRequest) -> HttpResponse:
    """POST /directory/search/: the same with a name in the body, the first hundred."""
    _require_officer(request)
    return _page(request, _posted(request))


def _require_officer(request: HttpRequest) -> None:
    if not can_use_directory(request.user):
        raise Http404


def _posted(request: HttpRequest) -> QueryDict:
    """Return the filters in the body, without what belongs to the form itself."""
    params = without_blanks(request.POST)
    known = DirectoryFilters.parameters()
    kept = QueryDict(mutable=True)
    for name, values in params.lists():
        if name in known:
            kept.setlist(name, values)
    return kept


def _page(
    request: HttpRequest, params: QueryDict, *, form: DirectoryExportForm | None = None, status: int = 200
) -> HttpResponse:
    rows = found(request.user, params, besides=_BESIDES)
    words = params.get("q", "")
    page = Paginator(rows, FOUND_AT_MOST if words else PAGE_SIZE).get_page(1 if words else params.get("page"))
    asked = params.copy()
    asked.pop("page", None)
    filters = DirectoryFilters(asked, queryset=Grower.objects.none()).form
    may_export = can_export_directory(request.user)
    may_have_phones = can_export_phones(request.user)
    context = {
        "page": page,
        "people": [listed(grower) for grower in page],
        "hidden": count_hidden(request.user, asked),
        "filters": [filters[name] for name in ("commune", "cooperative", "hamlet", "crop", "sort")],
        "name_field": filters["q"],
        "asked": [(name, value) for name, values in asked.lists() for value in values],
        "places": [(name, value) for name, values in asked.lists() for value in values if name != "q"],
        "words": words,
        "query": asked.urlencode(),
        "export_form": (form or DirectoryExportForm(may_have_phones=may_have_phones)) if may_export else None,
        "may_see_exports": can_see_exports(request.user),
    }
    return render(request, "cooperatives/directory.html", context, status=status)


# --- One person ---------------------------------------------------------------------------------------------------


@login_required
@require_safe
@show_domain_errors
@throttled("directory")
def directory_person(request: HttpRequest, pk: int) -> HttpResponse:
    """GET /directory/<pk>/: what one person opened to officers, and by which consent."""
    return _person_page(request, _person(request, pk))


def _person(request: HttpRequest, pk: int) -> Any:
    rows = with_land(directory_rows(request.user)).with_consents()  # type: ignore[attr-defined]
    rows = rows.select_related("person", "cooperative__commune")
    return get_object_or_404(rows.defer("cooperative__commune__boundary", "cooperative__commune__boundary_3857"), pk=pk)


def _person_page(request: HttpRequest, grower: Any, *, status: int = 200, **more: Any) -> HttpResponse:
    person = listed(grower)
    consent = next(one for one in grower.person.live_consents if one.purpose == Purpose.DIRECTORY)
    may_read = person.may_ask_phone and can_read_directory_phone(request.user, grower)
    context = {
        "person": person,
        "consent": consent,
        "consent_text": text_of(consent.purpose, consent.text_version),
        "phone_form": PhoneForm() if may_read else None,
    }
    return render(request, "cooperatives/directory_person.html", context | more, status=status)


@login_required
@require_POST
@show_domain_errors
@throttled("directory")
def directory_phone(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /directory/<pk>/phone/: the whole number on this one answer, after its purpose was written down."""
    grower = _person(request, pk)
    form = PhoneForm(request.POST)
    if not form.is_valid():
        return _person_page(request, grower, status=422, phone_form=form)
    number = read_number(grower, NumberKind.PHONE, purpose=form.cleaned_data["purpose"], by=request.user)
    return _person_page(request, grower, number=number)


# --- Tables out ---------------------------------------------------------------------------------------------------


@login_required
@require_POST
@show_domain_errors
@throttled("directory")
def directory_export(request: HttpRequest) -> HttpResponse:
    """POST /directory/export/: what the filters find as CSV or XLSX; who took it and what for is written down."""
    _require_officer(request)
    params = _posted(request)
    form = DirectoryExportForm(request.POST, may_have_phones=can_export_phones(request.user))
    if not form.is_valid():
        return _page(request, params, form=form, status=422)
    try:
        table = export_directory(params, by=request.user, **form.for_service())
    except DomainError as error:
        if error.status != 422:
            raise
        form.add_error(None, str(error.detail))
        return _page(request, params, form=form, status=422)
    return _file(table)


def _file(table: DirectoryTable) -> HttpResponse:
    suffix = table.record.suffix
    if suffix == "xlsx":
        sheet = Sheet(_("Danh bạ"), table.headings, table.rows, widths=[6, 28, 18, 30, 20, 24, 14, 16])
        response = HttpResponse(xlsx([sheet]), content_type=XLSX_TYPE)
    else:
        response = HttpResponse("".join(csv_lines(table.headings, table.rows)), content_type="text/csv; charset=utf-8")
    # The number leads from a file that turns up somewhere to who took it out, and what for.
    response["Content-Disposition"] = f'attachment; filename="danh-ba-{table.record.pk}.{suffix}"'
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_safe
@show_domain_errors
def directory_exports(request: HttpRequest) -> HttpResponse:
    """GET /directory/exports/: who took tables out, when, what for; all of the units to administrators and auditors."""
    if not can_see_exports(request.user):
        raise Http404
    rows = DirectoryExport.objects.visible_to(request.user).select_related("exported_by").defer("growers")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    ids = {pk for record in page for pk in record.communes}
    names = dict(AdministrativeUnit.objects.filter(pk__in=ids).values_list("pk", "name_vi"))
    titles = {name: parameter.item.label for name, parameter in DirectoryFilters.parameters().items()}
    context = {
        "page": page,
        "rows": [
            {
                "record": record,
                "communes": ", ".join(names[pk] for pk in record.communes if pk in names),
                "filters": [(titles.get(name, name), value) for name, value in record.filters.items()],
            }
            for record in page
        ],
        "may_use_directory": can_use_directory(request.user),
    }
    return render(request, "cooperatives/directory_exports.html", context)
