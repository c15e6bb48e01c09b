"""What casework does when it hears news of the apps below, in the writer's transaction; wired in geoapp/wiring.py."""

from casework.services.alerts import note_changed_areas
from casework.services.misuse import open_cases_of_lots
from codes.changes import AreasChanged, LotDenied


def lots_denied(change: LotDenied) -> None:
    """The holder says that these lots are not its own: each becomes a case of misuse."""
    open_cases_of_lots(change.lots.select_related("code__commune", "packing_code", "answered_by"))


def areas_changed(change: AreasChanged) -> None:
    """Active codes of areas that were drawn anew need a second look."""
    note_changed_areas(change.areas)
