"""Units are the ground of every map."""

from maps.drawing.common import Drawing


def units() -> Drawing:
    """Units are the ground of every map; the page's own style draws them."""
    return Drawing(kinds=[])
