"""Triggers can be made again while a dump is restored, which empties the search path."""

import pytest
from django.db import connection
from django.db.utils import InternalError

pytestmark = pytest.mark.django_db

OUR_TRIGGERS = """
    SELECT t.oid, t.tgname, c.oid::regclass::text
    FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
    WHERE NOT t.tgisinternal AND c.relnamespace = 'public'::regnamespace AND t.tgname LIKE 'pgtrigger%'"""


def test_every_trigger_can_be_restored_from_a_dump():
    with connection.cursor() as cursor:
        cursor.execute(OUR_TRIGGERS)
        triggers = cursor.fetchall()
        cursor.execute("SELECT set_config('search_path', '', true)")

        for oid, name, table in triggers:
            cursor.execute("SELECT pg_get_triggerdef(%s)", [oid])
            (definition,) = cursor.fetchone()
            cursor.execute(f"DROP TRIGGER {name} ON public.{table}")
            cursor.execute(definition)  # PostgreSQL resolves the condition here

    assert any("frozen" in name for _oid, name, _table in triggers)


def test_a_frozen_shape_cannot_change(code):
    with pytest.raises(InternalError, match="Cannot update rows"), connection.cursor() as cursor:
        cursor.execute("UPDATE codes_productionareacode SET boundary = ST_Reverse(boundary) WHERE id = %s", [code.pk])
