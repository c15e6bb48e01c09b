"""Holds those to a second factor who must have one."""

from collections.abc import Callable

from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from core.problems import is_machine_path, problem_response

GetResponse = Callable[[HttpRequest], HttpResponse]
OPEN_PREFIXES = ("/accounts/", "/i18n/", "/static/")


class SecondFactorMiddleware:
    """A signed-in user with `must_use_mfa` and no second factor can only set one up (or sign out)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if (
            not user.is_authenticated
            or not user.must_use_mfa
            or request.path.startswith(OPEN_PREFIXES)
            or is_mfa_enabled(user)
        ):
            return self.get_response(request)
        text = _("Tài khoản của bạn phải bật xác thực hai bước trước khi làm việc.")
        if is_machine_path(request.path):
            return problem_response(request, 403, code="second_factor_required", detail=text)
        messages.warning(request, text)
        return redirect("mfa_activate_totp")
