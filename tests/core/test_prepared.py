"""Prepared statements: the same rows as without, per connection, under names that stand for one text only."""

import logging
from types import SimpleNamespace
from weakref import WeakKeyDictionary

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from core import prepared
from core.prepared import Statement

TEXT = "SELECT %s::int + count(*), %s FROM generate_series(1, 10) AS n WHERE n > %s AND 'a%%' LIKE 'a%%%%'"


def run(statement, *values):
    with connection.cursor() as cursor:
        statement.run(cursor, values)
        return cursor.fetchone()


def names():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE name LIKE 'kept\\_%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.mark.django_db
def test_values_come_to_their_positions():
    statement = Statement(TEXT, [100, "mùa 'xoài' %s", 0], [2])

    found = [run(statement, after) for after in (0, 4, 9, 10, 4)]

    assert found == [(100 + left, "mùa 'xoài' %s") for left in (10, 6, 1, 0, 6)]
    assert statement._name in names()


@pytest.mark.django_db
def test_what_stays_the_same_is_part_of_the_name():
    first, second = (Statement(TEXT, [start, "", 0], [2]) for start in (100, 200))

    assert (run(first, 9)[0], run(second, 9)[0], run(first, 9)[0]) == (101, 201, 101)
    assert first._name != second._name


@pytest.mark.django_db
def test_a_connection_keeps_the_last_ones(monkeypatch):
    monkeypatch.setattr(prepared, "MOST", 3)
    made = [Statement(f"SELECT {number} + %s::int", [0], [0]) for number in range(5)]
    before = names()  # of other tests; this one has its own list
    prepared._prepared.pop(connection.connection, None)

    found = [run(statement, 1)[0] for statement in (*made, made[2], made[0])]

    assert found == [1, 2, 3, 4, 5, 3, 1]
    assert names() - before == {made[number]._name for number in (4, 2, 0)}
    assert len(prepared._prepared[connection.connection]) == 3
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")
    prepared._prepared.pop(connection.connection)


@pytest.mark.django_db
def test_behind_a_pooler_nothing_is_prepared(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "DISABLE_SERVER_SIDE_CURSORS", True)
    before = names()

    assert run(Statement("SELECT 17 + %s::int", [0], [0]), 4) == (21,)
    assert names() == before


@pytest.fixture
def unsaid_pooler(monkeypatch):
    """Connections say another process than the one that answers, as PgBouncer's do."""

    class Pooled:
        def __init__(self, cursor):
            self._cursor, self.db, self.connection = cursor, cursor.db, connected

        def __getattr__(self, name):
            return getattr(self._cursor, name)

    class Connected:
        info = SimpleNamespace(backend_pid=-1_063_833_189)

    connected = Connected()
    monkeypatch.setattr(prepared, "_direct", WeakKeyDictionary())
    return Pooled


@pytest.mark.django_db
def test_behind_a_pooler_nobody_told_of_nothing_is_prepared_either(unsaid_pooler, caplog):
    """Also inside a transaction, where an unknown name would cost all of it."""
    before, statement = names(), Statement("SELECT 16 + %s::int", [0], [0])

    with caplog.at_level(logging.WARNING), transaction.atomic(), connection.cursor() as cursor:
        for value in (3, 4):
            statement.run(unsaid_pooler(cursor), [value])
            assert cursor.fetchone() == (16 + value,)

    assert names() == before
    assert ["DATABASE_POOLED=1" in record.getMessage() for record in caplog.records] == [True]


@pytest.mark.django_db
def test_who_answers_is_asked_once_for_a_connection(monkeypatch):
    monkeypatch.setattr(prepared, "_direct", WeakKeyDictionary())
    statement = Statement("SELECT 15 + %s::int", [0], [0])

    with CaptureQueriesContext(connection) as asked:
        found = [run(statement, value) for value in (1, 2, 3)]

    assert found == [(16,), (17,), (18,)]
    assert len([query for query in asked if "pg_backend_pid" in query["sql"]]) == 1


@pytest.mark.django_db(transaction=True)
def test_names_that_somebody_threw_away_are_made_anew():
    statement = Statement("SELECT 18 + %s::int", [0], [0])
    run(statement, 1)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    assert run(statement, 4) == (22,)


@pytest.mark.django_db(transaction=True)
def test_names_thrown_away_cost_one_transaction_and_no_further_one():
    statement = Statement("SELECT 14 + %s::int", [0], [0])
    run(statement, 1)
    with connection.cursor() as cursor:
        cursor.execute("DEALLOCATE ALL")

    with pytest.raises(Exception, match="does not exist"), transaction.atomic():
        run(statement, 4)
    with transaction.atomic():
        assert run(statement, 4) == (18,)


@pytest.mark.django_db(transaction=True)
def test_after_a_transaction_that_failed_it_is_still_there():
    statement = Statement("SELECT 10 / %s::int", [0], [0])
    with pytest.raises(Exception, match="zero"), transaction.atomic():
        run(statement, 0)

    assert run(statement, 5) == (2,)


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_prepares_anew():
    statement = Statement("SELECT 19 + %s::int", [0], [0])
    run(statement, 1)
    connection.close()

    assert run(statement, 4) == (23,)
    assert statement._name in names()
