"""Walking a boundary with a phone: the page, and the photos of a plot."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models.functions import Length
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from cooperatives.models import Cooperative, Grower
from core.views import show_domain_errors
from crops.models import Crop
from farms.models import Plot
from office.services.documents import document_response

MAX_GROWERS = 5_000  # numbers kept on the phone for one cooperative


@login_required
@require_safe
def plot_capture(request: HttpRequest) -> HttpResponse:
    """The page; its script keeps what it needs on the device, then works without signal."""
    return render(request, "farms/capture.html", {"lists": _lists(request.user)})


def _lists(user: Any) -> dict[str, Any]:
    """What the form chooses from. Kept on the phone, so growers are numbers: no name leaves the office this way."""
    crops = Crop.objects.order_by("name_vi")
    return {
        "cooperatives": [
            {"slug": one.slug, "name": one.short_name or one.name, "growers": _grower_numbers(one)}
            for one in Cooperative.objects.managed_by(user).order_by("name").distinct()
        ],
        "crops": [{"slug": crop.slug, "name": str(crop)} for crop in crops],
        "max_error_m": settings.CAPTURE_MAX_ERROR_M,
    }


def _grower_numbers(cooperative: Cooperative) -> list[str]:
    rows = Grower.objects.current().filter(cooperative=cooperative)
    return list(rows.order_by(Length("number"), "number").values_list("number", flat=True)[:MAX_GROWERS])


@login_required
@require_safe
@show_domain_errors
def plot_photo(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """A photo of a plot, for whoever may see the plot. Our own pixels (written anew on arrival) may be shown."""
    plot = get_object_or_404(Plot.objects.visible_to(request.user).only("pk"), pk=pk)
    photo = get_object_or_404(plot.photos.select_related("document"), pk=number)
    response: Any = document_response(photo.document)  # a streamed answer
    response["Content-Type"] = "image/jpeg"
    response["Content-Disposition"] = "inline"
    return response
