"""Holds those to a second factor who must have one."""

from collections.abc import Callable
from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from accounts.kept import kept_answer
from accounts.models import OfficerPost
from core.problems import is_machine_path, problem_response

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN_PREFIXES = ("/accounts/", "/i18n/", "/static/")


class SecondFactorMiddleware:
    """A signed-in user who must have a second factor and has none can only set one up (or sign out)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if not user.is_authenticated or request.path.startswith(OPEN_PREFIXES) or not lacks_second_factor(user):
            return self.get_response(request)
        text = _("Tài khoản của bạn phải bật xác thực hai bước trước khi làm việc.")
        if is_machine_path(request.path):
            return problem_response(request, 403, code="second_factor_required", detail=text)
        messages.warning(request, text)
        return redirect("mfa_activate_totp")


def lacks_second_factor(user: Any) -> bool:
    """Whether the user must have a second factor and has none."""
    # Whoever has one is asked no further: one query less in each of an officer's requests, tiles too.
    return kept_answer(
        user, ("lacks_second_factor", localdate()), lambda: not is_mfa_enabled(user) and must_have_second_factor(user)
    )


def must_have_second_factor(user: Any) -> bool:
    """Whether the account asks for it: by its own flag, by a post held today, or by the administration pages."""
    if user.must_use_mfa:
        return True
    if not settings.OFFICERS_NEED_MFA:
        return False
    return user.is_staff or user.is_superuser or OfficerPost.objects.of(user).on(localdate()).exists()
