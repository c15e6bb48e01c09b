"""Notices of lots and of packing houses that want to use a code."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from codes.models import Lot, PackingLink
from farms.notifications import editors_of
from office.sentences import Sentence
from office.services import notify


def lot_declared(lot: Lot) -> None:
    """Ask those who work for the holder: was this you?"""
    if lot.code.holder_id is None:
        return
    facts = {
        "house": lot.packing_code.house.name if lot.packing_code else lot.declared_for.name,
        "lot": lot.lot_number,
        "weight": f"{lot.weight_kg:g}",
        "code": lot.code.code,
    }
    notify(
        editors_of(lot.code.holder_id),
        "codes.lot_declared",
        Sentence(_("%(house)s khai lô %(lot)s, %(weight)s kg, theo mã %(code)s. Có phải hàng của bạn không?"), facts),
        reverse("codes:lot-list"),
        once_key=f"lot_declared:{lot.pk}",
    )


def link_asked(link: PackingLink) -> None:
    """Ask those who work for the holder whether the packing house may use the code."""
    _tell(
        link.code.holder_id,
        link,
        "codes.link_asked",
        _("Cơ sở đóng gói %(house)s (%(packing_code)s) xin được đóng gói theo mã %(code)s."),
    )


def link_decided(link: PackingLink) -> None:
    """Tell the firm that runs the packing house what the holder said."""
    said = {
        "accepted": _("Mã %(code)s: đơn vị giữ mã đã cho phép %(house)s (%(packing_code)s) đóng gói."),
        "refused": _("Mã %(code)s: đơn vị giữ mã không cho phép %(house)s (%(packing_code)s) đóng gói."),
    }
    _tell(link.packing_code.house.operator_id, link, "codes.link_decided", said[link.status])


def _tell(cooperative_id: int | None, link: PackingLink, kind: str, text: Any) -> None:
    if cooperative_id is None:
        return
    facts = {"house": link.packing_code.house.name, "packing_code": link.packing_code.code, "code": link.code.code}
    notify(editors_of(cooperative_id), kind, Sentence(text, facts), reverse("codes:packing-links"))
