"""Pages: the user's notices, and how he or she wants to be told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.errors import BadInput
from core.views import show_domain_errors
from office import services
from office.forms import MessagePreferenceForm
from office.models import Notice

PAGE_SIZE = 50


@login_required
@require_safe
@show_domain_errors
def notice_list(request: HttpRequest) -> HttpResponse:
    """The user's notices, newest first; `before` is the id of the last one seen, `unread=1` leaves out the others."""
    notices = Notice.objects.visible_to(request.user).order_by("-pk")
    unread = notices.unread().count()
    wanted = request.GET.get("unread", "")
    if wanted not in ("", "1"):
        raise BadInput
    if wanted:
        notices = notices.unread()
    before = request.GET.get("before")
    if before is not None:
        if not (before.isascii() and before.isdigit() and len(before) <= 18):
            raise BadInput
        notices = notices.filter(pk__lt=int(before))
    page = list(notices[: PAGE_SIZE + 1])
    address = reverse("office:notice-list")
    kept = "unread=1&" if wanted else ""
    context = {
        "notices": page[:PAGE_SIZE],
        "unread": unread,
        "is_unread_only": bool(wanted),
        "next_url": f"{address}?{kept}before={page[PAGE_SIZE - 1].pk}" if len(page) > PAGE_SIZE else None,
        "first_url": f"{address}?{kept}".rstrip("?&") if before else None,
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


@login_required
@require_POST
def notice_read(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read without going where it points."""
    services.mark_read(request.user, get_object_or_404(Notice.objects.visible_to(request.user), pk=pk))
    return redirect("office:notice-list")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: HttpRequest) -> HttpResponse:
    """Choose the channels and the language of messages."""
    user: Any = request.user
    stored = services.preferences_of([user.pk])[user.pk]
    form = MessagePreferenceForm(request.POST or None, instance=stored, user=user)
    if request.method == "POST" and form.is_valid():
        services.choose_channels(user, **form.cleaned_data)
        messages.success(request, _("Đã lưu cách nhận thông báo."))
        return redirect("office:notice-list")
    status = 400 if form.errors else 200
    return render(request, "office/preferences.html", {"form": form}, status=status)
