"""Growers' names and phones for a file of their plots: only what each opened, each time written down."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from cooperatives.directory import directory_rows
from cooperatives.models import DirectoryExport, Grower
from cooperatives.permissions import can_export_directory, can_export_phones
from cooperatives.services.directory import MAX_EXPORTED
from cooperatives.services.growers import context_of
from core.errors import RuleViolated
from core.permissions import require
from core.text import clean_line
from people.models import Consent, ConsentField, Purpose
from people.services import read_phones

MIN_PURPOSE, MAX_PURPOSE = 5, 160
_MARGIN = dt.timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class TakenOut:
    """Names and phones by the grower's key; who opened no phone has none. `record` is what was written down."""

    names: Mapping[int, str]
    phones: Mapping[int, str]
    record: DirectoryExport


def clean_purpose(purpose: str) -> str:
    """Return the purpose as it is kept. Raises RuleViolated("purpose_missing")."""
    text = clean_line(purpose)[:MAX_PURPOSE]
    if len(text) < MIN_PURPOSE:
        raise RuleViolated("purpose_missing", _("Hãy ghi rõ dữ liệu cá nhân này dùng để làm gì."))
    return text


@transaction.atomic
def take_persons_out(
    grower_ids: QuerySet[Any], *, purpose: str, suffix: str, filters: Mapping[str, Any], with_phones: bool, by: Any
) -> TakenOut:
    """Return those of the growers whom `by` finds in the directory (own units, consent in force), and write it down.

    `grower_ids` is a query of one column. Each phone is a logged read besides. Raises NotAllowed, RuleViolated
    ("purpose_missing", "too_many_persons").
    """
    require(can_export_directory(by))
    require(can_export_phones(by) or not with_phones, _("Chỉ cán bộ cấp tỉnh được xuất số điện thoại."))
    purpose = clean_purpose(purpose)
    rows = directory_rows(by).filter(pk__in=grower_ids).select_related("person", "cooperative")
    growers = list(rows.defer("cooperative__location", "cooperative__story")[: MAX_EXPORTED + 1])
    if len(growers) > MAX_EXPORTED:
        detail = _("Quá %(most)s người trong một tệp. Hãy lọc theo xã hoặc hợp tác xã.")
        raise RuleViolated("too_many_persons", detail % {"most": MAX_EXPORTED})
    record = DirectoryExport.objects.create(
        exported_by=by,
        purpose=purpose,
        filters={name: ("*" if name == "q" else str(value)[:100]) for name, value in filters.items()},
        suffix=suffix,
        has_phones=with_phones,
        row_count=len(growers),
        growers=[grower.pk for grower in growers],
        communes=sorted({grower.cooperative.commune_id for grower in growers}),
    )
    asked = {
        grower.pk: (grower.person, context_of(grower))
        for grower in growers
        if ConsentField.PHONE in grower.opened  # type: ignore[attr-defined]
    }
    return TakenOut(
        names={grower.pk: grower.person.full_name for grower in growers},
        phones=read_phones(asked, purpose=purpose, by=by) if with_phones else {},
        record=record,
    )


def is_still_open(record: DirectoryExport, user: Any) -> bool:
    """Whether `user` finds everybody whom the table held in the directory today, and nobody has withdrawn the consent
    to it, or a field of it, since the table was made."""
    if directory_rows(user).filter(pk__in=record.growers).count() < len(record.growers):
        return False
    persons = Grower.objects.filter(pk__in=record.growers).values("person")
    ended = Consent.objects.filter(person__in=persons, purpose=Purpose.DIRECTORY, withdrawn_at__isnull=False)
    # Who is in it was found out just before the record was written.
    return not ended.filter(withdrawn_at__gte=record.exported_at - _MARGIN).exists()
