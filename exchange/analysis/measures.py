"""What can be measured, written out: of which rows of which layer, and how they add up.

A measure is a layer, parameters of that layer's own filters, and a sum over the rows: so the list behind every figure
is the layer with these parameters, and export, API and OGC count the same (docs/domain.md §2.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, FloatField, OuterRef, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from exchange.catalogue import Entry, entry
from exchange.permissions import can_export_restricted
from farms.areas import legal_area_m2
from farms.models import PlotSeason

HA, TONNES, PERCENT, PIECES = "ha", "t", "%", ""
M2_PER_HA = 10_000.0


@dataclass(frozen=True, slots=True)
class Asked:
    """What narrows a measure besides the area: a crop (id), a season (year, name)."""

    crop_id: int | None = None
    season: tuple[int, str] | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """One thing to measure.

    layer    name of the layer in the catalogue
    params   parameters of its filters that choose the rows
    value    value(asked) -> aggregate over the rows
    whole    where it is a share: the parameters whose rows are the whole
    takes    what it can be narrowed by: our parameter -> the layer's
    is_additive  whether the figures of units add up to the total (persons counted once do not)
    """

    name: str
    title: Any
    unit: str
    layer: str
    value: Callable[[Asked], Any]
    rows_are: Any
    params: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, str] | None = None
    takes: Mapping[str, str] = field(default_factory=dict)
    needs_season: bool = False
    is_additive: bool = True

    @property
    def entry(self) -> Entry:
        """The layer in the catalogue."""
        found = entry(self.layer)
        if found is None:
            raise LookupError(self.layer)
        return found

    @property
    def is_share(self) -> bool:
        """Whether the figure is a part of a whole, in percent."""
        return self.whole is not None

    @property
    def decimals(self) -> int:
        """Digits behind the comma that are worth reading."""
        return 0 if self.unit == PIECES else 1 if self.unit == PERCENT else 2


def _hectares(path: str) -> Callable[[Asked], Any]:
    return lambda asked: Sum(F(path) / M2_PER_HA, output_field=FloatField())


def _plot_hectares(asked: Asked) -> Any:
    return Sum(legal_area_m2() / M2_PER_HA, output_field=FloatField())


def _rows(asked: Asked) -> Any:
    return Count("pk")


def _harvest(asked: Asked) -> Any:
    """What the season's records say that was harvested on the plots; a plot counts once, whatever grew on it."""
    year, season = asked.season or (0, "")
    records = PlotSeason.objects.filter(plot=OuterRef("pk"), year=year, season=season)
    if asked.crop_id is not None:
        records = records.filter(crop=asked.crop_id)
    tonnes = records.order_by().values("plot").annotate(tonnes=Sum("harvested_t")).values("tonnes")
    return Sum(Subquery(tonnes, output_field=FloatField()))


_PLOTS = {"crop": "crop", "season": "season", "month": "month"}
_AREAS = {"crop": "product", "month": "month"}
_MARKET = {"crop": "product", "month": "month"}
_CURRENT = {"status": "current"}
_PLOT_ROWS, _AREA_ROWS = _("thửa"), _("vùng trồng")

MEASURES: tuple[Measure, ...] = (
    Measure(
        "coded_ha", _("Diện tích thửa có mã còn hiệu lực (ha)"), HA, "plots", _plot_hectares, _PLOT_ROWS,
        params={**_CURRENT, "coded": "yes"}, takes=_PLOTS,
    ),
    Measure("ha", _("Diện tích thửa (ha)"), HA, "plots", _plot_hectares, _PLOT_ROWS, params=_CURRENT, takes=_PLOTS),
    Measure(
        "share_coded", _("Tỷ lệ diện tích thửa có mã (%)"), PERCENT, "plots", _plot_hectares, _PLOT_ROWS,
        params={**_CURRENT, "coded": "yes"}, whole=_CURRENT, takes=_PLOTS,
    ),
    Measure(
        "share_certified", _("Tỷ lệ diện tích thửa có chứng nhận (%)"), PERCENT, "plots", _plot_hectares, _PLOT_ROWS,
        params={**_CURRENT, "certified": "yes"}, whole=_CURRENT, takes=_PLOTS,
    ),
    Measure(
        "expected_t", _("Sản lượng dự kiến của thửa (tấn/vụ)"), TONNES, "plots",
        lambda asked: Sum("expected_yield_t"), _PLOT_ROWS, params=_CURRENT, takes=_PLOTS,
    ),
    Measure(
        "harvested_t", _("Sản lượng thu hoạch đã ghi của vụ (tấn)"), TONNES, "plots", _harvest, _PLOT_ROWS,
        params=_CURRENT, takes=_PLOTS, needs_season=True,
    ),
    Measure(
        "growers", _("Số nông hộ có thửa"), PIECES, "plots", lambda asked: Count("grower", distinct=True), _PLOT_ROWS,
        params=_CURRENT, takes=_PLOTS, is_additive=False,
    ),
    Measure("plots", _("Số thửa"), PIECES, "plots", _rows, _PLOT_ROWS, params=_CURRENT, takes=_PLOTS),
    Measure(
        "area_coded_ha", _("Diện tích vùng trồng có mã còn hiệu lực (ha)"), HA, "areas", _hectares("area_m2"),
        _AREA_ROWS, params={"coded": "yes"}, takes=_AREAS,
    ),
    Measure(
        "area_share_coded", _("Tỷ lệ diện tích vùng trồng có mã (%)"), PERCENT, "areas", _hectares("area_m2"),
        _AREA_ROWS, params={"coded": "yes"}, whole={}, takes=_AREAS,
    ),
    Measure(
        "area_share_certified", _("Tỷ lệ diện tích vùng trồng có chứng nhận (%)"), PERCENT, "areas",
        _hectares("area_m2"), _AREA_ROWS, params={"certified": "yes"}, whole={}, takes=_AREAS,
    ),
    Measure(
        "codes", _("Số mã số còn hiệu lực"), PIECES, "codes", _rows, _("mã số"), params={"status": "active"},
        takes={"crop": "product"},
    ),
    Measure(
        "offered_t", _("Sản lượng chào bán (tấn/vụ)"), TONNES, "offers", lambda asked: Sum("volume_t"),
        _("chào bán"), takes=_MARKET,
    ),
    Measure(
        "producers", _("Số đơn vị có nông sản"), PIECES, "products",
        lambda asked: Count("cooperative", distinct=True), _("nông sản"), takes=_MARKET, is_additive=False,
    ),
)  # fmt: skip


def measures_for(user: Any) -> list[Measure]:
    """Return what this user can measure: plots only for those who may take them out."""
    return [measure for measure in MEASURES if not measure.entry.is_personal or can_export_restricted(user)]


def or_nought(aggregate: Any) -> Any:
    """Return the aggregate with 0 for nothing."""
    return Coalesce(aggregate, 0.0, output_field=FloatField())
