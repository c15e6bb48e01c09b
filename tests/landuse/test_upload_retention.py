"""How long files of layers are kept, and what becomes of an upload whose worker was lost."""

import datetime as dt
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from landuse import uploads
from landuse.models import LandUseLayer, LayerUpload, UploadStatus
from landuse.reference import load
from landuse.retention import clean_uploads
from office.models import Document, Job, JobStatus, Schedule
from office.services import run_job
from tests.landuse.test_uploads import FILE, PDF, facts, geojson, send, store  # noqa: F401

pytestmark = pytest.mark.django_db

OWNER = "Nguyễn Thị Kín"


@pytest.fixture
def upload(media, send):  # noqa: F811
    """A previewed upload whose file names an owner and comes with its decision."""
    named = [(FILE[0][0] | {"ChuSoHuu": OWNER}, FILE[0][1]), FILE[1]]
    return send(geojson(*named), legal_file=SimpleUploadedFile("qd.pdf", PDF))


def _age(days):
    LayerUpload.objects.update(created_at=timezone.now() - dt.timedelta(days=days))


def _lose_worker(upload, status):
    LayerUpload.objects.filter(pk=upload.pk).update(status=status)
    Job.objects.filter(pk=upload.job_id).update(status=JobStatus.FAILED, error_code="worker_lost", error="Bị ngắt.")


def test_a_preview_that_nobody_stored_goes_with_its_files(upload, django_capture_on_commit_callbacks):
    files = [Path(upload.document.file.path), Path(upload.legal_file.file.path)]
    _age(31)

    with django_capture_on_commit_callbacks(execute=True):
        assert clean_uploads() == {"uploads": 1}

    assert not LayerUpload.objects.exists() and not Document.objects.exists()
    assert [path.exists() for path in files] == [False, False]


def test_a_stored_version_loses_its_file_and_what_was_read_from_it(upload, client, django_capture_on_commit_callbacks):
    assert OWNER in str(upload.summary)
    store(client, upload)
    file, legal = Path(upload.document.file.path), Path(upload.legal_file.file.path)
    _age(91)

    with django_capture_on_commit_callbacks(execute=True):
        assert clean_uploads() == {"uploads": 1}

    upload.refresh_from_db()
    assert OWNER not in f"{upload.summary} {upload.options}"
    assert (file.exists(), legal.exists()) == (False, True)
    assert LandUseLayer.objects.get().parcels.count() == 2
    assert client.get(upload.get_absolute_url()).status_code == 200
    assert client.get(reverse("landuse:layer-detail", args=[upload.layer.slug])).status_code == 200
    assert clean_uploads() == {"uploads": 0}


@pytest.mark.parametrize(("days", "is_at_work"), [(29, False), (31, True)], ids=["young", "at work"])
def test_an_upload_that_is_young_or_at_work_stays(upload, days, is_at_work):
    _age(days)
    if is_at_work:
        Job.objects.update(status=JobStatus.RUNNING, finished_at=None)

    assert clean_uploads() == {"uploads": 0}

    assert LayerUpload.objects.get().document.file


def test_the_clock_of_every_installation_cleans():
    load()

    assert Schedule.objects.filter(kind="landuse.clean_uploads", is_active=True).count() == 1


def test_storing_whose_worker_was_lost_can_be_tried_again(upload, client):
    _lose_worker(upload, UploadStatus.STORING)

    store(client, upload)

    upload.refresh_from_db()
    assert upload.status == UploadStatus.STORED
    assert LandUseLayer.objects.count() == 1


def test_reading_whose_worker_was_lost_says_so(upload, client):
    _lose_worker(upload, UploadStatus.READING)

    page = client.get(upload.get_absolute_url()).content.decode()

    assert "Bị ngắt." in page and reverse("landuse:upload-new") in page


def test_two_workers_at_one_upload_make_one_layer(upload, client, monkeypatch):
    form = client.get(upload.get_absolute_url()).context["form"]
    classes = {row["value"]: int(row["field"].initial) for row in form.rows() if row["field"].initial}
    uploads.store_layer_upload(upload, column=form.column, classes=classes, ref="", name="", by=upload.created_by)
    upload.refresh_from_db()
    read = uploads._read
    first = Job.objects.get(pk=upload.job_id)

    def slow_read(*args):
        """While the first reads, a second worker that took it for dead stores the file."""
        monkeypatch.setattr(uploads, "_read", read)
        uploads.store_upload_rows(first)
        return read(*args)

    monkeypatch.setattr(uploads, "_read", slow_read)
    run_job(first.pk)

    upload.refresh_from_db()
    assert LandUseLayer.objects.count() == 1
    assert upload.status == UploadStatus.STORED
