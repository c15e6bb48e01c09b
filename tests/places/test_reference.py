"""What the service starts with, and the national lists where they are at hand."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from geofiles import readers
from places import reference
from places.models import AdministrativeUnit, UnitSuccession
from tests.shapes import square

ROOT = Path(__file__).resolve().parents[2]
NATIONAL = ROOT.parent / "shared" / "data" / "reference"
needs_national_lists = pytest.mark.skipif(
    not NATIONAL.is_dir(), reason=f"the national lists are not part of the project and not in {NATIONAL}"
)


@pytest.fixture
def loaded(db):
    """The reference units, loaded once."""
    return reference.load()


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


def test_other_province_gets_no_reference_units(db, settings):
    settings.PROVINCE_CODE = "01"

    line = reference.load()

    assert "use import_admin_units" in line
    assert not AdministrativeUnit.objects.exists()


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


@pytest.mark.slow
@needs_national_lists
def test_national_lists_load_and_load_again(db):
    def load(folder, *options):
        out = StringIO()
        call_command("import_admin_units", str(NATIONAL / folder), *options, stdout=out)
        return out.getvalue()

    new = load("admin_2025", "--on", "2025-07-01")
    old = load("admin_legacy", "--on", "2025-03-12", "--until", "2025-07-01")
    again = load("admin_legacy", "--on", "2025-03-12", "--until", "2025-07-01")

    suspects = {tuple(line.strip().split(" → ")) for line in old.split("Suspect")[1].splitlines()[1:9]}
    listed = (NATIONAL / "admin_legacy" / "ward_mapping_suspect.csv").read_text().splitlines()[1:]
    assert "3355 created" in new
    assert AdministrativeUnit.objects.current().communes().count() == 3321
    assert AdministrativeUnit.objects.filter(boundary=None, valid_to=None).count() == 0
    assert "10794 created" in old
    assert "Successions: 10599 read, 10573 created" in old
    assert suspects == {tuple(line.split(",")) for line in listed}
    for code, successor in suspects:
        assert not UnitSuccession.objects.filter(predecessor__code=code, successor__code=successor).exists()
    assert "0 created, 0 updated, 0 ended, 10794 unchanged" in again
    assert "0 created, 0 updated, 10573 unchanged" in again
