"""How codes are drawn: told apart without colour, by a sign and the dashes of the outline."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from codes.models import CodeStatus
from maps.drawing.common import GROUP, INK, POINT, POLYGON, Drawing, Json, by_zoom, circles, ground, match

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
    fill, _line, circle = ground(source_layer, colour, shapes_from=shapes_from)
    circle["paint"] |= {"circle-radius": by_zoom(10, 9, 15, 12)}
    due = _due_rings(base) if with_monitoring else []
    kinds = [
        fill,
        *(_outline(base, status, look) for status, look, _name in looks),
        circle,
        *due,
        _signs(base),
        *circles("code_communes", GROUP, to_zoom=shapes_from, popup=communes),
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
        "path": "/v/{code}/",
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
