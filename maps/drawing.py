"""How layers look: MapLibre paint, legend and popup, in the shape of docs/frontend.md.

Colours of crops and land-use classes are data.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from codes.models import CodeStatus
from crops.models import Crop
from landuse.models import LandUseClass
from products.models import Product, ProductKind

INK = "#1d2922"
PAPER = "#fffdf7"
OTHER = "#5f6b5f"
GROUP = "#1c6247"
KIND_COLOURS = {
    ProductKind.AQUACULTURE: "#2d7fb0",
    ProductKind.LIVESTOCK: "#b05a78",
    ProductKind.FORESTRY: "#2f7a4d",
    ProductKind.PROCESSED: "#7d6f4d",
}
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drawing:
    """`kinds`, `legend`, `popup`, `colour_by` of a layer in /maps/layers.json."""

    kinds: list[Json]
    legend: list[Json] = field(default_factory=list)
    popup: Json = field(default_factory=dict)
    colour_by: str = ""


def match(name: str, colours: Iterable[tuple[str, str]], default: str = OTHER) -> Any:
    """Return a MapLibre expression: the colour by the value of property `name`."""
    pairs = [part for pair in dict(colours).items() for part in pair]
    return ["match", ["get", name], *pairs, default] if pairs else default


def by_zoom(*stops: float) -> list[Any]:
    """Return a number that grows between (zoom, value) stops."""
    return ["interpolate", ["linear"], ["zoom"], *stops]


def units() -> Drawing:
    """Units are the ground of every map; the page's own style draws them."""
    return Drawing(kinds=[])


