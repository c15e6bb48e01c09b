"""Writes on persons and consents."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from core import crypto
from core.changes import Change, announce
from core.text import fold
from people.models import Consent, Person


@dataclass(frozen=True, slots=True)
class ConsentsChanged(Change):
    """Consents of these persons were given or withdrawn."""

    person_ids: tuple[int, ...]


def build_person(
    full_name: str,
    *,
    birth_year: int | None = None,
    sex: str = "",
    phone: str = "",
    id_number: str = "",
    address: str = "",
) -> Person:
    """Return an unsaved person with numbers encrypted and digests and search key set; for single and bulk saves."""
    phone_digits, id_digits = _digits(phone), _digits(id_number)
    return Person(
        full_name=full_name,
        search_key=fold(full_name),
        birth_year=birth_year,
        sex=sex,
        phone_encrypted=crypto.encrypt(phone_digits),
        phone_digest=crypto.digest(phone_digits, "phone"),
        id_number_encrypted=crypto.encrypt(id_digits),
        id_number_digest=crypto.digest(id_digits, "id_number"),
        id_number_last3=id_digits[-3:],
        address=address,
    )


@transaction.atomic
def give_consent(
    person: Person, purpose: str, *, text_version: str, channel: str, evidence: str, at: dt.datetime | None = None
) -> Consent:
    """Record a consent; one in force for the same purpose is kept as it is."""
    consent, _created = Consent.objects.live().get_or_create(
        person=person,
        purpose=purpose,
        defaults={
            "text_version": text_version,
            "channel": channel,
            "evidence": evidence,
            "given_at": at or timezone.now(),
        },
    )
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return consent


@transaction.atomic
def withdraw_consent(person: Person, purpose: str) -> int:
    """Withdraw the consent in force; return how many rows were touched (0 or 1). Effective at once."""
    withdrawn = Consent.objects.live().filter(person=person, purpose=purpose).update(withdrawn_at=timezone.now())
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return withdrawn


def _digits(value: str) -> str:
    return "".join(sign for sign in value if sign.isdigit())
