"""Who signed in long ago proves again who it is, before a number is given and before one is taken away for ever.

ASVS 5.0.0 §7.5.3. A session counts as fresh for ACCOUNT_REAUTHENTICATION_TIMEOUT seconds after a sign-in, a second
factor or a repeated password. API tokens are a credential of their own, sent with every call: they are not asked.
"""

import time

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.reauthentication import get_reauthentication_flows, suspend_request
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.errors import NotAllowed


class ReauthenticationRequired(NotAllowed):
    """The session is too old for this act; sign in again and repeat it."""

    code = "reauthentication_required"
    detail = _("Phiên đăng nhập đã lâu: hãy xác nhận lại mật khẩu rồi thực hiện lại bước này.")


def is_fresh(request: HttpRequest) -> bool:
    """Whether the session's user has proved who it is recently.

    Who has neither a password nor a second factor cannot be asked (only tests and commands open such sessions).
    """
    records = get_authentication_records(request, request.user)
    if not records:
        return not get_reauthentication_flows(request.user)
    return time.time() - max(record["at"] for record in records) < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def needs_recent_sign_in(request: HttpRequest) -> HttpResponse | None:
    """Return None for a fresh session, else the way to the page that asks for the password again.

    A form that was sent is kept in the session and taken up after the password, so nothing typed is lost.
    """
    if is_fresh(request):
        return None
    return suspend_request(request, reverse("account_reauthenticate"))


def require_recent_sign_in(request: HttpRequest) -> None:
    """Raise ReauthenticationRequired for a session of the API that is not fresh."""
    if not is_fresh(request):
        raise ReauthenticationRequired
