"""Enquiries of an installation from before the one-time codes: they wait on, and the migration runs where some are."""

from importlib import import_module

import pytest
from django.db import connection

from products.models import Enquiry

pytestmark = pytest.mark.django_db

MIGRATION = import_module("products.migrations.0004_enquiry_states")
RULE = "enquiry_waits_iff_open"


def test_waiting_enquiries_of_before_take_the_new_rule(enquiry):
    constraint = next(rule for rule in Enquiry._meta.constraints if rule.name == RULE)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE products_enquiry DROP CONSTRAINT {RULE}")
        Enquiry.objects.update(waiting_since=None, sent_at=None, confirmed_at=None)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute("UPDATE products_enquiry SET buyer_name = buyer_name")  # as the migration's own columns do

        cursor.execute(MIGRATION._SENT)
        with connection.schema_editor() as editor:
            editor.add_constraint(Enquiry, constraint)

    enquiry.refresh_from_db()
    assert enquiry.sent_at == enquiry.created_at
    assert enquiry.waiting_since == enquiry.messages.get().at
