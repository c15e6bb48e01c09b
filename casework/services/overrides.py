"""Letting a failed rule pass for one request: with the right, a reason, and a report of its own.

Some rules can never be passed over. Without a usable scheme or a market there is no number to give; a living code or a
plot in dispute would put two holders on one ground; an outline that is not its plots would be frozen into the code.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import eligibility
from casework.eligibility import FAIL, Finding, examine, question_of
from casework.models import CodeRequest, EligibilityOverride, RequestStatus
from casework.permissions import can_override_check
from casework.reasons import reason_named
from casework.services.moving import locked
from codes.models import ReasonUse
from core.errors import Finding as ErrorFinding
from core.errors import RuleViolated, WrongState
from core.permissions import require

NEVER_OVERRIDDEN = frozenset(
    {"scheme_usable", "markets_named", "no_live_code", "plots_in_good_standing", "ground_matches_plots"}
)
OVERRIDABLE_IN = (RequestStatus.IN_REVIEW, RequestStatus.INSPECTION)


@transaction.atomic
def override_check(
    code_request: CodeRequest, rule: str, *, reason: str, by: Any, reason_code: str = ""
) -> EligibilityOverride:
    """Let a rule that fails now pass for this version of the request; a new version must be judged anew.

    Raises NotAllowed, WrongState("not_in_review"), RuleViolated("rule_never_overridden", "rule_does_not_fail",
    "reason_missing", "unknown_reason"). The same rule twice: the first override stays and is returned.
    """
    code_request = locked(code_request)
    require(can_override_check(by, code_request))
    if code_request.status not in OVERRIDABLE_IN:
        raise WrongState("not_in_review", _("Chỉ bỏ qua quy tắc khi hồ sơ đang được thẩm định."))
    if rule in NEVER_OVERRIDDEN:
        raise RuleViolated("rule_never_overridden", _("Quy tắc này không bao giờ được bỏ qua."))
    if not reason.strip():
        raise RuleViolated("reason_missing", findings=[ErrorFinding("reason_missing", _("Hãy ghi lý do."), "/reason")])
    known = code_request.overrides.filter(rule=rule, version=code_request.version).first()
    if known is not None:
        return known
    today = timezone.localdate()
    failed = [one for one in examine(question_of(code_request, on=today)) if one.rule == rule and one.verdict == FAIL]
    if not failed:
        raise RuleViolated("rule_does_not_fail", _("Hồ sơ không vướng quy tắc này: không có gì để bỏ qua."))
    return EligibilityOverride.objects.create(
        code_request=code_request,
        rule=rule,
        version=code_request.version,
        finding=failed[0].as_dict(),
        reason_code=reason_named(reason_code, ReasonUse.OVERRIDE, code_request.scheme, today),
        reason=reason,
        by=by,
    )


def overrides_of(code_request: CodeRequest) -> dict[str, EligibilityOverride]:
    """Return the overrides of the request's present version by rule."""
    rows = code_request.overrides.filter(version=code_request.version).select_related("by", "reason_code")
    return {row.rule: row for row in rows}


def ensure_decidable(code_request: CodeRequest, *, on: Any) -> list[Finding]:
    """Return the findings of a request that may be approved; raise as `ensure_eligible` for failures not overridden."""
    passed = overrides_of(code_request)
    findings = eligibility.ensure_eligible(code_request, on=on, overridden=passed.keys() - NEVER_OVERRIDDEN)
    return _with(findings, passed)


def shown_checks(findings: Iterable[Finding], code_request: CodeRequest, user: Any) -> list[Finding]:
    """Return the findings with the override that each has, and whether `user` may make one now."""
    may = code_request.status in OVERRIDABLE_IN and can_override_check(user, code_request)
    shown = _with(findings, overrides_of(code_request))
    return [
        replace(one, may_override=True)
        if may and one.verdict == FAIL and one.override is None and one.rule not in NEVER_OVERRIDDEN
        else one
        for one in shown
    ]


def _with(findings: Iterable[Finding], passed: dict[str, EligibilityOverride]) -> list[Finding]:
    return [replace(one, override=passed.get(one.rule)) if one.verdict == FAIL else one for one in findings]
