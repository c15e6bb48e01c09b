"""E18 by a connection of its own: what the service's database role cannot do, whatever its code says."""

import io

import psycopg2
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from core.management.commands.grant_app_role import restricted_tables
from geoapp.settings import env

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def connected_as_app(transactional_db, settings):
    """A connection of its own with the app role's name and password, as the service has it."""
    call_command("grant_app_role", stdout=io.StringIO())
    own, app = connection.settings_dict, env.db_url("DATABASE_URL")
    session = psycopg2.connect(
        dbname=own["NAME"], user=app["USER"], password=app["PASSWORD"], host=own["HOST"], port=own["PORT"]
    )
    session.autocommit = True
    with session.cursor() as cursor:
        yield cursor
    session.close()


def may(cursor, right, table):
    cursor.execute("SELECT has_table_privilege(current_user, %s, %s)", [f'public."{table}"', right])
    return cursor.fetchone()[0]


def test_e18_connected_as_the_app_role_no_table_can_be_emptied_nor_the_past_rewritten(connected_as_app, settings):
    connected_as_app.execute("SELECT current_user")
    assert connected_as_app.fetchone()[0] == settings.DATABASE_APP_ROLE
    tables = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    tables &= set(connection.introspection.table_names())
    kept = restricted_tables()

    append_only = [table for table, rights in kept.items() if rights == "SELECT, INSERT"]
    wrong = [
        (table, right)
        for table in sorted(tables)
        for right in ("TRUNCATE", "TRIGGER", "REFERENCES")
        if may(connected_as_app, right, table)
    ]
    wrong += [
        (table, right) for table in append_only for right in ("UPDATE", "DELETE") if may(connected_as_app, right, table)
    ]

    assert wrong == []
    assert {"codes_codeevent", "casework_requestevent", "casework_inspection", "casework_requestversion"} <= set(
        append_only
    )
    assert len([table for table in append_only if table.endswith("history")]) >= 10
    assert all(may(connected_as_app, "INSERT", table) for table in append_only)


REFUSED = (
    "TRUNCATE codes_codeevent",
    "TRUNCATE casework_requestevent CASCADE",
    "TRUNCATE accounts_user CASCADE",
    "UPDATE codes_codeevent SET reason = 'x'",
    "DELETE FROM casework_requestevent",
    "DELETE FROM codes_productionareacode",
    "DELETE FROM codes_codecounter",
    "UPDATE codes_codeschemehistory SET name = 'x'",
    "ALTER TABLE codes_codeevent DISABLE TRIGGER ALL",
    "SET session_replication_role = replica",
    "DROP FUNCTION _pgh_attach_context",
)


def test_e18_connected_as_the_app_role_these_are_refused(connected_as_app):
    for statement in REFUSED:
        with pytest.raises(psycopg2.Error, match=r"permission denied|must be owner"):
            connected_as_app.execute(statement)
