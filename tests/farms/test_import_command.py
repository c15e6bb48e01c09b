"""`manage.py import_plots`, and what single cells mean."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from farms import import_values
from farms.models import ImportStatus, Plot, PlotImport
from tests.farms.importing import geojson_bytes
from tests.people import make_user
from tests.shapes import bowtie, square

GROUND = square(105.63, 10.45)


@pytest.fixture
def run(media, cooperative, mango, tmp_path):
    """Return a function that writes rows to a file and runs the command on it; gives what it printed."""
    make_user(is_superuser=True)
    path = tmp_path / "thua.geojson"

    def call(*rows, **options):
        path.write_bytes(geojson_bytes(*rows))
        printed = StringIO()
        call_command("import_plots", str(path), cooperative=cooperative.slug, stdout=printed, **options)
        return printed.getvalue()

    return call


@pytest.mark.django_db
def test_command_stores_all_and_prints_shares(run, cooperative):
    printed = run((GROUND, {"ma": "A1", "cay": "xoai"}), (square(105.60, 10.42), {"ma": "A2", "cay": "xoai"}))

    assert set(Plot.objects.values_list("ref", "cooperative")) == {("A1", cooperative.pk), ("A2", cooperative.pk)}
    assert "store new" in printed and "%" in printed
    assert Plot.objects.get(ref="A1").history.get().pgh_context.metadata["command"] == "import_plots"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("case", "options", "stored"),
    [("dry run", {"dry_run": True}, 0), ("red rows stop it", {}, 0), ("without them", {"without_red": True}, 1)],
)
def test_command_stores_nothing_unasked(run, case, options, stored):
    rows = [(GROUND, {"ma": "A1", "cay": "xoai"})]
    if not options.get("dry_run"):
        rows.append((bowtie(105.60, 10.42), {"ma": "A2", "cay": "xoai"}))

    run(*rows, **options)

    expected = ImportStatus.COMMITTED if stored else ImportStatus.PREVIEWED
    assert (Plot.objects.count(), PlotImport.objects.get().status) == (stored, expected)


@pytest.mark.django_db
def test_command_says_why_it_refuses(run, tmp_path, cooperative):
    run((GROUND, {"ma": "A1", "cay": "xoai"}))

    with pytest.raises(CommandError, match="đã được tải lên"):
        run((GROUND, {"ma": "A1", "cay": "xoai"}))
    with pytest.raises(CommandError, match="no such cooperative"):
        call_command("import_plots", str(tmp_path / "thua.geojson"), cooperative="khong-co")
    with pytest.raises(CommandError, match="no such file"):
        call_command("import_plots", str(tmp_path / "khong-co.gpkg"), cooperative=cooperative.slug)


@pytest.mark.parametrize(
    ("text", "months"),
    [
        ("3-5", [3, 4, 5]),
        ("3,4,5", [3, 4, 5]),
        ("tháng 3", [3]),
        ("Tháng 11 đến 2", [1, 2, 11, 12]),
        ("[4, 5]", [4, 5]),
        ("quanh năm", list(range(1, 13))),
        ("13", None),
        ("mùa khô", None),
        ("", None),
    ],
)
def test_months_of(text, months):
    assert import_values.months_of(text) == months


@pytest.mark.parametrize(
    ("text", "date"),
    [("31/12/2025", "2025-12-31"), ("2025-12-31T00:00:00", "2025-12-31"), ("31/02/2025", None), ("hôm qua", None)],
)
def test_date_of(text, date):
    assert import_values.date_of(text) == date


@pytest.mark.parametrize(
    ("text", "way"),
    [("Đo đạc địa chính", "surveyed"), ("GPS điện thoại", "driven"), ("Vẽ trên ảnh", "manual"), ("bói", None)],
)
def test_determination_of(text, way):
    assert import_values.determination_of(text) == way
