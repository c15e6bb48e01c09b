"""How long files and rows of imports are kept."""

import datetime as dt
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils import timezone

from farms import services
from farms.models import ImportStatus, Plot, PlotImport
from farms.services.imports import clean_imports
from office.models import Job, JobStatus
from tests.farms.importing import geojson_file
from tests.shapes import bowtie, square

pytestmark = pytest.mark.django_db

NAME = "Nguyễn Thị Kín"


def _days_ago(days):
    return timezone.now() - dt.timedelta(days=days)


@pytest.fixture
def previewed(media, clerk, cooperative, mango, work_off):
    """An import of one good row and one refused row that both carry a grower's name."""
    rows = (
        (square(105.63, 10.45), {"So_thua": "A1", "Cây trồng": "Xoài", "Ghi chú": NAME}),
        (bowtie(105.64, 10.45), {"So_thua": "A2", "Cây trồng": NAME, "Ghi chú": NAME}),
    )
    plot_import = services.start_import(cooperative, geojson_file(*rows), by=clerk, options={})
    work_off()
    plot_import.refresh_from_db()
    assert plot_import.status == ImportStatus.PREVIEWED
    return plot_import


@pytest.fixture
def stored(previewed, clerk, work_off):
    services.commit_import(previewed, by=clerk, with_amber=False)
    work_off()
    previewed.refresh_from_db()
    assert previewed.status == ImportStatus.COMMITTED
    return previewed


def test_what_is_young_stays(stored):
    PlotImport.objects.update(created_at=_days_ago(89), committed_at=_days_ago(89))

    assert clean_imports() == {"imports": 0}

    assert stored.rows.get(row=2).attributes["Ghi chú"] == NAME
    assert Path(stored.document.file.path).exists()


def test_a_stored_import_loses_file_and_texts_but_can_be_undone(
    stored, clerk, client, django_capture_on_commit_callbacks
):
    PlotImport.objects.update(created_at=_days_ago(91), committed_at=_days_ago(91))
    path = Path(stored.document.file.path)

    with django_capture_on_commit_callbacks(execute=True):
        assert clean_imports() == {"imports": 1}

    assert not path.exists()
    assert [row.attributes for row in stored.rows.all()] == [{}, {}]
    assert NAME not in str(list(stored.rows.values_list("findings", flat=True)))
    assert [finding["code"] for finding in stored.rows.get(row=2).findings]
    assert clean_imports() == {"imports": 0}
    client.force_login(clerk)
    report = client.get(stored.get_absolute_url()).content.decode()
    assert "tệp đã xóa" in report and reverse("farms:import-file", args=[stored.pk]) not in report
    assert client.get(reverse("farms:import-file", args=[stored.pk])).status_code == 410
    assert client.get(reverse("farms:import-refused", args=[stored.pk, "csv"])).status_code == 410
    services.undo_import(stored, by=clerk)
    assert Plot.objects.get(ref="A1").status == "archived"


def test_a_preview_that_nobody_confirmed_is_given_up(previewed):
    PlotImport.objects.update(created_at=_days_ago(31))

    assert clean_imports() == {"imports": 1}

    previewed.refresh_from_db()
    assert previewed.status == ImportStatus.CANCELLED
    assert not previewed.rows.exists() and not previewed.document.file


def test_an_import_at_work_is_left_alone(previewed):
    PlotImport.objects.update(created_at=_days_ago(31))
    Job.objects.filter(pk=previewed.job_id).update(status=JobStatus.RUNNING, finished_at=None)

    assert clean_imports() == {"imports": 0}

    assert previewed.rows.exists()
