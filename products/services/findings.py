"""Findings of products: which field is wrong and why."""

from core.errors import Finding


def finding(code: str, field: str, message: object) -> Finding:
    """Return a finding that points at a field of the form or of the API's body."""
    return Finding(code=code, message=message, pointer=f"/{field}")
