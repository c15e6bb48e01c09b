"""Pages: the user's notices."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from core.errors import BadInput
from core.views import show_domain_errors
from office import services
from office.models import Notice

PAGE_SIZE = 50


@login_required
@require_safe
@show_domain_errors
def notice_list(request: HttpRequest) -> HttpResponse:
    """The user's notices, newest first; `before` is the id of the last one seen."""
    notices = Notice.objects.visible_to(request.user).order_by("-pk")
    unread = notices.unread().count()
    before = request.GET.get("before")
    if before is not None:
        if not (before.isascii() and before.isdigit() and len(before) <= 18):
            raise BadInput
        notices = notices.filter(pk__lt=int(before))
    page = list(notices[: PAGE_SIZE + 1])
    address = reverse("office:notice-list")
    context = {
        "notices": page[:PAGE_SIZE],
        "unread": unread,
        "next_url": f"{address}?before={page[PAGE_SIZE - 1].pk}" if len(page) > PAGE_SIZE else None,
        "first_url": address if before else None,
    }
    return render(request, "office/notice_list.html", context)


@login_required
@require_safe
def notice_open(request: HttpRequest, pk: int) -> HttpResponse:
    """Go where the notice points; it counts as read from now on."""
    notice = get_object_or_404(Notice.objects.visible_to(request.user), pk=pk)
    services.mark_read(request.user, notice)
    is_ours = url_has_allowed_host_and_scheme(notice.url, allowed_hosts=None)
    return redirect(notice.url if notice.url and is_ours else reverse("office:notice-list"))


@login_required
@require_POST
def notice_read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read."""
    services.mark_read(request.user)
    return redirect("office:notice-list")
