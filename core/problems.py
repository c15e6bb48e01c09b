"""Problem documents (RFC 9457) for machines: one shape for every error of the API, the tiles and the health checks.

`{type, title, status, detail, instance, code, errors: [{pointer | parameter, code, detail}]}`. Texts follow the active
language; nothing of SQL, file paths, versions or stacks ever stands in them. Plain Django: the middleware needs it
where the API framework has not run.
"""

import json
import sys
import uuid
from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.core.handlers.wsgi import LimitedStream
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from core.errors import DomainError, Finding, TooManyRequests

MACHINE_PREFIXES = ("/api/", "/tiles/", "/ogc/")
MACHINE_PATHS = frozenset({"/healthz", "/readyz", "/ogc"})
PEOPLE_UNDER_MACHINE_PREFIXES = ("/api/docs/",)
CONTENT_TYPE = "application/problem+json"
MAX_PARAMETERS = 100
RETRY_AFTER_SECONDS = 5

# status -> (code, title, what to do); the page /problems/ lists them
STATUSES: Mapping[int, tuple[str, Any, Any]] = {
    400: (
        "bad_request",
        _("Yêu cầu không đọc được"),
        _("Hãy sửa tham số hoặc nội dung gửi lên rồi thử lại."),
    ),
    401: ("not_authenticated", _("Chưa đăng nhập"), _("Hãy gửi kèm mã truy cập hoặc đăng nhập.")),
    403: ("not_allowed", _("Không có quyền"), _("Bạn không có quyền làm việc này.")),
    404: (
        "not_found",
        _("Không tìm thấy"),
        _("Địa chỉ hoặc bản ghi không tồn tại, hoặc bạn không được xem."),
    ),
    405: (
        "method_not_allowed",
        _("Phương thức không được phép"),
        _("Xem tiêu đề Allow để biết phương thức dùng được."),
    ),
    406: (
        "not_acceptable",
        _("Không có định dạng được yêu cầu"),
        _("Hãy dùng Accept: application/geo+json."),
    ),
    409: ("conflict", _("Xung đột với trạng thái hiện tại"), _("Hãy tải lại bản ghi rồi thử lại.")),
    411: ("length_required", _("Thiếu độ dài nội dung"), _("Hãy gửi kèm tiêu đề Content-Length.")),
    412: ("stale", _("Bản ghi đã thay đổi"), _("Dữ liệu đã được người khác sửa. Hãy tải lại rồi làm lại.")),
    413: ("too_large", _("Nội dung quá lớn"), _("Hãy chia nhỏ dữ liệu gửi lên.")),
    414: ("query_too_long", _("Địa chỉ quá dài"), _("Hãy rút gọn phần truy vấn của địa chỉ.")),
    415: (
        "unsupported_media_type",
        _("Kiểu nội dung không hỗ trợ"),
        _("Hãy gửi application/json hoặc application/geo+json."),
    ),
    422: ("rule_violated", _("Dữ liệu vi phạm quy tắc"), _("Hãy sửa những chỗ được nêu rồi gửi lại.")),
    428: (
        "precondition_required",
        _("Thiếu điều kiện"),
        _("Hãy đọc lại bản ghi và gửi kèm ETag trong If-Match."),
    ),
    429: (
        "too_many_requests",
        _("Quá nhiều yêu cầu"),
        _("Bạn gửi quá nhiều yêu cầu. Hãy thử lại sau ít phút."),
    ),
    500: ("server_error", _("Lỗi máy chủ"), _("Máy chủ gặp lỗi. Hãy báo mã yêu cầu cho người quản trị.")),
    503: ("unavailable", _("Tạm thời không phục vụ được"), _("Hãy thử lại sau ít giây.")),
}
KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate", "Vary", "Content-Language", "X-Request-Id")


def is_machine_path(path: str) -> bool:
    """Return whether programs, not people, ask for `path`: they get problem documents and choose by Accept-Language."""
    if path in MACHINE_PATHS:
        return True
    return path.startswith(MACHINE_PREFIXES) and not path.startswith(PEOPLE_UNDER_MACHINE_PREFIXES)


def parameter_finding(name: str, code: str, message: Any) -> Finding:
    """Return a finding about the query parameter `name`."""
    return Finding(code, message, extra={"parameter": name})


