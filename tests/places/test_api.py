"""/api/v1/units/ over HTTP."""

from datetime import date

import pytest

from tests.factories.places import make_succession

OLD, NEW = date(2025, 3, 12), date(2025, 7, 1)
URL = "/api/v1/units/"


@pytest.fixture
def units(unit_factory, province, commune):
    old = unit_factory(code="90950", name_vi="Xưa", valid_from=OLD, valid_to=NEW)
    make_succession(old, commune)
    return old


def _codes(client, query=""):
    answer = client.get(URL + query)
    assert answer.status_code == 200, answer.content
    return [feature["properties"]["code"] for feature in answer.json()["features"]]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("", ["99", "99001"]),
        ("?level=commune", ["99001"]),
        ("?parent=99", ["99001"]),
        ("?code=99", ["99"]),
        ("?on=2025-06-30", ["90950"]),
        ("?q=cao lanh thu", ["99001"]),
        ("?q=Xưa", ["99001"]),
        ("?bbox=105.5,10.3,105.7,10.5", ["99001"]),
        ("?bbox=106.5,10.3,106.7,10.5", []),
    ],
)
def test_units_are_filtered(client, units, query, codes):
    assert _codes(client, query) == codes


def test_unit_tells_its_names_dates_and_that_it_is_schematic(client, commune):
    answer = client.get(f"{URL}{commune.pk}/").json()

    assert answer["geometry"]["type"] == "MultiPolygon"
    assert answer["properties"] == {
        "code": "99001",
        "name": "Cao Lãnh Thử",
        "name_en": "",
        "unit_type": "Phường",
        "level": "commune",
        "parent_code": "99",
        "official_area_km2": None,
        "valid_from": "2025-07-01",
        "valid_to": None,
        "legal_ref": "",
        "source": "test",
        "is_schematic": False,
    }


def test_past_unit_is_found_by_its_own_address(client, units):
    assert client.get(f"{URL}{units.pk}/").json()["properties"]["valid_to"] == "2025-07-01"


@pytest.mark.parametrize("query", ["?on=1.7.2025", "?level=ward", "?colour=red", "?bbox=1,2,3"])
def test_parameter_that_makes_no_sense_is_refused(client, db, query):
    answer = client.get(URL + query)

    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")
