"""Maps to take away: one HTML file that opens from disk without a network."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.gis.db.models import Extent, GeometryField
from django.contrib.gis.db.models.functions import AsGeoJSON
from django.contrib.gis.geos import Polygon
from django.db.models import Exists, F, Func, OuterRef, QuerySet, Value
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from codes.models import ProductionArea
from cooperatives.models import Cooperative
from core.errors import RuleViolated
from core.filters import without_blanks
from core.layers import Layer
from core.sql import feature_page
from core.text import fold
from core.throttling import throttled
from geofiles.errors import GeoFileError
from geofiles.htmlmap import MapLayer as FileLayer
from geofiles.htmlmap import MapTexts, build_map
from landuse.layers import LAND_USE
from landuse.summaries import summarise
from maps import drawing
from maps.summaries import commune_names, land_use_layers
from maps.tiles import NOBODY
from places.models import AdministrativeUnit, UnitPiece
from products.layers import PRODUCTS
from products.models import Product

MAX_FEATURES = 20_000
MAX_PLACE = 60  # letters of a place in the name of a file
_SEPARATOR = " · "
CSP = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data: blob:"
)


@require_safe
@throttled("takeaway")
def products(request: HttpRequest) -> HttpResponse:
    """GET /maps/take-away/products.html?<filters of the product map>; 422 with advice when the file gets too big."""
    params = without_blanks(request.GET)
    rows = PRODUCTS.filtered(NOBODY, params, besides=("page",))
    place = _place(params)
    count = _("%(count)d sản phẩm") % {"count": rows.count()}
    look = drawing.products(shapes_from=0)
    features = _features(PRODUCTS, rows)
    for feature in features["features"]:
        named = feature["properties"]
        named["colour_key"] = named["crop_code"] or named["kind"]
    found = {feature["properties"]["colour_key"] for feature in features["features"]}
    colours = {
        entry["value"]: (entry["colour"], entry["label"]) for entry in look.legend if entry.get("value") in found
    }
    crops = FileLayer(
        name=_("Nông sản"),
        features=features,
        color_by="colour_key",
        colors=colours,
        popup=[
            ("name", _("Sản phẩm")),
            ("crop", _("Cây trồng")),
            ("holder", _("Đơn vị")),
            ("commune", _("Phường, xã")),
            ("volume_t", _("Sản lượng mỗi vụ (tấn)")),
            ("codes", _("Mã số vùng trồng")),
        ],
        search_by="name",
    )
    return _file(
        "ban-do-nong-san",
        place,
        title=_("Bản đồ nông sản"),
        subtitle=_SEPARATOR.join(filter(None, (place, count))),
        layers=[_ground(rows, "location"), crops],
        source=settings.PUBLIC_URL,
        as_of=f"{localdate():%d/%m/%Y}",
    )


@require_safe
@throttled("takeaway")
def land_use(request: HttpRequest) -> HttpResponse:
    """GET /maps/take-away/land-use.html?layer=...: one layer, of a `commune` or around the areas that `producer` (slug)
    shows to the public; 422 with advice when the file gets too big."""
    params = without_blanks(request.GET)
    layers = land_use_layers(request.user)
    if layers and "layer" not in params:
        params["layer"] = layers[0].slug
    rows = LAND_USE.filtered(request.user, params, besides=("page", "producer"))
    if slug := request.GET.get("producer", "").strip():
        rows = _around_producer(rows, slug)
    layer = next((one for one in layers if one.slug == params.get("layer")), None)
    place = _place(params)
    classes = summarise(rows).classes
    features = _features(LAND_USE, rows)
    for feature in features["features"]:
        named = feature["properties"]
        parts = (named["class_code"], named["class_name"], named["zone"], named["ref"])
        named["searched"] = " · ".join(part for part in parts if part)
    parcels = FileLayer(
        name=layer.name if layer else _("Sử dụng đất"),
        features=features,
        color_by="class_code",
        colors={item.code: (item.colour, f"{item.code} · {item.name}") for item in classes},
        popup=[
            ("class_name", _("Loại đất")),
            ("class_code", _("Mã loại đất")),
            ("zone", _("Khu")),
            ("area_ha", _("Diện tích (ha)")),
            ("decision_number", _("Số quyết định")),
            ("legal_document", _("Văn bản pháp lý")),
        ],
        search_by="searched",
    )
    return _file(
        layer.slug if layer else "ban-do-su-dung-dat",
        place,
        title=layer.name if layer else _("Bản đồ sử dụng đất"),
        subtitle=_SEPARATOR.join(filter(None, (place, layer.legal_document if layer else ""))),
        layers=[replace(_ground(rows, "boundary"), is_ground=True), parcels],
        source=layer.source if layer else "",
        as_of=f"{layer.as_of:%d/%m/%Y}" if layer else "",
    )


def _around_producer(rows: QuerySet[Any], slug: str) -> QuerySet[Any]:
    """Parcels under the outlines that the producer shows to everybody; without any, those of its commune."""
    cooperative = _producer(slug)
    shown = ProductionArea.objects.public().filter(cooperative=cooperative, is_outline_public=True)
    if shown.exists():
        return rows.filter(Exists(shown.filter(boundary__intersects=OuterRef("boundary"))))
    pieces = UnitPiece.objects.filter(unit=cooperative.commune_id, piece__intersects=OuterRef("boundary"))
    return rows.filter(Exists(pieces))


def _producers() -> QuerySet[Any]:
    return Product.objects.public().order_by().values("cooperative")


def _producer(slug: str) -> Cooperative:
    return get_object_or_404(Cooperative.objects.filter(pk__in=_producers()), slug=slug)


def _commune(name: str) -> AdministrativeUnit | None:
    """The commune of this code or name, old names too."""
    found = AdministrativeUnit.objects.current().communes()
    found = found.with_code(name) if name.isascii() and name.isdigit() else found.search(name)
    return found.defer("boundary", "boundary_3857").first()


def _place(params: QueryDict) -> str:
    """The name of the commune or the producer that the map is narrowed to; empty when it is not."""
    name = params.get("commune")
    commune = _commune(name) if name else None
    producer = Cooperative.objects.filter(pk__in=_producers(), slug=params.get("producer", "")).first()
    return _SEPARATOR.join(str(part) for part in (commune, producer) if part)


@require_safe
def choose(request: HttpRequest) -> HttpResponse:
    """GET /maps/take-away/?commune=|producer=: the maps that can be taken away for a commune or a cooperative."""
    params = without_blanks(request.GET)
    commune, producer, errors = None, None, []
    if name := params.get("commune"):
        commune = _commune(name)
        if commune is None:
            errors.append(_("Không có đơn vị hành chính nào hiện mang mã hay tên này, kể cả tên cũ."))
    if slug := params.get("producer"):
        producer = _producer(slug)
    asked: dict[str, str] = {"commune": commune.code} if commune else {}
    if producer:
        asked = {"producer": producer.slug}
    context = {
        "errors": errors,
        "commune": commune,
        "producer": producer,
        "place": urlencode(asked),
        "layers": land_use_layers(request.user),
        "words": commune_names(),
        "producers": Cooperative.objects.filter(pk__in=_producers()).order_by("name").values_list("slug", "name"),
    }
    return render(request, "maps/take_away.html", context, status=400 if errors else 200)


def _ground(rows: QuerySet[Any], place: str) -> FileLayer:
    """Return the communes around the rows as outlines, coarse enough for a file (about 50 m)."""
    box = rows.order_by().aggregate(box=Extent(place))["box"]
    communes = AdministrativeUnit.objects.current().communes().filter(boundary__isnull=False)
    coarse = Func(
        F("boundary"), Value(0.0005), function="ST_SimplifyPreserveTopology", output_field=GeometryField(srid=4326)
    )
    shape = AsGeoJSON(coarse, precision=5)
    around = communes.filter(boundary__bboverlaps=_box(box)) if box else communes.none()
    features = [
        {"type": "Feature", "properties": {"name": f"{kind} {name}"}, "geometry": json.loads(text)}
        for kind, name, text in around.annotate(shape=shape).values_list("unit_type", "name_vi", "shape")
    ]
    name = _("Ranh giới phường, xã")
    if around.filter(is_schematic=True).exists():
        name = _("Ranh giới phường, xã (sơ đồ, chưa phải ranh giới chính thức)")
    return FileLayer(
        name=name,
        features={"type": "FeatureCollection", "features": features},
        default_color="#8b7f5c",
        popup=[("name", _("Phường, xã"))],
        fill=False,
    )


def _box(corners: tuple[float, float, float, float]) -> Polygon:
    box = Polygon.from_bbox(corners)
    box.srid = 4326
    return box


def _features(layer: Layer, rows: QuerySet[Any]) -> dict[str, Any]:
    page = feature_page(layer, rows, limit=MAX_FEATURES)
    if page.has_more:
        raise _too_big()
    return {"type": "FeatureCollection", "features": json.loads(b"[%b]" % page.features)}


def _file(name: str, place: str, *, layers: Sequence[FileLayer], **texts: Any) -> HttpResponse:
    try:
        document = build_map(
            layers=layers,
            demo=settings.DEMO,
            texts=_words(),
            vendor_root=settings.NODE_MODULES,
            licences=[_("Dữ liệu: ghi rõ nguồn và ngày số liệu ở trên khi dùng lại.")],
            **texts,
        )
    except GeoFileError as error:
        if error.code in ("map_too_large", "too_many_features"):
            raise _too_big() from error
        raise
    response = HttpResponse(document, content_type="text/html; charset=utf-8")
    said = "-".join(filter(None, (name, slugify(fold(place))[:MAX_PLACE], f"{localdate():%Y%m%d}")))
    response["Content-Disposition"] = f'attachment; filename="{said}.html"'
    response["Content-Security-Policy"] = CSP
    response["Cache-Control"] = "private, no-store"
    return response


def _too_big() -> RuleViolated:
    return RuleViolated(
        "map_too_large",
        _("Bản đồ mang đi vượt 5 MB. Hãy thu hẹp bằng bộ lọc (một xã, một loại cây, một loại đất) rồi tải lại."),
    )


def _words() -> MapTexts:
    return MapTexts(
        lang=get_language() or "vi",
        legend=_("Chú giải"),
        layers=_("Các lớp bản đồ"),
        search=_("Tìm trên bản đồ"),
        not_found=_("Không tìm thấy"),
        source=_("Nguồn"),
        as_of=_("Số liệu đến"),
        licences=_("Giấy phép"),
        other=_("Khác"),
        demo=_("DEMO: dữ liệu minh họa, không có thật"),
        needs_script=_("Bản đồ cần JavaScript. Hãy mở tệp này bằng trình duyệt."),
    )
