"""Asking for a layer that is not public."""

from typing import Any

from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from accounts.models import OfficerPost, User
from accounts.roles import Role
from core.errors import RuleViolated
from exchange.catalogue import Entry
from office.sentences import Sentence
from office.services import notify

PURPOSE_LENGTH = 160  # a notice holds 300 signs


def ask_for_access(entry: Entry, *, purpose: str, by: Any) -> int:
    """Tell the administrators that `by` asks for the layer, once a day; return how many were told now.

    Nothing is granted by it: they give a post that holds the right, or answer. Raises RuleViolated where nobody
    administers this installation yet.
    """
    posts = OfficerPost.objects.on(localdate()).filter(role=Role.ADMINISTRATOR)
    administrators = User.objects.filter(pk__in=posts.values("user"), is_active=True)
    if not administrators.exists():
        raise RuleViolated("no_administrator", _("Hệ thống chưa có quản trị viên để nhận yêu cầu này."))
    text = Sentence(
        _("%(user)s (%(account)s) xin quyền xem lớp “%(layer)s”: %(purpose)s"),
        {"user": by, "account": by.get_username(), "layer": entry.layer.title, "purpose": purpose},
    )
    key = f"exchange.access:{entry.name}:{by.pk}:{localdate()}"
    url = reverse("admin:accounts_user_change", args=[by.pk])
    return len(notify(administrators, "exchange.access_asked", text, url, once_key=key))
