"""What the worker does for the exchange."""

from typing import Any

from exchange.services import exports, snapshots
from office.models import Job


def make_export(job: Job) -> dict[str, Any]:
    """Job: write the file of an export."""
    return exports.make_export(job)


def drop_expired(job: Job) -> dict[str, Any]:
    """Job, daily: delete files of exports whose days are over."""
    return exports.drop_expired()


def make_snapshots(job: Job) -> dict[str, Any]:
    """Job, nightly: keep every public layer as everybody could read it today."""
    return snapshots.make_snapshots(job)
