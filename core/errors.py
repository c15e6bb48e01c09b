"""Domain errors. A service raises one; `core.views` and `core.api.problems` turn it into HTTP once.

Every error has a machine-readable `code` (English, snake_case) and a `detail` for people (Vietnamese msgid).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with an input: where (`pointer` is a JSON pointer or a row) and why."""

    code: str
    message: Any
    pointer: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON-ready data."""
        shown: dict[str, Any] = {"code": self.code, "detail": str(self.message)}
        if self.pointer:
            shown["pointer"] = self.pointer
        return shown | self.extra


class DomainError(Exception):
    """Base of all errors that a rule raises; `status` is the HTTP status that shows it."""

    status = 422
    code = "rule_violated"
    detail: Any = _("Yêu cầu không hợp lệ.")

    def __init__(self, code: str = "", detail: Any = "", *, findings: Iterable[Finding] = ()) -> None:
        self.code = code or self.code
        self.detail = detail or self.detail
        self.findings = tuple(findings)
        super().__init__(self.code)

    def __str__(self) -> str:
        return str(self.detail)


class RuleViolated(DomainError):
    """Well-formed input that breaks a rule of the domain."""


class BadInput(DomainError):
    """Input that cannot be understood: wrong syntax or parameter."""

    status = 400
    code = "bad_input"
    detail = _("Không đọc được dữ liệu gửi lên.")


class BadCredentials(DomainError):
    """The token that came with the request opens nothing (RFC 9110 §15.5.2)."""

    status = 401
    code = "bad_token"
    detail = _("Mã truy cập không đúng hoặc đã bị thu hồi.")


class NotAllowed(DomainError):
    """The user may see the thing but not do this with it."""

    status = 403
    code = "not_allowed"
    detail = _("Bạn không có quyền làm việc này.")


class WrongState(DomainError):
    """The thing is in a state from which this step does not lead on."""

    status = 409
    code = "wrong_state"
    detail = _("Hồ sơ đang ở trạng thái không cho phép bước này.")


class Stale(DomainError):
    """Somebody else changed the thing since the caller read it (RFC 9110 §13.1.1)."""

    status = 412
    code = "stale"
    detail = _("Dữ liệu đã được người khác sửa. Hãy tải lại rồi làm lại.")


class PreconditionMissing(DomainError):
    """The caller must say which version it changes (RFC 6585 §3)."""

    status = 428
    code = "precondition_required"
    detail = _("Thiếu tiêu đề If-Match: hãy đọc lại bản ghi và gửi kèm ETag của nó.")


class TooManyRequests(DomainError):
    """The caller is over its budget; `retry_after` is in seconds."""

    status = 429
    code = "too_many_requests"
    detail = _("Bạn gửi quá nhiều yêu cầu. Hãy thử lại sau ít phút.")

    def __init__(self, retry_after: int = 60) -> None:
        super().__init__()
        self.retry_after = retry_after
