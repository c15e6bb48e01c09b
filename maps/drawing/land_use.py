"""How land use and planned zones are drawn."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from landuse.models import LandUseClass
from maps.drawing.common import INK, PAPER, Drawing, by_zoom, match


def land_use() -> Drawing:
    """Parcels in the colour of their class, with its code where there is room."""
    name = "name_en" if get_language() == "en" else "name_vi"
    used = LandUseClass.objects.filter(parcels__layer__is_public=True).order_by().distinct()
    classes = sorted(used.values_list("code", "colour", name))
    colour = match("class_code", ((code, shown) for code, shown, _name in classes), "#dddddd")
    base = {"source_layer": "land_use"}
    return Drawing(
        kinds=[
            {**base, "type": "fill", "paint": {"fill-color": colour, "fill-opacity": 0.78}},
            {
                **base,
                "type": "line",
                "paint": {
                    "line-color": "#6b5b36",
                    "line-width": by_zoom(9, 0.15, 12, 0.5, 15, 1.2),
                    "line-opacity": by_zoom(9, 0.25, 12, 0.6),
                },
            },
            {
                **base,
                "type": "symbol",
                "min_zoom": 13,
                "layout": {"text-field": ["get", "class_code"], "text-size": 11},
                "paint": {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.2},
            },
        ],
        legend=[
            {"label": label, "colour": shown, "shape": "fill", "value": code, "code": code}
            for code, shown, label in dict.fromkeys(classes)
        ],
        popup={
            "title": "class_name",
            "fields": [
                ["class_code", _("Mã loại đất")],
                ["area_ha", _("Diện tích (ha)")],
                ["layer_name", _("Lớp bản đồ")],
                ["as_of", _("Thời điểm")],
                ["legal_document", _("Văn bản pháp lý")],
                ["source", _("Nguồn")],
            ],
        },
        colour_by="class_code",
    )
