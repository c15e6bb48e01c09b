"""API of land use: GeoJSON with class and document; hidden layers stay hidden."""

import pytest

from tests.shapes import square

pytestmark = pytest.mark.django_db


def test_parcels_carry_class_source_date_and_document(client, parcel_factory):
    parcel_factory("LUC", ref="K1")

    feature = client.get("/api/v1/land-use/").json()["features"][0]

    assert feature["properties"] == {
        "ref": "K1",
        "zone": "",
        "class_code": "LUC",
        "class_name": "Đất chuyên trồng lúa",
        "area_ha": pytest.approx(1.0, abs=0.001),
        "layer": "hien-trang-2026",
        "layer_name": "Hiện trạng 2026",
        "kind": "land_use",
        "as_of": "2026-01-01",
        "source": "Nguồn thử",
        "legal_document": "Quyết định 12/QĐ-THỬ",
        "decision_number": "",
        "valid_to": None,
    }
    assert feature["geometry"]["type"] == "MultiPolygon"


@pytest.mark.parametrize(
    ("query", "refs"),
    [
        ("?class=LUC", ["K1"]),
        ("?class=luc", ["K1"]),
        ("?class=ODT", []),
        ("?layer=hien-trang-2026", ["K1", "K2"]),
        ("?layer=khac", []),
        ("?kind=planning", []),
        ("?q=lau nam", ["K2"]),
        ("?bbox=105.59,10.44,105.605,10.46", ["K1"]),
    ],
)
def test_filters(client, parcel_factory, query, refs):
    parcel_factory("LUC", ref="K1")
    parcel_factory("CLN", ref="K2", boundary=square(105.7, 10.45))

    found = client.get(f"/api/v1/land-use/{query}").json()["features"]

    assert [feature["properties"]["ref"] for feature in found] == refs


def test_hidden_layer_is_hidden_in_the_api_too(client, land_use_layer, parcel_factory, officer):
    parcel = parcel_factory("LUC")
    type(land_use_layer).objects.update(is_public=False)

    assert client.get("/api/v1/land-use/").json()["features"] == []
    assert client.get(f"/api/v1/land-use/{parcel.pk}/").status_code == 404
    assert client.get("/api/v1/land-use-layers/hien-trang-2026/").status_code == 404
    client.force_login(officer)
    assert len(client.get("/api/v1/land-use/").json()["features"]) == 1
    assert client.get(f"/api/v1/land-use/{parcel.pk}/").status_code == 200


def test_layers_are_listed_with_their_scheme_and_document(client, land_use_layer):
    layer = client.get("/api/v1/land-use-layers/").json()["features"][0]

    assert layer["id"] == "hien-trang-2026"
    assert layer["geometry"] is None
    assert layer["properties"]["legal_document"] == "Quyết định 12/QĐ-THỬ"
    assert layer["properties"]["unit_code"] == "99001"


@pytest.mark.parametrize(("day", "count"), [("2025-12-31", 0), ("2026-01-01", 1), ("2030-01-01", 1)])
def test_layers_of_a_day(client, land_use_layer, day, count):
    assert len(client.get(f"/api/v1/land-use-layers/?on={day}").json()["features"]) == count


def test_day_that_is_none_is_refused(client):
    assert client.get("/api/v1/land-use-layers/?on=01/01/2026").status_code == 400
