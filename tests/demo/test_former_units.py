"""Invented outlines of former units: they cover their heirs, do not overlap, and go without a trace."""

import pytest
from django.core.management import call_command
from django.db import connection

from demo.former_units import draw_former_units, forget_former_units
from places.models import AdministrativeUnit, UnitPiece
from places.reference import LAST_OLD_LIST

COVERED = """
    SELECT now.code, ST_Area(now.boundary::geography),
           sum(ST_Area(ST_Intersection(now.boundary, old.boundary)::geography))
    FROM places_administrativeunit now
    JOIN places_unitsuccession s ON s.successor_id = now.id
    JOIN places_administrativeunit old ON old.id = s.predecessor_id AND old.level = 'commune'
    WHERE now.level = 'commune' GROUP BY now.id"""


@pytest.mark.django_db
def test_former_units_cover_their_heirs_and_go_again():
    call_command("load_reference_data", verbosity=0)
    history = AdministrativeUnit._meta.get_field("history").related_model.objects
    before = (history.count(), UnitPiece.objects.count())

    told = draw_former_units()

    former = AdministrativeUnit.objects.on(LAST_OLD_LIST)
    assert told == "31 former communes and 2 former districts drawn"
    assert set(former.exclude(level="province").values_list("boundary__isvalid", "is_schematic")) == {(True, True)}
    with connection.cursor() as cursor:
        cursor.execute(COVERED)
        for code, area, covered in cursor.fetchall():
            assert covered == pytest.approx(area, rel=1e-4), code
    forget_former_units()
    assert not former.filter(boundary__isnull=False).exists()
    assert (history.count(), UnitPiece.objects.count()) == before
