"""Writes on the members of a cooperative."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Cooperative, Grower
from cooperatives.permissions import can_edit_for_cooperative
from core.errors import RuleViolated
from core.permissions import require
from core.text import clean_line
from people.models import Channel, Purpose
from people.services import build_person, give_consent, withdraw_consent

OUTLINE_TEXT_VERSION = "2026-1"  # of the paper that members sign


@transaction.atomic
def add_grower(cooperative: Cooperative, *, by: Any, full_name: str, number: str = "", **fields: Any) -> Grower:
    """Add a private person as a member.

    `fields`: `birth_year, sex, phone, id_number` of the person; `hamlet, declared_area_ha, joined_on` of the member.
    Without `number` the next free one is given. Raises NotAllowed, RuleViolated("number_taken").
    """
    require(can_edit_for_cooperative(by, cooperative))
    Cooperative.objects.select_for_update(of=("self",)).get(pk=cooperative.pk)
    number = number.strip() or _next_number(cooperative)
    if Grower.objects.filter(cooperative=cooperative, number=number).exists():
        raise RuleViolated("number_taken", _("Hợp tác xã đã có thành viên số %(number)s.") % {"number": number})
    own = {name: fields.pop(name) for name in ("hamlet", "declared_area_ha", "joined_on") if name in fields}
    person = build_person(full_name, **fields)
    person.save()
    return Grower.objects.create(cooperative=cooperative, person=person, number=number, **own)


@transaction.atomic
def set_outline_consent(grower: Grower, *, is_given: bool, evidence: str = "", by: Any) -> None:
    """Record on behalf of a member that he or she agrees to a public outline, or no longer does: effective at once.

    Agreement needs `evidence` (where the signed paper is kept; Law 91/2025/QH15: silence is no consent), withdrawal
    needs nothing. Raises NotAllowed, RuleViolated("evidence_missing").
    """
    require(can_edit_for_cooperative(by, grower.cooperative))
    if not is_given:
        withdraw_consent(grower.person, Purpose.PUBLIC_OUTLINE)
        return
    if not evidence.strip():
        raise RuleViolated("evidence_missing", _("Hãy ghi số hoặc nơi lưu phiếu đồng ý có chữ ký."))
    give_consent(
        grower.person,
        Purpose.PUBLIC_OUTLINE,
        text_version=OUTLINE_TEXT_VERSION,
        channel=Channel.PAPER,
        evidence=clean_line(evidence)[:200],
    )


def _next_number(cooperative: Cooperative) -> str:
    plain = Grower.objects.filter(cooperative=cooperative, number__regex=r"^[0-9]{1,8}$")
    last = max((int(number) for number in plain.values_list("number", flat=True)), default=0)
    return f"{last + 1:03d}"
