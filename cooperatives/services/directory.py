"""Taking tables out of the farmer directory: each time written down, with its purpose and whom it held."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cooperatives.directory import Listed, found, listed
from cooperatives.models import DirectoryExport, Grower
from cooperatives.permissions import can_export_directory, can_export_phones
from cooperatives.services.growers import context_of
from core.errors import RuleViolated
from core.permissions import require
from core.text import clean_line
from people.models import ConsentField
from people.services import read_phones

MAX_EXPORTED = 5_000
SUFFIXES = ("csv", "xlsx")
Row = list[Any]


@dataclass(frozen=True, slots=True)
class DirectoryTable:
    """What was taken out: the record of it, headings, and rows of text and numbers."""

    record: DirectoryExport
    headings: list[str]
    rows: list[Row]


@transaction.atomic
def export_directory(
    params: Mapping[str, Any], *, purpose: str, suffix: str, with_phones: bool = False, by: Any
) -> DirectoryTable:
    """Return the members that the filters find, with what each opened, and write the export down.

    Identity numbers are in no table. Phones only with the further right, of those who opened theirs, and each one is a
    logged read as well. Raises NotAllowed, BadInput, RuleViolated("purpose_missing", "format_unknown",
    "nothing_to_export", "too_many_rows").
    """
    require(can_export_directory(by))
    require(can_export_phones(by) or not with_phones, gettext_lazy("Chỉ cán bộ cấp tỉnh được xuất số điện thoại."))
    purpose = clean_line(purpose)[:160]
    if len(purpose) < 5:
        raise RuleViolated("purpose_missing", gettext_lazy("Hãy ghi rõ danh sách này dùng để làm gì."))
    if suffix not in SUFFIXES:
        raise RuleViolated("format_unknown", gettext_lazy("Hãy chọn CSV hoặc XLSX."))
    growers = list(found(by, params)[: MAX_EXPORTED + 1])
    if not growers:
        raise RuleViolated("nothing_to_export", gettext_lazy("Không có ai khớp bộ lọc và đã đồng ý."))
    if len(growers) > MAX_EXPORTED:
        detail = gettext_lazy("Quá %(most)s người trong một tệp. Hãy lọc theo xã hoặc hợp tác xã.")
        raise RuleViolated("too_many_rows", detail % {"most": MAX_EXPORTED})
    record = DirectoryExport.objects.create(
        exported_by=by,
        purpose=purpose,
        filters=_told(params),
        suffix=suffix,
        has_phones=with_phones,
        row_count=len(growers),
        growers=[grower.pk for grower in growers],
        communes=sorted({grower.cooperative.commune_id for grower in growers}),
    )
    phones = _phones(growers, purpose=purpose, by=by) if with_phones else {}
    shown = (_cells(listed(grower), phones if with_phones else None) for grower in growers)
    rows = [[number, *cells] for number, cells in enumerate(shown, start=1)]
    return DirectoryTable(record, _headings(with_phones=with_phones), rows)


def _told(params: Mapping[str, Any]) -> dict[str, str]:
    """Return the filters as they are kept: of words searched for (a name, perhaps) only that there were some."""
    told = {name: str(value)[:100] for name, value in params.items() if str(value).strip()}
    if "q" in told:
        told["q"] = "*"
    return told


def _phones(growers: list[Grower], *, purpose: str, by: Any) -> dict[int, str]:
    asked = {
        grower.pk: (grower.person, context_of(grower))
        for grower in growers
        if ConsentField.PHONE in grower.opened  # type: ignore[attr-defined]
    }
    return read_phones(asked, purpose=purpose, by=by)


def _headings(*, with_phones: bool) -> list[str]:
    own = [
        _("STT"), _("Họ và tên"), _("Ấp, khóm"), _("Hợp tác xã"), _("Phường, xã"), _("Cây trồng"), _("Diện tích (ha)"),
    ]  # fmt: skip
    return [*own, _("Điện thoại")] if with_phones else own


def _cells(person: Listed, phones: dict[int, str] | None) -> Row:
    area = round(person.area_ha, 4) if person.area_ha is not None else None
    own = [person.name, person.hamlet, person.cooperative, person.commune, ", ".join(person.crops), area]
    return own if phones is None else [*own, phones.get(person.pk, "")]
