"""What was made of the demonstration's rows goes with them: files that people ordered, snapshots of the night."""

from datetime import date

import pytest
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile
from django.utils import timezone

from cooperatives.models import DirectoryExport
from demo.removal import remove_demo
from exchange.models import Export, Snapshot
from office.models import Document, Job

DAY = date(2026, 11, 16)


@pytest.fixture
def house(settings, tmp_path, db):
    settings.STATE_DIR = tmp_path
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.SNAPSHOT_DIR = tmp_path / "snapshots"
    return settings


def _ordered(user, **fields):
    document = Document.objects.create(
        file=ContentFile(b"x", name="areas.csv"), name="areas.csv", size=1, uploaded_by=user
    )
    job = Job.objects.create(kind="exchange.make_export", created_by=user)
    now = timezone.now()
    return Export.objects.create(
        layer="areas", format="csv", requested_by=user, document=document, job=job, written_at=now, **fields
    )


def _snapshot(house):
    path = house.SNAPSHOT_DIR / "areas" / f"{DAY}.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"x")
    Snapshot.objects.create(
        layer="areas", format="csv", made_on=DAY, written_at=timezone.now(), path=f"areas/{DAY}.csv", size=1,
        sha256="0" * 64, row_count=1,
    )  # fmt: skip
    return path


def test_exports_and_snapshots_of_the_demo_go_with_it(
    house, cooperative_factory, user_factory, django_capture_on_commit_callbacks
):
    cooperative_factory(slug="demo-xoai")
    of_the_demo, of_a_visitor = user_factory(username="demo-canbo"), None
    record = DirectoryExport.objects.create(
        exported_by=of_the_demo, purpose="Thử", suffix="xlsx", row_count=0, growers=[], communes=[]
    )
    orders = [_ordered(of_the_demo, record=record), _ordered(of_a_visitor)]
    files = [house.MEDIA_ROOT / order.document.file.name for order in orders]
    staying = _ordered(user_factory(username="can-bo"))
    snapshot = _snapshot(house)
    assert all(path.is_file() for path in (*files, snapshot))

    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()

    assert list(Export.objects.all()) == [staying]
    assert not any(path.exists() for path in (*files, snapshot))
    assert not Snapshot.objects.exists()
    assert Job.objects.count() == Document.objects.count() == 1
    assert not get_user_model().objects.filter(username="demo-canbo").exists()


def test_without_a_demo_snapshots_and_visitors_files_stay(house, django_capture_on_commit_callbacks):
    order, snapshot = _ordered(None), _snapshot(house)

    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()

    assert Export.objects.get() == order
    assert snapshot.is_file() and Snapshot.objects.count() == 1
