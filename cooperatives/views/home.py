"""Where those who work for a cooperative begin, and which cooperative a page is about."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative, can_edit_registration
from cooperatives.services import acts_on_behalf
from cooperatives.summaries import Holdings, holdings_of
from core.views import show_domain_errors

CHOSEN = "cooperative"  # key of the session


def cooperative_of(request: HttpRequest) -> Cooperative:
    """Return the cooperative a page is about, one for which the user works; Http404 without one.

    `?cooperative=<slug>` wins; else the one chosen in this session (`/coop/switch/`), else the first by name.
    """
    own = Cooperative.objects.worked_for_by(request.user).select_related("commune").order_by("name")
    own = own.defer("commune__boundary", "commune__boundary_3857")
    slug = request.GET.get("cooperative") or request.POST.get("cooperative")
    if slug:
        return get_object_or_404(own, slug=slug)
    chosen = request.session.get(CHOSEN)
    found = (own.filter(pk=chosen).first() if chosen else None) or own.first()
    if found is None:
        raise Http404
    return found


@login_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Where a clerk begins: what is there, what comes next."""
    own = Cooperative.objects.worked_for_by(request.user)
    if not own.exists():
        return render(request, "cooperatives/no_cooperative.html")
    cooperative = cooperative_of(request)
    holdings = holdings_of(cooperative)
    today = localdate()
    certificates = [
        {"certificate": certificate, "is_expired": certificate.is_expired(today)}
        for certificate in cooperative.certificates.select_related("crop").order_by("-valid_until")
    ]
    context = {
        "cooperative": cooperative,
        "others": own.exclude(pk=cooperative.pk).order_by("name"),
        "holdings": holdings,
        "steps": _steps(cooperative, holdings),
        "certificates": certificates,
        "may_edit": can_edit_for_cooperative(request.user, cooperative),
        "may_correct": can_edit_registration(request.user, cooperative),
        "is_helper": acts_on_behalf(request.user, cooperative),
    }
    return render(request, "cooperatives/home.html", context)


@login_required
@require_POST
@show_domain_errors
def switch(request: HttpRequest) -> HttpResponse:
    """Remember for this session which of the user's cooperatives pages are about."""
    own = Cooperative.objects.worked_for_by(request.user)
    chosen = get_object_or_404(own, slug=request.POST.get("to", "")[:80])
    request.session[CHOSEN] = chosen.pk
    return redirect("cooperatives:home")


def _steps(cooperative: Cooperative, holdings: Holdings) -> list[dict[str, Any]]:
    """The way to a code in three steps; the first that is not done is the current one."""
    query = f"?cooperative={cooperative.slug}"
    done = (holdings.plots > 0, holdings.areas > 0, False)
    current = done.index(False)
    texts = (
        (
            _("Đưa thửa lên bản đồ"),
            _("Tải tệp bản đồ các thửa của thành viên lên; hệ thống kiểm tra giúp bạn."),
            _("Tải tệp thửa lên"),
            "farms:import-new",
        ),
        (
            _("Lập vùng trồng"),
            _("Gom các thửa cùng cây trồng, liền nhau thành một vùng trồng."),
            _("Lập vùng trồng"),
            "codes:area-new",
        ),
        (
            _("Đề nghị cấp mã số"),
            _("Chọn vùng trồng và thị trường muốn bán, rồi gửi hồ sơ đến cán bộ."),
            _("Lập hồ sơ"),
            "casework:request-new",
        ),
    )
    return [
        {
            "number": index + 1,
            "title": title,
            "text": text,
            "action": action,
            "url": reverse(name) + query,
            "is_done": done[index],
            "is_current": index == current,
        }
        for index, (title, text, action, name) in enumerate(texts)
    ]
