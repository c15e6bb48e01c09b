"""How products are drawn: circles per commune far out, points and public outlines near."""

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from crops.models import Crop
from maps.drawing.common import GROUP, INK, PAPER, Drawing, by_zoom, circles, match
from products.models import Product, ProductKind

KIND_COLOURS = {
    ProductKind.AQUACULTURE: "#2d7fb0",
    ProductKind.LIVESTOCK: "#b05a78",
    ProductKind.FORESTRY: "#2f7a4d",
    ProductKind.PROCESSED: "#7d6f4d",
}


def products(*, shapes_from: int) -> Drawing:
    """Circles per commune far out; points, and outlines where they are public, near."""
    crops = Crop.objects.filter(pk__in=Product.objects.public().order_by().values("crop"))
    found = list(crops.values_list("short_code", "colour", "name_en" if get_language() == "en" else "name_vi"))
    kinds = set(Product.objects.public().order_by().values_list("kind", flat=True).distinct())
    others = [(kind, colour, kind.label) for kind, colour in KIND_COLOURS.items() if kind in kinds]
    colour = [
        "case",
        ["has", "crop_code"],
        match("crop_code", ((code, colour) for code, colour, _name in found)),
        match("kind", ((str(kind), colour) for kind, colour, _name in others)),
    ]
    popup = {
        "title": "name",
        "link": "url",
        "path": "/p/{producer}/",
        "fields": [
            ["crop", _("Cây trồng")],
            ["holder", _("Đơn vị")],
            ["commune", _("Phường, xã")],
            ["volume_t", _("Sản lượng mỗi vụ (tấn)")],
        ],
    }
    communes = {
        "title": "name",
        "path": "/?commune={name}",
        "fields": [["count", _("Sản phẩm")], ["holders", _("Đơn vị bán")], ["area_ha", _("Diện tích vùng trồng (ha)")]],
    }
    near = {"min_zoom": shapes_from}
    return Drawing(
        kinds=[
            {
                "source_layer": "product_areas", "type": "fill", **near,
                "paint": {"fill-color": colour, "fill-opacity": 0.38},
            },
            {
                "source_layer": "product_areas", "type": "line", **near,
                "paint": {"line-color": colour, "line-width": by_zoom(11, 1, 15, 2.5)},
            },
            {
                "source_layer": "products", "type": "circle", **near,
                "paint": {
                    "circle-radius": by_zoom(11, 7, 15, 10), "circle-color": colour,
                    "circle-stroke-color": PAPER, "circle-stroke-width": 2,
                },
            },
            {
                "source_layer": "products", "type": "symbol", "min_zoom": 12.5,
                "layout": {
                    "text-field": ["get", "name"], "text-size": 12, "text-anchor": "top", "text-offset": [0, 0.9],
                    "text-max-width": 9, "text-optional": True,
                },
                "paint": {"text-color": INK, "text-halo-color": PAPER, "text-halo-width": 1.6},
            },
            *circles("product_communes", GROUP, to_zoom=shapes_from, popup=communes),
        ],
        legend=[
            {"label": _("Số sản phẩm trong xã, phường"), "colour": GROUP, "shape": "circle"},
            *({"label": name, "colour": shown, "shape": "circle", "value": code} for code, shown, name in found),
            *(
                {"label": str(name), "colour": shown, "shape": "circle", "value": str(kind)}
                for kind, shown, name in others
            ),
        ],
        popup=popup,
        colour_by="crop_code",
    )  # fmt: skip
