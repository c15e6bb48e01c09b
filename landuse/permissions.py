"""Who may see land-use layers that are not public, and who may change them."""

from typing import Any

from accounts.permissions import holds
from accounts.roles import Role

GRANTS = {
    Role.OFFICER: {"landuse.view_layers"},
    Role.PLANNER: {"landuse.view_layers", "landuse.edit_layers"},
    Role.ADMINISTRATOR: {"landuse.view_layers", "landuse.edit_layers"},
}


def can_edit_layers(user: Any) -> bool:
    """Whether the user may make land-use layers and fill them: planners, administrators, and who set up the system."""
    return bool(user.is_superuser) or holds(user, "landuse.edit_layers")
