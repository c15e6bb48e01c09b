"""The panel of an export: choose rows, fields and form, see how many rows that is, fetch it or order it."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.errors import DomainError, NotAllowed, TooManyRequests
from core.filters import StrictFilterSet
from core.throttling import caller_of, count_request
from core.views import error_lines, show_domain_errors
from exchange.catalogue import Entry, entry
from exchange.exports import personal
from exchange.exports.formats import FORMATS
from exchange.forms import DEFAULTS, AreaForm, PersonalForm, ShapeForm, query_of
from exchange.models import ExportFormat, ExportProfile
from exchange.selection import Selection
from exchange.services.exports import Shape, order_export, shape_from

NOW, JOB, COUNT = "now", "job", "count"


@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def panel(request: HttpRequest, name: str) -> HttpResponse:
    """GET /data/<layer>/export/: the panel, filled from the query; POST: count, fetch or order what it says.

    404 for layers that do not exist and for those that the visitor may not take out; 422 with the panel for what cannot
    be read or made.
    """
    found = entry(name)
    if found is None or not found.may_export(request.user):
        raise Http404
    if request.method == "POST":
        return _sent(request, found)
    data = request.GET.copy()
    if "fields" in data:
        listed = [part.strip() for value in data.getlist("fields") for part in value.split(",")]
        data.setlist("fields_of", listed)
    return _page(request, found, data)


def _sent(request: HttpRequest, found: Entry) -> HttpResponse:
    wait = count_request("takeaway", caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)
    data = request.POST
    try:
        selection = Selection.read(found, request.user, query_of(data))
        if data.get("how") == COUNT:
            return _page(request, found, data, count=selection.count())
        shape = shape_from(
            selection,
            format=data.get("format", ""),
            profile=data.get("profile", ""),
            personal_fields=data.getlist("personal"),
            purpose=data.get("purpose", ""),
        )
        return _answer(request, selection, shape)
    except DomainError as error:
        if isinstance(error, NotAllowed):
            raise
        return _page(request, found, data, errors=error_lines(error), status=error.status)


def _answer(request: HttpRequest, selection: Selection, shape: Shape) -> HttpResponse:
    is_plain = shape.profile == ExportProfile.PLAIN and not shape.personal
    if request.POST.get("how") == NOW and is_plain and FORMATS[shape.format].is_streamed:
        return redirect(f"/data/{selection.layer.name}.{shape.format}?{selection.address()}")
    return redirect(order_export(selection, shape, by=request.user))


def _page(request: HttpRequest, found: Entry, data: QueryDict, *, status: int = 200, **more: Any) -> HttpResponse:
    filterset = found.layer.filterset
    filters = filterset(data=_of_filters(filterset, data), queryset=found.layer.rows(request.user).none()).form
    filters.auto_id = "filter-%s"
    own = set(filterset.parameters())
    format = data.get("format") or ExportFormat.GEOJSON
    allowed = personal.fields_for(found.layer.name, request.user)
    area = AreaForm(_values(data, AreaForm.base_fields), own=own, auto_id="area-%s")
    shape = ShapeForm(
        _values(data, ShapeForm.base_fields) | {"format": format}, entry=found, user=request.user, auto_id="shape-%s"
    )
    context = {
        "entry": found,
        "layer": found.layer,
        "filters": filters,
        "area": area,
        "shape": shape,
        "persons": PersonalForm(_values(data, PersonalForm.base_fields), allowed=allowed) if allowed else None,
        "licence": found.licence_words(request.user),
        "crumbs": [
            {"title": _("Dữ liệu"), "url": reverse("exchange:catalogue")},
            {"title": found.layer.title, "url": f"/data/{found.layer.name}/"},
        ],
    }
    response = render(request, "exchange/export_panel.html", context | more, status=status)
    response["Cache-Control"] = "private, no-store"
    return response


def _of_filters(filterset: type[StrictFilterSet], data: QueryDict) -> QueryDict:
    """Return what belongs to the layer's filters."""
    kept = QueryDict(mutable=True)
    for name, values in data.lists():
        if name in filterset.parameters():
            kept.setlist(name, values)
    return kept


# What a panel that nobody filled in yet shows as chosen.
BEFORE_CHOICE = DEFAULTS | {"profile": ExportProfile.PLAIN.value}


def _values(data: QueryDict, fields: Any) -> dict[str, Any]:
    """Return the values of a form's fields: lists where several may be chosen."""
    return {
        name: data.getlist(name)
        if isinstance(field, forms.MultipleChoiceField)
        else data.get(name) or BEFORE_CHOICE.get(name, "")
        for name, field in fields.items()
    }
