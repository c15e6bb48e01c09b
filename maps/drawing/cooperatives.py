"""How seats of organisations are drawn."""

from django.utils.translation import gettext as _

from maps.drawing.common import INK, PAPER, Drawing, by_zoom


def cooperatives() -> Drawing:
    """Seats of organisations."""
    return Drawing(
        kinds=[
            {
                "source_layer": "cooperatives",
                "type": "circle",
                "paint": {
                    "circle-radius": by_zoom(8, 5, 14, 9),
                    "circle-color": "#f0ac2b",
                    "circle-stroke-color": "#5a3c00",
                    "circle-stroke-width": 2,
                },
            },
            {
                "source_layer": "cooperatives",
                "type": "symbol",
                "min_zoom": 11,
                "layout": {"text-field": ["get", "name"], "text-anchor": "top", "text-offset": [0, 0.9]},
                "paint": {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.6},
            },
        ],
        legend=[{"label": _("Trụ sở hợp tác xã"), "colour": "#f0ac2b", "shape": "circle"}],
        popup={"title": "name", "link": "url", "path": "/p/{slug}/", "fields": [["commune", _("Phường, xã")]]},
    )
