"""Land-use layers and parcels: made by services, refused with a reason."""

import datetime as dt
import json

import pytest
from django.core.exceptions import ValidationError

from core.errors import NotAllowed, RuleViolated
from landuse import reference, services
from landuse.models import ClassScheme, LandUseClass, LandUseParcel
from landuse.services import ParcelRow
from maps.models import LayerChange
from tests.factories.landuse import make_class_scheme
from tests.shapes import bowtie, square

pytestmark = pytest.mark.django_db


def row(code="LUC", shape=None, ref="") -> ParcelRow:
    return ParcelRow(code, json.loads((shape or square(105.6, 10.45)).json), ref)


@pytest.fixture
def make_layer(planner, commune):
    def make(**fields):
        fields = {
            "slug": "hien-trang", "kind": "land_use", "name": "Hiện trạng", "scheme": make_class_scheme(),
            "unit": commune, "source": "Sở", "as_of": dt.date(2025, 12, 31), "by": planner,
        } | fields  # fmt: skip
        return services.create_layer(**fields)

    return make


def test_planner_makes_a_layer_and_fills_it(make_layer, planner):
    layer = make_layer()

    stored = services.store_parcels(layer, [row(ref="K1"), row("CLN")], by=planner)

    assert stored == 2
    parcel = LandUseParcel.objects.get(ref="K1")
    assert parcel.land_use_class.code == "LUC"
    assert round(parcel.area_m2) == 10_000
    assert LayerChange.objects.filter(layer="land-use").exists()


def test_parcels_are_stored_in_the_order_given_and_in_batches(make_layer, planner, monkeypatch):
    monkeypatch.setattr(services, "BATCH", 2)

    services.store_parcels(make_layer(), [row(ref=f"K{number}") for number in range(5)], by=planner)

    assert list(LandUseParcel.objects.order_by("pk").values_list("ref", flat=True)) == ["K0", "K1", "K2", "K3", "K4"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (row("XYZ"), "unknown_class"),
        (row(shape=bowtie(105.6, 10.45)), "invalid_polygon"),
        (ParcelRow("LUC", {"type": "Point", "coordinates": [105.6, 10.45]}), "not_a_polygon"),
        (
            ParcelRow(
                "LUC",
                {"type": "Polygon", "coordinates": [[[105, 10, 1], [105.1, 10, 1], [105.1, 10.1, 1], [105, 10, 1]]]},
            ),
            "has_height",
        ),
    ],
)
def test_bad_row_is_named_and_nothing_is_stored(make_layer, planner, monkeypatch, bad, code):
    monkeypatch.setattr(services, "BATCH", 2)
    layer = make_layer()

    with pytest.raises(RuleViolated) as caught:
        services.store_parcels(layer, [row(), row(), row(), bad], by=planner)

    assert [(finding.code, finding.extra["row"]) for finding in caught.value.findings] == [(code, 4)]
    assert not LandUseParcel.objects.exists()


@pytest.mark.parametrize(
    "geometry", ['{"type": "Polygon"', json.loads(square(2.3, 48.8).json)], ids=["no GeoJSON", "Paris"]
)
def test_shape_that_cannot_be_stored_is_refused(make_layer, planner, geometry):
    with pytest.raises(RuleViolated) as caught:
        services.store_parcels(make_layer(), [ParcelRow("LUC", geometry)], by=planner)

    assert caught.value.code == "bad_parcels"
    assert "1-1" in str(caught.value.detail)


def test_replacing_takes_the_old_parcels_away(make_layer, planner):
    layer = make_layer()
    services.store_parcels(layer, [row(ref="cũ")], by=planner)

    services.store_parcels(layer, [row(ref="mới")], by=planner, replace=True)

    assert list(LandUseParcel.objects.values_list("ref", flat=True)) == ["mới"]


def test_publishing_shows_the_layer_to_everyone(make_layer, planner, client):
    layer = make_layer()
    services.store_parcels(layer, [row()], by=planner)
    assert client.get("/api/v1/land-use/").json()["features"] == []

    services.publish_layer(layer, by=planner)

    assert len(client.get("/api/v1/land-use/").json()["features"]) == 1


def test_layer_that_ends_before_it_begins_is_refused(make_layer):
    with pytest.raises(ValidationError):
        make_layer(valid_to=dt.date(2025, 1, 1))


@pytest.mark.parametrize(
    ("person", "allowed"), [("planner", True), ("officer", False), ("clerk", False), ("outsider", False)]
)
def test_who_may_change_layers(request, make_layer, person, allowed):
    layer = make_layer()
    user = request.getfixturevalue(person)
    acts = (
        lambda: services.store_parcels(layer, [row()], by=user),
        lambda: services.publish_layer(layer, by=user),
        lambda: make_layer(slug="khac", by=user),
    )

    for act in acts:
        if allowed:
            act()
        else:
            with pytest.raises(NotAllowed):
                act()


def test_reference_has_both_editions_and_loads_twice_without_change():
    first, second = reference.load(), reference.load()

    assert (first, second) == (
        "landuse: 41 land-use classes, 23 rules",
        "landuse: 0 land-use classes, 0 rules",
    )
    assert ClassScheme.objects.count() == 2
    new = LandUseClass.objects.get(scheme__code=reference.SINCE_2024, code="LUC")
    old = LandUseClass.objects.get(scheme__code=reference.UNTIL_2024, code="LUC")
    assert (new.name_vi, old.name_vi) == ("Đất chuyên trồng lúa", "Đất chuyên trồng lúa nước")


def test_reference_keeps_what_an_administrator_changed():
    reference.load()
    LandUseClass.objects.filter(code="LUC").update(colour="#123456")

    reference.load()

    assert set(LandUseClass.objects.filter(code="LUC").values_list("colour", flat=True)) == {"#123456"}


def test_editions_follow_each_other_without_a_gap():
    reference.load()

    old, new = (ClassScheme.objects.get(code=code) for code in (reference.UNTIL_2024, reference.SINCE_2024))

    assert old.valid_to == new.valid_from == dt.date(2024, 8, 1)
