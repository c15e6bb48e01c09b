"""A drawn plot that was split: the old one is archived, its parts say what they came from."""

from typing import Any

from django.contrib.gis.geos import LineString

from farms.models import Plot, PlotSuccession
from farms.services import split_by_line

SPLIT_REF = "TR-4"  # drawn in `demo.conflicts`; in no area, so that no request depends on it


def split_drawn_plot(by: Any) -> int:
    """Split one drawn field across its middle; return the number of plots that came out of others."""
    plot = Plot.objects.current().filter(ref=SPLIT_REF, cooperative__slug__startswith="demo-").first()
    if plot is not None:
        west, south, east, north = plot.boundary.extent
        middle, beyond = (west + east) / 2, 0.0005
        split_by_line(plot, LineString((middle, south - beyond), (middle, north + beyond), srid=4326), by=by)
    return PlotSuccession.objects.count()
