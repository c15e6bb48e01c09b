"""Pages of a cooperative's members."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cooperatives import services
from cooperatives.forms import GrowerForm
from cooperatives.models import Cooperative, Grower
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.views.home import cooperative_of
from core.text import like_pattern
from core.views import show_domain_errors

GROWERS_PER_PAGE = 100


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def grower_list(request: HttpRequest) -> HttpResponse:
    """Members of the cooperative, and a form to add one. Names stay on this page."""
    cooperative = cooperative_of(request)
    may_edit = can_edit_for_cooperative(request.user, cooperative)
    form = GrowerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        grower = services.add_grower(cooperative, by=request.user, **form.fields_for_service())
        messages.success(request, _("Đã thêm thành viên số %(number)s.") % {"number": grower.number})
        return redirect(f"{reverse('cooperatives:grower-list')}?cooperative={cooperative.slug}")
    growers = Grower.objects.current().filter(cooperative=cooperative).select_related("person").order_by("number")
    growers = growers.with_outline_consent()
    text = request.GET.get("q", "").strip()[:100]
    if text:
        growers = growers.filter(person__search_key__contains=like_pattern(text).strip("%"))
    context = {
        "cooperative": cooperative,
        "growers": growers[:GROWERS_PER_PAGE],
        "count": growers.count(),
        "limit": GROWERS_PER_PAGE,
        "q": text,
        "form": form,
        "may_edit": may_edit,
    }
    return render(request, "cooperatives/grower_list.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def grower_consent(request: HttpRequest, pk: int) -> HttpResponse:
    """Record that a member agrees to a public outline, or withdraws that."""
    own = Grower.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    grower = get_object_or_404(own.select_related("person", "cooperative"), pk=pk)
    is_given = request.POST.get("do") == "give"
    services.set_outline_consent(
        grower, is_given=is_given, evidence=request.POST.get("evidence", "")[:200], by=request.user
    )
    messages.success(request, _("Đã ghi sự đồng ý.") if is_given else _("Đã rút sự đồng ý: ranh giới được ẩn ngay."))
    return redirect(f"{reverse('cooperatives:grower-list')}?cooperative={grower.cooperative.slug}")
