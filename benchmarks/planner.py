"""What only the product can make: a planner's token and session, and signed cursors. Runs in a process of its own.

`python -m benchmarks.planner ID ...` prints JSON: {"token": ..., "cookie": ..., "cursors": [after each ID]}.
"""

import json
import os
import sys
from typing import Any

import django

USERNAME = "bench-planner"


def ensure_planner() -> Any:
    """Return a planner whose post covers the whole province, with the second factor that officers must have."""
    from allauth.mfa.models import Authenticator
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.conf import settings
    from django.utils.timezone import localdate

    from accounts.models import OfficerPost, User
    from accounts.roles import Role
    from places.models import AdministrativeUnit

    user, _created = User.objects.get_or_create(username=USERNAME, defaults={"full_name": "Bench planner"})
    province = AdministrativeUnit.objects.on(localdate()).get(code=settings.PROVINCE_CODE, level="province")
    since = localdate().replace(month=1, day=1)
    OfficerPost.objects.get_or_create(user=user, role=Role.PLANNER, unit=province, defaults={"valid_from": since})
    if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
        TOTP.activate(user, generate_totp_secret())
    return user


def token(user: Any) -> str:
    """Return the user's API token."""
    from rest_framework.authtoken.models import Token

    return str(Token.objects.get_or_create(user=user)[0].key)


def cookie(user: Any) -> str:
    """Return the header `Cookie` of a signed-in browser: pages and tiles go by session."""
    from django.conf import settings
    from django.test import Client

    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={client.cookies[name].value}"


def cursors(ids: list[str]) -> list[str]:
    """Return the cursors of the pages of plots that begin after these ids."""
    from core.api.pages import make_cursor
    from farms.layers import PLOTS

    return [make_cursor((plot_id, plot_id), PLOTS.name) for plot_id in ids]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geoapp.settings")
    django.setup()
    planner = ensure_planner()
    print(json.dumps({"token": token(planner), "cookie": cookie(planner), "cursors": cursors(sys.argv[1:])}))
