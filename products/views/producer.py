"""The public page of a producer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from cooperatives.models import Cooperative
from products.summaries import producer_page


@require_GET
def producer(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page of one cooperative."""
    cooperative = get_object_or_404(Cooperative.objects.public().select_related("commune"), slug=slug)
    page = producer_page(cooperative)
    frame = {
        "show": [],
        "bounds": page.bounds,
        "features": page.outlines,
        "hash": False,
        "legend": False,
        "count": False,
    }
    # Not for shared caches: the language form in the header carries the visitor's own CSRF token.
    return render(request, "products/producer.html", {"page": page, "frame": frame})
