"""Who may take layers out."""

from typing import Any

from accounts.permissions import holds
from accounts.roles import Role

GRANTS = {
    Role.OFFICER: {"exchange.export_layers"},
    Role.PLANNER: {"exchange.export_layers"},
}


def can_export_restricted(user: Any) -> bool:
    """Whether the user may take out layers that are not public."""
    return holds(user, "exchange.export_layers")
