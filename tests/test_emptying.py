"""What a test committed is gone after it, and nothing else is: the tests' own way of emptying the database."""

from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import TransactionTestCase

from places.models import AdministrativeUnit
from tests import emptying

pytestmark = pytest.mark.django_db(transaction=True)


def filled():
    """Names of the models' tables that hold a row."""
    with connection.cursor() as cursor:
        return set(emptying._filled(cursor, connection.introspection.django_table_names(include_views=False)))


def kept_rows():
    return [list(model.objects.order_by("pk").values_list()) for model in (ContentType, Permission)]


def outside_the_models():
    """Rows of tables that belong to no model of the apps."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT count(*) FROM spatial_ref_sys), (SELECT count(*) FROM core_cache)")
        return (*cursor.fetchone(), MigrationRecorder.Migration.objects.count())


def test_filled_tables_are_emptied_whatever_refuses_or_points_to_them(code, officer):
    """A code may not be deleted, and nearly everything points to something else."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO core_cache VALUES ('a', 'b', now())")
    before, beside = kept_rows(), outside_the_models()
    tables = filled()

    assert emptying.empty_tables()

    assert {"codes_productionareacode", "places_administrativeunit", "accounts_user", "farms_plot"} < tables
    assert {"codes_productionareacode", "places_administrativeunit", "accounts_user", "farms_plot"} & filled() == set()
    assert filled() == tables & set(emptying.KEPT)
    assert kept_rows() == before
    assert outside_the_models() == beside
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM core_cache")  # of no model: nobody else does it


def test_rows_of_tables_between_models_go_too(officer):
    officer.groups.add(Group.objects.create(name="g"))

    emptying.empty_tables()

    assert not {"auth_group", "accounts_user_groups"} & filled()


def test_history_tells_nothing_of_the_emptying_and_is_kept_again_after_it(unit_factory):
    history = apps.get_model("places", "AdministrativeUnitHistory")
    unit_factory(code="29001")
    assert history.objects.exists()

    emptying.empty_tables()
    left = history.objects.count()
    unit_factory(code="29002")

    assert left == 0
    assert list(history.objects.values_list("code", flat=True)) == ["29002"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'O'")
        assert cursor.fetchone() == (0,)


def test_numbers_go_on(unit_factory):
    first = unit_factory(code="29001").pk

    emptying.empty_tables()

    assert unit_factory(code="29002").pk > first


def test_a_large_table_is_left_to_django(unit_factory, monkeypatch):
    unit_factory()
    monkeypatch.setattr(emptying, "LARGE_BYTES", 0)

    assert not emptying.empty_tables()
    assert AdministrativeUnit.objects.count() == 1


def test_with_nothing_to_empty_no_table_is_locked(django_assert_num_queries):
    emptying.empty_tables()

    with django_assert_num_queries(4):  # begin, tables on the disk, those with a row, commit
        assert emptying.empty_tables()


# --- who does it -------------------------------------------------------------------------------------------------


@pytest.fixture
def end():
    """Return end(): ends a test, and says whether that was left to Django, which is asked at the first one always."""
    asked = []
    remove_rows = emptying.removing_rows(asked.append)
    remove_rows(SimpleNamespace(serialized_rollback=False))
    assert asked

    def end(*, serialized_rollback=False):
        asked.clear()
        remove_rows(SimpleNamespace(serialized_rollback=serialized_rollback))
        return bool(asked)

    return end


def test_a_test_that_left_rows_is_cleared_by_us(end, unit_factory):
    unit_factory()

    assert not end()
    assert not AdministrativeUnit.objects.exists()


def test_who_changes_permissions_has_them_written_anew_by_django(end):
    permission = Permission.objects.first()
    permission.name += " (changed)"
    permission.save()

    assert end()
    assert not end()  # what was there after Django's turn is what counts from then on
    permission.name = permission.name.removesuffix(" (changed)")
    permission.save()


def test_a_test_that_wants_the_first_rows_back_gets_them_from_django(end):
    assert end(serialized_rollback=True)


def test_the_tests_end_so():
    assert TransactionTestCase._fixture_teardown.__module__ == "tests.emptying"
