"""What the list of members says of each: land, consents, what is to be done."""

from typing import Any

from django.db.models.functions import Length
from django.utils.translation import gettext as _

from cooperatives.grower_lists import CONSENTS
from people.models import Purpose

AMBER_SHARE, RED_SHARE = 0.05, 0.20  # declared beside mapped area (docs/domain.md)
ORDERS: dict[str, tuple[Any, ...]] = {
    "number": (Length("number"), "number"),
    "name": ("person__search_key", "number"),
    "hamlet": ("hamlet", "person__search_key"),
    "plots": ("-plot_count", "number"),
    "mapped": ("-mapped_m2", "number"),
}


def problems_of(grower: Any) -> list[dict[str, str]]:
    """Return what is to be done about a member (`with_land`, `with_consents`): badge and text."""
    problems = []
    if grower.conflict_count:
        problems.append(_problem("error", _("%(n)s thửa chồng lấn") % {"n": grower.conflict_count}))
    if grower.left_on is not None and grower.plot_count:
        problems.append(_problem("warning", _("đã ra, còn thửa đứng tên")))
    elif not grower.plot_count and grower.left_on is None:
        problems.append(_problem("warning", _("chưa có thửa")))
    share = _difference(grower)
    if share > AMBER_SHARE:
        text = _("đo và kê khai lệch %(share)d%%") % {"share": round(share * 100)}
        problems.append(_problem("error" if share > RED_SHARE else "warning", text))
    if grower.left_on is None and not any(
        consent.purpose == Purpose.DIRECTORY for consent in grower.person.live_consents
    ):
        problems.append(_problem("plain", _("chưa đồng ý vào danh bạ")))
    return problems


def _problem(badge: str, text: str) -> dict[str, str]:
    return {"badge": badge, "text": text}


def _difference(grower: Any) -> float:
    declared = float(grower.declared_area_ha or 0)
    if not declared or not grower.mapped_m2:
        return 0.0
    return abs(grower.mapped_m2 / 10_000 - declared) / declared


def row_of(grower: Any) -> dict[str, Any]:
    """Return a member (`with_land`, `with_consents`) with what a row of the list shows."""
    live = {consent.purpose for consent in grower.person.live_consents}
    return {
        "grower": grower,
        "mapped_ha": (grower.mapped_m2 or 0) / 10_000,
        "consents": [Purpose(purpose).label for purpose in CONSENTS if purpose in live],
        "problems": problems_of(grower),
    }


def states() -> list[tuple[str, str]]:
    """Return the filters of the list and their names."""
    return [
        ("", _("Đang là thành viên")),
        ("without-plots", _("Chưa có thửa")),
        ("in-conflict", _("Có thửa chồng lấn")),
        ("left", _("Đã ra")),
    ]


def orders() -> list[tuple[str, str]]:
    """Return the orders of the list and their names; the keys of ORDERS."""
    return [
        ("number", _("Số thành viên")),
        ("name", _("Họ và tên")),
        ("hamlet", _("Ấp, khóm")),
        ("plots", _("Nhiều thửa trước")),
        ("mapped", _("Diện tích lớn trước")),
    ]
