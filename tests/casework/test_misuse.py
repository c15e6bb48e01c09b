"""Cases of misuse: taken in, opened by the office, heard, decided, published without persons, closed."""

import datetime as dt
import io

import pytest
from django.utils import timezone
from django.utils.timezone import localdate
from PIL import Image

from casework.misuse_workflow import (
    MISUSE_ACTS,
    MISUSE_EVENT_TITLES,
    MISUSE_STEPS,
    MISUSE_TRANSITIONS,
    available_misuse_steps,
)
from casework.models import MisuseCase
from casework.permissions import can_decide_misuse, can_examine_misuse, can_open_misuse, can_reply_misuse
from casework.services import misuse
from codes.changes import LotDenied
from codes.models import Lot, PackingHouseCode
from cooperatives.models import Cooperative, PackingHouse
from core.changes import announce
from core.errors import NotAllowed, RuleViolated, WrongState
from crops.models import YieldNorm
from office.models import Notice
from tests.factories.cooperatives import make_grower
from tests.factories.people import make_person

pytestmark = pytest.mark.django_db
CLAIM = "Thùng hàng mang mã số nhưng không từ vùng này."


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def report(**fields):
    fields = {"code_text": "VN-XXOR-0001", "description": "Xe lạ chở hàng", "has_consented": True} | fields
    return misuse.report_misuse(**fields)


def photo(**options):
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Nhà ông Bí Mật"
    Image.new("RGB", (40, 30), "green").save(file, "JPEG", exif=exif, **options)
    return file.getvalue()


@pytest.fixture
def case(code):
    return report(contact="0912 345 678")


@pytest.fixture
def asked(case, officer):
    return misuse.ask_for_reply(case, claim=CLAIM, by=officer)


@pytest.fixture
def verified(asked, officer, clerk):
    misuse.reply_to_misuse(asked, text="Chúng tôi không bán lô này.", by=clerk)
    return misuse.verify_misuse(asked, note="Đã đối chiếu chứng từ", by=officer)


def publish(case, officer, **fields):
    fields = {
        "decision_number": "12/QĐ-SNN", "decided_on": localdate(), "public_text": "Mã số bị đơn vị khác sử dụng sai.",
    } | fields  # fmt: skip
    return misuse.publish_misuse(case, by=officer, **fields)


# --- Reports -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["VN-XXOR-0001", "vn xxor.0001", "VNXXOR0001"])
def test_report_finds_the_code_however_it_is_spelled(typed, code, officer):
    found = report(code_text=typed)

    assert (found.code, found.commune, found.source, found.status) == (code, code.commune, "public", "open")
    assert found.code_text == typed
    assert len(found.receipt) == 32
    assert Notice.objects.filter(user=officer, kind="misuse_reported").count() == 1
    assert [event.transition for event in found.events.all()] == ["report"]


def test_unknown_code_goes_to_the_province(officer_factory, province, officer):
    chief = officer_factory(province)

    found = report(code_text="VN-ZZOR-9999")

    assert (found.code, found.commune) == (None, None)
    assert set(Notice.objects.values_list("user", flat=True)) == {chief.pk}


def test_code_of_a_packing_house_is_found(commune):
    house = PackingHouse.objects.create(name="Nhà đóng gói Thử", commune=commune)
    packing = PackingHouseCode.objects.create(code="VN-XXPH-0007", house=house)

    found = report(code_text="vn xxph 0007")

    assert (found.code, found.packing_code, found.commune) == (None, packing, commune)


def test_contact_is_kept_encrypted(case):
    assert b"0912" not in bytes(case.reporter_contact_encrypted)


def test_photos_lose_what_the_phone_wrote(code):
    found = report(photos=[photo(), photo()])

    documents = list(found.evidence.order_by("name"))
    assert [one.name for one in documents] == ["anh-1.jpg", "anh-2.jpg"]
    with documents[0].file.open("rb") as file:
        stored = file.read()
    assert b"Exif" not in stored and "Bí Mật".encode() not in stored


@pytest.mark.parametrize(
    ("case", "fields", "code_word"),
    [
        ("no consent", {"has_consented": False}, "consent_missing"),
        ("too many", {"photos": [photo()] * 4}, "too_many_photos"),
        ("not a photo", {"photos": [b"%PDF-1.7 x"]}, "photo_unreadable"),
    ],
)
def test_report_that_is_refused_leaves_nothing(case, fields, code_word, code):
    with pytest.raises(RuleViolated) as caught:
        report(**fields)

    assert caught.value.code == code_word
    assert not MisuseCase.objects.exists()


# --- From the holder and from the ledger -------------------------------------------------------------------------


