"""Keyset pages: `limit`, a signed `cursor`, and the links of a page."""

from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from core.api.negotiation import as_json
from core.errors import BadInput, Finding
from core.problems import parameter_finding

DEFAULT_LIMIT = 100
MAX_LIMIT = 10_000
MAX_CURSOR_LENGTH = 1_000
PAGE_PARAMETERS = ("limit", "cursor", "count", "f")

Last = tuple[str, str]


@dataclass(frozen=True, slots=True)
class PageRequest:
    """`limit` is clamped to MAX_LIMIT; `last` is where the page before ended; `count`: total wanted too."""

    limit: int
    last: Last | None
    count: bool


def read_page_request(params: QueryDict, layer_name: str) -> PageRequest:
    """Return what page is asked for; raise BadInput with findings for each bad page parameter."""
    findings: list[Finding] = [
        parameter_finding(name, "repeated_parameter", _("Tham số này chỉ được gửi một lần."))
        for name in PAGE_PARAMETERS
        if len(params.getlist(name)) > 1
    ]
    limit = _read_limit(params.get("limit"), findings)
    last = _read_cursor(params.get("cursor"), layer_name, findings)
    count = _read_count(params.get("count"), findings)
    if findings:
        raise BadInput(findings=findings)
    return PageRequest(limit, last, count)


def _read_limit(value: str | None, findings: list[Finding]) -> int:
    if value is None:
        return DEFAULT_LIMIT
    if not (value.isascii() and value.isdigit() and value.strip("0")):
        findings.append(
            parameter_finding("limit", "invalid", _("limit phải là số nguyên từ 1 đến %(most)s.") % {"most": MAX_LIMIT})
        )
        return DEFAULT_LIMIT
    digits = value.lstrip("0")
    return MAX_LIMIT if len(digits) > 6 else min(int(digits), MAX_LIMIT)


def _read_cursor(value: str | None, layer_name: str, findings: list[Finding]) -> Last | None:
    if value is None:
        return None
    try:
        if len(value) > MAX_CURSOR_LENGTH:
            raise signing.BadSignature
        order_value, key = signing.loads(value, salt=_salt(layer_name))
    except (signing.BadSignature, ValueError, TypeError):
        findings.append(
            parameter_finding("cursor", "invalid", _("cursor không đúng; hãy dùng liên kết “next” của trang trước."))
        )
        return None
    return order_value, key


def _read_count(value: str | None, findings: list[Finding]) -> bool:
    if value not in (None, "true", "false"):
        findings.append(parameter_finding("count", "invalid", _("count phải là true hoặc false.")))
    return value == "true"


def collection_body(head: dict[str, Any], features: bytes) -> bytes:
    """Return a FeatureCollection in UTF-8: the members of `head`, then the features as PostgreSQL wrote them."""
    return b'%b,"features":[%b]}' % (as_json(head)[:-1].encode(), features)


def make_cursor(last: Last, layer_name: str) -> str:
    """Return a signed cursor for the page after `last`: readable, but nobody can make up another."""
    return signing.dumps(list(last), salt=_salt(layer_name))


def _salt(layer_name: str) -> str:
    return f"core.api.pages:{layer_name}"


def next_query(params: QueryDict, cursor: str) -> str:
    """Return the query string of the next page."""
    following = params.copy()
    following["cursor"] = cursor
    following.pop("count", None)
    return following.urlencode()
