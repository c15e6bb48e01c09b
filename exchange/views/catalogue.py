"""The catalogue page."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from exchange.catalogue import CATALOGUE, Entry


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """Cards of all layers that the visitor may take out."""
    cards = [_card(found, request.user) for found in CATALOGUE if found.may_export(request.user)]
    return render(request, "exchange/catalogue.html", {"cards": cards})


def _card(found: Entry, user: Any) -> dict[str, Any]:
    rows = found.layer.filtered(user, {})
    form = found.layer.filterset(data=None, queryset=rows.none()).form
    form.auto_id = f"{found.layer.name}-%s"  # several forms on one page
    licence = found.licence_for(user)
    return {"entry": found, "licence": licence, "count": rows.count(), "fields": list(found.layer.fields), "form": form}
