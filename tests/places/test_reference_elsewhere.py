"""What needs empty tables: another province, and the national lists where they are at hand."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from places import reference
from places.models import AdministrativeUnit, UnitSuccession

ROOT = Path(__file__).resolve().parents[2]
NATIONAL = ROOT.parent / "shared" / "data" / "reference"
needs_national_lists = pytest.mark.skipif(
    not NATIONAL.is_dir(), reason=f"the national lists are not part of the project and not in {NATIONAL}"
)


def test_other_province_gets_no_reference_units(db, settings):
    settings.PROVINCE_CODE = "01"

    line = reference.load()

    assert "use import_admin_units" in line
    assert not AdministrativeUnit.objects.exists()


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
