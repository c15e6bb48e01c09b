"""Members: facts, leaving, consents, whole numbers, their own data."""

import datetime as dt
import io
import json
from pathlib import Path

import pytest
from django.urls import reverse
from django.utils.timezone import localdate
from PIL import Image

from accounts.roles import Role
from cooperatives import services
from core.errors import DomainError, NotAllowed, RuleViolated, WrongState
from office import senders
from office.models import Document
from people.models import ConsentCode, NumberRead
from people.services import build_person
from tests.people import make_officer

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(grower_factory):
    person = build_person("Đặng Thị Thử", phone="0912345678", id_number="012345678901", birth_year=1970)
    person.save()
    return grower_factory(person=person, number="007", hamlet="Ấp 3")


def address(name, member, *more):
    return reverse(f"cooperatives:grower-{name}", args=[member.pk, *more])


def photo_bytes():
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "white").save(out, "JPEG")
    return out.getvalue()


# --- The list ------------------------------------------------------------------------------------------------------


def test_list_tells_land_consents_and_what_is_to_be_done(client, clerk, member, plot_factory):
    plot_factory(grower=member)
    member.declared_area_ha = 99
    member.save()
    services.record_consents(member, ["messages"], channel="paper", evidence="Tủ 3", by=clerk)
    client.force_login(clerk)

    page = client.get(reverse("cooperatives:grower-list")).content.decode()

    assert "Nhận tin nhắn" in page
    assert "đo và kê khai lệch" in page
    assert "chưa đồng ý vào danh bạ" in page
    assert "0912345678" not in page
    assert "012345678901" not in page


def test_list_is_filtered_sorted_and_paged(client, clerk, grower_factory, monkeypatch):
    monkeypatch.setattr("cooperatives.views.growers.PAGE_SIZE", 2)
    for number, name in (("10", "Bích"), ("9", "Cúc"), ("2", "An")):
        person = build_person(name)
        person.save()
        grower_factory(person=person, number=number)
    gone = grower_factory(left_on=localdate())
    client.force_login(clerk)
    url = reverse("cooperatives:grower-list")

    by_number = [row["grower"].number for row in client.get(url).context["rows"]]
    second = [row["grower"].number for row in client.get(url, {"page": 2}).context["rows"]]
    by_name = [str(row["grower"].person) for row in client.get(url, {"order": "name"}).context["rows"]]
    left = [row["grower"].pk for row in client.get(url, {"state": "left"}).context["rows"]]
    odd = client.get(url, {"order": "';--", "state": "x", "page": "99"})

    assert (by_number, second) == (["2", "9"], ["10"])
    assert by_name == ["An", "Bích"]
    assert left == [gone.pk]
    assert odd.status_code == 200


# --- Facts ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("clerk", 200),
        ("viewer", 200),
        ("officer", 404),  # without a consent; with one: tests/cooperatives/test_directory.py
        ("neighbour_clerk", 404),
        ("foreign_officer", 404),
        ("outsider", 404),
    ],
)
def test_who_sees_a_member(request, client, member, person, status):
    client.force_login(request.getfixturevalue(person))

    answer = client.get(address("detail", member))

    assert answer.status_code == status
    assert "0912345678" not in answer.content.decode()


def test_clerk_corrects_a_member_and_blank_numbers_stay(client, clerk, member):
    client.force_login(clerk)

    answer = client.post(
        address("edit", member), {"full_name": "Đặng Thị Sửa", "number": "008", "hamlet": "Ấp 4", "sex": "f"}
    )

    member.refresh_from_db()
    assert answer.status_code == 302
    assert (member.number, member.hamlet) == ("008", "Ấp 4")
    assert (member.person.full_name, member.person.search_key) == ("Đặng Thị Sửa", "dang thi sua")
    assert (member.person.phone, member.person.id_number) == ("0912345678", "012345678901")


def test_a_stored_number_is_taken_away_by_a_tick(client, clerk, member):
    client.force_login(clerk)

    client.post(address("edit", member), {"full_name": "X", "number": "007", "drop_phone": "on"})

    member.person.refresh_from_db()
    assert (member.person.phone, member.person.id_number) == ("", "012345678901")


def test_number_of_another_person_is_refused_without_telling_whose(client, clerk, member, neighbour, grower_factory):
    other = build_person("Người Nơi Khác", id_number="099999999999")
    other.save()
    grower_factory(cooperative=neighbour, person=other)
    client.force_login(clerk)

    answer = client.post(address("edit", member), {"full_name": "X", "number": "007", "id_number": "099999999999"})

    page = answer.content.decode()
    assert answer.status_code == 422
    assert "đã có trong hệ thống" in page
    assert "Người Nơi Khác" not in page
    assert "Láng Giềng" not in page


@pytest.mark.parametrize(
    "field", [{"phone": "12"}, {"id_number": "12345"}, {"birth_year": "1700"}, {"full_name": "A\u202eB"}]
)
def test_bad_values_of_the_form_are_told(client, clerk, member, field):
    client.force_login(clerk)

    answer = client.post(address("edit", member), {"full_name": "X", "number": "007"} | field)

    assert answer.status_code == 422


def test_member_leaves_keeps_plots_and_comes_back(clerk, member, plot_factory):
    plot = plot_factory(grower=member)

    services.leave(member, on=localdate(), by=clerk)
    with pytest.raises(WrongState):
        services.leave(member, on=localdate(), by=clerk)
    member.refresh_from_db()
    left_on = member.left_on
    services.take_back(member, by=clerk)

    plot.refresh_from_db()
    member.refresh_from_db()
    assert left_on == localdate()
    assert plot.grower == member
    assert member.left_on is None


def test_day_of_leaving_is_not_after_today(clerk, member):
    with pytest.raises(RuleViolated):
        services.leave(member, on=localdate() + dt.timedelta(days=1), by=clerk)


# --- Consents ------------------------------------------------------------------------------------------------------


def test_paper_with_a_photo_is_kept_without_the_name_of_its_file(client, clerk, member, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(clerk)
    photo = io.BytesIO(photo_bytes())
    photo.name = "Dang Thi Thu ky.jpg"

    answer = client.post(
        address("consent", member),
        {"do": "give", "purposes": ["directory", "messages"], "channel": "paper", "on": "2026-09-01", "photo": photo},
    )

    consents = list(member.person.consents.order_by("purpose"))
    assert answer.status_code == 302
    assert [consent.purpose for consent in consents] == ["directory", "messages"]
    assert {consent.document.name for consent in consents} == {"phieu-dong-y.jpg"}
    assert [consent.given_at.date().isoformat() for consent in consents] == ["2026-09-01"] * 2
    shown = client.get(address("consent-photo", member, consents[0].pk))
    assert b"".join(shown.streaming_content).startswith(b"\xff\xd8")
    shown.close()


def test_what_is_no_photo_is_refused(client, clerk, member):
    client.force_login(clerk)
    file = io.BytesIO(b"<script>")
    file.name = "x.jpg"

    answer = client.post(
        address("consent", member),
        {"do": "give", "purposes": ["directory"], "channel": "paper", "on": "2026-09-01", "photo": file},
    )

    assert answer.status_code == 422
    assert not member.person.consents.exists()


@pytest.mark.parametrize(
    ("purposes", "channel", "evidence", "code"),
    [
        ([], "paper", "Tủ 3", "purpose_missing"), (["directory"], "otp", "x", "channel_invalid"),
        (["directory"], "witnessed", "", "evidence_missing"), (["directory"], "paper", " ", "evidence_missing"),
    ],
)  # fmt: skip
def test_consent_needs_purpose_channel_and_evidence(clerk, member, purposes, channel, evidence, code):
    with pytest.raises(RuleViolated) as refused:
        services.record_consents(member, purposes, channel=channel, evidence=evidence, by=clerk)

    assert refused.value.code == code


class Post:
    """A sender of SMS that keeps what it was given."""

    sent: list[tuple[str, str]] = []

    def send(self, address, subject, text):
        self.sent.append((address, text))
        return "1"


@pytest.fixture
def post(settings):
    settings.MESSAGE_SENDERS = {"sms": "tests.cooperatives.test_growers.Post"}
    senders._made.cache_clear()
    Post.sent = []
    yield Post
    senders._made.cache_clear()


def test_code_from_the_phone_is_consent(client, clerk, member, post):
    client.force_login(clerk)

    client.post(address("code", member), {"purposes": ["directory", "buyer_contact"]})
    [(number, text)] = post.sent
    code = next(word for word in text.replace(":", " ").split() if word.isdigit())
    wrong = client.post(address("code", member), {"do": "confirm", "code": f"{(int(code) + 1) % 1_000_000:06d}"})
    right = client.post(address("code", member), {"do": "confirm", "code": code})

    assert (wrong.status_code, right.status_code) == (302, 302)
    assert number == "0912345678"
    assert "Thử" not in text
    assert {(consent.purpose, consent.channel) for consent in member.person.consents.all()} == {
        ("directory", "otp"), ("buyer_contact", "otp")
    }  # fmt: skip
    assert code not in ConsentCode.objects.get().code_digest


def test_code_ends_after_five_wrong_tries_and_is_used_once(clerk, member, post):
    from people.consent_codes import confirm_code, send_code

    send_code(member.person, ["directory"], by=clerk)
    code = next(word for word in post.sent[0][1].replace(":", " ").split() if word.isdigit())
    for _turn in range(5):
        with pytest.raises(RuleViolated):
            confirm_code(member.person, "x", context="grower:1")

    with pytest.raises(RuleViolated) as over:
        confirm_code(member.person, code, context="grower:1")
    with pytest.raises(DomainError) as soon:
        send_code(member.person, ["directory"], by=clerk)

    assert (over.value.code, soon.value.code) == ("code_over", "too_many_requests")
    assert not member.person.consents.exists()


def test_code_is_not_offered_without_a_phone_or_a_sender(client, clerk, member, grower_factory, settings):
    nobody = build_person("Không Điện Thoại")
    nobody.save()
    grower = grower_factory(person=nobody)
    client.force_login(clerk)
    settings.MESSAGE_SENDERS = {}

    with_phone = client.get(address("detail", member))
    settings.MESSAGE_SENDERS = {"sms": "tests.cooperatives.test_growers.Post"}
    without_phone = client.get(address("detail", grower))

    assert with_phone.context["code_form"] is None
    assert without_phone.context["code_form"] is None


# --- Whole numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("person", ["owner", "clerk"])
def test_whole_number_is_shown_once_and_logged(request, client, member, person):
    user = request.getfixturevalue(person)
    client.force_login(user)

    answer = client.post(address("number", member), {"what": "id_number", "purpose": "Đối chiếu hồ sơ vay"})

    read = NumberRead.objects.get()
    assert "012345678901" in answer.content.decode()
    assert "012345678901" not in client.get(address("detail", member)).content.decode()
    assert (read.read_by, read.purpose) == (user, "Đối chiếu hồ sơ vay")
    assert "no-store" in answer["Cache-Control"] or "private" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("person", "status"),
    [
        ("helper", 302),
        ("viewer", 302),
        ("officer", 404),
        ("planner", 404),
        ("neighbour_clerk", 404),
        ("outsider", 404),
    ],
)
def test_whole_numbers_stay_hidden_from_others(request, client, member, person, status):
    client.force_login(request.getfixturevalue(person))

    answer = client.post(address("number", member), {"what": "phone", "purpose": "Mời họp xã viên"})

    assert answer.status_code == status
    assert "0912345678" not in answer.content.decode()
    assert not NumberRead.objects.exists()


def test_no_purpose_no_number(client, clerk, member):
    client.force_login(clerk)

    answer = client.post(address("number", member), {"what": "phone", "purpose": ""})

    assert answer.status_code == 422
    assert "0912345678" not in answer.content.decode()
    assert not NumberRead.objects.exists()


def test_number_is_not_given_for_an_address(client, clerk, member):
    client.force_login(clerk)

    assert client.get(address("number", member)).status_code == 405


def test_owner_and_auditor_see_who_read_and_others_do_not(client, owner, clerk, neighbour_clerk, province, member):
    services.read_number(member, "phone", purpose="Mời họp xã viên", by=clerk)
    auditor = make_officer(province, Role.AUDITOR, username="auditor")
    url = reverse("cooperatives:number-reads")

    shown = {}
    for user in (owner, auditor, clerk, neighbour_clerk):
        client.force_login(user)
        answer = client.get(url)
        shown[user.username] = (answer.status_code, "Mời họp xã viên" in answer.content.decode())

    assert shown["owner"] == (200, True)
    assert shown["auditor"] == (200, True)
    assert shown["clerk"] == (403, False)
    assert shown["neighbour-clerk"] == (403, False)


# --- One's own data ------------------------------------------------------------------------------------------------


def test_a_member_gets_all_that_is_kept(client, clerk, member, plot_factory):
    plot_factory(grower=member, ref="T9")
    services.record_consents(member, ["directory"], channel="witnessed", evidence="Trưởng ấp", by=clerk)
    client.force_login(clerk)

    answer = client.post(address("data", member), {"purpose": "Thành viên hỏi ngày 5/3"})

    data = json.loads(answer.content)
    assert "attachment" in answer["Content-Disposition"]
    assert (data["person"]["phone"], data["person"]["id_number"]) == ("0912345678", "012345678901")
    assert [plot["ref"] for plot in data["plots"]] == ["T9"]
    assert data["consents"][0]["purpose"] == "directory"
    assert {read["what"] for read in data["numbers_read"]} == {"phone", "id_number"}


def test_erasure_waits_until_nothing_rests_on_the_person(owner, clerk, member, plot_factory):
    plot = plot_factory(grower=member)

    with pytest.raises(NotAllowed):
        services.erase_grower(member, by=clerk)
    with pytest.raises(WrongState) as still_member:
        services.erase_grower(member, by=owner)
    services.leave(member, on=localdate(), by=owner)
    with pytest.raises(WrongState) as has_plots:
        services.erase_grower(member, by=owner)
    type(plot).objects.filter(pk=plot.pk).update(grower=None)
    services.erase_grower(member, by=owner)

    member.person.refresh_from_db()
    assert (still_member.value.code, has_plots.value.code) == ("is_member", "has_plots")
    assert member.person.full_name == "(đã xóa)"
    assert not member.person.phone_encrypted


def test_erasure_takes_the_photos_of_papers_too(
    owner, clerk, member, settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    services.record_consents(member, ["directory", "messages"], channel="paper", photo=photo_bytes(), by=clerk)
    path = Path(member.person.consents.first().document.file.path)
    services.leave(member, on=localdate(), by=owner)

    with django_capture_on_commit_callbacks(execute=True):
        services.erase_grower(member, by=owner)

    assert not path.exists()
    assert not Document.objects.exists()
    assert member.person.consents.filter(withdrawn_at=None).count() == 0


def test_evidence_of_a_consent_is_not_called_optional(client, clerk, member):
    client.force_login(clerk)

    page = client.get(address("detail", member)).content.decode()

    label = page.split("Nơi lưu phiếu, hoặc người làm chứng")[1][:300]
    assert "không bắt buộc" not in label
    assert "Bắt buộc khi có người làm chứng" in label
