"""The layers that are drawn, written out: what each tile is made of at which zoom, and how it looks.

A new map layer is one entry here and one test. Sources are chosen by zoom alone; shapes begin where they draw well.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.gis.db.models import PointField
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, Func, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Concat, Trim

from casework.layers import WATCHED_CODES
from codes.layers import AREAS, CODES
from codes.models import ApprovalStatus, MarketApproval
from cooperatives.layers import COOPERATIVES
from core.layers import Layer, Source
from farms.layers import PLOTS
from landuse.layers import LAND_USE
from maps import drawing
from maps.basemap import BASE, FIRST_ZOOM, LAST_ZOOM, base_sources
from maps.drawing import Drawing
from maps.models import DensityCell
from maps.sources import Cells, Groups, Rows, Shapes, TileSource
from places.layers import UNITS
from products.layers import PRODUCTS


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer with its tiles.

    layer       rows, rights, filters and properties, shared with list, API and export
    sources     what fills a tile; every zoom between `min_zoom` and `max_zoom` has at least one
    depends_on  names under which changes are noted (`maps.services.note_changes`): they make the ETag
    draw        paint, legend and popup, made anew for each list of layers: colours are data
    follows_cooperatives  the ETag also follows the cooperatives themselves
    is_same_for_all  everybody sees the same rows, signed in or not: asked as nobody, kept by shared caches
    """

    layer: Layer
    sources: tuple[TileSource, ...]
    depends_on: tuple[str, ...]
    draw: Callable[[], Drawing]
    min_zoom: int = 0
    max_zoom: int = 16
    is_same_for_all: bool = False
    follows_cooperatives: bool = False

    @property
    def name(self) -> str:
        """The layer's name, as in its address."""
        return self.layer.name

    def sources_at(self, z: int) -> list[TileSource]:
        """Return the sources that serve level `z`."""
        return [source for source in self.sources if source.from_zoom <= z <= source.to_zoom]


class LabelPlace(Func):
    """Where a unit's name stands: its centre, else a point on its outline's surface; one place, so one name."""

    template = "coalesce(%(expressions)s)"
    output_field = PointField(srid=4326)

    def __init__(self) -> None:
        super().__init__(
            F("centre"), Func(F("boundary"), function="ST_PointOnSurface", output_field=PointField(srid=4326))
        )


def _provinces(rows: Rows) -> Rows:
    return rows.filter(level="province")


def _drawn_units(rows: Rows) -> Rows:
    return rows.filter(level__in=("province", "commune"))


def _named_provinces(rows: Rows) -> Rows:
    return _provinces(rows).filter(boundary__isnull=False).annotate(label_place=LabelPlace())


def _named_units(rows: Rows) -> Rows:
    return _drawn_units(rows).filter(boundary__isnull=False).annotate(label_place=LabelPlace())


def _with_public_outline(rows: Rows) -> Rows:
    """Products whose area may be shown as an outline: three growers or more, or everyone's consent."""
    return rows.filter(area__is_outline_public=True, area__is_active=True)


_UNIT_PROPERTIES: dict[str, Source] = {
    "code": F("code"),
    "name": Trim(Concat(F("unit_type"), Value(" "), F("name_vi"), output_field=TextField())),
    "level": F("level"),
}
_PRODUCER_PAGE = {"url": Concat(Value("/p/"), F("cooperative__slug"), Value("/"), output_field=TextField())}

_CODE_PAGE = {"url": Concat(Value("/v/"), F("code"), Value("/"), output_field=TextField())}


def _markets(*statuses: ApprovalStatus) -> Subquery:
    """The names of the markets that say one of `statuses` of a code, by commas."""
    said = MarketApproval.objects.filter(code=OuterRef("pk"), status__in=statuses).order_by().values("code")
    names = StringAgg("market__name_vi", ", ", order_by=("market__position", "market"))
    return Subquery(said.annotate(names=names).values("names"), output_field=TextField())


_CODE_EXTRA: dict[str, Source] = {
    **_CODE_PAGE,
    "approved_by": _markets(ApprovalStatus.APPROVED),
    "asked_of": _markets(ApprovalStatus.DOSSIER_SENT),
    "stopped_by": _markets(ApprovalStatus.REJECTED, ApprovalStatus.ON_HOLD, ApprovalStatus.WITHDRAWN),
}
_COOPERATIVE_PAGE = {"url": Concat(Value("/p/"), F("slug"), Value("/"), output_field=TextField())}
_CROP_CODE = {"crop_code": F("crop__short_code")}

COMMUNES_FROM = 7  # below, only provinces: the country's 3,321 communes would be dust

UNIT_MAP = MapLayer(
    UNITS,
    sources=(
        Shapes("units", to_zoom=COMMUNES_FROM - 1, narrow=_provinces, fields=(), extra=_UNIT_PROPERTIES),
        Shapes("units", from_zoom=COMMUNES_FROM, narrow=_drawn_units, fields=(), extra=_UNIT_PROPERTIES),
        Shapes(
            "unit_labels", to_zoom=COMMUNES_FROM - 1, narrow=_named_provinces, fields=(), extra=_UNIT_PROPERTIES,
            geometry="label_place", buffer=0,
        ),
        Shapes(
            "unit_labels", from_zoom=COMMUNES_FROM, narrow=_named_units, fields=(), extra=_UNIT_PROPERTIES,
            geometry="label_place", buffer=0,
        ),
    ),
    depends_on=("units",),
    draw=drawing.units,
    max_zoom=14,
    is_same_for_all=True,
)  # fmt: skip

