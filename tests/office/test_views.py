"""Pages and API of the office."""

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from office import services
from office.models import Job, JobStatus, Message, MessagePreference, Notice, Schedule

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


def test_one_notice_is_marked_read_and_the_others_stay(client, outsider):
    [first] = services.notify(outsider, "test", "Một")
    services.notify(outsider, "test", "Hai")
    client.force_login(outsider)

    client.post(reverse("office:notice-read", args=[first.pk]))

    assert list(Notice.objects.unread().values_list("text", flat=True)) == ["Hai"]


def test_notice_of_another_user_cannot_be_marked(client, outsider, user_factory):
    [notice] = services.notify(user_factory(), "test", "Riêng")
    client.force_login(outsider)

    assert client.post(reverse("office:notice-read", args=[notice.pk])).status_code == 404
    assert Notice.objects.unread().count() == 1


def test_unread_ones_can_be_shown_alone(client, outsider):
    [read] = services.notify(outsider, "test", "Đã xem rồi")
    services.notify(outsider, "test", "Chưa xem")
    services.mark_read(outsider, read)
    client.force_login(outsider)

    page = client.get(reverse("office:notice-list"), {"unread": "1"}).content.decode()

    assert "Chưa xem" in page
    assert "Đã xem rồi" not in page
    assert client.get(reverse("office:notice-list"), {"unread": "x"}).status_code == 400


def test_paging_of_unread_ones_keeps_to_them(client, outsider):
    for number in range(52):
        services.notify(outsider, "test", f"Việc {number}")
    client.force_login(outsider)

    first = client.get(reverse("office:notice-list"), {"unread": "1"})
    second = client.get(first.context["next_url"])

    assert (len(first.context["notices"]), len(second.context["notices"])) == (50, 2)
    assert second.context["first_url"].endswith("?unread=1")


def test_page_speaks_the_readers_language(client, outsider):
    services.notify(outsider, "test", _("Trạng thái"))
    client.force_login(outsider)
    client.cookies["lang"] = "en"

    page = client.get(reverse("office:notice-list")).content.decode()

    assert "Status" in page
    assert "Trạng thái" not in page


def test_channels_are_chosen_by_page(client, user_factory):
    user = user_factory(email="a@example.invalid", phone="0912345678")
    client.force_login(user)
    address = reverse("office:preferences")

    page = client.get(address).content.decode()
    answer = client.post(address, {"language": "en", "by_sms": "on"})

    assert "a@example.invalid" in page
    assert answer.status_code == 302
    stored = MessagePreference.objects.get(user=user)
    assert (stored.language, stored.by_mail, stored.by_sms, stored.by_zalo) == ("en", False, True, False)
    assert "checked" in client.get(address).content.decode()


def test_a_channel_without_address_can_not_be_ticked(client, outsider):
    client.force_login(outsider)

    page = client.get(reverse("office:preferences")).content.decode()
    client.post(reverse("office:preferences"), {"language": "vi", "by_sms": "on"})

    assert "chưa có số điện thoại" in page
    assert MessagePreference.objects.get(user=outsider).by_sms is False


def test_a_channel_that_the_installation_lacks_is_not_offered(client, outsider, settings):
    settings.MESSAGE_SENDERS = {}
    client.force_login(outsider)

    page = client.get(reverse("office:preferences")).content.decode()

    assert "by_mail" in page
    assert "by_sms" not in page


def test_language_that_does_not_exist_is_refused(client, outsider):
    client.force_login(outsider)

    assert client.post(reverse("office:preferences"), {"language": "xx"}).status_code == 400
    assert not MessagePreference.objects.exists()


def test_preferences_ask_for_sign_in(client, db):
    assert client.get(reverse("office:preferences")).status_code == 302


def failed_message(user):
    services.choose_channels(user, by_sms=True)
    services.notify(user, "test", "Nội dung riêng")
    Message.objects.update(status="failed", attempts=3, error="PermanentFailure: no such number")
    return Message.objects.get()


def test_administrator_sees_why_a_message_failed_and_sends_it_again(client, administrator, user_factory):
    message = failed_message(user_factory(phone="0912345678"))
    client.force_login(administrator)
    address = reverse("admin:office_message_changelist")

    page = client.get(address).content.decode()
    client.post(address, {"action": "send_again", "_selected_action": [message.pk]})

    message.refresh_from_db()
    assert "no such number" in page
    assert "Nội dung riêng" not in page
    assert (message.status, message.attempts, message.error) == ("waiting", 0, "")


def test_who_may_only_look_can_not_send_again(client, user_factory):
    message = failed_message(user_factory(phone="0912345678"))
    looker = user_factory(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_message", content_type__app_label="office"))
    client.force_login(looker)
    address = reverse("admin:office_message_changelist")

    page = client.get(address).content.decode()
    client.post(address, {"action": "send_again", "_selected_action": [message.pk]})

    message.refresh_from_db()
    assert "no such number" in page
    assert message.status == "failed"
