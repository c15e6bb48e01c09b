"""The layers that are drawn, written out: what each tile is made of at which zoom, and how it looks.

A new map layer is one entry here and one test. Sources are chosen by zoom alone; where shapes begin is decided from the
stored data (`maps.zooms`), the same for all tiles of a layer.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from django.contrib.gis.db.models import PointField
from django.contrib.postgres.aggregates import StringAgg
from django.db.models import F, Func, OuterRef, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat, Trim

from casework.layers import WATCHED_CODES
from codes.layers import AREAS, CODES
from codes.models import ApprovalStatus, MarketApproval, ProductionArea, ProductionAreaCode
from cooperatives.layers import COOPERATIVES
from core.layers import Layer, Source
from farms.layers import PLOTS
from landuse.layers import LAND_USE
from maps import drawing
from maps.basemap import BASE, FIRST_ZOOM, LAST_ZOOM, base_sources
from maps.drawing import Drawing
from maps.grid import MAX_ZOOM
from maps.ground import GroundCells
from maps.models import DensityCell, GroundCell
from maps.sources import Cells, Groups, Part, Rows, Shapes, TileSource
from maps.zooms import LAND_USE_BEGIN, LAST, PLOTS_BEGIN, Begin, by_rows, shapes_from
from places.layers import UNITS
from products.layers import PRODUCTS
from products.models import Product


@dataclass(frozen=True, slots=True)
class MapLayer:
    """A layer with its tiles.

    layer       rows, rights, filters and properties, shared with list, API and export
    sources     what fills a tile; every zoom between `min_zoom` and `max_zoom` has at least one
    depends_on  names under which changes are noted (`maps.services.note_changes`): they make the ETag
    draw        paint, legend and popup, given the first zoom of shapes; made anew for each list: colours are data
    begin       where shapes may begin; None: at every zoom
    follows_cooperatives  the ETag also follows the cooperatives themselves
    is_same_for_all  everybody sees the same rows, signed in or not: asked as nobody, kept by shared caches
    """

    layer: Layer
    sources: tuple[TileSource | GroundCells, ...]
    depends_on: tuple[str, ...]
    draw: Callable[[int], Drawing]
    min_zoom: int = 0
    max_zoom: int = LAST
    begin: Begin | None = None
    is_same_for_all: bool = False
    follows_cooperatives: bool = False

    @property
    def name(self) -> str:
        """The layer's name, as in its address."""
        return self.layer.name

    def shapes_from(self) -> int:
        """Return the zoom from which the rows are shapes of their own, as it was decided last."""
        return shapes_from(self.name, self.begin)

    def sources_at(self, z: int, shapes_from: int) -> list[TileSource | GroundCells]:
        """Return the sources that serve level `z`."""
        return [
            source
            for source in self.sources
            if source.from_zoom <= z <= source.to_zoom and source.part.serves(z, shapes_from)
        ]


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
    draw=lambda _shapes_from: drawing.units(),
    max_zoom=14,
    is_same_for_all=True,
)  # fmt: skip

# Water and roads that the operator loaded; the page's own style draws them under everything else.
BASE_MAP = MapLayer(
    BASE,
    sources=base_sources(),
    depends_on=("base",),
    draw=lambda _shapes_from: drawing.units(),
    min_zoom=FIRST_ZOOM,
    max_zoom=LAST_ZOOM,
    is_same_for_all=True,
)

PRODUCT_MAP = MapLayer(
    PRODUCTS,
    sources=(
        Groups(
            "product_communes", place="location", holder="cooperative_id", area="area_id", area_m2="area__area_m2",
            growers="area__grower_count", by_commune=True,
        ),
        Shapes(
            "product_areas", part=Part.NEAR, geometry="area__boundary", mercator="area__boundary_3857",
            narrow=_with_public_outline, extra=_PRODUCER_PAGE,
        ),
        Shapes("products", part=Part.NEAR, extra=_PRODUCER_PAGE, buffer=0, is_spread=True),
    ),
    depends_on=("products", "areas", "codes", "units"),
    draw=lambda shapes_from: drawing.products(shapes_from=shapes_from),
    begin=Begin(11, by_rows(Product.objects.public, "location", is_mercator=False)),
    is_same_for_all=True,
    follows_cooperatives=True,
)  # fmt: skip

_PARCEL_PAGE: dict[str, Source] = {
    "url": Concat(Value("/maps/land-use/parcels/"), Cast("pk", TextField()), Value("/"), output_field=TextField())
}

