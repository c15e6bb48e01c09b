"""Phone and identity numbers: one written form, found again, read only with a purpose."""

import pytest

from core.errors import RuleViolated
from people import services
from people.models import NumberRead, Person
from people.numbers import clean_id_number, clean_phone, phone_digests

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        ("0912 345 678", "0912345678"), ("+84 912.345.678", "0912345678"), ("84912345678", "0912345678"),
        ("0084912345678", "0912345678"), ("+84 (0)912 345 678", "0912345678"), ("912345678", "0912345678"),
        ("(0277) 385-1234", "02773851234"), ("", ""),
    ],
)  # fmt: skip
def test_phone_has_one_form(written, stored):
    assert clean_phone(written) == stored


@pytest.mark.parametrize("written", ["123", "0912 345", "091234567890", "abc", "9999999999999"])
def test_what_is_no_phone_is_refused(written):
    with pytest.raises(RuleViolated) as refused:
        clean_phone(written)

    assert refused.value.code == "phone_invalid"
    assert written not in str(refused.value.detail)


@pytest.mark.parametrize(("written", "stored"), [("012 345 678 901", "012345678901"), ("123456789", "123456789")])
def test_identity_number_has_nine_or_twelve_digits(written, stored):
    assert clean_id_number(written) == stored


@pytest.mark.parametrize("written", ["12345678", "12345678901", "1234567890123", "01234567890A", "x"])
def test_other_identity_numbers_are_refused(written):
    with pytest.raises(RuleViolated) as refused:
        clean_id_number(written)

    assert refused.value.code == "id_number_invalid"


def test_phone_that_an_older_version_stored_with_84_is_still_found():
    old = services.build_person("Người Cũ")
    old.phone_digest = phone_digests("0912345678")[1]
    old.save()

    assert list(Person.objects.filter(phone_digest__in=phone_digests("+84 912 345 678"))) == [old]


def test_identity_number_stands_once_in_the_system():
    services.build_person("Một", id_number="012345678901").save()

    with pytest.raises(RuleViolated) as refused:
        services.refuse_known_id_number("012 345 678 901")

    assert refused.value.code == "id_number_known"
    assert "Một" not in str(refused.value.detail)


def test_a_read_needs_a_purpose_and_leaves_a_row(outsider):
    person = services.build_person("Một", phone="0912345678")
    person.save()

    with pytest.raises(RuleViolated):
        services.read_number(person, "phone", purpose="  ", context="grower:1", by=outsider)
    with pytest.raises(RuleViolated):
        services.read_number(person, "phone", purpose="gọi 0912 345 678", context="grower:1", by=outsider)
    number = services.read_number(person, "phone", purpose="Mời họp", context="grower:1", by=outsider)

    read = NumberRead.objects.get()
    assert number == "0912345678"
    assert (read.what, read.purpose, read.read_by, read.context) == ("phone", "Mời họp", outsider, "grower:1")


def test_reads_are_append_only_for_the_app():
    from core.management.commands.grant_app_role import APPEND_ONLY, restricted_tables

    assert restricted_tables()["people_numberread"] == APPEND_ONLY


def test_erasing_takes_the_person_out_and_leaves_the_row():
    person = services.build_person("Tên Thật", phone="0912345678", id_number="012345678901", birth_year=1970)
    person.save()
    services.give_consent(person, "directory", text_version="1", channel="paper", evidence="Tủ 3")

    services.erase_person(person)

    person.refresh_from_db()
    assert (person.full_name, person.phone, person.id_number, person.id_number_digest) == ("(đã xóa)", "", "", "")
    assert person.birth_year is None
    assert [(consent.evidence, consent.withdrawn_at is None) for consent in person.consents.all()] == [("", False)]
