"""Every error that reaches the API framework becomes one problem document (RFC 9457)."""

import logging
import math
from collections.abc import Callable, Iterator
from typing import Any

from django.core.exceptions import (
    ObjectDoesNotExist,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
)
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpResponse
from django.http.request import UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions

from core.errors import DomainError, Finding
from core.problems import is_database_down, problem_for_error, problem_response, unavailable

logger = logging.getLogger(__name__)

Pointer = Callable[[tuple[str, ...]], str]

# Field errors that say "this is not even the right kind of value": the input is malformed, not merely wrong.
MALFORMED = frozenset({"incorrect_type", "not_a_dict", "not_a_list", "parse_error", "invalid_envelope"})

UNIQUE, FOREIGN_KEY, CHECK, EXCLUSION, NOT_NULL = "23505", "23503", "23514", "23P01", "23502"


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """Return the problem document for `error`; None (so the server's own 500) for what nobody foresaw."""
    request: Any = context["request"]._request
    if isinstance(error, DomainError):
        return problem_for_error(request, error)
    if isinstance(error, exceptions.APIException):
        return _framework_problem(request, error)
    if isinstance(error, DjangoValidationError):
        return problem_response(request, 422, code="invalid", findings=model_findings(error))
    if is_database_down(error):
        logger.warning("database unavailable: %s", error)
        return unavailable(request)
    return _plain_problem(request, error)


def _plain_problem(request: Any, error: Exception) -> HttpResponse | None:
    if isinstance(error, Http404 | ObjectDoesNotExist):
        return problem_response(request, 404)
    if isinstance(error, PermissionDenied):
        return problem_response(request, 403)
    if isinstance(error, ProtectedError | RestrictedError):
        return problem_response(
            request, 409, code="in_use", detail=_("Không xóa được: còn dữ liệu khác đang dùng bản ghi này.")
        )
    if isinstance(error, IntegrityError):
        return _integrity_problem(request, error)
    if isinstance(error, DataError):
        logger.info("database refused a value: %s", error)
        return problem_response(request, 400, code="value_out_of_range", detail=_("Giá trị nằm ngoài phạm vi."))
    if isinstance(error, RequestDataTooBig):
        return problem_response(request, 413)
    if isinstance(error, SuspiciousOperation | UnreadablePostError):
        return problem_response(request, 400)
    return None


def _integrity_problem(request: Any, error: IntegrityError) -> HttpResponse:
    """A constraint refused what our own checks let through, mostly because another request was faster."""
    state = getattr(error.__cause__, "pgcode", "") or ""
    logger.info("constraint refused a row: %s", error)
    if state in (CHECK, NOT_NULL):
        return problem_response(request, 422)
    texts = {
        UNIQUE: ("already_exists", _("Đã có bản ghi với giá trị này.")),
        FOREIGN_KEY: (
            "in_use",
            _("Bản ghi liên quan không còn, hoặc còn dữ liệu khác đang dùng bản ghi này."),
        ),
        EXCLUSION: ("overlaps", _("Trùng với một bản ghi đã có.")),
    }
    code, detail = texts.get(state, ("conflict", ""))
    return problem_response(request, 409, code=code, detail=detail)


def _framework_problem(request: Any, error: exceptions.APIException) -> HttpResponse:
    if isinstance(error, exceptions.ValidationError):
        findings = list(findings_of(error.detail))
        malformed = any(finding.code in MALFORMED for finding in findings)
        return problem_response(request, 400 if malformed else 422, code="invalid", findings=findings)
    headers = {}
    challenge, wait = getattr(error, "auth_header", None), getattr(error, "wait", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge
    if wait:
        headers["Retry-After"] = str(math.ceil(wait))
    own_text = getattr(error, "own_text", "")
    own_code = getattr(error, "own_code", "")
    return problem_response(request, error.status_code, code=own_code, detail=own_text, headers=headers)


def json_pointer(path: tuple[str, ...]) -> str:
    """Return the JSON pointer (RFC 6901) of a path of keys."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)


def findings_of(detail: Any, path: tuple[str, ...] = (), pointer: Pointer = json_pointer) -> Iterator[Finding]:
    """Yield a finding for each message in the nested detail of a serializer's ValidationError."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            yield from findings_of(inner, path if name == "non_field_errors" else (*path, str(name)), pointer)
    elif isinstance(detail, list | tuple):
        for index, inner in enumerate(detail):
            if isinstance(inner, dict | list):
                yield from findings_of(inner, (*path, str(index)), pointer)
            else:
                yield from findings_of(inner, path, pointer)
    else:
        yield Finding(getattr(detail, "code", "invalid"), str(detail), pointer=pointer(path))


def model_findings(error: DjangoValidationError) -> list[Finding]:
    """Return the findings of a model's or form's ValidationError."""
    if hasattr(error, "error_dict"):
        return [
            Finding(item.code or "invalid", " ".join(item.messages), "" if name == "__all__" else f"/{name}")
            for name, items in error.error_dict.items()
            for item in items
        ]
    return [Finding(item.code or "invalid", " ".join(item.messages)) for item in error.error_list]
