"""How land use and planned zones are drawn."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from landuse.models import LandUseClass
from maps.drawing.common import INK, PAPER, Drawing, by_zoom, match


def land_use() -> Drawing:
    """Parcels in the colour of their class, with its code where there is room; far out, squares in that of the class
    with most of their ground, the paler the less it is."""
    name = "name_en" if get_language() == "en" else "name_vi"
    used = LandUseClass.objects.filter(parcels__layer__is_public=True).order_by().distinct()
    rows = sorted(used.values_list("code", "colour", name, "replaces", "name_vi"))
    colour = match("class_code", ((code, shown) for code, shown, *_names in rows), "#dddddd")
    # By name: editions of the list give the same code to classes that they name differently.
    named = {
        "class_name": {
            key: f"{code} · {_with_old(label, old if old != code else '')}" for code, _shown, label, old, key in rows
        }
    }
    legend: dict[tuple[str, str], list[str]] = {}
    for code, shown, label, old, _key in rows:
        legend.setdefault((code, shown), []).append(_with_old(label, old if old != code else ""))
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
                "source_layer": "land_use_cells",
                "type": "fill",
                "paint": {
                    "fill-color": colour,
                    "fill-opacity": ["interpolate", ["linear"], ["get", "share"], 0, 0.3, 1, 0.8],
                },
                "popup": {
                    "title": "class_name",
                    "fields": [["area_ha", _("Diện tích (ha)")], ["count", _("Khoanh")]],
                    "values": named,
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
            {"label": " / ".join(dict.fromkeys(labels)), "colour": shown, "shape": "fill", "value": code, "code": code}
            for (code, shown), labels in legend.items()
        ],
        popup={
            "title": "class_name",
            "link": "url",
            "path": "/maps/land-use/parcels/{id}/",
            "fields": [
                ["zone", _("Khu")],
                ["area_ha", _("Diện tích (ha)")],
                ["layer_name", _("Lớp bản đồ")],
                ["as_of", _("Thời điểm")],
                ["decision_number", _("Số quyết định")],
                ["legal_document", _("Văn bản pháp lý")],
                ["valid_to", _("Hết hiệu lực")],
            ],
            "values": named,
        },
        colour_by="class_code",
    )


def _with_old(name: str, old: str) -> str:
    """The name with what the edition before called the class, where it was called otherwise."""
    return _("%(name)s (mã cũ: %(old)s)") % {"name": name, "old": old} if old else name