LAND_USE_MAP = MapLayer(
    LAND_USE,
    sources=(
        GroundCells(
            "land_use_cells", cells=GroundCell.objects.visible_to, filters=frozenset({"layer", "kind", "class"})
        ),
        Shapes("land_use", part=Part.NEAR, limit=20_000, extra=_PARCEL_PAGE, only_polygons=True),
    ),
    depends_on=("land-use", "units"),  # units: `commune` asks for the ground of one
    draw=lambda _shapes_from: drawing.land_use(),
    min_zoom=LAND_USE_BEGIN.lowest,
    begin=LAND_USE_BEGIN,
)

# Areas and the codes given for them lie at the same places.
_AREAS_BEGIN = Begin(10, by_rows(ProductionArea.objects.all, "boundary_3857"))
_CODES_BEGIN = Begin(10, by_rows(ProductionAreaCode.objects.all, "boundary", is_mercator=False))

AREA_MAP = MapLayer(
    AREAS,
    sources=(
        Groups(
            "area_communes", place="public_location", holder="cooperative_id", area="id", area_m2="area_m2",
            growers="grower_count", by_commune=True,
        ),
        Shapes("areas", part=Part.NEAR, extra=_CROP_CODE, is_spread=True),
    ),
    depends_on=("areas", "codes", "units", "products"),  # a published product makes its area public
    draw=lambda shapes_from: drawing.areas(shapes_from=shapes_from),
    begin=_AREAS_BEGIN,
    follows_cooperatives=True,
)  # fmt: skip

_CODE_COMMUNES = Groups(
    "code_communes", place="public_place", holder="holder_id", area="area_id",
    area_m2="area__area_m2", growers="area__grower_count", by_commune=True,
)  # fmt: skip

CODE_MAP = MapLayer(
    CODES,
    sources=(_CODE_COMMUNES, Shapes("codes", part=Part.NEAR, extra=_CODE_EXTRA, is_spread=True)),
    depends_on=("areas", "codes", "units"),
    draw=lambda shapes_from: drawing.codes(shapes_from=shapes_from),
    begin=_CODES_BEGIN,
)

# The same codes for officers, with what they have to visit; never asked as nobody, never kept by shared caches.
WATCHED_CODE_MAP = MapLayer(
    WATCHED_CODES,
    sources=(_CODE_COMMUNES, Shapes("watched_codes", part=Part.NEAR, extra=_CODE_EXTRA, is_spread=True)),
    depends_on=("areas", "codes", "units"),
    draw=lambda shapes_from: drawing.codes(shapes_from=shapes_from, source_layer="watched_codes", with_monitoring=True),
    begin=_CODES_BEGIN,
)

SQUARES_FROM = 11  # cells of 150 to 600 m there: together they look like fields

_PLOT_CELLS = Cells(
    "plot_cells",
    cells=DensityCell.objects.visible_to,
    filters=frozenset({"crop", "status", "commune", "cooperative"}),
    finer=4,
    to_zoom=SQUARES_FROM - 1,
)

# Some thousand plots to a tile: what they are drawn by travels with them, the rest is asked when one is opened.
DETAILS_FROM = 15
_PLOTS_OUTLINED = Shapes(
    "plots", part=Part.NEAR, to_zoom=DETAILS_FROM - 1, fields=("status",), extra=_CROP_CODE, only_polygons=True
)

PLOT_MAP = MapLayer(
    PLOTS,
    sources=(
        _PLOT_CELLS,
        replace(_PLOT_CELLS, name="plot_squares", finer=5, from_zoom=SQUARES_FROM, to_zoom=MAX_ZOOM, is_square=True),
        _PLOTS_OUTLINED,
        replace(_PLOTS_OUTLINED, fields=None, from_zoom=DETAILS_FROM, to_zoom=MAX_ZOOM),
    ),
    depends_on=("plots",),
    draw=lambda _shapes_from: drawing.plots(shapes_from=PLOTS_BEGIN.lowest, squares_from=SQUARES_FROM),
    begin=PLOTS_BEGIN,
)

COOPERATIVE_MAP = MapLayer(
    COOPERATIVES,
    sources=(Shapes("cooperatives", extra=_COOPERATIVE_PAGE, buffer=0, is_spread=True),),
    depends_on=(),
    draw=lambda _shapes_from: drawing.cooperatives(),
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
