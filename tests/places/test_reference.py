"""What the service starts with, and the national lists where they are at hand."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction

from geofiles import readers
from places import reference
from places.models import AdministrativeUnit
from tests.shapes import square

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def loaded_once(django_db_setup, django_db_blocker):
    """The reference units in a transaction around all tests of this module: loading them takes seconds."""
    with django_db_blocker.unblock(), transaction.atomic():
        reference.load()
        yield
        transaction.set_rollback(True)


@pytest.fixture
def loaded(loaded_once, db):
    """The reference units, as every test finds them."""


def test_reference_has_the_province_and_its_102_communes(loaded):
    province = AdministrativeUnit.objects.current().get(code="82")
    communes = AdministrativeUnit.objects.current().communes().within_unit(province)

    assert str(province) == "Tỉnh Đồng Tháp"
    assert communes.count() == 102
    assert communes.filter(is_schematic=True, boundary__isnull=False).count() == 102
    assert province.is_schematic


def test_reference_twice_changes_nothing(loaded):
    before = list(AdministrativeUnit.objects.order_by("pk").values())

    line = reference.load()

    assert line == "places: 0 units created, 0 updated, 138 unchanged; 0 successions created"
    assert list(AdministrativeUnit.objects.order_by("pk").values()) == before


def test_every_centre_lies_in_its_own_commune(loaded):
    for unit in AdministrativeUnit.objects.current().communes():
        assert list(AdministrativeUnit.objects.communes().containing(unit.centre)) == [unit]


@pytest.mark.parametrize(
    ("old_name", "code"),
    [("Mỹ Xương", "30076"), ("xã Mỹ Tân", "29884"), ("Gáo Giồng", "30088"), ("Tiền Giang", "82")],
)
def test_old_names_of_cao_lanh_lead_to_the_communes_of_today(loaded, old_name, code):
    found = AdministrativeUnit.objects.search(old_name).current().values_list("code", flat=True)

    assert code in found


def test_reference_does_not_undo_official_outlines(loaded):
    AdministrativeUnit.objects.filter(code="29869", valid_to=None).update(
        boundary=square(105.6, 10.4, 1000), is_schematic=False, source="official"
    )

    reference.load()

    unit = AdministrativeUnit.objects.current().get(code="29869")
    assert (unit.is_schematic, unit.source) == (False, "official")


def test_schematic_communes_are_an_exact_partition():
    import shapely

    path = ROOT / "data" / "shapefiles" / "dong_thap_communes_schematic.zip"
    batch = readers.read(path)

    assert (len(batch), batch.crs) == (102, "EPSG:4326")
    assert shapely.is_valid(batch.geometries).all()
    assert shapely.coverage_is_valid(batch.geometries)
    assert shapely.union_all(batch.geometries).geom_type == "Polygon"
    assert path.stat().st_size < 500_000


def test_command_runs_every_loader(db, settings):
    settings.REFERENCE_LOADERS = "tests.places.loaders.LOADERS"
    out = StringIO()

    call_command("load_reference_data", stdout=out)

    assert out.getvalue() == "first\nsecond\n"
