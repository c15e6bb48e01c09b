"""The entries of the main menu, by what the visitor may do."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.permissions import holds
from cooperatives.models import Certificate, Cooperative
from cooperatives.permissions import can_see_exports, can_use_directory
from cooperatives.views.home import CHOSEN
from products.permissions import can_hide_demand


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it says, where it leads, whether it is the page being shown."""

    title: str
    url: str
    is_current: bool


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return the template variables `navigation`, and `workplaces` with `chosen_workplace` for the switcher."""
    workplaces: list[Cooperative] = []
    entries = [
        (_("Bản đồ nông sản"), "home"),
        (_("Mùa vụ"), "maps:seasons"),
        (_("Bản đồ mã số"), "maps:code-map"),
        (_("Sử dụng đất"), "maps:land-use"),
        (_("Tra cứu mã số"), "codes:check-form"),
    ]
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        workplaces = list(Cooperative.objects.worked_for_by(user).only("slug", "name", "short_name").order_by("name"))
        if workplaces:
            entries.append((_("Hợp tác xã của tôi"), "cooperatives:home"))
        entries += [*_of_the_desk(user), *_of_the_directory(user)]
        if settings.DEMAND_POSTS:
            entries.append((_("Nhu cầu mua"), _demand_page(user, workplaces)))
        if holds(user, "casework.view_history"):
            entries.append((_("Nhật ký"), "casework:audit"))
        elif holds(user, "cooperatives.view_cooperative"):  # officers find it at their desk: their menu is long
            entries.append((_("Bán trên sàn"), "products:shop-share-list"))
        if holds(user, "exchange.export_layers"):
            entries.append((_("Dữ liệu"), "exchange:catalogue"))
    return {
        "navigation": [_entry(request, title, name) for title, name in entries],
        "workplaces": workplaces,
        "chosen_workplace": _chosen(request, workplaces),
    }


def _demand_page(user: Any, workplaces: list[Cooperative]) -> str:
    """Return where demands begin for this user: what one's cooperatives match, what an office watches, one's own."""
    if workplaces:
        return "products:demand-inbox"
    return "products:demand-desk" if can_hide_demand(user) else "products:demand-list"


def _of_the_desk(user: Any) -> list[tuple[str, str]]:
    entries = []
    if holds(user, "casework.view_request"):
        entries.append((_("Bàn hồ sơ"), "casework:desk"))
        if Cooperative.objects.waiting_for(user).exists():
            entries.append((_("Đăng ký chờ xác minh"), "cooperatives:registration-list"))
        if Certificate.objects.to_check_by(user).waiting(localdate()).exists():
            entries.append((_("Chứng nhận chờ kiểm tra"), "cooperatives:desk-certificate-list"))
    return entries


def _of_the_directory(user: Any) -> list[tuple[str, str]]:
    """The directory for officers; for who watches over it the list of what was taken out."""
    if can_use_directory(user):
        return [(_("Danh bạ nông hộ"), "cooperatives:directory")]
    return [(_("Các lần xuất danh bạ"), "cooperatives:directory-exports")] if can_see_exports(user) else []


def _chosen(request: HttpRequest, workplaces: list[Cooperative]) -> int | None:
    """Return the id of the cooperative that pages are about unless their address says another."""
    ids = [workplace.pk for workplace in workplaces]
    if len(ids) < 2:
        return None
    chosen = request.session.get(CHOSEN)
    return chosen if chosen in ids else ids[0]


def _entry(request: HttpRequest, title: str, name: str) -> Entry:
    url = reverse(name)
    return Entry(title, url, request.path == url or (url != "/" and request.path.startswith(url)))