@pytest.fixture
def lot(code, clerk):
    return Lot.objects.create(
        code=code, lot_number="LÔ-77", shipped_on=dt.date(2026, 5, 2), weight_kg=12_500, declared_for=code.holder,
        declared_by=clerk, answer="no", answered_by=clerk, answered_at=timezone.now(),
    )  # fmt: skip


def test_a_denied_lot_becomes_one_case(lot, officer):
    announce(LotDenied(lots=Lot.objects.filter(pk=lot.pk)))
    announce(LotDenied(lots=Lot.objects.filter(pk=lot.pk)))

    found = MisuseCase.objects.get()
    assert (found.lot, found.code, found.source, found.shipment) == (lot, lot.code, "holder", "LÔ-77")
    assert "12,500 tấn" in found.description
    assert Notice.objects.filter(user=officer, kind="misuse_reported").count() == 1


def overdraw(code, lot):
    YieldNorm.objects.create(crop=code.crop, tonnes_per_ha=1, legal_ref="Thử", valid_from=dt.date(2020, 1, 1))
    Lot.objects.filter(pk=lot.pk).update(shipped_on=localdate())


def test_an_overdrawn_code_gets_one_open_case_with_the_figures(code, lot, officer):
    overdraw(code, lot)

    first = misuse.open_misuse_case(code, by=officer)
    second = misuse.open_misuse_case(code, by=officer)

    assert first == second
    assert (first.source, first.assigned_to, first.created_by) == ("ledger", officer, officer)
    assert "đã khai 12,5 tấn" in first.description


def test_without_the_ledger_the_officer_says_what_was_seen(code, officer):
    with pytest.raises(RuleViolated) as caught:
        misuse.open_misuse_case(code, by=officer)
    assert caught.value.code == "description_missing"

    assert misuse.open_misuse_case(code, description="Thấy ở chợ", by=officer).source == "office"


@pytest.mark.parametrize("name", ["clerk", "planner", "foreign_officer", "outsider", "anonymous"])
def test_who_may_not_open_a_case(name, request, code):
    person = request.getfixturevalue(name)

    assert not can_open_misuse(person, code)
    with pytest.raises(NotAllowed):
        misuse.open_misuse_case(code, description="x", by=person)


# --- Rights ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "examines", "replies"),
    [
        ("officer", True, False),
        ("foreign_officer", False, False),
        ("planner", False, False),
        ("clerk", False, True),
        ("viewer", False, False),
        ("neighbour_clerk", False, False),
        ("outsider", False, False),
        ("anonymous", False, False),
    ],
)
def test_who_may_what(name, examines, replies, request, asked):
    person = request.getfixturevalue(name)

    assert can_examine_misuse(person, asked) is examines
    assert can_decide_misuse(person, asked) is examines
    assert can_reply_misuse(person, asked) is replies


def test_an_officer_who_works_for_the_holder_stays_out(case, clerk, commune, officer_factory):
    from accounts.models import OfficerPost

    OfficerPost.objects.create(user=clerk, role="officer", unit=commune, valid_from=dt.date(2025, 7, 1))

    assert not can_decide_misuse(clerk, case)
    with pytest.raises(NotAllowed):
        misuse.verify_misuse(case, note="x", by=clerk)


def test_holder_may_not_reply_before_it_is_asked(case, clerk):
    assert not can_reply_misuse(clerk, case)


def test_unknown_code_is_for_any_officer_and_no_holder(foreign_officer, clerk):
    found = report(code_text="VN-ZZOR-9999")

    assert can_examine_misuse(foreign_officer, found)
    assert not can_examine_misuse(clerk, found)
    assert not can_reply_misuse(clerk, found)
    with pytest.raises(RuleViolated) as caught:
        misuse.ask_for_reply(found, claim="x", by=foreign_officer)
    assert caught.value.code == "holder_missing"


def test_buttons_are_what_the_table_allows(case, officer, planner):
    names = [step.name for step in available_misuse_steps(case, officer)]

    assert names == ["take", "ask_reply", "verify", "dismiss"]
    assert available_misuse_steps(case, planner) == []
    assert set(MISUSE_STEPS) <= set(MISUSE_EVENT_TITLES)
    assert set(MISUSE_TRANSITIONS) | set(MISUSE_ACTS) <= set(MISUSE_EVENT_TITLES)


# --- Hearing -----------------------------------------------------------------------------------------------------


def test_holder_is_told_and_has_the_schemes_term(asked, clerk, old_scheme):
    from casework.deadlines import due_on

    assert asked.reply_due_on == due_on(old_scheme, "reply", start=localdate(), unit=asked.code.commune)
    notice = Notice.objects.get(user=clerk, kind="misuse_reply_asked")
    assert notice.url == f"/coop/misuse/{asked.pk}/"
    assert asked.events.last().note == CLAIM


