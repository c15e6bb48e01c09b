"""Real conflicts: a holder draws over the edge of another holder's field, so an overlap case is opened."""

from typing import Any

from cooperatives.models import Cooperative
from demo.ground import shifted
from farms.models import OverlapCase, Plot
from farms.services.plots import add_plot

# (who draws, over whose fields, how many metres the drawn field is moved along and across the canal)
CONFLICTS = (
    ("demo-xoai-nang-vang", "demo-xoai-song-xanh", 30.0, 12.0),
    ("demo-xoai-song-xanh", "demo-xoai-nang-vang", -25.0, 8.0),
    ("demo-nhan-doi-bo", "demo-xoai-cu-lao", 20.0, -15.0),
    ("demo-buoi-da-xanh-vam", "demo-sau-rieng-tien-giang-xanh", 18.0, 10.0),
)


def make_conflicts(cooperatives: dict[str, Cooperative], by: Any) -> int:
    """Draw one field of each pair over a corner field of the other; return the number of overlap cases."""
    for number, (drawer, owner, along_m, across_m) in enumerate(CONFLICTS, start=1):
        # The last field of a holder is in no area, so its conflict holds up no request.
        theirs = Plot.objects.filter(cooperative=cooperatives[owner], ref__startswith="L").order_by("-pk").first()
        own = Plot.objects.filter(cooperative=cooperatives[drawer]).order_by("pk").first()
        if theirs is None or own is None:
            continue
        add_plot(
            cooperatives[drawer],
            shifted(theirs.boundary, along_m, across_m),
            ref=f"TR-{number}",
            crop=own.crop,
            by=by,
        )
    return OverlapCase.objects.count()
