"""One service for all tests of this folder, over rows that are really committed."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.management import call_command
from django.db import connections
from rest_framework.authtoken.models import Token

from accounts.roles import Role
from cooperatives.models import MemberRole
from places.models import UnitLevel
from tests.factories.cooperatives import make_cooperative, make_membership
from tests.factories.crops import make_crop
from tests.factories.places import commune_outline, make_unit
from tests.http.service import Service, running
from tests.people import make_officer, make_user

PASSWORD = "a phrase of many words"


@pytest.fixture(scope="module")
def stored(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    """A province with a commune, two cooperatives, a clerk and a planner with their tokens; taken out at the end."""
    refuse_other_database()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        rows = _rows()
    yield rows
    refuse_other_database()
    with django_db_blocker.unblock():  # type: ignore[attr-defined]
        call_command("flush", verbosity=0, interactive=False)
        connections.close_all()


def refuse_other_database() -> None:
    """What is stored here is committed, and all rows are removed at the end: only ever in a test database.

    pytest-django makes one only for tests that carry its mark; without, the connection is that of the installation.
    """
    settings = connections["default"].settings_dict
    if not settings["NAME"].startswith(settings["TEST"]["NAME"]):
        raise RuntimeError(f"{settings['NAME']} is no test database; mark the tests with django_db.")


def _rows() -> SimpleNamespace:
    province = make_unit(level=UnitLevel.PROVINCE, code="99", name_vi="Thử Nghiệm")
    commune = make_unit(
        parent=province, code="99001", unit_type="Phường", name_vi="Cao Lãnh Thử", boundary=commune_outline()
    )
    cooperative = make_cooperative(commune, slug="htx-cua-toi", name="Hợp tác xã Của Tôi", short_name="HTX Của Tôi")
    make_cooperative(commune, slug="htx-lang-gieng", name="Hợp tác xã Láng Giềng", short_name="HTX Láng Giềng")
    make_crop(slug="xoai", short_code="XOAI", name_vi="Xoài", name_en="Mango")
    clerk = make_user(username="clerk")
    clerk.set_password(PASSWORD)
    clerk.save()
    make_membership(cooperative, clerk, MemberRole.CLERK)
    planner = make_officer(province, Role.PLANNER, username="planner")
    return SimpleNamespace(
        clerk=clerk,
        clerk_token=f"Token {Token.objects.create(user=clerk).key}",
        planner_token=f"Token {Token.objects.create(user=planner).key}",
    )


@pytest.fixture(scope="module")
def live(stored: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The running service."""
    folder: Path = tmp_path_factory.mktemp("service")
    with running(folder) as service:
        yield service