def _circles(source_layer: str, colour: Any, *, to_zoom: int, popup: Json) -> list[Json]:
    """Circles that grow with the root of `count`, and the number in them."""
    radius = ["interpolate", ["linear"], ["sqrt", ["get", "count"]], 1, 13, 3, 18, 10, 26, 100, 40]
    return [
        {
            "source_layer": source_layer,
            "type": "circle",
            "max_zoom": to_zoom,
            "paint": {
                "circle-radius": radius,
                "circle-color": colour,
                "circle-opacity": 0.88,
                "circle-stroke-color": PAPER,
                "circle-stroke-width": 2,
            },
            "popup": popup,
        },
        {
            "source_layer": source_layer,
            "type": "symbol",
            "max_zoom": to_zoom,
            "layout": {
                "text-field": ["to-string", ["get", "count"]],
                "text-size": 13,
                "text-allow-overlap": True,
                "text-ignore-placement": True,
            },
            "paint": {"text-color": "#ffffff"},
        },
    ]


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
        "fields": [
            ["crop", _("Cây trồng")],
            ["holder", _("Đơn vị")],
            ["commune", _("Phường, xã")],
            ["volume_t", _("Sản lượng mỗi vụ (tấn)")],
        ],
    }
    communes = {
        "title": "name",
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
            *_circles("product_communes", GROUP, to_zoom=shapes_from, popup=communes),
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


EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class StatusLook:
    """How a state of a code is drawn: told apart without colour by `sign` (on the shape) and `dash` (of the line, in
    line widths; None: unbroken)."""

    colour: str
    sign: str
    dash: tuple[float, ...] | None


STATUS_LOOKS = {
    CodeStatus.ACTIVE: StatusLook("#1c6247", "✓", None),
    CodeStatus.SUSPENDED: StatusLook("#b36b00", "!", (3, 2)),
    CodeStatus.REVOKED: StatusLook("#a02c1b", "✕", (1, 1.5)),
    CodeStatus.SUPERSEDED: StatusLook("#55594f", "→", (5, 1.5, 1, 1.5)),
    EXPIRED: StatusLook("#6a4c93", "–", (0.6, 2.4)),
}
DUE = "#d1495b"
POLYGON = ["==", ["geometry-type"], "Polygon"]
POINT = ["==", ["geometry-type"], "Point"]


def _crops() -> list[tuple[str, str, str]]:
    """Return short code, colour and name of every crop, in the order of names."""
    name = "name_en" if get_language() == "en" else "name_vi"
    return list(Crop.objects.order_by(name).values_list("short_code", "colour", name))


def _ground(source_layer: str, colour: Any, *, shapes_from: int) -> list[Json]:
    """Outlines where they are shown, points where only those may be."""
    base = {"source_layer": source_layer, "min_zoom": shapes_from}
    return [
        {**base, "type": "fill", "filter": POLYGON, "paint": {"fill-color": colour, "fill-opacity": 0.5}},
        {
            **base,
            "type": "line",
            "filter": POLYGON,
            "paint": {"line-color": colour, "line-width": by_zoom(10, 1, 15, 2.5)},
        },
        {
            **base,
            "type": "circle",
            "filter": POINT,
            "paint": {
                "circle-radius": by_zoom(10, 6, 15, 10),
                "circle-color": colour,
                "circle-stroke-color": PAPER,
                "circle-stroke-width": 2,
            },
        },
    ]


def areas(*, shapes_from: int) -> Drawing:
    """Production areas by crop."""
    crops = _crops()
    colour = match("crop_code", ((code, shown) for code, shown, _name in crops))
    communes = {
        "title": "name",
        "fields": [["count", _("Vùng trồng")], ["holders", _("Đơn vị quản lý")], ["area_ha", _("Diện tích (ha)")]],
    }
    return Drawing(
        kinds=[
            *_ground("areas", colour, shapes_from=shapes_from),
            *_circles("area_communes", GROUP, to_zoom=shapes_from, popup=communes),
        ],
        legend=[{"label": name, "colour": shown, "shape": "fill", "value": code} for code, shown, name in crops],
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


def codes(*, shapes_from: int, source_layer: str = "codes", with_monitoring: bool = False) -> Drawing:
    """Codes by their state: colour, dashes of the outline and a sign each; with a ring where a visit is due."""
    names = {**{str(status): str(status.label) for status in CodeStatus}, EXPIRED: _("Hết hạn")}
    looks = [(str(status), look, names[status]) for status, look in STATUS_LOOKS.items()]
    colour = match("status", ((status, look.colour) for status, look, _name in looks))
    communes = {
        "title": "name",
        "fields": [["count", _("Mã số")], ["holders", _("Đơn vị")], ["area_ha", _("Diện tích (ha)")]],
    }
    base = {"source_layer": source_layer, "min_zoom": shapes_from}
    fill, _line, circle = _ground(source_layer, colour, shapes_from=shapes_from)
    circle["paint"] |= {"circle-radius": by_zoom(10, 9, 15, 12)}
    due = _due_rings(base) if with_monitoring else []
    kinds = [
        fill,
        *(_outline(base, status, look) for status, look, _name in looks),
        circle,
        *due,
        _signs(base),
        *_circles("code_communes", GROUP, to_zoom=shapes_from, popup=communes),
    ]
    legend = [
        {"label": name, "colour": look.colour, "shape": "fill", "value": status, "sign": look.sign, "dash": look.dash}
        for status, look, name in looks
    ]
    if with_monitoring:
        legend.append({"label": _("Đến hạn giám sát"), "colour": DUE, "shape": "ring"})
    return Drawing(kinds=kinds, legend=legend, popup=_code_popup(names, with_monitoring), colour_by="status")


def _outline(base: Json, status: str, look: StatusLook) -> Json:
    """A line kind per state: dashes can't follow a property."""
    paint: Json = {"line-color": look.colour, "line-width": by_zoom(10, 1.2, 15, 3)}
    if look.dash:
        paint["line-dasharray"] = list(look.dash)
    return {**base, "type": "line", "filter": ["all", POLYGON, ["==", ["get", "status"], status]], "paint": paint}


def _signs(base: Json) -> Json:
    sign = match("status", ((str(status), look.sign) for status, look in STATUS_LOOKS.items()), default="")
    return {
        **base,
        "type": "symbol",
        "layout": {
            "text-field": sign,
            "text-size": by_zoom(10, 12, 15, 18),
            "text-allow-overlap": True,
            "text-ignore-placement": True,
        },
        "paint": {"text-color": "#ffffff", "text-halo-color": INK, "text-halo-width": 1.2},
    }


def _due_rings(base: Json) -> list[Json]:
    is_due = ["==", ["get", "is_monitoring_due"], True]
    width = by_zoom(10, 2, 15, 4)
    return [
        {
            **base, "type": "line", "filter": ["all", POLYGON, is_due],
            "paint": {"line-color": DUE, "line-width": width, "line-gap-width": 5},
        },
        {
            **base, "type": "circle", "filter": ["all", POINT, is_due],
            "paint": {
                "circle-radius": by_zoom(10, 13, 15, 17), "circle-color": "rgba(0,0,0,0)",
                "circle-stroke-color": DUE, "circle-stroke-width": width,
            },
        },
    ]  # fmt: skip


def _code_popup(names: dict[str, str], with_monitoring: bool) -> Json:
    visits = [["last_visit_on", _("Giám sát lần gần nhất")], ["next_visit_on", _("Giám sát lần tới")]]
    return {
        "title": "code",
        "link": "url",
        "fields": [
            ["status", _("Trạng thái")],
            ["crop", _("Cây trồng")],
            ["commune", _("Phường, xã")],
            ["area_ha", _("Diện tích (ha)")],
            ["approved_by", _("Thị trường chấp thuận")],
            ["asked_of", _("Chờ thị trường trả lời")],
            ["stopped_by", _("Thị trường từ chối, tạm dừng, đã rút")],
            *(visits if with_monitoring else []),
        ],
        "values": {"status": names},
    }


def plots(*, shapes_from: int) -> Drawing:
    """Plots by crop; archived ones faint. Far out, circles in the colour of the crop with most ground."""
    crops = _crops()
    colour = match("crop_code", ((code, shown) for code, shown, _name in crops))
    base = {"source_layer": "plots", "min_zoom": shapes_from}
    is_archived = ["==", ["get", "status"], "archived"]
    is_in_conflict = ["==", ["get", "status"], "in_conflict"]
    cells = {
        "fields": [["count", _("Thửa")], ["area_ha", _("Diện tích (ha)")], ["crop", _("Cây trồng nhiều nhất")]],
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
                "source_layer": "plot_cells",
                "type": "circle",
                "max_zoom": shapes_from,
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
        legend=[{"label": name, "colour": shown, "shape": "fill", "value": code} for code, shown, name in crops],
        popup={
            "title": "ref",
            "fields": [
                ["crop", _("Cây trồng")],
                ["variety", _("Giống")],
                ["cooperative", _("Hợp tác xã")],
                ["area_ha", _("Diện tích (ha)")],
            ],
        },
        colour_by="crop_code",
    )


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
        popup={"title": "name", "link": "url", "fields": [["commune", _("Phường, xã")]]},
    )
