"""The cooperative's side of a request: drafting, handing in, withdrawing."""

from collections.abc import Iterable
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from casework import eligibility, notifications
from casework.deadlines import due_on
from casework.models import CodeRequest, RequestStatus
from casework.permissions import can_edit_request, can_start_request
from casework.services.assignment import route_request
from casework.services.moving import begin, locked, move, on_behalf
from casework.services.versions import keep_version
from codes.models import CodeScheme, DeadlineStep, Market, ProductionArea
from cooperatives.permissions import require_verified
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require

EDITABLE = (RequestStatus.DRAFT, RequestStatus.RETURNED)
DETAILS = ("expected_output_t", "contact_person", "note", "has_declared")


@transaction.atomic
def draft_request(
    area: ProductionArea, *, scheme: CodeScheme, markets: Iterable[Market] = (), by: Any, **details: Any
) -> CodeRequest:
    """Start a request for codes of `area` under `scheme`. `details`: those of DETAILS.

    Raises NotAllowed, RuleViolated("scheme_not_usable"), WrongState("request_already_open").
    """
    require(can_start_request(by, area))
    _check_scheme(scheme, area)
    code_request = CodeRequest(
        area=area,
        cooperative=area.cooperative,
        commune=area.commune,
        scheme=scheme,
        created_by=by,
        expected_output_t=details.get("expected_output_t"),
        contact_person=details.get("contact_person", ""),
        note=details.get("note", ""),
        has_declared=details.get("has_declared", False),
    )
    _save_once(code_request)
    code_request.markets.set(_markets_for(scheme, markets))
    code_request.events.create(
        transition="draft", new_status=RequestStatus.DRAFT, by=by, details=on_behalf(by, code_request)
    )
    return code_request


@transaction.atomic
def update_request(
    code_request: CodeRequest,
    *,
    by: Any,
    scheme: CodeScheme | None = None,
    markets: Iterable[Market] | None = None,
    **details: Any,
) -> CodeRequest:
    """Change a draft or a returned request; what is not given stays. Raises NotAllowed, WrongState, RuleViolated."""
    code_request = locked(code_request)
    require(can_edit_request(by, code_request))
    if code_request.status not in EDITABLE:
        raise WrongState(detail=_("Hồ sơ đã nộp: chỉ sửa được khi là bản nháp hoặc được trả lại."))
    if scheme is not None and scheme != code_request.scheme:
        _check_scheme(scheme, code_request.area)
        code_request.scheme = scheme
        if markets is None:
            markets = code_request.markets.all()
    for name in DETAILS:
        if name in details:
            setattr(code_request, name, details[name])
    _save_once(code_request)
    if markets is not None:
        code_request.markets.set(_markets_for(code_request.scheme, markets))
    if code_request.status == RequestStatus.RETURNED:
        code_request.events.create(
            transition="update",
            old_status=code_request.status,
            new_status=code_request.status,
            by=by,
            details=on_behalf(by, code_request),
        )
    return code_request


@transaction.atomic
def submit_request(code_request: CodeRequest, *, by: Any) -> CodeRequest:
    """Hand a draft in: the checks must pass, the deadline starts.

    Raises as `begin`, HolderNotVerified, RuleViolated.
    """
    code_request, is_repeat = begin(code_request, "submit", by=by)
    if is_repeat:
        return code_request
    return _hand_in(code_request, "submit", by=by)


@transaction.atomic
def resubmit_request(code_request: CodeRequest, *, by: Any, note: str = "") -> CodeRequest:
    """Hand a returned request in again, to the officer who had it; the deadline starts anew."""
    code_request, is_repeat = begin(code_request, "resubmit", by=by)
    if is_repeat:
        return code_request
    return _hand_in(code_request, "resubmit", by=by, note=note)


@transaction.atomic
def withdraw_request(code_request: CodeRequest, *, by: Any, note: str = "") -> CodeRequest:
    """Take a request back before it is decided."""
    code_request, is_repeat = begin(code_request, "withdraw", by=by)
    return code_request if is_repeat else move(code_request, "withdraw", by=by, note=note)


def _hand_in(code_request: CodeRequest, name: str, *, by: Any, note: str = "") -> CodeRequest:
    require_verified(code_request.cooperative)
    if not code_request.has_declared:
        raise RuleViolated(
            "declaration_missing",
            findings=[Finding("declaration_missing", _("Hãy đánh dấu cam kết khai đúng sự thật."), "/has_declared")],
        )
    today = timezone.localdate()
    code_request.version += 1  # before the checks: what an officer overrode holds for one version only
    findings = eligibility.ensure_eligible(code_request, on=today)
    code_request.submitted_on = code_request.submitted_on or today
    code_request.commune = code_request.area.commune
    code_request.due_on = due_on(code_request.scheme, DeadlineStep.DECISION, start=today, unit=code_request.commune)
    code_request.return_reason = ""
    fields = ("version", "submitted_on", "due_on", "commune", "return_reason")
    keep_version(code_request, by=by)
    route_request(code_request)
    move(code_request, name, by=by, note=note, findings=findings, fields=fields)
    notifications.request_arrived(code_request)
    return code_request


def _check_scheme(scheme: CodeScheme, area: ProductionArea) -> None:
    usable = CodeScheme.objects.usable_on(timezone.localdate()).for_unit(area.commune)
    if not usable.filter(pk=scheme.pk).exists():
        raise RuleViolated(
            "scheme_not_usable",
            findings=[
                Finding(
                    "scheme_not_usable",
                    _("Chế độ mã số này chưa được xác nhận, không còn hiệu lực hoặc của tỉnh khác."),
                    "/scheme",
                )
            ],
        )


def _markets_for(scheme: CodeScheme, markets: Iterable[Market]) -> list[Market]:
    """A domestic code has no markets; what a form still carries of them is dropped."""
    return [] if scheme.is_domestic else list(markets)


def _save_once(code_request: CodeRequest) -> None:
    try:
        with transaction.atomic():
            code_request.save()
    except IntegrityError as error:
        if "request_open_once_per_scheme" not in str(error):
            raise
        raise WrongState(
            "request_already_open", _("Vùng trồng này đã có một hồ sơ chưa xong theo cùng chế độ.")
        ) from error
