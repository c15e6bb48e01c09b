"""The test database is made and migrated by the owner role: the app role, which Django uses else, may not.

Where tests run in several processes, the first that needs a database migrates one, and all copy it.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connections
from pytest_django.plugin import DjangoDbBlocker

from geoapp.settings import env


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix):
    """Extends pytest-django's fixture of this name, which runs before the test database is made."""
    owner = env.db_url("DATABASE_OWNER_URL")
    connections["default"].settings_dict.update(USER=owner["USER"], PASSWORD=owner["PASSWORD"])


@pytest.fixture(scope="session")
def shared_template(
    request: pytest.FixtureRequest,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Let the databases of all processes of this run be copies of one; alone, or with --reuse-db, nothing is shared.

    The last to leave takes it away.
    """
    if not hasattr(request.config, "workerinput") or request.config.getvalue("reuse_db"):
        yield
        return
    test = connections["default"].settings_dict["TEST"]
    template = test["NAME"].rsplit("_", 1)[0] + "_template"
    users = tmp_path_factory.getbasetemp().parent / "users-of-template"
    with _one_more(users, +1) as count, django_db_blocker.unblock():
        if count == 1:
            _make_template(template)
    test["TEMPLATE"] = template
    yield
    with _one_more(users, -1) as count, django_db_blocker.unblock():
        if count == 0:
            _drop(template)


@contextmanager
def _one_more(users: Path, step: int) -> Iterator[int]:
    """Hold the lock that all processes of the run know and yield how many use the template now."""
    with users.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        count = int(file.read() or 0) + step
        yield count
        file.truncate(0)
        file.write(str(count))


def _make_template(name: str) -> None:
    """Make a database of this name, migrated, and leave the settings as they were."""
    connection = connections["default"]
    installed, own = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = name
    _drop(name)  # what an interrupted run left
    try:
        connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    finally:
        connection.close()
        connection.settings_dict["TEST"]["NAME"] = own
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = installed


def _drop(name: str) -> None:
    connection = connections["default"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(name)}")


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
def django_db_setup(shared_template, django_db_setup, django_db_blocker):
    """Extends pytest-django's: ends sessions that a server thread left open, else the database cannot be dropped."""
    yield
    with django_db_blocker.unblock(), connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )
