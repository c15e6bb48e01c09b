"""Point 0 of joining: a cooperative registers itself, an officer decides, everything is a draft until then."""

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from cooperatives import services
from cooperatives.forms_joining import communes_named
from cooperatives.models import Cooperative, CooperativeStatus, MemberRole, RegistrationEvent
from cooperatives.permissions import HolderNotVerified
from cooperatives.services.registration import CooperativeInUse
from core.errors import NotAllowed, RuleViolated, WrongState
from office.models import Document, Notice
from products import services as products
from tests.factories.cooperatives import make_membership
from tests.factories.places import make_succession
from tests.people import make_user

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7\n1 0 obj <<>> endobj\n%%EOF\n"


def a_proof(name="giay.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture(autouse=True)
def own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def answers(commune, mango):
    return {
        "kind": "cooperative",
        "name": "HTX Xoài Mới",
        "short_name": "Xoài Mới",
        "tax_number": "1400 123-456",
        "representative": "Bà Đại Diện",
        "representative_position": "Giám đốc",
        "phone": "0277 3851 234",
        "email": "htx@example.invalid",
        "zalo": "",
        "commune": f"{commune} ({commune.code})",
        "address": "Ấp Một",
        "main_crops": [mango.pk],
    }


@pytest.fixture
def pending(outsider, commune):
    return services.register_cooperative(by=outsider, kind="cooperative", name="HTX Chờ", commune=commune)


def test_a_user_registers_with_all_fields_and_a_proof(client, outsider, answers, mango, commune):
    client.force_login(outsider)

    answer = client.post(reverse("cooperatives:join"), answers | {"proof": a_proof()}, follow=True)

    made = Cooperative.objects.get()
    assert answer.status_code == 200
    assert (made.status, made.tax_number, made.commune) == ("pending", "1400123456", commune)
    assert (made.representative, made.representative_position) == ("Bà Đại Diện", "Giám đốc")
    assert list(made.main_crops.all()) == [mango]
    assert made.proof.name == "giay.pdf"
    assert made.memberships.get().role == MemberRole.OWNER
    assert made.submitted_at is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("kind", "bank"),
        ("name", " "),
        ("tax_number", "<script>"),
        ("tax_number", ""),
        ("representative", ""),
        ("phone", "gọi tôi"),
        ("email", "a@"),
        ("commune", "Nơi Nào Đó"),
        ("commune", ""),
        ("main_crops", [0]),
    ],
    ids=lambda value: None,
)
def test_bad_answers_are_told_and_nothing_is_stored(client, outsider, answers, field, value):
    client.force_login(outsider)

    answer = client.post(reverse("cooperatives:join"), answers | {field: value})

    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not Cooperative.objects.exists()


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.pdf", b"MZ\x90 not a paper"), ("a.exe", PDF), ("a.svg", b"<svg/>")],
    ids=["bytes", "ending", "svg"],
)
def test_a_proof_that_is_no_paper_is_refused(client, outsider, answers, name, content):
    client.force_login(outsider)

    answer = client.post(reverse("cooperatives:join"), answers | {"proof": a_proof(name, content)})

    assert answer.status_code == 422
    assert "proof" in answer.context["form"].errors
    assert (Cooperative.objects.count(), Document.objects.count()) == (0, 0)


def test_a_number_that_some_need_is_not_called_optional(client, outsider):
    client.force_login(outsider)

    page = client.get(reverse("cooperatives:join")).content.decode()

    label = page.split('for="id_tax_number"')[1].split("</label>")[0]
    assert "không bắt buộc" not in label
    assert "không bắt buộc" in page.split('for="id_short_name"')[1].split("</label>")[0]


def test_a_group_of_households_needs_no_tax_number(client, outsider, answers):
    client.force_login(outsider)

    client.post(reverse("cooperatives:join"), answers | {"kind": "group", "tax_number": ""})

    assert Cooperative.objects.get().kind == "group"


def test_one_user_registers_several(client, outsider, answers):
    client.force_login(outsider)

    for number in ("1400123456", "1400123457"):
        client.post(reverse("cooperatives:join"), answers | {"tax_number": number, "name": f"HTX {number}"})

    assert Cooperative.objects.worked_for_by(outsider).count() == 2


def test_a_commune_is_found_by_the_name_it_had_before(commune, province, unit_factory):
    old = unit_factory(
        parent=province, code="98001", unit_type="Xã", name_vi="Hòa An Cũ", valid_to=timezone.localdate()
    )
    make_succession(old, commune)

    found = communes_named("hoa an cu")

    assert found == [commune]


def test_communes_of_the_same_name_are_named_and_the_code_decides(client, outsider, answers, province, unit_factory):
    twins = [unit_factory(parent=province, code=code, unit_type="Xã", name_vi="Tân Thử") for code in ("99101", "99102")]
    client.force_login(outsider)

    doubtful = client.post(reverse("cooperatives:join"), answers | {"commune": "Tân Thử"})
    client.post(reverse("cooperatives:join"), answers | {"commune": "Xã Tân Thử (99102)"})

    assert "99101" in str(doubtful.context["form"].errors["commune"])
    assert Cooperative.objects.get().commune == twins[1]


@pytest.mark.parametrize(
    ("change", "is_told"),
    [
        ({"tax_number": "1400-123.456", "name": "Khác hẳn"}, True),
        ({"tax_number": "9", "name": "HTX XOAI MOI"}, True),
        ({"tax_number": "9", "name": "Xoài Mới"}, True),
        ({"tax_number": "9", "name": "HTX Xoài Mới Hòa An"}, False),
    ],
    ids=["same number", "same name folded", "short name", "longer name"],
)
def test_likely_duplicates_are_found(cooperative_factory, commune, change, is_told):
    cooperative_factory(name="HTX Xoài Mới", short_name="Xoài Mới", tax_number="1400123456")

    found = services.likely_duplicates(commune=commune, **change)

    assert bool(found) is is_told


def test_a_likely_duplicate_is_told_before_storing_and_can_be_answered(client, outsider, answers, cooperative_factory):
    cooperative_factory(name="HTX Xoài Mới", tax_number="77")
    client.force_login(outsider)

    told = client.post(reverse("cooperatives:join"), answers)
    client.post(reverse("cooperatives:join"), answers | {"despite_duplicates": "on"})

    assert told.status_code == 422
    assert "nhờ chủ nhiệm đơn vị mời bạn vào" in told.content.decode()
    assert 'type="checkbox" name="despite_duplicates"' in told.content.decode()
    assert Cooperative.objects.filter(name="HTX Xoài Mới").count() == 2


def test_a_stranger_does_not_learn_the_name_of_a_household(client, outsider, answers, cooperative_factory):
    cooperative_factory(kind="household", name="Hộ Zzyzx", tax_number="1400123456")
    client.force_login(outsider)

    told = client.post(reverse("cooperatives:join"), answers).content.decode()

    assert "Một hộ cá thể" in told
    assert "Zzyzx" not in told


def test_officers_are_told_and_see_everything(client, officer, outsider, answers, cooperative_factory):
    cooperative_factory(name="HTX Xoài Mới", tax_number="1400123456", status="pending")
    client.force_login(outsider)
    client.post(reverse("cooperatives:join"), answers | {"despite_duplicates": "on", "proof": a_proof()})
    made = Cooperative.objects.get(representative="Bà Đại Diện")
    client.force_login(officer)

    page = client.get(reverse("cooperatives:registration-detail", args=[made.pk])).content.decode()
    proof = client.get(reverse("cooperatives:registration-proof", args=[made.pk]))
    content = b"".join(proof.streaming_content)

    assert "gửi đăng ký" in Notice.objects.get(user=officer).text
    for text in ("Bà Đại Diện", "Giám đốc", "0277 3851 234", "1400123456", "cùng mã số thuế", "giay.pdf"):
        assert text in page
    assert (content, proof["Content-Disposition"][:10]) == (PDF, "attachment")


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "planner", "foreign_officer", "outsider"])
def test_who_may_not_read_a_proof(request, client, person, cooperative):
    paper = Document.objects.create(name="a.pdf", size=1, sha256="0" * 64, file="a.pdf")
    Cooperative.objects.filter(pk=cooperative.pk).update(proof=paper)
    client.force_login(request.getfixturevalue(person))

    answers = [
        client.get(reverse("cooperatives:join-proof", args=[cooperative.slug])),
        client.get(reverse("cooperatives:registration-proof", args=[cooperative.pk])),
    ]

    assert {answer.status_code for answer in answers} <= {403, 404}


def test_returned_is_corrected_and_sent_again_with_its_history(client, pending, officer, outsider, answers):
    services.return_cooperative(pending, "Thiếu giấy đăng ký", by=officer)
    client.force_login(outsider)
    address = reverse("cooperatives:join-detail", args=[pending.slug])
    page = client.get(address).content.decode()

    client.post(address, answers | {"proof": a_proof()})
    services.verify_cooperative(pending, by=officer)

    pending.refresh_from_db()
    assert "Thiếu giấy đăng ký" in page
    assert (pending.status, pending.return_reason, pending.decided_by) == (CooperativeStatus.VERIFIED, "", officer)
    assert [(event.step, event.by) for event in pending.registration_events.all()] == [
        ("return", officer),
        ("resubmit", outsider),
        ("verify", officer),
    ]
    shown = client.get(reverse("cooperatives:join-detail", args=[pending.slug])).content.decode()
    assert "Thiếu giấy đăng ký" in shown
    assert officer.full_name not in shown


def test_a_pending_registration_is_corrected_without_a_step(pending, outsider, commune):
    services.correct_registration(pending, by=outsider, name="HTX Chờ Lâu")

    pending.refresh_from_db()
    assert (pending.name, pending.search_key.strip(), pending.status) == ("HTX Chờ Lâu", "htx cho lau", "pending")
    assert not RegistrationEvent.objects.exists()


def test_a_registration_that_becomes_a_household_no_longer_spells_a_name(pending, outsider):
    changed = services.correct_registration(pending, by=outsider, kind="household", name="Hộ Bà Tư")

    assert changed.slug.startswith("ho-")


def test_verified_registrations_are_not_corrected(cooperative, owner):
    with pytest.raises(WrongState):
        services.correct_registration(cooperative, by=owner, name="X")


def test_an_officer_does_not_decide_on_a_cooperative_of_his_own(pending, officer):
    make_membership(pending, officer, MemberRole.VIEWER)

    with pytest.raises(NotAllowed):
        services.verify_cooperative(pending, by=officer)


def test_registration_events_are_never_changed(pending, officer):
    from django.db import Error, transaction

    services.return_cooperative(pending, "Sai tên", by=officer)

    with pytest.raises(Error), transaction.atomic():
        RegistrationEvent.objects.update(note="khác")


# --- Drafts only until verified ----------------------------------------------------------------------------------


def test_unverified_holder_drafts_but_does_not_submit(draft_request, clerk):
    from casework import services as casework

    Cooperative.objects.update(status="pending")
    casework.update_request(draft_request, by=clerk, has_declared=True)

    with pytest.raises(HolderNotVerified):
        casework.submit_request(draft_request, by=clerk)


def test_page_of_an_unverified_holder_says_why_a_request_is_not_sent(client, draft_request, clerk):
    from casework import services as casework

    casework.update_request(draft_request, by=clerk, has_declared=True)
    Cooperative.objects.update(status="pending")
    client.force_login(clerk)

    answer = client.post(f"/api/v1/requests/{draft_request.pk}/submit/", {}, content_type="application/json")

    assert (answer.status_code, answer.json()["code"]) == (409, "holder_not_verified")


def test_pages_say_before_the_click_that_it_waits(client, draft_request, clerk):
    Cooperative.objects.update(status="pending")
    client.force_login(clerk)

    request_page = client.get(draft_request.get_absolute_url()).content.decode()
    product_page = client.get(reverse("products:product-list")).content.decode()

    assert "chưa gửi được" in request_page
    assert "chỉ đưa lên được sau khi xác minh" in product_page
    assert "Xem trang công khai" not in product_page


def test_unverified_holder_publishes_nothing(cooperative, clerk, mango):
    Cooperative.objects.update(status="pending")
    cooperative.refresh_from_db()

    with pytest.raises(HolderNotVerified):
        products.publish_product(cooperative, kind="crop", name_vi="Xoài", crop=mango, by=clerk)


def test_nothing_of_an_unverified_holder_is_public(client, area_factory, cooperative):
    area = area_factory()
    Cooperative.objects.update(status="pending")

    assert client.get("/api/v1/cooperatives/").json()["numberReturned"] == 0
    assert client.get(reverse("products:producer", args=[cooperative.slug])).status_code == 404
    assert client.get("/api/v1/areas/").json().get("numberReturned", 0) == 0
    assert area.pk


def test_home_says_what_works_and_what_waits(client, pending, outsider):
    client.force_login(outsider)

    page = client.get(reverse("cooperatives:home")).content.decode()

    assert "Làm được ngay" in page
    assert "Chờ xác minh:" in page
    assert reverse("cooperatives:join-detail", args=[pending.slug]) in page


# --- A28 -----------------------------------------------------------------------------------------------------------


def test_a_registration_nobody_decided_on_is_taken_back(pending, outsider):
    services.withdraw_registration(pending, by=outsider)

    assert not Cooperative.objects.exists()


def test_delete_of_a_referenced_cooperative_is_409_and_names_what_refers_to_it(
    client, owner, cooperative, plot_factory
):
    plot_factory()
    client.force_login(owner)
    address = f"/api/v1/cooperatives/{cooperative.pk}/"
    etag = client.get(address)["ETag"]

    answer = client.delete(address, headers={"If-Match": etag})

    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (409, "cooperative_in_use")
    assert [(error["model"], error["count"]) for error in problem["errors"]] == [("Plot", 1)]
    assert Cooperative.objects.filter(pk=cooperative.pk).exists()


def test_delete_by_api_of_an_own_registration(client, pending, outsider):
    client.force_login(outsider)
    address = f"/api/v1/cooperatives/{pending.pk}/"
    etag = client.get(address)["ETag"]

    answers = [client.delete(address), client.delete(address, headers={"If-Match": etag})]

    assert [answer.status_code for answer in answers] == [428, 204]


@pytest.mark.parametrize("person", ["clerk", "helper", "viewer", "officer"])
def test_who_may_not_take_back_a_registration(request, person, cooperative):
    with pytest.raises((NotAllowed, CooperativeInUse)):
        services.withdraw_registration(cooperative, by=request.getfixturevalue(person))


def test_what_was_decided_is_not_taken_back(pending, officer, outsider):
    services.return_cooperative(pending, "Sai", by=officer)

    with pytest.raises(CooperativeInUse):
        services.withdraw_registration(pending, by=outsider)


def test_inactive_users_register_nothing(commune):
    with pytest.raises(NotAllowed):
        services.register_cooperative(by=make_user(is_active=False), kind="group", name="X", commune=commune)


def test_unknown_fields_are_a_fault_of_the_caller(pending, outsider):
    with pytest.raises(TypeError):
        services.correct_registration(pending, by=outsider, status="verified")


def test_a_replaced_proof_is_gone(pending, outsider, django_capture_on_commit_callbacks):
    services.correct_registration(pending, by=outsider, proof=a_proof("can-cuoc.pdf"))
    pending.refresh_from_db()
    path = Path(pending.proof.file.path)

    with django_capture_on_commit_callbacks(execute=True):
        corrected = services.correct_registration(pending, by=outsider, proof=a_proof("quyet-dinh.pdf"))
        services.correct_registration(pending, by=outsider, address="Ấp Hai")

    assert list(Document.objects.values_list("name", flat=True)) == ["quyet-dinh.pdf"]
    assert Path(corrected.proof.file.path).exists()
    assert not path.exists()


def test_too_large_a_proof_is_refused(outsider, commune):
    from office.services.documents import FileTooLarge

    with pytest.raises((RuleViolated, FileTooLarge)):
        services.register_cooperative(
            by=outsider, kind="group", name="X", commune=commune, proof=a_proof(content=PDF + b"0" * 10 * 1024**2)
        )
