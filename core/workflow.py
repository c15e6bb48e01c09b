"""Workflows as tables: which status follows which, read top to bottom."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from core.errors import WrongState


@dataclass(frozen=True, slots=True)
class Transition:
    """A named step: from any of `sources` to `target`."""

    sources: frozenset[str]
    target: str

    def __init__(self, sources: set[str], target: str) -> None:
        object.__setattr__(self, "sources", frozenset(sources))
        object.__setattr__(self, "target", target)


Table = Mapping[str, Transition]


def next_status(table: Table, name: str, status: str) -> str:
    """Return the status that step `name` leads to from `status`; raise WrongState where it does not lead on."""
    transition = table[name]
    if status not in transition.sources:
        open_steps = ", ".join(possible_steps(table, status)) or "-"
        raise WrongState(
            detail=_("Không thể thực hiện bước “%(step)s” khi trạng thái là “%(status)s”. Các bước có thể: %(steps)s.")
            % {"step": name, "status": status, "steps": open_steps}
        )
    return transition.target


def possible_steps(table: Table, status: str) -> list[str]:
    """Return the names of the steps that lead on from `status`, in the order of the table."""
    return [name for name, transition in table.items() if status in transition.sources]
