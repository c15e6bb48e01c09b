"""News goes up without an upward call.

A service that changed things which other apps care about ends with `announce(PlotsChanged(...))`. Who hears it is one
written-out list, `geoapp.wiring.RECEIVERS`: pairs of a change class and a receiver, all called in the writer's own
transaction. What must wait for the commit (mail) goes through the outbox table, see `announce`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class Change:
    """Base of all changes; subclasses are frozen dataclasses of ids or lazy querysets."""


@dataclass(frozen=True, slots=True)
class Receiver:
    """`handle(change)` is called for every change that is an instance of `hears`."""

    hears: type[Change]
    handle: Callable[[Any], None]


@cache
def _receivers() -> tuple[Receiver, ...]:
    return tuple(import_string(settings.CHANGE_RECEIVERS))


def announce(change: Change) -> None:
    """Tell every receiver of this kind of change, inside the caller's transaction.

    A receiver that must wait for the commit puts a row into `office.OutboxMessage` itself, so that nothing is told of a
    change that was rolled back and nothing is forgotten after one that was not.
    """
    for receiver in _receivers():
        if isinstance(change, receiver.hears):
            receiver.handle(change)
