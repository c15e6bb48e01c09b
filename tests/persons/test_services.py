"""Persons and consents: numbers hidden, consent per purpose."""

import pytest

from people import services
from people.models import Consent, Person, Purpose

pytestmark = pytest.mark.django_db


def agree(person, purpose=Purpose.PUBLIC_NAME):
    return services.give_consent(person, purpose, text_version="1", channel="paper", evidence="Phiếu 12")


def test_numbers_are_hidden_and_still_found():
    person = services.build_person("Đỗ Thị Thử", phone="0000 111 222", id_number="000 000 000 123")
    person.save()

    found = Person.objects.get(phone_digest=services.build_person("X", phone="0000111222").phone_digest)
    assert (found.phone, found.id_number_last3) == ("0000111222", "123")
    assert b"111222" not in bytes(found.phone_encrypted)
    assert found.phone_digest != found.id_number_digest


def test_person_is_found_without_diacritics(person_factory):
    person = person_factory(full_name="Đỗ Thị Thử")

    assert list(Person.objects.search("do thi")) == [person]


def test_consent_is_per_purpose(person_factory):
    person = person_factory()
    agree(person)

    assert list(Person.objects.consenting(Purpose.PUBLIC_NAME)) == [person]
    assert not Person.objects.consenting(Purpose.PUBLIC_OUTLINE).exists()


def test_consent_in_force_is_kept(person_factory):
    person = person_factory()

    assert agree(person) == agree(person)
    assert Consent.objects.count() == 1


def test_withdrawn_consent_ends_at_once_and_stays_on_file(person_factory):
    person = person_factory()
    agree(person)

    touched = [services.withdraw_consent(person, Purpose.PUBLIC_NAME) for _turn in range(2)]

    assert touched == [1, 0]
    assert not Person.objects.consenting(Purpose.PUBLIC_NAME).exists()
    assert Consent.objects.get().withdrawn_at is not None
    assert agree(person).withdrawn_at is None
