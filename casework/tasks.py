"""Timed work on requests."""

from typing import Any

from casework.services.office import lapse_requests


def lapse(job: Any) -> dict[str, int]:
    """Close returned requests whose term is over."""
    return {"lapsed": lapse_requests()}
