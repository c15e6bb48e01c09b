"""The public page of a producer."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from cooperatives.directory import public_growers
from cooperatives.models import Cooperative
from products.structured import producer_json_ld
from products.summaries import producer_page


@require_GET
def producer(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page of one cooperative."""
    rows = Cooperative.objects.public().select_related("commune__parent")
    rows = rows.defer("commune__boundary", "commune__boundary_3857", "commune__parent__boundary")
    rows = rows.defer("commune__parent__boundary_3857")
    return producer_response(request, get_object_or_404(rows, slug=slug))


def producer_response(request: HttpRequest, cooperative: Cooperative, *, is_preview: bool = False) -> HttpResponse:
    """Return the page of `cooperative`; a preview says so, and its photos come by the cooperative's own address.

    The caller has asked for the right: a preview also shows a cooperative that is not public yet.
    """
    page = producer_page(cooperative)
    frame = {
        "show": [],
        "bounds": page.bounds,
        "features": page.outlines,
        "hash": False,
        "legend": False,
        "count": False,
    }
    named = public_growers(cooperative)
    if named:  # consents may end tomorrow: no copy with names stays on a visitor's device
        request.keeps_offline = False  # type: ignore[attr-defined]
    address = settings.PUBLIC_URL + reverse("products:producer", args=[cooperative.slug])
    context = {
        "page": page,
        "frame": frame,
        "named": named,
        "is_preview": is_preview,
        "address": address,
        "structured": None if is_preview else producer_json_ld(page, address),
    }
    # Not for shared caches: the language form in the header carries the visitor's own CSRF token.
    return render(request, "products/producer.html", context)
