"""Editions of the class list read in each other."""

import datetime as dt

import pytest

from landuse import reference
from landuse.models import ClassScheme, LandUseClass
from landuse.schemes import later_editions, meant_by, old_codes, read_in
from landuse.summaries import summarise
from tests.shapes import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def editions():
    reference.load()
    return (ClassScheme.objects.get(code=code) for code in (reference.UNTIL_2024, reference.SINCE_2024))


def codes_of(ids):
    return {(item.scheme.valid_from.year, item.code) for item in LandUseClass.objects.filter(pk__in=ids)}


@pytest.mark.parametrize(
    ("text", "codes"),
    [("LUK, LUN", ("LUK", "LUN")), ("", ()), ("bhk;nhk", ("BHK", "NHK"))],
    ids=["two", "none", "semi"],
)
def test_old_codes(text, codes):
    assert old_codes(text) == codes


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("HNK", {(2024, "HNK"), (2019, "BHK"), (2019, "NHK")}),
        ("nhk", {(2024, "HNK"), (2019, "NHK")}),
        ("LUN", {(2024, "LUK"), (2019, "LUN")}),
        ("CNT", {(2024, "CNT")}),
        ("XYZ", set()),
    ],
)
def test_a_code_finds_its_classes_in_both_editions(editions, code, found):
    assert codes_of(meant_by(code)) == found


def test_old_layer_reads_in_the_new_list(editions, land_use_layer_factory, parcel_factory):
    old, new = editions
    layer = land_use_layer_factory(scheme=old, as_of=dt.date(2020, 1, 1))
    for number, code in enumerate(("BHK", "NHK", "CLN")):
        parcel_factory(code, layer=layer, boundary=square(105.6 + number / 100, 10.45))

    as_it_is = summarise(layer.parcels.all())
    as_today = summarise(layer.parcels.all(), scheme=new)

    assert {item.code for item in as_it_is.classes} == {"BHK", "NHK", "CLN"}
    assert {item.code: item.parcels for item in as_today.classes} == {"HNK": 2, "CLN": 1}
    assert as_today.area_ha == pytest.approx(as_it_is.area_ha)
    assert next(item for item in as_today.classes if item.code == "HNK").old_codes == "BHK, NHK"


def test_new_classes_are_not_read_backwards(editions):
    old, new = editions
    item = new.classes.get(code="HNK")

    assert read_in(old, [item.pk]).of(item.pk) == item
    assert later_editions(old) == [new]
    assert later_editions(new) == []
