"""Which documents a request needs, and which of them are there."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q

from casework.models import CodeRequest
from codes.models import RequiredDocument, Severity


@dataclass(frozen=True, slots=True)
class Requirement:
    """A kind of document that the scheme asks for; `is_there` when one of that kind is attached."""

    kind: str
    label: str
    legal_ref: str
    is_must: bool
    is_there: bool


def requirements_of(code_request: CodeRequest, on: dt.date) -> list[Requirement]:
    """Return what the scheme asks for on `on` for the crop and markets of the request, each kind once."""
    rows = RequiredDocument.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=on),
        Q(crop=None) | Q(crop=code_request.area.crop_id),
        Q(market=None) | Q(market__in=code_request.markets.values("pk")),
        scheme=code_request.scheme_id,
        valid_from__lte=on,
    )
    there = set(code_request.documents.filter(removed_at=None).values_list("kind", flat=True))
    found: dict[str, Requirement] = {}
    for row in rows.order_by("kind", "pk"):
        known = found.get(row.kind)
        is_must = row.severity == Severity.FAIL
        if known is None or (is_must and not known.is_must):
            label = str(row.get_kind_display())
            found[row.kind] = Requirement(row.kind, label, row.legal_ref, is_must, row.kind in there)
    return list(found.values())
