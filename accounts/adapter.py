"""How allauth behaves here."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest

from core.errors import TooManyRequests
from core.throttling import client_address

GUESSES_WAIT_SECONDS = 300  # as in settings.ACCOUNT_RATE_LIMITS


def is_signup_open() -> bool:
    """Whether people may make accounts themselves on this installation."""
    return bool(settings.SIGNUP_OPEN)


class AccountAdapter(DefaultAccountAdapter):
    """Who wants to register a cooperative, or was invited to one, makes an account; rights come only afterwards."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return is_signup_open()

    def get_client_ip(self, request: HttpRequest) -> Any:
        """Return the address that failed sign-ins are counted for; what the client writes itself does not count."""
        return client_address(request)

    def validation_error(self, code: str, *args: Any) -> Any:
        """Return allauth's error for `code`; too many wrong guesses are an answer of their own (429), no form error."""
        if code == "too_many_login_attempts":
            raise TooManyRequests(retry_after=GUESSES_WAIT_SECONDS)
        return super().validation_error(code, *args)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # Counted for a user *and* an address: else a stranger could lock anybody out by guessing wrongly.
        return f"{super()._get_login_attempts_cache_key(request, **credentials)}:{client_address(request)}"