def problem_response(
    request: HttpRequest,
    status: int,
    *,
    code: str = "",
    detail: Any = "",
    findings: Iterable[Finding] = (),
    headers: Mapping[str, str] | None = None,
) -> HttpResponse:
    """Return the problem document for `status`; `code` and `detail` default to those of the status."""
    default_code, title, what_to_do = STATUSES.get(status, STATUSES[500 if status >= 500 else 400])
    document: dict[str, Any] = {
        "type": f"/problems/{code or default_code}",
        "title": str(title),
        "status": status,
        "detail": str(detail or what_to_do),
        "instance": getattr(request, "id", None) or uuid.uuid4().hex,
        "code": code or default_code,
    }
    errors = [_error(finding) for finding in findings]
    if errors:
        document["errors"] = errors
    response = HttpResponse(
        json.dumps(document, ensure_ascii=False).encode("utf-8", "backslashreplace"),
        status=status,
        content_type=CONTENT_TYPE,
        headers=dict(headers or {}),
    )
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def _error(finding: Finding) -> dict[str, Any]:
    """An entry of `errors`; without a parameter or row it speaks of the whole document (JSON pointer \"\")."""
    shown = finding.as_dict()
    if not shown.keys() & {"pointer", "parameter", "row"}:
        shown["pointer"] = ""
    return shown


def problem_for_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the problem document of a domain error."""
    headers = {"Retry-After": str(error.retry_after)} if isinstance(error, TooManyRequests) else {}
    return problem_response(
        request, error.status, code=error.code, detail=error.detail, findings=error.findings, headers=headers
    )


def problem_for_response(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return `response` when it already is a problem document, else the document for its status."""
    if response.headers.get("Content-Type", "").startswith(CONTENT_TYPE):
        return response
    kept = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    answer = problem_response(request, response.status_code, headers=kept)
    answer.cookies = response.cookies
    response.close()
    return answer


def is_database_down(error: BaseException | None) -> bool:
    """True for errors that pass by themselves: connection lost, time-out, deadlock, server starting or stopping."""
    return isinstance(error, OperationalError | InterfaceError)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return 503 with Retry-After."""
    return problem_response(request, 503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})


def current_error() -> BaseException | None:
    """Return the exception being handled: Django calls `handler500` inside its `except` block."""
    return sys.exc_info()[1]


def refuse_malformed(request: HttpRequest) -> HttpResponse | None:
    """Return the answer to a request that no view should see, else None.

    Foreign Host 400; query longer than API_MAX_QUERY_LENGTH 414; NUL 400; more than 100 parameters 400; body over
    the limit 413, whether declared by Content-Length or counted while reading a chunked one (A3, B11, B17).
    """
    found = _refusal(request)
    if found is None:
        return None
    status, code, detail = found
    if is_machine_path(request.path):
        with translation.override(translation.get_language_from_request(request)):
            return problem_response(request, status, code=code, detail=detail)
    from core.views import error_page  # imports this module

    with translation.override(settings.LANGUAGE_CODE):
        return error_page(request, status, detail)


def _refusal(request: HttpRequest) -> tuple[int, str, Any] | None:
    try:
        request.get_host()
    except DisallowedHost:
        return 400, "foreign_host", _("Tên máy chủ trong yêu cầu không thuộc dịch vụ này.")
    query = request.META.get("QUERY_STRING", "")
    if len(query) > settings.API_MAX_QUERY_LENGTH:
        return 414, "", ""
    if "\x00" in request.path or "\x00" in query or "%00" in query:
        return 400, "nul_character", _("Yêu cầu chứa ký tự NUL.")
    if query.count("&") >= MAX_PARAMETERS:
        return 400, "too_many_parameters", _("Quá nhiều tham số trong địa chỉ.")
    return _body_refusal(request)


def _body_refusal(request: HttpRequest) -> tuple[int, str, Any] | None:
    limit = settings.API_MAX_BODY_BYTES if is_machine_path(request.path) else settings.UPLOAD_MAX_BYTES + 2**20
    declared = request.META.get("CONTENT_LENGTH") or ""
    if declared.isascii() and declared.isdigit():
        return (413, "", "") if int(declared[:20]) > limit else None
    if "chunked" not in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    if not is_machine_path(request.path):  # browsers always declare the length of a form
        return 411, "", ""
    try:
        body = _read_at_most(request.META["wsgi.input"], limit)
    except Exception:  # a chunk that is none, a line cut off: WSGI names no errors, every server has its own
        return 400, "unreadable_body", _("Không đọc được nội dung gửi lên.")
    if body is None:
        return 413, "", ""
    # Django takes a body without Content-Length for empty; give it the one that was counted.
    request.META["CONTENT_LENGTH"] = str(len(body))
    request._stream = LimitedStream(BytesIO(body), len(body))  # type: ignore[assignment]
    return None


def _read_at_most(stream: Any, limit: int) -> bytes | None:
    parts: list[bytes] = []
    size = 0
    while part := stream.read(65_536):
        size += len(part)
        if size > limit:
            return None
        parts.append(part)
    return b"".join(parts)
