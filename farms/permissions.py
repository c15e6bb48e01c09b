"""Who may do what with plots."""

from typing import Any

from accounts.permissions import holds_at, units_with
from accounts.roles import Role
from cooperatives.models import Cooperative
from cooperatives.permissions import can_edit_for_cooperative
from cooperatives.querysets import own_cooperative_ids
from farms.models import OverlapCase, OverlapDecision, Plot, PlotImport

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
    """Whether the user may decide the overlap: an officer of the later plot's commune who works for neither side."""
    if not holds_at(user, "farms.decide_overlap", case.second.commune):
        return False
    return not own_cooperatives(user) & {case.first.cooperative_id, case.second.cooperative_id}


def can_take_decision(user: Any, case: OverlapCase, decision: str) -> bool:
    """Whether the user may decide so: what cuts the earlier plot needs the right in that plot's commune as well."""
    if not can_decide_overlap(user, case):
        return False
    cuts_first = decision in (OverlapDecision.TRIM_FIRST, OverlapDecision.CUT_BOTH)
    return not cuts_first or units_with(user, "farms.decide_overlap").filter(pk=case.first.commune_id).exists()
