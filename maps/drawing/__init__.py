"""How layers look: MapLibre paint, legend and popup, in the shape of docs/frontend.md; a module per layer.

Colours of crops and land-use classes are data.
"""

from maps.drawing.areas import areas
from maps.drawing.codes import DUE, EXPIRED, STATUS_LOOKS, StatusLook, codes
from maps.drawing.common import GROUP, INK, OTHER, PAPER, Drawing, Json, by_zoom, match
from maps.drawing.cooperatives import cooperatives
from maps.drawing.land_use import land_use
from maps.drawing.plots import plots
from maps.drawing.products import KIND_COLOURS, products
from maps.drawing.units import units

__all__ = [
    "DUE",
    "EXPIRED",
    "GROUP",
    "INK",
    "KIND_COLOURS",
    "OTHER",
    "PAPER",
    "STATUS_LOOKS",
    "Drawing",
    "Json",
    "StatusLook",
    "areas",
    "by_zoom",
    "codes",
    "cooperatives",
    "land_use",
    "match",
    "plots",
    "products",
    "units",
]