# Water and roads that the operator loaded; the page's own style draws them under everything else.
BASE_MAP = MapLayer(
    BASE,
    sources=base_sources(),
    depends_on=("base",),
    draw=drawing.units,
    min_zoom=FIRST_ZOOM,
    max_zoom=LAST_ZOOM,
    is_same_for_all=True,
)

PRODUCT_SHAPES_FROM = 11

PRODUCT_MAP = MapLayer(
    PRODUCTS,
    sources=(
        Groups(
            "product_communes", place="location", holder="cooperative_id", area="area_id", area_m2="area__area_m2",
            growers="area__grower_count", by_commune=True, to_zoom=PRODUCT_SHAPES_FROM - 1,
        ),
        Shapes(
            "product_areas", from_zoom=PRODUCT_SHAPES_FROM, geometry="area__boundary", mercator="area__boundary_3857",
            narrow=_with_public_outline, extra=_PRODUCER_PAGE,
        ),
        Shapes("products", from_zoom=PRODUCT_SHAPES_FROM, extra=_PRODUCER_PAGE, buffer=0, is_spread=True),
    ),
    depends_on=("products", "areas", "codes", "units"),
    draw=lambda: drawing.products(shapes_from=PRODUCT_SHAPES_FROM),
    is_same_for_all=True,
    follows_cooperatives=True,
)  # fmt: skip

LAND_USE_MAP = MapLayer(
    LAND_USE,
    sources=(Shapes("land_use", from_zoom=7, limit=20_000),),
    depends_on=("land-use",),
    draw=drawing.land_use,
    min_zoom=7,
)

AREA_SHAPES_FROM = 10

AREA_MAP = MapLayer(
    AREAS,
    sources=(
        Groups(
            "area_communes", place="public_location", holder="cooperative_id", area="id", area_m2="area_m2",
            growers="grower_count", by_commune=True, to_zoom=AREA_SHAPES_FROM - 1,
        ),
        Shapes("areas", from_zoom=AREA_SHAPES_FROM, extra=_CROP_CODE, is_spread=True),
    ),
    depends_on=("areas", "codes", "units", "products"),  # a published product makes its area public
    draw=lambda: drawing.areas(shapes_from=AREA_SHAPES_FROM),
    follows_cooperatives=True,
)  # fmt: skip

_CODE_COMMUNES = Groups(
    "code_communes", place="public_place", holder="holder_id", area="area_id",
    area_m2="area__area_m2", growers="area__grower_count", by_commune=True, to_zoom=AREA_SHAPES_FROM - 1,
)  # fmt: skip

CODE_MAP = MapLayer(
    CODES,
    sources=(_CODE_COMMUNES, Shapes("codes", from_zoom=AREA_SHAPES_FROM, extra=_CODE_EXTRA, is_spread=True)),
    depends_on=("areas", "codes", "units"),
    draw=lambda: drawing.codes(shapes_from=AREA_SHAPES_FROM),
)

# The same codes for officers, with what they have to visit; never asked as nobody, never kept by shared caches.
WATCHED_CODE_MAP = MapLayer(
    WATCHED_CODES,
    sources=(_CODE_COMMUNES, Shapes("watched_codes", from_zoom=AREA_SHAPES_FROM, extra=_CODE_EXTRA, is_spread=True)),
    depends_on=("areas", "codes", "units"),
    draw=lambda: drawing.codes(shapes_from=AREA_SHAPES_FROM, source_layer="watched_codes", with_monitoring=True),
)

PLOT_SHAPES_FROM = 12  # 3 pixels wide there; some thousand of them in a tile

PLOT_MAP = MapLayer(
    PLOTS,
    sources=(
        Cells(
            "plot_cells",
            cells=DensityCell.objects.visible_to,
            filters=frozenset({"crop", "status", "commune", "cooperative"}),
            to_zoom=PLOT_SHAPES_FROM - 1,
        ),
        Shapes("plots", from_zoom=PLOT_SHAPES_FROM, extra=_CROP_CODE),
    ),
    depends_on=("plots",),
    draw=lambda: drawing.plots(shapes_from=PLOT_SHAPES_FROM),
)

COOPERATIVE_MAP = MapLayer(
    COOPERATIVES,
    sources=(Shapes("cooperatives", extra=_COOPERATIVE_PAGE, buffer=0, is_spread=True),),
    depends_on=(),
    draw=drawing.cooperatives,
    follows_cooperatives=True,
)

MAP_LAYERS: tuple[MapLayer, ...] = (
    UNIT_MAP,
    BASE_MAP,
    LAND_USE_MAP,
    PLOT_MAP,
    AREA_MAP,
    CODE_MAP,
    WATCHED_CODE_MAP,
    PRODUCT_MAP,
    COOPERATIVE_MAP,
)
BY_NAME = {layer.name: layer for layer in MAP_LAYERS}
