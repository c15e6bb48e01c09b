"""Plots beside the land-use layers: what their ground is, what is planned on it, and where the crop does not fit.

Only published layers in force speak: of each unit the newest survey of land use, and every plan (docs/domain.md §4.5).
Which crop does not fit which class is data (`landuse.models.UseRule`); where no rule speaks there is no conflict.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import django_filters
from django.db import connection
from django.db.models import QuerySet
from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.errors import RuleViolated
from core.filters import StrictFilterSet
from crops.models import Crop
from farms import land_use_sql
from farms.models import Plot
from landuse.models import LandUseLayer, LayerKind, Verdict
from places.filters import UnitFilter

# Less than both is what borders of two surveys differ by, as for plots among themselves (docs/domain.md §3).
LEAST_M2 = 50.0
LEAST_SHARE = 0.05
MAX_PLOTS = 20_000  # some seconds; a province has a million
PLANNED = "planned"
VERDICTS: dict[str, Any] = {**dict(Verdict.choices), PLANNED: _("Nằm trong khu quy hoạch cho mục đích khác")}


class ConflictFilters(StrictFilterSet):
    """`commune` (code or name, old or new), `crop` (slug); `kind` belongs to the layers, see `plot_conflicts`."""

    commune = UnitFilter(field_name="commune", label=_("Phường, xã"))
    crop = django_filters.ModelChoiceFilter(queryset=Crop.objects.all(), to_field_name="slug", label=_("Cây trồng"))
    kind = django_filters.ChoiceFilter(choices=LayerKind.choices, label=_("Loại lớp"), method="keep")

    class Meta:
        model = Plot
        fields: list[str] = []

    def keep(self, rows: QuerySet[Plot], name: str, value: str) -> QuerySet[Plot]:
        """The kind narrows layers, not plots."""
        return rows


@dataclass(frozen=True, slots=True)
class Ground:
    """A class on a plot's ground: `share` of the plot, 0 to 1, and the layer that says so."""

    kind: str
    layer_name: str
    layer_slug: str
    as_of: dt.date
    valid_to: dt.date | None
    decision_number: str
    zone: str
    class_code: str
    class_name: str
    share: float
    parcel_id: int


@dataclass(frozen=True, slots=True)
class Conflict:
    """A plot on ground where its crop does not fit; `area_m2` and `share` (0 to 1) of the plot are meant."""

    plot: Plot
    kind: str
    layer_name: str
    layer_slug: str
    as_of: dt.date
    valid_to: dt.date | None
    decision_number: str
    zone: str
    class_code: str
    class_name: str
    verdict: str
    legal_ref: str
    area_m2: float
    share: float

    @property
    def verdict_text(self) -> Any:
        """The verdict in words."""
        return VERDICTS[self.verdict]

    @property
    def is_plan(self) -> bool:
        """Whether a plan says so, not today's land use."""
        return self.kind == LayerKind.PLANNING


def layers_that_bind(day: dt.date | None = None, kind: str = "") -> QuerySet[LandUseLayer]:
    """Return the published layers that speak of the ground on `day` (default: today)."""
    layers = LandUseLayer.objects.public().binding_on(day or localdate())
    return layers.filter(kind=kind) if kind else layers


def plot_conflicts(user: Any, params: Mapping[str, Any]) -> list[Conflict]:
    """Return the conflicts of the plots that `user` may see, by plot; one entry per layer and class.

    `params`: see `ConflictFilters`; raises BadInput for others, RuleViolated("too_many_plots") above 20,000 plots,
    which a commune or a crop narrows. Ground below 50 m² or 5 % of the plot does not count.
    """
    plots = ConflictFilters.checked(params, Plot.objects.visible_to(user).current(), besides=("page", "format"))
    if plots[: MAX_PLOTS + 1].count() > MAX_PLOTS:
        detail = _("Có hơn 20.000 thửa để so. Hãy chọn một phường, xã hoặc một loại cây.")
        raise RuleViolated("too_many_plots", detail)
    return _conflicts(plots, layers_that_bind(kind=params.get("kind", "")))


def conflicts_of(plot: Plot) -> list[Conflict]:
    """Return the conflicts of one plot."""
    return _conflicts(Plot.objects.filter(pk=plot.pk), layers_that_bind())


def conflict_query(plots: QuerySet[Plot], layers: QuerySet[LandUseLayer]) -> tuple[str, dict[str, Any]]:
    """Return the statement that lays the plots over the layers, with its parameters."""
    plot_sql, plot_params = _ids(plots)
    layer_sql, layer_params = _ids(layers)
    names = {f"p{number}": value for number, value in enumerate((*layer_params, *plot_params))}
    keys = iter(names)
    layer_sql = _named(layer_sql, keys)
    plot_sql = _named(plot_sql, keys)
    text = land_use_sql.CONFLICTS.format(layers=layer_sql, plots=plot_sql)
    return text, {**names, "least_m2": LEAST_M2, "least_share": LEAST_SHARE}


def _conflicts(plots: QuerySet[Plot], layers: QuerySet[LandUseLayer]) -> list[Conflict]:
    rows = _rows(*conflict_query(plots, layers))
    shown = Plot.objects.select_related("crop", "commune", "cooperative").defer(
        "boundary", "boundary_3857", "commune__boundary", "commune__boundary_3857"
    )
    found = shown.in_bulk({row["plot_id"] for row in rows})
    return [
        Conflict(
            found[row["plot_id"]], row["kind"], row["layer_name"], row["layer_slug"], row["as_of"], row["valid_to"],
            row["decision_number"], row["zone"], row["class_code"], _name(row), row["verdict"], row["legal_ref"],
            row["m2"], row["share"],
        )
        for row in rows
    ]  # fmt: skip


def ground_of(plot: Plot) -> list[Ground]:
    """Return what the layers in force say of the plot's ground, in shares of at least 1 %."""
    layer_sql, layer_params = _ids(layers_that_bind())
    names = {f"p{number}": value for number, value in enumerate(layer_params)}
    text = land_use_sql.GROUND.format(layers=_named(layer_sql, iter(names)))
    return [
        Ground(
            row["kind"], row["layer_name"], row["layer_slug"], row["as_of"], row["valid_to"], row["decision_number"],
            row["zone"], row["class_code"], _name(row), min(row["share"], 1.0), row["parcel_id"],
        )
        for row in _rows(text, {**names, "plot": plot.pk})
        if row["share"] >= 0.01
    ]  # fmt: skip


def _ids(rows: QuerySet[Any]) -> tuple[str, tuple[Any, ...]]:
    query = rows.order_by().values("pk").query
    return query.sql_with_params()


def _named(text: str, keys: Any) -> str:
    """The compiled SQL with its `%s` named, so that it fits among named parameters; `%%` stays."""
    parts = text.split("%s")
    return parts[0] + "".join(f"%({next(keys)})s{part}" for part in parts[1:])


def _rows(text: str, params: dict[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(text, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _name(row: dict[str, Any]) -> str:
    return str(row["name_en"] if row["name_en"] and get_language() == "en" else row["name_vi"])
