"""Pages and API of the office."""

import pytest
from django.core.management import call_command
from django.urls import reverse

from office import services
from office.models import Job, JobStatus, Notice, Schedule

pytestmark = pytest.mark.django_db


def test_notices_show_newest_first_and_only_ones_own(client, outsider, user_factory):
    services.notify(outsider, "test", "Việc thứ nhất", "/coop/")
    services.notify(outsider, "test", "Việc thứ hai")
    services.notify(user_factory(), "test", "Việc của người khác")
    client.force_login(outsider)

    page = client.get(reverse("office:notice-list")).content.decode()

    assert page.index("Việc thứ hai") < page.index("Việc thứ nhất")
    assert "Việc của người khác" not in page


def test_opening_a_notice_marks_it_read_and_leads_on(client, outsider):
    [notice] = services.notify(outsider, "test", "Xem", "/coop/plots/")
    client.force_login(outsider)

    answer = client.get(reverse("office:notice-open", args=[notice.pk]))

    notice.refresh_from_db()
    assert answer["Location"] == "/coop/plots/"
    assert notice.read_at is not None


@pytest.mark.parametrize("url", ["//evil.example", "https://evil.example/", "javascript:alert(1)"])
def test_notice_leads_nowhere_else(client, outsider, url):
    notice = Notice.objects.create(user=outsider, kind="t", text="x", url=url)
    client.force_login(outsider)

    answer = client.get(reverse("office:notice-open", args=[notice.pk]))

    assert answer["Location"] == reverse("office:notice-list")


def test_notice_of_another_user_is_not_found(client, outsider, user_factory):
    [notice] = services.notify(user_factory(), "test", "Riêng")
    client.force_login(outsider)

    assert client.get(reverse("office:notice-open", args=[notice.pk])).status_code == 404


def test_all_notices_are_marked_read(client, outsider):
    services.notify(outsider, "test", "Một")
    client.force_login(outsider)

    client.post(reverse("office:notice-read-all"))

    assert not Notice.objects.unread().exists()


def test_notices_ask_for_sign_in(client, db):
    assert client.get(reverse("office:notice-list")).status_code == 302


@pytest.mark.parametrize("before", ["x", "-1", "٣", "1" * 30])
def test_bad_place_in_the_list_is_refused(client, outsider, before):
    client.force_login(outsider)

    assert client.get(reverse("office:notice-list"), {"before": before}).status_code == 400


def test_job_is_shown_to_its_starter_only(client, outsider, user_factory):
    job = services.start_job("office.clean_up", {}, by=outsider)
    address = f"/api/v1/jobs/{job.pk}/"

    client.force_login(outsider)
    own = client.get(address)
    client.force_login(user_factory())
    foreign = client.get(address)

    assert (own.status_code, own.json()["status"]) == (200, "queued")
    assert foreign.status_code == 404


def test_job_can_be_cancelled_once(client, outsider):
    job = services.start_job("office.clean_up", {}, by=outsider)
    client.force_login(outsider)

    answers = [client.delete(f"/api/v1/jobs/{job.pk}/").status_code for _turn in range(2)]

    assert answers == [200, 409]


@pytest.mark.django_db(transaction=True)
def test_worker_does_what_waits(outsider, media):
    Schedule.objects.all().delete()
    job = services.start_job("office.clean_up", {}, by=outsider)

    call_command("worker", until_idle=True)

    assert Job.objects.get(pk=job.pk).status == JobStatus.DONE
