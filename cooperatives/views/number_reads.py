"""Who read whole numbers of persons, and what for."""

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import CharField, Value
from django.db.models.functions import Cast, Concat
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import holds, units_with
from cooperatives.models import Grower
from cooperatives.permissions import can_see_number_reads
from cooperatives.services.growers import context_of
from cooperatives.views.home import cooperative_of
from core.permissions import require
from core.views import show_domain_errors
from people.models import NumberRead

PAGE_SIZE = 50


@login_required
@require_safe
@show_domain_errors
def number_reads(request: HttpRequest) -> HttpResponse:
    """The newest reads first: of an owner's cooperative, or of the units of an auditor."""
    if holds(request.user, "cooperatives.view_number_reads"):
        units = units_with(request.user, "cooperatives.view_number_reads")
        growers = Grower.objects.filter(cooperative__commune__in=units)
        cooperative = None
    else:
        cooperative = cooperative_of(request)
        require(can_see_number_reads(request.user, cooperative))
        growers = Grower.objects.filter(cooperative=cooperative)
    # As a subquery: a province has a million members, a page names fifty.
    named = growers.annotate(context=Concat(Value("grower:"), Cast("pk", CharField()))).order_by()
    reads = NumberRead.objects.filter(context__in=named.values("context")).select_related("read_by")
    page = Paginator(reads, PAGE_SIZE).get_page(request.GET.get("page"))
    asked = [int(read.context.removeprefix("grower:")) for read in page]
    shown = {context_of(grower): (grower.pk, grower.number) for grower in growers.filter(pk__in=asked)}
    context = {
        "cooperative": cooperative,
        "page": page,
        "rows": [{"read": read, "grower": shown[read.context]} for read in page],
        "query": f"cooperative={cooperative.slug}" if cooperative else "",
    }
    return render(request, "cooperatives/grower_reads.html", context)
