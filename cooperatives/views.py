"""Pages of those who work for a cooperative: where to begin, members."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cooperatives import services
from cooperatives.forms import GrowerForm
from cooperatives.models import Cooperative, Grower
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.summaries import Holdings, holdings_of
from core.text import like_pattern
from core.views import show_domain_errors

GROWERS_PER_PAGE = 100


def cooperative_of(request: HttpRequest) -> Cooperative:
    """Return the cooperative a page is about: `?cooperative=<slug>`, else the user's first; Http404 without one."""
    own = Cooperative.objects.worked_for_by(request.user).select_related("commune").order_by("name")
    own = own.defer("commune__boundary", "commune__boundary_3857")
    slug = request.GET.get("cooperative") or request.POST.get("cooperative")
    found = own.filter(slug=slug).first() if slug else own.first()
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
    }
    return render(request, "cooperatives/home.html", context)


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
