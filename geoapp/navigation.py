"""The entries of the main menu, by what the visitor may do."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.permissions import holds
from cooperatives.models import Cooperative, Membership


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it says, where it leads, whether it is the page being shown."""

    title: str
    url: str
    is_current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the template variable `navigation`."""
    entries = [
        (_("Bản đồ nông sản"), "home"),
        (_("Bản đồ mã số"), "maps:code-map"),
        (_("Sử dụng đất"), "maps:land-use"),
        (_("Tra cứu mã số"), "codes:check-form"),
    ]
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        if Membership.objects.of(user).exists():
            entries.append((_("Hợp tác xã của tôi"), "cooperatives:home"))
        if holds(user, "casework.view_request"):
            entries.append((_("Bàn hồ sơ"), "casework:desk"))
            if Cooperative.objects.waiting_for(user).exists():
                entries.append((_("Đăng ký chờ xác minh"), "cooperatives:registration-list"))
        if holds(user, "casework.view_history"):
            entries.append((_("Nhật ký"), "casework:audit"))
        if holds(user, "exchange.export_layers"):
            entries.append((_("Dữ liệu"), "exchange:catalogue"))
    return {"navigation": [_entry(request, title, name) for title, name in entries]}


def _entry(request: HttpRequest, title: str, name: str) -> Entry:
    url = reverse(name)
    return Entry(title, url, request.path == url or (url != "/" and request.path.startswith(url)))
