"""Who may do what with requests. An officer never decides on a request that he or she entered."""

import re
from typing import Any

from django.db.models import CharField, Func, Q

from accounts.models import User
from accounts.permissions import holds, holds_at
from accounts.roles import Role
from casework.models import CodeAlert, CodeRequest, MisuseCase
from codes.models import OfficeLevel, ProductionArea, ProductionAreaCode
from cooperatives.permissions import can_edit_for_cooperative, has_role_in
from places.models import AdministrativeUnit

PHONE_DIGITS = 9  # Vietnamese mobile numbers without the trunk 0 or the country's 84
EXAMINING = ("take_up", "return", "schedule_inspection", "record_inspection")
APPLICANT_STEPS = ("draft", "update", "submit", "resubmit")
GRANTS = {
    Role.OFFICER: {
        "casework.view_history",
        "casework.view_request",
        "casework.examine_request",
        "casework.decide_request",
        "casework.assign_request",
        "casework.override_check",
        "casework.decide_misuse",
    },
    Role.PLANNER: {"casework.view_request"},
    Role.AUDITOR: {"casework.view_request", "casework.view_history"},
}


def can_start_request(user: Any, area: ProductionArea) -> bool:
    """Whether the user may ask for codes for the area."""
    return can_edit_for_cooperative(user, area.cooperative)


def can_edit_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may change, submit or withdraw the request on the cooperative's side."""
    return can_edit_for_cooperative(user, code_request.cooperative)


def can_examine_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may take up, return or inspect the request: at the receiving level of its scheme or above."""
    level = code_request.scheme.receiving_level
    is_in_charge = holds_at(user, "casework.examine_request", code_request.commune, level=level)
    return is_in_charge and _is_outsider(user, code_request)


def can_inspect_code(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may plan and record visits to an issued code: at the receiving level of its scheme or above."""
    is_in_charge = holds_at(user, "casework.examine_request", code.commune, level=code.scheme.receiving_level)
    return is_in_charge and not (code.holder and can_edit_for_cooperative(user, code.holder))


def can_decide_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may approve or reject the request: at the deciding level of its scheme or above."""
    level = code_request.scheme.deciding_level
    is_in_charge = holds_at(user, "casework.decide_request", code_request.commune, level=level)
    return is_in_charge and _is_outsider(user, code_request)


def breaks_four_eyes(user: Any, code_request: CodeRequest) -> bool:
    """Whether the scheme asks for a second person and the user took a step of the examination.

    Who has the file now does not matter: handing it on does not make the examiner a second person.
    """
    if not code_request.scheme.needs_four_eyes:
        return False
    return code_request.events.filter(by=user, transition__in=EXAMINING).exists()


def can_override_check(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may let a failed rule pass: at the province, whoever decides the scheme's requests."""
    is_in_charge = holds_at(user, "casework.override_check", code_request.commune, level=OfficeLevel.PROVINCE)
    return is_in_charge and _is_outsider(user, code_request)


def can_dismiss_alert(user: Any, alert: CodeAlert) -> bool:
    """Whether the user may put an alert aside: who may examine requests where the code was issued, not its holder."""
    is_in_charge = holds_at(user, "casework.examine_request", alert.code.commune)
    return is_in_charge and not _works_for(user, alert.code)


def can_read_documents(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may open the request's documents: the cooperative's people and the officers who examine it."""
    return has_role_in(user, code_request.cooperative) or holds_at(
        user, "casework.examine_request", code_request.commune
    )


def can_watch_codes(user: Any) -> bool:
    """Whether the user visits areas for an office; nobody else is told when a visit is due."""
    return holds(user, "casework.examine_request")


def _is_outsider(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user has nothing to do with the asking side, as far as it can be known.

    Not the one who entered the request or took a step for it, no role in the cooperative (a viewer belongs to it too),
    and no account or contact of the asking side with the same e-mail address or telephone: a second account of the
    same person must not decide (separation of duties; row E8 of the catalogue).
    """
    if user.pk == code_request.created_by_id or has_role_in(user, code_request.cooperative):
        return False
    if code_request.events.filter(by=user, transition__in=APPLICANT_STEPS).exists():
        return False
    return not _shares_contact(user, code_request)


def _shares_contact(user: Any, code_request: CodeRequest) -> bool:
    email, phone = (getattr(user, "email", "") or "").strip(), digits_of_phone(getattr(user, "phone", "") or "")
    if not email and not phone:
        return False
    holder = code_request.cooperative
    if (email and holder.email.lower() == email.lower()) or (phone and digits_of_phone(holder.phone) == phone):
        return True
    # Fixed numbers are shorter than nine digits without their area: the last nine tell a Vietnamese number apart.
    same = (Q(email__iexact=email) if email else Q()) | (Q(last_digits=phone) if phone else Q())
    applicants = User.objects.filter(
        Q(memberships__cooperative=holder)
        | Q(pk=code_request.created_by_id)
        | Q(pk__in=code_request.events.filter(transition__in=APPLICANT_STEPS).values("by"))
    )
    return applicants.annotate(last_digits=LastDigits("phone")).filter(same).exclude(pk=user.pk).exists()


def digits_of_phone(phone: str) -> str:
    """Return the last nine digits of a telephone number: 0912 345 678 and +84912345678 are one; "" if shorter."""
    digits = re.sub(r"\D", "", phone)
    return digits[-PHONE_DIGITS:] if len(digits) >= PHONE_DIGITS else ""


class LastDigits(Func):
    """The database's `digits_of_phone` (a shorter number gives all its digits, which no nine equal)."""

    template = f"right(regexp_replace(%(expressions)s, '\\D', '', 'g'), {PHONE_DIGITS})"
    output_field = CharField()


def can_assign_request(user: Any, code_request: CodeRequest) -> bool:
    """Whether the user may give the request to an officer."""
    return _is_outsider(user, code_request) and holds_at(user, "casework.assign_request", code_request.commune)


def can_route_unit(user: Any, unit: AdministrativeUnit) -> bool:
    """Whether the user may say which officer gets the requests of the unit."""
    return holds_at(user, "casework.assign_request", unit)


def can_open_misuse(user: Any, code: ProductionAreaCode) -> bool:
    """Whether the user may open a case of misuse of the code on behalf of the office."""
    return holds_at(user, "casework.examine_request", code.commune) and not _works_for(user, code)


def can_examine_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may work on the case; of an unknown code any examining officer may."""
    return _holds_for_case(user, "casework.examine_request", case)


def can_decide_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may decide, publish and close the case, and read how to reach the reporter."""
    return _holds_for_case(user, "casework.decide_misuse", case)


def can_reply_misuse(user: Any, case: MisuseCase) -> bool:
    """Whether the user may answer for the holder of the code, which has been asked."""
    holder = case.code.holder if case.code else None
    return case.reply_due_on is not None and holder is not None and can_edit_for_cooperative(user, holder)


def _holds_for_case(user: Any, grant: str, case: MisuseCase) -> bool:
    if case.code is not None and _works_for(user, case.code):
        return False
    return holds_at(user, grant, case.commune) if case.commune is not None else holds(user, grant)


def _works_for(user: Any, code: ProductionAreaCode) -> bool:
    return code.holder is not None and can_edit_for_cooperative(user, code.holder)
