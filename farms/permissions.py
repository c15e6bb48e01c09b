"""Who may do what with plots."""

from typing import Any

from accounts.permissions import holds_at, units_with
from accounts.roles import Role
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.querysets import own_cooperative_ids
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


def can_see_all_of(user: Any, case: OverlapCase) -> bool:
    """Whether the user may see both plots of a case: whoever views plots where both of them lie."""
    units = units_with(user, "farms.view_plot")
    both = {case.first.commune_id, case.second.commune_id}
    return units.filter(pk__in=both).count() == len(both)


def own_cooperatives(user: Any) -> set[int]:
    """Return the ids of the cooperatives in which the user has a role."""
    return set(own_cooperative_ids(user).values_list("cooperative_id", flat=True))


def can_decide_overlap(user: Any, case: OverlapCase) -> bool:
    """Whether the user may decide the overlap: an officer of the later plot's commune."""
    return holds_at(user, "farms.decide_overlap", case.second.commune)