@pytest.mark.parametrize("claim", ["Gọi 0912345678 để rõ", "số 0912.345.678"])
def test_claim_may_not_carry_the_reporters_contact(claim, case, officer):
    with pytest.raises(RuleViolated) as caught:
        misuse.ask_for_reply(case, claim=claim, by=officer)

    assert caught.value.code == "claim_names_reporter"


def test_claim_must_say_something(case, officer):
    with pytest.raises(RuleViolated):
        misuse.ask_for_reply(case, claim="  ", by=officer)


def test_reply_is_given_once(asked, clerk, officer):
    misuse.take_misuse_case(asked, by=officer)

    misuse.reply_to_misuse(asked, text="Không phải hàng của chúng tôi", by=clerk)

    asked.refresh_from_db()
    assert asked.reply_text == "Không phải hàng của chúng tôi"
    assert Notice.objects.filter(user=officer, kind="misuse_replied").count() == 1
    with pytest.raises(WrongState) as caught:
        misuse.reply_to_misuse(asked, text="Nói thêm", by=clerk)
    assert caught.value.code == "already_replied"
    with pytest.raises(WrongState):
        misuse.ask_for_reply(asked, claim="Nữa", by=officer)


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (-1, False)])
def test_the_last_day_of_the_term_counts(days, is_open, asked, clerk):
    MisuseCase.objects.filter(pk=asked.pk).update(reply_due_on=localdate() + dt.timedelta(days=days))

    if is_open:
        assert misuse.reply_to_misuse(asked, text="Đúng hạn", by=clerk).replied_at is not None
        return
    with pytest.raises(RuleViolated) as caught:
        misuse.reply_to_misuse(asked, text="Trễ", by=clerk)
    assert caught.value.code == "reply_over"


def test_an_empty_reply_is_none(asked, clerk):
    with pytest.raises(RuleViolated):
        misuse.reply_to_misuse(asked, text=" ", by=clerk)


def test_no_reply_to_an_unfounded_case(asked, officer, clerk):
    misuse.dismiss_misuse(asked, note="Nhầm mã", by=officer)

    with pytest.raises(WrongState):
        misuse.reply_to_misuse(asked, text="x", by=clerk)


# --- Decisions ---------------------------------------------------------------------------------------------------


def test_taking_a_case_twice_is_one_event(case, officer):
    misuse.take_misuse_case(case, by=officer)
    taken = misuse.take_misuse_case(case, by=officer)

    assert taken.assigned_to == officer
    assert case.events.filter(transition="take").count() == 1


def test_a_decided_case_tells_the_holder_only_if_it_knows_of_it(case, officer, clerk):
    misuse.dismiss_misuse(case, note="Ảnh của năm khác", by=officer)

    assert not Notice.objects.filter(user=clerk).exists()


def test_verdict_needs_grounds_and_an_open_case(asked, officer, clerk):
    with pytest.raises(RuleViolated):
        misuse.verify_misuse(asked, note="", by=officer)
    misuse.verify_misuse(asked, note="Có chứng từ", by=officer)
    assert Notice.objects.filter(user=clerk, kind="misuse_decided").count() == 1

    with pytest.raises(WrongState):
        misuse.dismiss_misuse(asked, note="Đổi ý", by=officer)


def test_publication_waits_for_the_reply_or_its_term(asked, officer):
    misuse.verify_misuse(asked, note="x", by=officer)
    with pytest.raises(RuleViolated) as early:
        publish(asked, officer)
    assert early.value.code == "reply_not_over"
    MisuseCase.objects.filter(pk=asked.pk).update(reply_due_on=localdate() - dt.timedelta(days=1))

    published = publish(asked, officer)

    assert list(MisuseCase.objects.public()) == [published]


def test_a_case_never_told_to_the_holder_is_not_published(case, officer):
    misuse.verify_misuse(case, note="x", by=officer)

    with pytest.raises(RuleViolated) as caught:
        publish(case, officer)
    assert caught.value.code == "reply_not_over"


def test_an_open_case_is_not_published(asked, officer):
    with pytest.raises(WrongState):
        publish(asked, officer)


@pytest.mark.parametrize(
    ("fields", "code_word"),
    [
        ({"decision_number": " "}, "decision_missing"),
        ({"decided_on": dt.date(2999, 1, 1)}, "decided_in_future"),
        ({"public_text": ""}, "text_missing"),
    ],
)
def test_publication_needs_its_decision(fields, code_word, verified, officer):
    with pytest.raises(RuleViolated) as caught:
        publish(verified, officer, **fields)

    assert caught.value.code == code_word


