"""Who may do what with plots."""

from typing import Any

from accounts.permissions import holds_at
from accounts.roles import Role
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative
from farms.models import OverlapCase, Plot, PlotImport

GRANTS = {
    Role.OFFICER: {"farms.view_plot", "farms.decide_overlap"},
    Role.PLANNER: {"farms.view_plot"},
}


def can_add_plot(user: Any, cooperative: Cooperative) -> bool:
    """Whether the user may add plots for the cooperative."""
    return can_edit_for_cooperative(user, cooperative)


def can_change_plot(user: Any, plot: Plot) -> bool:
    """Whether the user may change or archive the plot."""
    return can_edit_for_cooperative(user, plot.cooperative)


def can_commit_import(user: Any, plot_import: PlotImport) -> bool:
    """Whether the user may turn the rows of the import into plots."""
    return can_edit_for_cooperative(user, plot_import.cooperative)


def can_decide_overlap(user: Any, case: OverlapCase) -> bool:
    """Whether the user may decide the overlap: an officer of the later plot's commune."""
    return holds_at(user, "farms.decide_overlap", case.second.commune)
