"""Whether a shop's page still opens: one careful request, to public addresses of listed hosts only.

The name is resolved once, every address it has must be public, and the connection goes to the address that was
checked: a name server that answers otherwise a moment later (DNS rebinding) changes nothing. Redirects are followed
by hand, a few, and never off the list. Nothing of the answer but its status line and Location is used.
"""

import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urljoin, urlsplit

from core.errors import RuleViolated
from products.addresses import clean_address, host_of, longest_match

STEP_SECONDS = 5.0  # of one wait: for the connection, for the next bytes
TOTAL_SECONDS = 12.0  # of one address with all its redirects
MAX_HEAD_BYTES = 16 * 1024
MAX_REDIRECTS = 4
USER_AGENT = "VungTrong-LinkCheck/1 (dead-link check of listed products)"
GONE = frozenset({404, 410})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
PORT = 443

Resolve = Callable[[str], Collection[str]]
Dial = Callable[[str, int, float], socket.socket]


class LinkState(Enum):
    """`UNKNOWN`: the shop refused to say (a wall against robots, an overload); nothing is concluded from it."""

    OPEN = "open"
    GONE = "gone"
    UNKNOWN = "unknown"


def resolve(host: str) -> list[str]:
    """Return all addresses of `host`; raises OSError where there is none."""
    return sorted({str(found[4][0]) for found in socket.getaddrinfo(host, PORT, type=socket.SOCK_STREAM)})


def dial(address: str, port: int, timeout: float) -> socket.socket:
    """Open a TCP connection to an address (no name, so nothing is resolved again)."""
    return socket.create_connection((address, port), timeout=timeout)


@dataclass(frozen=True, slots=True)
class LinkChecker:
    """Checks addresses against the hosts of the list; `resolve`, `dial`, `tls` are other ones in tests only."""

    hosts: Collection[str]
    resolve: Resolve = resolve
    dial: Dial = dial
    tls: ssl.SSLContext = field(default_factory=ssl.create_default_context)

    def check(self, address: str) -> LinkState:
        """Return what is at `address`. A redirect off the list counts as gone: the buyer would land elsewhere."""
        deadline = time.monotonic() + TOTAL_SECONDS
        for _hop in range(MAX_REDIRECTS + 1):
            if longest_match(host_of(address), self.hosts) is None:
                return LinkState.GONE
            try:
                status, location = self._ask(address, deadline)
            except (OSError, ValueError):  # no such name, no connection, a bad certificate, not HTTP, too slow
                return LinkState.GONE
            if status not in REDIRECTS:
                return _judged(status)
            try:
                address = clean_address(urljoin(address, location))
            except (RuleViolated, ValueError):
                return LinkState.GONE
        return LinkState.GONE

    def _ask(self, address: str, deadline: float) -> tuple[int, str]:
        """Return status and Location. Raises OSError, ValueError."""
        parts = urlsplit(address)
        host = parts.hostname or ""
        target = public_address(self.resolve(host))
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = (
            f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\n"
            "Accept: text/html,*/*;q=0.5\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
        )
        with (
            self.dial(target, PORT, _left(deadline)) as plain,
            self.tls.wrap_socket(plain, server_hostname=host) as secure,
        ):
            secure.settimeout(_left(deadline))
            secure.sendall(request.encode("ascii"))
            return _read_head(secure, deadline)


def public_address(addresses: Collection[str]) -> str:
    """Return one of the addresses when every one is public; raises ValueError for none and for any that is not.

    A name with one private address among public ones is refused as a whole: which one is used must not be chance.
    """
    if not addresses:
        raise ValueError("no address")
    for text in addresses:
        found = ipaddress.ip_address(text.partition("%")[0])
        inner = _inner(found)
        is_public = found.is_global and not found.is_multicast and (inner is None or inner.is_global)
        if not is_public or (inner is None and _is_out_of_use(found)):
            raise ValueError("address is not public")
    return min(addresses, key=lambda text: (":" in text, text))  # IPv4 first: not every house has the other


def _is_out_of_use(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Addresses that nobody was given: among them old ways to write those of this house (::127.0.0.1, fec0::)."""
    return address.is_reserved or getattr(address, "is_site_local", False)


def _inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for: mapped, 6to4, NAT64 (RFC 6052)."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError("too slow")
    return min(STEP_SECONDS, left)


def _read_head(secure: ssl.SSLSocket, deadline: float) -> tuple[int, str]:
    head = b""
    while b"\r\n\r\n" not in head:
        secure.settimeout(_left(deadline))
        more = secure.recv(4096)
        if not more or len(head) + len(more) > MAX_HEAD_BYTES:
            raise ValueError("no end of the head")
        head += more
    lines = head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    version, status = [*lines[0].split(" ", 2), ""][:2]
    if not version.startswith("HTTP/1.") or not status.isdigit():
        raise ValueError("not HTTP")
    named = (line.partition(":") for line in lines[1:])
    location = next((value.strip() for name, _colon, value in named if name.strip().lower() == "location"), "")
    return int(status), location


def _judged(status: int) -> LinkState:
    if 200 <= status < 300:
        return LinkState.OPEN
    return LinkState.GONE if status in GONE else LinkState.UNKNOWN
