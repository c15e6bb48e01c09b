"""Writes on persons and consents."""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core import crypto
from core.changes import Change, announce
from core.errors import RuleViolated
from core.text import clean_line, fold
from people.consent_texts import fields_of
from people.models import Consent, ConsentField, NumberKind, NumberRead, Person
from people.numbers import id_digits, id_number_digests, phone_digits

ERASED_NAME = "(đã xóa)"


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
    person = Person(full_name=full_name, birth_year=birth_year, sex=sex, address=address)
    person.search_key = fold(full_name)
    set_phone(person, phone)
    set_id_number(person, id_number)
    return person


def set_phone(person: Person, phone: str) -> None:
    """Set the phone with its digest; does not save."""
    digits = phone_digits(phone)
    person.phone_encrypted, person.phone_digest = crypto.encrypt(digits), crypto.digest(digits, "phone")


def set_id_number(person: Person, id_number: str) -> None:
    """Set the identity number with its digest and the three digits that are shown; does not save."""
    digits = id_digits(id_number)
    person.id_number_encrypted, person.id_number_digest = crypto.encrypt(digits), crypto.digest(digits, "id_number")
    person.id_number_last3 = digits[-3:]


def is_id_number_known(id_number: str, *, besides: Person | None = None) -> bool:
    """Whether another person has this identity number, anywhere in the system: by any of the keys."""
    rows = Person.objects.filter(id_number_digest__in=id_number_digests(id_number))
    return (rows.exclude(pk=besides.pk) if besides is not None else rows).exists()


def change_person(person: Person, **fields: Any) -> Person:
    """Set `full_name, birth_year, sex, address, phone, id_number` (those given) and save.

    Raises RuleViolated("id_number_known") without saying who has the number.
    """
    if "phone" in fields:
        set_phone(person, fields.pop("phone"))
    if "id_number" in fields:
        id_number = fields.pop("id_number")
        refuse_known_id_number(id_number, besides=person)
        set_id_number(person, id_number)
    for name, value in fields.items():
        setattr(person, name, value)
    person.search_key = fold(person.full_name)
    person.save()
    return person


def refuse_known_id_number(id_number: str, *, besides: Person | None = None) -> None:
    """Raise RuleViolated("id_number_known") when somebody else in the system has the number; not who, nor where."""
    if is_id_number_known(id_number, besides=besides):
        raise RuleViolated("id_number_known", _("Số giấy tờ này đã có trong hệ thống. Hãy kiểm tra lại với người này."))


@transaction.atomic
def give_consent(
    person: Person,
    purpose: str,
    *,
    text_version: str,
    channel: str,
    evidence: str,
    fields: Iterable[str] = (),
    at: dt.datetime | None = None,
    document: Any = None,
    by: Any = None,
) -> Consent:
    """Record a consent that opens `fields` (and the name, where the purpose is about it); one in force for the same
    purpose is kept as it is. `by` wrote it down."""
    consent, _created = Consent.objects.live().get_or_create(
        person=person,
        purpose=purpose,
        defaults={
            "fields": fields_of(purpose, fields),
            "text_version": text_version,
            "channel": channel,
            "evidence": evidence,
            "document": document,
            "recorded_by": by,
            "given_at": at or timezone.now(),
        },
    )
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return consent


def give_consents(consents: Iterable[Consent]) -> int:
    """Record many consents at once (a list of members); those in force stay. Return how many were new.

    One that was withdrawn after the day of the list stays withdrawn: an old list sent again gives nothing back.
    """
    wanted = list(consents)
    ends = Consent.objects.filter(person__in={consent.person_id for consent in wanted})
    found = ends.order_by(F("withdrawn_at").asc(nulls_last=True)).values_list("person_id", "purpose", "withdrawn_at")
    ended = {(person, purpose): at for person, purpose, at in found}
    new = [consent for consent in wanted if _is_news(consent, ended)]
    Consent.objects.bulk_create(new, batch_size=1_000)
    if new:
        announce(ConsentsChanged(person_ids=tuple({consent.person_id for consent in new})))
    return len(new)


