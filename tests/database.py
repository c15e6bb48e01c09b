"""The test database is made and migrated by the owner role: the app role, which Django uses else, may not."""

import pytest
from django.db import connections

from geoapp.settings import env


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Extends pytest-django's fixture of this name, which runs before the test database is made."""
    owner = env.db_url("DATABASE_OWNER_URL")
    connections["default"].settings_dict.update(USER=owner["USER"], PASSWORD=owner["PASSWORD"])


@pytest.fixture(autouse=True)
def no_kept_tiles(monkeypatch):
    """Tests that are rolled back, or write past the services, leave versions that mean other data: nothing is kept.

    Each request is counted by itself, so that a test's queries do not depend on the tests before it.
    """
    from core import throttling
    from maps import zooms
    from maps.kept_tiles import PUBLIC_TILES

    PUBLIC_TILES.clear()
    monkeypatch.setattr(PUBLIC_TILES, "most", 0)
    monkeypatch.setattr(zooms, "KEPT_SECONDS", 0.0)
    monkeypatch.setattr(throttling, "HANDFUL", 1)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Extends pytest-django's: ends sessions that a server thread left open, else the database cannot be dropped."""
    yield
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