@pytest.mark.parametrize(
    ("who", "text"),
    [
        ("grower", "Ông Lê Văn Trồng đã cho mượn mã"),
        ("grower without diacritics", "ong LE VAN TRONG, xã này"),
        ("account", "do Người clerk thực hiện"),
        ("representative", "đại diện Đỗ Thị Đại Diện ký"),
        ("phone", "liên hệ 0912 345 678"),
        ("phone abroad", "liên hệ +84 912-345-678"),
        ("identity number", "CCCD 087123456789"),
        ("mail", "gửi ai.do@example.test"),
        ("in the number of the decision", "Bình thường"),
    ],
)
def test_published_text_names_no_person(who, text, verified, officer, cooperative):
    make_grower(cooperative, person=make_person(full_name="Lê Văn Trồng"))
    Cooperative.objects.filter(pk=cooperative.pk).update(representative="Đỗ Thị Đại Diện")
    number = "12/QĐ Lê Văn Trồng" if who.startswith("in the number") else "12/QĐ"

    with pytest.raises(RuleViolated) as caught:
        publish(verified, officer, public_text=text, decision_number=number)

    assert caught.value.code == "names_a_person"
    assert caught.value.findings
    verified.refresh_from_db()
    assert verified.published_at is None


@pytest.mark.parametrize(
    "text",
    [
        "Mã VN-XXOR-0001 bị mượn; lô 12,5 tấn ngày 02/05/2026, phạt 25.000.000 đồng.",
        "Hàng tám tấn không đúng vùng trồng.",  # a grower is called Tám
        "Le Van Trongg",
    ],
)
def test_ordinary_text_is_published(text, verified, officer, cooperative):
    make_grower(cooperative, person=make_person(full_name="Tám"))
    make_grower(cooperative, person=make_person(full_name="Lê Văn Trồng"))

    assert publish(verified, officer, public_text=text).published_at is not None


def test_a_households_name_is_a_persons(verified, officer, cooperative):
    Cooperative.objects.filter(pk=cooperative.pk).update(kind="household", name="Hộ Ông Kín", short_name="Ông Kín")

    with pytest.raises(RuleViolated):
        publish(verified, officer, public_text="Hộ của ông Kín vi phạm")


def test_a_publication_is_taken_back_with_a_reason(verified, officer, clerk):
    published = publish(verified, officer)
    assert Notice.objects.filter(user=clerk, kind="misuse_published").count() == 1
    with pytest.raises(RuleViolated):
        misuse.withdraw_publication(published, note="", by=officer)

    misuse.withdraw_publication(published, note="Quyết định bị hủy", by=officer)

    assert not MisuseCase.objects.public().exists()
    with pytest.raises(WrongState):
        misuse.withdraw_publication(published, note="Lần nữa", by=officer)


def test_closing_forgets_the_reporter_and_keeps_the_publication(verified, officer):
    publish(verified, officer)

    closed = misuse.close_misuse(verified, note="Xong", by=officer)

    assert closed.closed_at is not None
    assert bytes(closed.reporter_contact_encrypted) == b""
    assert misuse.read_contact(closed, by=officer) == ""
    assert not closed.events.filter(transition="read_contact").exists()
    assert list(MisuseCase.objects.public()) == [closed]


def test_an_open_case_is_not_closed(case, officer):
    with pytest.raises(WrongState):
        misuse.close_misuse(case, by=officer)


def test_reading_the_contact_is_recorded(case, officer, foreign_officer):
    assert misuse.read_contact(case, by=officer) == "0912 345 678"

    event = case.events.last()
    assert (event.transition, event.by, event.note) == ("read_contact", officer, "")
    with pytest.raises(NotAllowed):
        misuse.read_contact(case, by=foreign_officer)


@pytest.mark.parametrize("name", ["planner", "clerk", "foreign_officer"])
@pytest.mark.parametrize(
    "act",
    [
        lambda case, by: misuse.take_misuse_case(case, by=by),
        lambda case, by: misuse.ask_for_reply(case, claim="x", by=by),
        lambda case, by: misuse.verify_misuse(case, note="x", by=by),
        lambda case, by: misuse.dismiss_misuse(case, note="x", by=by),
        lambda case, by: publish(case, by),
        lambda case, by: misuse.withdraw_publication(case, note="x", by=by),
        lambda case, by: misuse.close_misuse(case, by=by),
    ],
    ids=["take", "ask", "verify", "dismiss", "publish", "withdraw", "close"],
)
def test_steps_of_the_office_are_the_offices(name, act, request, case):
    with pytest.raises(NotAllowed):
        act(case, request.getfixturevalue(name))
