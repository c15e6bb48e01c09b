"""The take-away map of a visit: one HTML file with the area, its plots by number and the plots around; no persons."""

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from casework.models import CodeRequest
from codes.models import ProductionAreaCode
from core.errors import RuleViolated
from farms.models import Plot
from geofiles.errors import GeoFileError
from geofiles.htmlmap import MapLayer, MapTexts, build_map

NEAR_DEGREES = 0.003  # some 300 m around the area
MAX_NEIGHBOURS = 500
# The file carries its own script and style: shown in a browser it runs without our cookies.
_CSP = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)


def visit_map(subject: CodeRequest | ProductionAreaCode) -> HttpResponse:
    """Return the file. Raises RuleViolated: `no_outline` for an imported code without ground, `map_too_large`."""
    area: Any = subject.area
    outline = area.boundary if isinstance(subject, CodeRequest) else subject.boundary
    if outline is None:
        raise RuleViolated("no_outline", _("Mã số này chưa có ranh giới trên bản đồ."))
    name = area.name if isinstance(subject, CodeRequest) else subject.area_name
    own = Plot.objects.filter(area_plots__area=area).order_by("ref") if area else Plot.objects.none()
    near = outline.envelope.buffer(NEAR_DEGREES)
    around = Plot.objects.current().filter(boundary__bboverlaps=near).exclude(pk__in=own.values("pk"))
    number, hectares = _("Số thửa"), _("Diện tích (ha)")
    layers = [
        _layer(_("Thửa xung quanh"), around.order_by("pk")[:MAX_NEIGHBOURS], "#8a8d80", number, hectares),
        MapLayer(
            name=_("Vùng trồng"),
            features=_collection([(outline, {"name": name})]),
            default_color="#b97c0c",
            popup=[("name", _("Vùng trồng"))],
            fill=False,
            weight=3,
        ),
        _layer(_("Thửa của vùng trồng"), own, "#1c6247", number, hectares, search=True),
    ]
    try:
        document = build_map(
            title=f"{subject}: {name}",
            subtitle=_("Bản đồ kiểm tra thực địa"),
            layers=layers,
            source=settings.PUBLIC_URL,
            as_of=f"{localdate():%d/%m/%Y}",
            demo=settings.DEMO,
            vendor_root=settings.NODE_MODULES,
            texts=_words(),
        )
    except GeoFileError as error:
        if error.code in ("map_too_large", "too_many_features"):
            raise RuleViolated("map_too_large", _("Vùng trồng quá lớn để in thành một tệp.")) from error
        raise
    response = HttpResponse(document, content_type="text/html; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="kiem-tra-{subject}-{localdate():%Y%m%d}.html"'
    response["Content-Security-Policy"] = _CSP
    response["Cache-Control"] = "private, no-store"
    return response


def _layer(name: str, plots: Any, colour: str, number: str, hectares: str, *, search: bool = False) -> MapLayer:
    rows = [(plot.boundary, {"ref": plot.ref, "ha": round(plot.area_ha, 2)}) for plot in plots]
    return MapLayer(
        name=name,
        features=_collection(rows),
        default_color=colour,
        popup=[("ref", number), ("ha", hectares)],
        search_by="ref" if search and rows else None,
    )


def _collection(rows: list[tuple[Any, dict[str, Any]]]) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson)}
        for shape, properties in rows
    ]
    return {"type": "FeatureCollection", "features": features}


def _words() -> MapTexts:
    return MapTexts(
        lang=get_language() or "vi",
        legend=_("Chú giải"),
        search=_("Tìm trên bản đồ"),
        not_found=_("Không tìm thấy"),
        source=_("Nguồn"),
        as_of=_("Số liệu đến"),
        licences=_("Giấy phép"),
        other=_("Khác"),
        demo=_("DEMO: dữ liệu minh họa, không có thật"),
        needs_script=_("Bản đồ cần JavaScript. Hãy mở tệp này bằng trình duyệt."),
    )
