"""The signed certificate of the demo, and that it goes again with its files, jobs and the authority."""

from pathlib import Path

import pytest
from django_tasks_db.models import DBTaskResult

from codes.certificates import trust
from codes.models import CodeCertificate
from codes.services.certificates import JOB, ask_for_certificates
from cooperatives.models import Cooperative
from demo.papers import tell_certificates
from demo.removal import remove_demo
from office.models import Document, Job
from office.services import start_job

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("installation")]


def test_signed_certificate_comes_and_goes(code, officer, settings, django_capture_on_commit_callbacks):
    settings.DEMO = True
    Cooperative.objects.update(slug="demo-cua-toi")

    line = tell_certificates(officer=officer)
    certificate = CodeCertificate.objects.get()
    paths = [certificate.document.file.path, certificate.signed_document.file.path]
    with django_capture_on_commit_callbacks(execute=True):
        remove_demo()

    assert code.code in line
    assert not CodeCertificate.objects.exists()
    assert not Document.objects.exists()
    assert not Job.objects.filter(kind="codes.make_certificates").exists()
    assert not DBTaskResult.objects.exists()
    assert trust.evidence().roots == ()
    assert not [path for path in paths if Path(path).exists()]


def test_the_removal_leaves_the_jobs_of_other_codes(code):
    Job.objects.all().delete()
    Cooperative.objects.update(slug="demo-cua-toi")
    mine = ask_for_certificates([code.pk])
    swept = start_job(JOB, {}, by=None)
    others = ask_for_certificates([code.pk + 1_000_000])

    remove_demo()

    assert set(Job.objects.values_list("pk", flat=True)) == {swept.pk, others.pk}
    assert mine.pk not in {swept.pk, others.pk}
