"""The address of a page in a shop: which are taken, in one written form. Pure text, no network."""

import ipaddress
import re
from collections.abc import Iterable
from urllib.parse import unquote, urlsplit

from django.utils.encoding import iri_to_uri
from django.utils.translation import gettext as _

from core.errors import Finding, RuleViolated

MAX_LENGTH = 500
# Letters, digits and hyphens (RFC 1123), at least two labels; the last is no number, so that no IP address passes.
_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_PLAIN = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blanks and backslashes, which browsers read as slashes
_ELSEWHERE = re.compile(r"https?:|//|\\", re.IGNORECASE)


def clean_address(text: str) -> str:
    """Return the https address in its one form: lower-case host, path and query percent-encoded, no fragment.

    Raises RuleViolated, each with a finding for `url`: `not_https`, `bad_address` (hidden signs, user name, port, IP
    address, letters outside ASCII or punycode in the host), `leads_elsewhere` (another address within it: a shop's
    own redirect would take the buyer off the list), `address_too_long`.
    """
    text = text.strip()
    if not text.lower().startswith("https://"):
        raise _refused("not_https", _("Địa chỉ phải bắt đầu bằng https://."))
    if any(sign.isspace() or not sign.isprintable() for sign in text) or "\\" in text:
        raise _bad()
    address = iri_to_uri(text)
    try:
        parts = urlsplit(address)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise _bad() from error
    if "@" in parts.netloc or ":" in parts.netloc or port is not None or parts.netloc.lower() != host:
        raise _bad()
    if not is_plain_host(host) or not _PLAIN.fullmatch(address):
        raise _bad()
    inner = unquote(unquote(f"{parts.path}?{parts.query}"))
    if _ELSEWHERE.search(inner):
        raise _refused(
            "leads_elsewhere", _("Địa chỉ chứa một địa chỉ khác bên trong. Hãy chép địa chỉ của chính trang bán.")
        )
    clean = f"https://{host}{parts.path or '/'}" + (f"?{parts.query}" if parts.query else "")
    if len(clean) > MAX_LENGTH:
        raise _refused("address_too_long", _("Địa chỉ dài quá %(limit)s ký tự.") % {"limit": MAX_LENGTH})
    return clean


def is_plain_host(host: str) -> bool:
    """Whether it is a name of ASCII labels, none of them punycode (a name that looks like another), no IP address."""
    if not _HOST.fullmatch(host) or len(host) > 120 or any(label.startswith("xn--") for label in host.split(".")):
        return False
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return True
    return False


def host_of(address: str) -> str:
    """Return the host of an address that `clean_address` returned."""
    return (urlsplit(address).hostname or "").lower()


def is_within(host: str, listed: str) -> bool:
    """Whether `host` is `listed` or a name below it."""
    return host == listed or host.endswith(f".{listed}")


def longest_match(host: str, listed: Iterable[str]) -> str | None:
    """Return the most exact of the listed hosts that `host` is or lies below, else None."""
    return max((one for one in listed if is_within(host, one)), key=len, default=None)


def _bad() -> RuleViolated:
    return _refused(
        "bad_address",
        _("Địa chỉ không hợp lệ: chỉ nhận tên miền viết bằng chữ không dấu, không có tên người dùng, cổng hay số IP."),
    )


def _refused(code: str, text: str) -> RuleViolated:
    return RuleViolated(code, text, findings=[Finding(code=code, message=text, pointer="/url")])