def _is_news(consent: Consent, ended: dict[tuple[int, str], dt.datetime | None]) -> bool:
    """Whether none is in force (its end is None) and none was withdrawn after this one was given."""
    key = (consent.person_id, consent.purpose)
    if key not in ended:
        return True
    end = ended[key]
    return end is not None and end < consent.given_at


@transaction.atomic
def withdraw_consent(person: Person, purpose: str, *, by: Any = None) -> int:
    """Withdraw the consent in force; return how many rows were touched (0 or 1). Effective at once."""
    live = Consent.objects.live().filter(person=person, purpose=purpose)
    withdrawn = live.update(withdrawn_at=timezone.now(), withdrawn_by=by)
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return withdrawn


@transaction.atomic
def withdraw_field(person: Person, purpose: str, field: str, *, by: Any) -> Consent | None:
    """Withdraw one field of the consent in force and keep the rest: the old row ends, one without the field goes on.

    Returns the consent that goes on; None when none in force opened the field. Withdrawing the name withdraws all.
    """
    rows = Consent.objects.live().select_for_update().filter(person=person, purpose=purpose, fields__contains=[field])
    consent = rows.first()
    if consent is None:
        return None
    now = timezone.now()
    rows.update(withdrawn_at=now, withdrawn_by=by)
    if field != ConsentField.NAME:
        consent.pk, consent._state.adding = None, True
        consent.fields = [kept for kept in consent.fields if kept != field]
        consent.recorded_by, consent.withdrawn_at, consent.withdrawn_by = by, None, None
        consent.save()
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return None if field == ConsentField.NAME else consent


@transaction.atomic
def read_number(person: Person, what: str, *, purpose: str, context: str, by: Any) -> str:
    """Return a whole number of the person, and write down who read it and what for.

    `context` names as what the person was looked at ("grower:17"). The caller has asked for the right. Raises
    RuleViolated("purpose_missing", "number_missing").
    """
    purpose = clean_line(purpose)
    if len(purpose) < 5:
        raise RuleViolated("purpose_missing", _("Hãy ghi rõ xem số này để làm gì."))
    number = person.phone if what == NumberKind.PHONE else person.id_number
    if not number:
        raise RuleViolated("number_missing", _("Chưa có số này."))
    if number in "".join(sign for sign in purpose if sign.isdigit()):
        raise RuleViolated("purpose_names_number", _("Không ghi số vào mục đích."))
    NumberRead.objects.create(person=person, what=what, purpose=purpose[:160], context=context, read_by=by)
    return number


def read_phones(contexts: Mapping[int, tuple[Person, str]], *, purpose: str, by: Any) -> dict[int, str]:
    """Return the whole phone numbers of many persons (key -> person and context), each read written down.

    The caller has asked for the right and for each person's consent. Those without a number are left out.
    """
    found = {key: (person, context) for key, (person, context) in contexts.items() if person.phone_encrypted}
    NumberRead.objects.bulk_create(
        (
            NumberRead(person=person, what=NumberKind.PHONE, purpose=purpose[:160], context=context, read_by=by)
            for person, context in found.values()
        ),
        batch_size=1_000,
    )
    return {key: person.phone for key, (person, _context) in found.items()}


@transaction.atomic
def erase_person(person: Person, *, by: Any = None) -> Person:
    """Take name, numbers, year, sex and address out of the record; consents in force end, their evidence goes.

    The row itself stays: plots, and codes issued on them, rest on it. Who may and when is the caller's rule.
    """
    person.full_name, person.search_key, person.address = ERASED_NAME, fold(ERASED_NAME), ""
    person.birth_year, person.sex = None, ""
    set_phone(person, "")
    set_id_number(person, "")
    person.save()
    person.consent_codes.all().delete()
    Consent.objects.live().filter(person=person).update(withdrawn_at=timezone.now(), withdrawn_by=by)
    documents = {consent.document for consent in person.consents.exclude(document=None).select_related("document")}
    person.consents.update(evidence="", document=None)
    for document in documents:
        if document is not None and not Consent.objects.filter(document=document).exists():
            file = document.file
            document.delete()
            transaction.on_commit(partial(file.storage.delete, file.name))
    announce(ConsentsChanged(person_ids=(person.pk,)))
    return person
