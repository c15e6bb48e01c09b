"""Who is told what about a request; delivered by office, with the transaction that changed the request."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import OfficerPost, User
from accounts.permissions import roles_with
from casework.models import CodeRequest
from cooperatives.permissions import EDITORS
from office.services import notify
from places.models import AdministrativeUnit


def request_arrived(code_request: CodeRequest) -> None:
    """Tell the officers of the commune (or the one who has the file) that a request waits for them."""
    text = _("%(cooperative)s nộp hồ sơ %(area)s, hạn %(due)s.") % {
        "cooperative": code_request.cooperative,
        "area": code_request.area.name,
        "due": f"{code_request.due_on:%d/%m/%Y}",
    }
    receivers = [code_request.assigned_to] if code_request.assigned_to else _nearest_officers(code_request.commune)
    notify(receivers, "request_arrived", text, reverse("casework:file", args=[code_request.pk]))


def request_moved(code_request: CodeRequest, text: Any) -> None:
    """Tell those who enter data for the cooperative what the office did; `text` holds %(area)s."""
    users = User.objects.filter(
        memberships__cooperative=code_request.cooperative_id, memberships__role__in=EDITORS
    ).distinct()
    notify(users, "request_moved", str(text) % {"area": code_request.area.name}, code_request.get_absolute_url())


def _nearest_officers(commune: AdministrativeUnit) -> list[User]:
    """Return the officers of the commune; where it has none, those of the next unit above that has some."""
    unit: AdministrativeUnit | None = commune
    while unit is not None:
        posts = OfficerPost.objects.on(timezone.localdate()).filter(
            unit=unit, role__in=roles_with("casework.examine_request")
        )
        officers = list(User.objects.filter(posts__in=posts).distinct())
        if officers:
            return officers
        unit = unit.parent
    return []
