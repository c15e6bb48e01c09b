"""How an export behaves as a stream: a reader that goes away, a query that fails, memory."""

import json
import resource
import threading
import time

import pytest
from django.db import ProgrammingError, connection
from django.db.models import F
from django.http import QueryDict

from core.layers import Layer
from exchange.exports.streams import geojson_lines, head_of
from places.filters import UnitFilters
from places.layers import UNITS
from places.models import AdministrativeUnit

pytestmark = pytest.mark.django_db(transaction=True)


def fill(rows, text_length):
    """Store `rows` communes whose source is `text_length` signs long."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO places_administrativeunit
                 (code, level, unit_type, name_vi, name_en, search_key, valid_from, legal_ref, source, is_schematic)
               SELECT (100000 + n)::text, 'commune', 'Xã', 'Xã ' || n, '', 'xa', '2025-07-01', '',
                      repeat('ệ', %s), false
                 FROM generate_series(1, %s) AS n""",
            [text_length, rows],
        )
        # Nobody has told the planner yet that the table is large: it would join it to itself row by row.
        cursor.execute("ANALYZE places_administrativeunit")


def other_connections():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return cursor.fetchone()[0]


def comes_down_to(number):
    """Whether the server has let go of the connection within five seconds (row G1)."""
    for _turn in range(50):
        if other_connections() <= number:
            return True
        time.sleep(0.1)
    return False


def lines():
    return geojson_lines(UNITS, UNITS.filtered(None, {}), head_of(UNITS, QueryDict(), "L", "S"))


def test_stream_is_one_document_with_a_feature_a_line(unit_factory):
    unit_factory(name_vi='Xã "Một"'), unit_factory(name_vi="Xã \\Hai")

    text = b"".join(lines()).decode()

    names = [feature["properties"]["name"] for feature in json.loads(text)["features"]]
    assert names == ['Xã "Một"', "Xã \\Hai"]
    assert len(text.splitlines()) == 4  # opening, two features, closing


def test_empty_layer_is_an_empty_collection(db):
    assert json.loads(b"".join(lines()))["features"] == []
    nothing = geojson_lines(UNITS, AdministrativeUnit.objects.none(), {})
    assert json.loads(b"".join(nothing)) == {"type": "FeatureCollection", "features": []}


def test_reader_that_goes_away_frees_the_connection():
    fill(5_000, 190)
    before = other_connections()
    for _turn in range(5):
        parts = lines()
        next(parts), next(parts)
        assert other_connections() == before + 1

        parts.close()

        assert comes_down_to(before)
    assert [thread for thread in threading.enumerate() if thread.name == "export"] == []


def test_reader_that_never_begins_costs_nothing():
    before = other_connections()

    lines()

    assert other_connections() == before


def test_query_that_fails_breaks_the_file_off(unit_factory):
    unit_factory()
    broken = Layer(
        name="broken",
        title="",
        rows=lambda user: AdministrativeUnit.objects.all(),
        filterset=UnitFilters,
        fields={"name": F("name_vi")},
    )
    parts = geojson_lines(broken, AdministrativeUnit.objects.extra(where=["no_such_column = 1"]), {})
    next(parts)

    with pytest.raises(ProgrammingError):
        list(parts)


@pytest.mark.slow
def test_memory_does_not_grow_with_the_rows():
    fill(100_000, 190)
    for _part in lines():
        break
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    size = sum(map(len, lines()))

    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert size > 60_000_000
    assert grown_kb < 10_000
