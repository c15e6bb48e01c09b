"""`require` turns the answer of a `can_*` function into an error; the functions live in each app's permissions."""

from typing import Any

from core.errors import NotAllowed


def require(allowed: bool, detail: Any = "") -> None:
    """Raise NotAllowed unless `allowed`; used in services: `require(can_approve_request(by, code_request))`."""
    if not allowed:
        raise NotAllowed(detail=detail)
