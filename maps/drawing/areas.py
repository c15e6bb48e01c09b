"""How production areas are drawn."""

from django.utils.translation import gettext as _

from maps.drawing.common import GROUP, Drawing, circles, crops, ground, match


def areas(*, shapes_from: int) -> Drawing:
    """Production areas by crop."""
    named = crops()
    colour = match("crop_code", ((code, shown) for code, shown, _name in named))
    communes = {
        "title": "name",
        "fields": [["count", _("Vùng trồng")], ["holders", _("Đơn vị quản lý")], ["area_ha", _("Diện tích (ha)")]],
    }
    return Drawing(
        kinds=[
            *ground("areas", colour, shapes_from=shapes_from),
            *circles("area_communes", GROUP, to_zoom=shapes_from, popup=communes),
        ],
        legend=[{"label": name, "colour": shown, "shape": "fill", "value": code} for code, shown, name in named],
        popup={
            "title": "name",
            "fields": [
                ["crop", _("Cây trồng")],
                ["variety", _("Giống")],
                ["holder", _("Đơn vị quản lý")],
                ["commune", _("Phường, xã")],
                ["area_ha", _("Diện tích (ha)")],
            ],
        },
        colour_by="crop_code",
    )
