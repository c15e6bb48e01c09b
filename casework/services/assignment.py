"""Whose desk a request lies on: routed when it is handed in, given by a colleague, taken over.

The name of the officer stands in the event's details, never in its note: the cooperative reads the notes.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.permissions import holds_at
from casework import notifications
from casework.models import FINAL_STATUSES, CodeRequest, RoutingRule
from casework.permissions import can_assign_request, can_examine_request, can_route_unit
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from crops.models import Crop
from places.models import AdministrativeUnit

MAX_AT_ONCE = 200  # rows of one bulk assignment: a page holds 50


@dataclass(frozen=True, slots=True)
class Assigned:
    """What became of one row of a bulk assignment; `reason` says why it was not given, else it is empty."""

    code_request: CodeRequest
    reason: Any = ""


@transaction.atomic
def assign_requests(code_requests: Iterable[CodeRequest], *, to: User, by: Any) -> list[Assigned]:
    """Give requests to an officer, all that can be given in one transaction; returns a result for each.

    A row is refused, and says why, where it is decided, still a draft, outside the rights of `by` (to assign) or of
    `to` (to examine). Taking it oneself needs only the right to examine: that is a take-over. Others' rows stay as
    they are when it is already on that desk.
    """
    ids = [one.pk for one in code_requests]
    if len(ids) > MAX_AT_ONCE:
        raise RuleViolated("too_many_rows", _("Mỗi lần giao được nhiều nhất %(n)s hồ sơ.") % {"n": MAX_AT_ONCE})
    rows = CodeRequest.objects.select_related("area", "cooperative", "commune", "scheme", "assigned_to")
    # In one order everywhere, so that two bulk assignments wait for each other instead of locking up.
    locked = list(rows.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
    results = [Assigned(one, _refusal(one, to, by)) for one in locked]
    for result in results:
        if not result.reason:
            _give(result.code_request, to, by)
    return results


def _refusal(code_request: CodeRequest, to: User, by: Any) -> Any:
    if code_request.status in FINAL_STATUSES or code_request.submitted_on is None:
        return _("Hồ sơ không còn hoặc chưa ở cơ quan.")
    if code_request.assigned_to_id == to.pk:
        return _("Hồ sơ đã ở bàn của người này.")
    if to.pk != by.pk and not can_assign_request(by, code_request):
        return _("Bạn không được giao hồ sơ này.")
    if not can_examine_request(to, code_request):
        return _("Người nhận không có quyền thẩm định hồ sơ này.")
    return ""


def _give(code_request: CodeRequest, to: User, by: Any) -> None:
    former = code_request.assigned_to
    is_take_over = to.pk == by.pk and former is not None
    code_request.assigned_to = to
    code_request.save(update_fields=["assigned_to", "updated_at"])
    _trace(code_request, "take_over" if is_take_over else "assign", to, by=by, former=former)
    notifications.request_assigned(code_request, former, by)


def _trace(code_request: CodeRequest, name: str, to: User, *, by: Any, former: User | None = None) -> None:
    details = {"to": to.pk, "to_name": str(to)} | ({"from": former.pk, "from_name": str(former)} if former else {})
    code_request.events.create(
        transition=name, old_status=code_request.status, new_status=code_request.status, by=by, details=details
    )


# --- Routing -----------------------------------------------------------------------------------------------------


def route_request(code_request: CodeRequest) -> User | None:
    """Put a request that is being handed in on the desk that the narrowest rule names; return the officer.

    A commune's rule goes before its province's, one for the crop before one for all crops. An officer who no longer
    may examine there is passed over; without any the request waits unassigned. One who has the file already keeps it
    as long as he or she may examine it. Call it inside the transaction that hands the request in, before the step.
    """
    current = code_request.assigned_to
    if current is not None and can_examine_request(current, code_request):
        return current
    chosen = next((rule for rule in _rules_for(code_request) if can_examine_request(rule.officer, code_request)), None)
    if chosen is None and current is None:
        return None
    code_request.assigned_to = chosen.officer if chosen else None
    code_request.save(update_fields=["assigned_to", "updated_at"])
    if chosen is not None:
        _trace(code_request, "route", chosen.officer, by=None, former=current)
    return code_request.assigned_to


def _rules_for(code_request: CodeRequest) -> list[RoutingRule]:
    chain = _with_units_above(code_request.commune)
    rules = RoutingRule.objects.on(timezone.localdate()).filter(unit__in=chain).select_related("officer")
    fitting = [rule for rule in rules if rule.crop_id in (None, code_request.area.crop_id)]
    return sorted(fitting, key=lambda rule: (chain.index(rule.unit_id), rule.crop_id is None, rule.pk))


def _with_units_above(unit: AdministrativeUnit) -> list[int]:
    """Return the ids of the unit and of all above it, the narrowest first: at most four."""
    chain = [unit.pk]
    parent = unit.parent
    while parent is not None:
        chain.append(parent.pk)
        parent = parent.parent
    return chain


@transaction.atomic
def add_routing_rule(
    unit: AdministrativeUnit, *, officer: User, crop: Crop | None = None, valid_from: dt.date | None = None, by: Any
) -> RoutingRule:
    """Say which officer gets the requests of a unit, for one crop or for all.

    Raises NotAllowed; RuleViolated("officer_cannot_examine"); WrongState("routing_exists") for a rule still in force
    for the same unit and crop: end it first.
    """
    require(can_route_unit(by, unit))
    if not holds_at(officer, "casework.examine_request", unit):
        raise _wrong("officer_cannot_examine", "officer", _("Cán bộ này không có quyền thẩm định ở địa bàn đã chọn."))
    try:
        with transaction.atomic():
            return RoutingRule.objects.create(
                unit=unit, crop=crop, officer=officer, valid_from=valid_from or timezone.localdate()
            )
    except IntegrityError as error:
        if "routing_once" not in str(error):
            raise
        raise WrongState(
            "routing_exists", _("Địa bàn và cây trồng này đã có phân công. Hãy kết thúc phân công cũ trước.")
        ) from error


@transaction.atomic
def end_routing_rule(rule: RoutingRule, *, by: Any) -> None:
    """End a rule from today; one that starts today or later is deleted, since it never stood for a day."""
    rule = RoutingRule.objects.select_related("unit").select_for_update(of=("self",)).get(pk=rule.pk)
    require(can_route_unit(by, rule.unit))
    today = timezone.localdate()
    if rule.valid_to is not None and rule.valid_to <= today:
        raise WrongState("routing_ended", _("Phân công này đã kết thúc."))
    if rule.valid_from >= today:
        rule.delete()
    else:
        rule.valid_to = today
        rule.save(update_fields=["valid_to"])


def _wrong(code: str, field: str, message: Any) -> RuleViolated:
    return RuleViolated(code, message, findings=[Finding(code, message, f"/{field}")])
