"""The job that stores the rows of a list of members as they were chosen, all or none."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.grower_lists import ADD, SKIP, UPDATE
from cooperatives.grower_matching import Row, judge
from cooperatives.models import Cooperative, Grower, GrowerImportStatus
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.services.grower_imports.content import content_of, drop_document, locked, seal
from core.errors import RuleViolated
from core.permissions import require
from core.text import fold
from office.models import Job
from office.services import tell_progress
from people.consent_texts import TEXT_VERSION, fields_of
from people.models import PURPOSE_FIELDS, Channel, Consent, Person, Purpose
from people.services import build_person, give_consents, set_id_number, set_phone

_PERSON_FIELDS = [
    "full_name", "search_key", "birth_year", "sex", "address", "phone_encrypted", "phone_digest",
    "id_number_encrypted", "id_number_digest", "id_number_last3",
]  # fmt: skip


def store_growers(job: Job) -> dict[str, Any]:
    """Job: judge again what may have changed since the preview, then store in one transaction; all or nothing."""
    try:
        with transaction.atomic():
            return _store(job)
    except IntegrityError as error:  # another cooperative stored the same identity number this very moment
        raise _changed() from error


def _changed() -> RuleViolated:
    detail = _("Dữ liệu đã thay đổi từ lúc xem trước. Hãy đọc lại tệp. Chưa có gì được ghi.")
    return RuleViolated("changed_since_preview", detail)


def _store(job: Job) -> dict[str, Any]:
    grower_import = locked(job.payload["import"])
    if grower_import.status != GrowerImportStatus.PREVIEWED:
        return {}
    cooperative = Cooperative.objects.select_for_update(of=("self",)).get(pk=grower_import.cooperative_id)
    require(can_edit_for_cooperative(job.created_by, cooperative))
    tell_progress(job, 10, _("Đang kiểm tra lại"))
    content = content_of(grower_import)
    fresh = [{"row": row["row"], "values": row["values"], "findings": row["own"]} for row in content["rows"]]
    rows = judge(cooperative, fresh, content["choices"])
    if [_outcome(row) for row in rows] != [_outcome(row) for row in content["rows"]]:
        raise _changed()
    tell_progress(job, 40, _("Đang ghi"))
    added = _add(cooperative, [row for row in rows if row["action"] == ADD], by=job.created_by)
    updated = _update([row for row in rows if row["action"] == UPDATE])
    consents = give_consents(_consents({**added, **updated}, by=job.created_by))
    stored = {"added": len(added), "updated": len(updated), "consents": consents}
    grower_import.status, grower_import.committed_at = GrowerImportStatus.COMMITTED, timezone.now()
    grower_import.summary["stored"] = stored
    left = [row for row in content["rows"] if row["action"] == SKIP]
    kept = {"headings": content["headings"], "rows": left} | {
        "cells": {str(row["row"]): content["cells"][str(row["row"])] for row in left}
    }
    seal(grower_import, kept if left else {})
    drop_document(grower_import)
    grower_import.save(update_fields=["status", "committed_at", "summary", "rows_encrypted", "document"])
    return {"stored": stored}


def _outcome(row: Row) -> tuple[Any, ...]:
    return row["row"], row["verdict"], row["action"], row["member"], row["keep_id_number"]


def _add(cooperative: Cooperative, rows: list[Row], *, by: Any) -> dict[int, tuple[int, Row]]:
    """Store new members; return row -> (person, row). Queries do not grow with the rows."""
    persons = []
    for row in rows:
        values = row["values"]
        persons.append(
            build_person(
                values["full_name"],
                birth_year=values.get("birth_year"),
                sex=values.get("sex", ""),
                phone=values.get("phone", ""),
                id_number=values.get("id_number", "") if row["keep_id_number"] else "",
                address=values.get("address", ""),
            )
        )
    Person.objects.bulk_create(persons, batch_size=1_000)
    taken = set(Grower.objects.filter(cooperative=cooperative).values_list("number", flat=True))
    taken |= {row["values"]["number"] for row in rows if row["values"].get("number")}
    free = _free_numbers(taken)
    Grower.objects.bulk_create(
        (
            Grower(
                cooperative=cooperative,
                person=person,
                number=row["values"].get("number") or next(free),
                hamlet=row["values"].get("hamlet", ""),
                declared_area_ha=_decimal(row["values"].get("declared_area")),
                joined_on=_day(row["values"].get("joined_on")),
                added_by=by,
                added_at=timezone.now(),
            )
            for person, row in zip(persons, rows, strict=True)
        ),
        batch_size=1_000,
    )
    return {row["row"]: (person.pk, row) for person, row in zip(persons, rows, strict=True)}


def _free_numbers(taken: set[str]) -> Any:
    number = max((int(text) for text in taken if text.isascii() and text.isdigit() and len(text) < 9), default=0)
    while True:
        number += 1
        yield f"{number:03d}"


def _update(rows: list[Row]) -> dict[int, tuple[int, Row]]:
    """Change members by what the rows say; empty cells change nothing. Queries do not grow with the rows."""
    # Locked: what somebody corrects on a member's page at this moment is read after it, or waits for us.
    locked = Grower.objects.select_related("person").select_for_update(of=("self", "person")).order_by("pk")
    growers = locked.in_bulk([row["member"] for row in rows])
    for row in rows:
        grower, values = growers[row["member"]], row["values"]
        person = grower.person
        for name in ("full_name", "birth_year", "sex", "address"):
            if values.get(name):
                setattr(person, name, values[name])
        person.search_key = fold(person.full_name)
        if values.get("phone"):
            set_phone(person, values["phone"])
        if values.get("id_number") and row["keep_id_number"]:
            set_id_number(person, values["id_number"])
        grower.hamlet = values.get("hamlet") or grower.hamlet
        grower.declared_area_ha = _decimal(values.get("declared_area"), grower.declared_area_ha)
        grower.joined_on = _day(values.get("joined_on"), grower.joined_on)
        grower.left_on = None
    chosen = list(growers.values())
    Person.objects.bulk_update([grower.person for grower in chosen], _PERSON_FIELDS, batch_size=500)
    Grower.objects.bulk_update(chosen, ["hamlet", "declared_area_ha", "joined_on", "left_on"], batch_size=1_000)
    return {row["row"]: (growers[row["member"]].person_id, row) for row in rows}


def _consents(stored: dict[int, tuple[int, Row]], *, by: Any) -> list[Consent]:
    """What the lists say was signed: a tick for the directory is the whole text (the template says so); a tick for the
    public name opens no hamlet, one for buyers no phone: those are chosen on the member's page."""
    return [
        Consent(
            person_id=person,
            purpose=purpose,
            fields=fields_of(purpose, PURPOSE_FIELDS[purpose] if purpose == Purpose.DIRECTORY else ()),
            recorded_by=by,
            text_version=TEXT_VERSION,
            channel=Channel.PAPER,
            evidence=row["values"]["evidence"],
            given_at=timezone.make_aware(dt.datetime.fromisoformat(day)),
        )
        for person, row in stored.values()
        for purpose, day in row["values"].get("consents", {}).items()
    ]


def _decimal(text: str | None, default: Decimal | None = None) -> Decimal | None:
    return Decimal(text) if text else default


def _day(text: str | None, default: dt.date | None = None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else default
