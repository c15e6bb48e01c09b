"""How plots are drawn."""

from django.utils.translation import gettext as _

from maps.drawing.common import PAPER, Drawing, by_zoom, crops, match


def plots(*, shapes_from: int, squares_from: int) -> Drawing:
    """Plots by crop; archived ones faint. Far out, circles in the colour of the crop with most ground; between them,
    from `squares_from` on, squares of some hundred metres, the denser the more of their ground is planted. A tile holds
    squares or plots, so both may be drawn from their lowest zoom on: when the change of kind moves to another zoom,
    open maps follow."""
    named = crops()
    colour = match("crop_code", ((code, shown) for code, shown, _name in named))
    base = {"source_layer": "plots", "min_zoom": shapes_from}
    is_archived = ["==", ["get", "status"], "archived"]
    is_in_conflict = ["==", ["get", "status"], "in_conflict"]
    cells = {
        "fields": [
            ["count", _("Thửa")],
            ["area_ha", _("Diện tích (ha)")],
            ["tonnes", _("Sản lượng dự kiến (tấn/vụ)")],
            ["crop", _("Cây trồng nhiều nhất")],
        ],
    }
    radius = ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 3, 10, 9, 40, 17, 120, 26]
    return Drawing(
        kinds=[
            {
                **base,
                "type": "fill",
                "paint": {"fill-color": colour, "fill-opacity": ["case", is_archived, 0.12, 0.6]},
            },
            {
                **base,
                "type": "line",
                "paint": {
                    "line-color": ["case", is_in_conflict, "#a02c1b", "#3b3322"],
                    "line-width": by_zoom(12, 0.4, 15, 1.4),
                    "line-opacity": ["case", is_archived, 0.3, 0.9],
                },
            },
            {
                "source_layer": "plot_squares",
                "type": "fill",
                "min_zoom": squares_from,
                "paint": {
                    "fill-color": colour,
                    "fill-opacity": ["interpolate", ["linear"], ["get", "share"], 0, 0.25, 0.6, 0.8],
                },
                "popup": cells,
            },
            {
                "source_layer": "plot_cells",
                "type": "circle",
                "max_zoom": squares_from,
                "paint": {
                    "circle-radius": radius,
                    "circle-color": colour,
                    "circle-opacity": 0.85,
                    "circle-stroke-color": PAPER,
                    "circle-stroke-width": 1,
                },
                "popup": cells,
            },
        ],
        legend=[{"label": name, "colour": shown, "shape": "fill", "value": code} for code, shown, name in named],
        popup={
            "title": "ref",
            "source": "/api/v1/plots/{id}/",
            "path": "/coop/plots/{id}/",
            "fields": [
                ["crop", _("Cây trồng")],
                ["variety", _("Giống")],
                ["cooperative", _("Hợp tác xã")],
                ["area_ha", _("Diện tích (ha)")],
            ],
        },
        colour_by="crop_code",
    )
