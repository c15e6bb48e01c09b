"""Origins of other sites that settings name."""

import re
from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured

_ORIGIN = re.compile(r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?", re.ASCII)


def embed_origins(names: Iterable[str]) -> list[str]:
    """Return the origins as a policy names them; raises ImproperlyConfigured for what is none.

    https only (http for this machine's own tests): a frame in an insecure page can be rewritten on its way. No
    wildcards and no blanks, so that nothing else can get into the header.
    """
    found = [name.strip().rstrip("/").lower() for name in names if name.strip()]
    for name in found:
        if not _ORIGIN.fullmatch(name):
            raise ImproperlyConfigured(f"EMBED_ORIGINS: not an origin such as https://dongthap.example: {name!r}")
    return found
