"""Files as a browser sends them, and a worker that does what waits."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from office.models import Job, JobStatus
from office.services import deliver_messages, deliver_outbox, run_job


def make_upload(name: str = "tep.txt", content: bytes = b"noi dung") -> SimpleUploadedFile:
    """Return an uploaded file that no view has seen yet."""
    return SimpleUploadedFile(name, content)


@pytest.fixture
def media(settings, tmp_path):
    """Documents of this test go into its own folder."""
    settings.MEDIA_ROOT = tmp_path / "files"
    return settings.MEDIA_ROOT


@pytest.fixture
def sms_files(settings, tmp_path):
    """SMS of this test become files in a folder of its own."""
    settings.MESSAGES_DIR = tmp_path / "messages"
    return settings.MESSAGES_DIR


@pytest.fixture
def work_off(db: None) -> Callable[[], list[Job]]:
    """Return a function that runs every waiting job here and now, then delivers the outbox and the messages."""

    def run() -> list[Job]:
        jobs = [run_job(job.pk) for job in Job.objects.filter(status=JobStatus.QUEUED).order_by("created_at")]
        deliver_outbox()
        deliver_messages()
        return [job for job in jobs if job is not None]

    return run
