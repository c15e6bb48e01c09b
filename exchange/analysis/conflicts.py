"""Plots that do not fit the land use or a plan, in hectares and owners by commune.

The rule what a conflict is stands in `farms.land_use`; here its rows are added up. Who may see plots gets those he may
see, down to one owner, with the list behind each line. Everybody else gets one fixed table of all plots in which
communes with fewer than three owners do not stand (domain.md §6): no filter and no sum over the hidden ones, so that no
difference of two answers tells of one owner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db.models import Max, QuerySet
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.replicas import connection
from exchange.analysis.conflict_sql import BY_COMMUNE
from exchange.permissions import can_export_restricted
from farms.land_use import ConflictFilters, conflict_query, layers_that_bind
from farms.models import Plot
from landuse.models import LandUseLayer
from maps.models import LayerChange
from places.models import AdministrativeUnit

FEW_OWNERS = 3
KEPT_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class ConflictLine:
    """Conflicts in a commune (None: all lines together): hectares on ground of plots, the larger of both kinds where
    both speak of the same plot; owners each once."""

    unit: AdministrativeUnit | None
    plots: int
    ha: float
    land_use_ha: float
    planning_ha: float
    owners: int


@dataclass(frozen=True, slots=True)
class ConflictSummary:
    """`hidden`: how many communes are not shown because fewer than three owners are concerned; then `total.owners` is
    the sum of the shown lines (somebody with plots in two communes counts in both)."""

    lines: tuple[ConflictLine, ...]
    total: ConflictLine
    hidden: int
    is_public: bool


def conflict_summary(user: Any, params: Mapping[str, Any]) -> ConflictSummary:
    """Return the conflicts by commune, largest first.

    `params`: `crop` (slug), `kind` (land_use, planning), `commune`, for those who may take plots out; nobody else may
    send any. Raises BadInput for others.
    """
    if not can_export_restricted(user):
        if params:
            ConflictFilters.checked(params, Plot.objects.none())
            detail = _("Bảng công khai chỉ có một bản cho mọi xã và mọi loại cây, để không ai bị nhận ra.")
            raise BadInput("not_for_visitors", detail)
        return _public_summary()
    plots = ConflictFilters.checked(params, Plot.objects.visible_to(user).current())
    lines, total = _lines(_rows(plots, layers_that_bind(kind=params.get("kind", ""))))
    return ConflictSummary(lines, total, 0, is_public=False)


def _public_summary() -> ConflictSummary:
    """The table for everybody, kept while neither plots nor land use have changed."""
    changed = LayerChange.objects.filter(layer__in=("plots", "land-use", "units")).aggregate(at=Max("at"))["at"]
    key = f"conflicts:{localdate():%Y%m%d}:{changed.timestamp() if changed else 0}"
    rows = cache.get(key)
    if rows is None:
        rows = _rows(Plot.objects.current(), layers_that_bind())
        cache.set(key, rows, KEPT_SECONDS)
    shown = [row for row in rows if row["commune_id"] is not None and row["owners"] >= FEW_OWNERS]
    hidden = sum(1 for row in rows if row["commune_id"] is not None) - len(shown)
    names = ("plots", "ha", "land_use_ha", "planning_ha", "owners")
    summed = {name: sum(row[name] for row in shown) for name in names}
    lines, total = _lines([*shown, {"commune_id": None, **summed}])
    return ConflictSummary(lines, total, hidden, is_public=True)


def _rows(plots: QuerySet[Plot], layers: QuerySet[LandUseLayer]) -> list[dict[str, Any]]:
    text, params = conflict_query(plots, layers)
    with connection.cursor() as cursor:
        cursor.execute(BY_COMMUNE.format(conflicts=text), params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _lines(rows: list[dict[str, Any]]) -> tuple[tuple[ConflictLine, ...], ConflictLine]:
    units = AdministrativeUnit.objects.without_shapes().in_bulk(
        [row["commune_id"] for row in rows if row["commune_id"]]
    )
    found = [_line(units.get(row["commune_id"]), row) for row in rows]
    total = next((line for line in found if line.unit is None), ConflictLine(None, 0, 0.0, 0.0, 0.0, 0))
    named = [line for line in found if line.unit is not None]
    return tuple(sorted(named, key=lambda line: (-line.ha, line.unit.code if line.unit else ""))), total


def _line(unit: AdministrativeUnit | None, row: Mapping[str, Any]) -> ConflictLine:
    return ConflictLine(unit, row["plots"], row["ha"] or 0.0, row["land_use_ha"], row["planning_ha"], row["owners"])
