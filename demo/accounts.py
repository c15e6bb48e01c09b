"""Demo accounts: random passwords per installation, written to a file that only the service user reads."""

import secrets
from pathlib import Path

from django.conf import settings
from django.utils.timezone import localdate

from accounts.models import OfficerPost, User
from cooperatives.models import Cooperative, Membership
from demo.cast import ACCOUNTS, AccountRole
from places.models import AdministrativeUnit


def accounts_file() -> Path:
    """Where the demo accounts are written down."""
    return Path(settings.STATE_DIR) / "demo-accounts.txt"


def make_accounts(cooperatives: dict[str, Cooperative]) -> dict[str, User]:
    """Create the demo accounts with new random passwords; return them by username."""
    users, lines = {}, []
    for role in ACCOUNTS:
        password = secrets.token_urlsafe(12)
        user = User.objects.create_user(
            role.username,
            password=password,
            full_name=role.full_name,
            is_staff=role.is_staff,
            is_superuser=role.is_staff,
        )
        _give_place(user, role, cooperatives)
        users[role.username] = user
        lines.append(f"{role.username:<16} {password:<20} {role.full_name}")
    _write_down(lines)
    return users


def _give_place(user: User, role: AccountRole, cooperatives: dict[str, Cooperative]) -> None:
    if role.cooperative:
        Membership.objects.create(user=user, cooperative=cooperatives[role.cooperative], role=role.member_role)
    if role.office_role:
        OfficerPost.objects.create(
            user=user,
            role=role.office_role,
            unit=AdministrativeUnit.objects.on(localdate()).get(code=role.unit_code, level__in=("province", "commune")),
            title=role.title,
            valid_from=localdate().replace(month=1, day=1),
        )


def _write_down(lines: list[str]) -> None:
    target = accounts_file()
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)
    target.chmod(0o600)
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
