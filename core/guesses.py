"""Wrong access tokens, limited per address as wrong passwords are (`settings.ACCOUNT_RATE_LIMITS`).

Each wrong one is counted in the database. A process whose turn it is to say that they were too many ("guess") looks at
no further token from there until the minute is over, right or wrong: else a guesser could go on and tell the right one
by its answer. A token that opened something within the hour is no guess and is looked up as ever: whoever shares the
address with a guesser goes on working, whoever begins to work waits a minute at most. Right tokens cost no statement.
"""

import time
from collections import OrderedDict
from hashlib import blake2b
from ipaddress import IPv6Address, IPv6Network, ip_address
from threading import Lock
from typing import TypeVar

from django.http import HttpRequest

from core.errors import TooManyRequests
from core.throttling import client_address, count_request

Key = TypeVar("Key")

SCOPE = "guess"
KNOWN_SECONDS = 3_600.0
MOST = 10_000  # tokens, and addresses, that a process remembers
IPV6_PREFIX = 64  # what one household gets: whoever guesses from there has all of its addresses
_known: OrderedDict[bytes, float] = OrderedDict()  # digest of a token -> until when it is no guess
_closed: OrderedDict[str, float] = OrderedDict()  # address -> until when
_lock = Lock()


def require_room(request: HttpRequest, token: str) -> None:
    """Raise TooManyRequests where too many wrong tokens came from this address, unless `token` is known to be right."""
    now = time.time()
    with _lock:
        until = _closed.get(_place_of(request), 0.0)
        if until <= now or _known.get(_digest(token), 0.0) > now:
            return
    raise TooManyRequests(retry_after=int(until - now) + 1)


def count_wrong(request: HttpRequest) -> None:
    """Count a token that opened nothing; raises TooManyRequests where that makes too many."""
    place = _place_of(request)
    wait = count_request(SCOPE, f"address:{place}")
    if wait:
        _remember(_closed, place, wait)
        raise TooManyRequests(retry_after=wait)


def remember_right(token: str) -> None:
    """Note that this token opened something."""
    _remember(_known, _digest(token), KNOWN_SECONDS)


def _remember(those: OrderedDict[Key, float], key: Key, seconds: float) -> None:
    with _lock:
        those[key] = time.time() + seconds
        those.move_to_end(key)
        while len(those) > MOST:
            those.popitem(last=False)


def _place_of(request: HttpRequest) -> str:
    address = client_address(request)
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        return str(IPv6Network((found, IPV6_PREFIX), strict=False).network_address)
    return address


def _digest(token: str) -> bytes:
    return blake2b(token.encode("utf-8", "surrogateescape"), digest_size=16).digest()
