"""Who may take layers out."""

from typing import Any

from accounts.permissions import holds
from accounts.roles import Role
from cooperatives.permissions import can_export_directory, can_export_phones

GRANTS = {
    Role.OFFICER: {"exchange.export_layers"},
    Role.PLANNER: {"exchange.export_layers"},
}


def can_export_restricted(user: Any) -> bool:
    """Whether the user may take out layers that are not public."""
    return holds(user, "exchange.export_layers")


def can_export_names(user: Any) -> bool:
    """Whether the user may take out plots with their growers' names: who may take tables out of the directory."""
    return can_export_restricted(user) and can_export_directory(user)


def can_export_numbers(user: Any) -> bool:
    """Whether such a file may hold telephone numbers: by a post at the province only."""
    return can_export_names(user) and can_export_phones(user)
