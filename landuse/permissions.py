"""Who may see land-use layers that are not public."""

from accounts.roles import Role

GRANTS = {
    Role.OFFICER: {"landuse.view_layers"},
    Role.PLANNER: {"landuse.view_layers"},
}
