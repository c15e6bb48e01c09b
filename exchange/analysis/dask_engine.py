"""The analysis on a dask cluster: the same rows and rules as `figures`, summed up by workers over GeoParquet parts.

What is measured of a row (its value, what is counted once, its own unit, the point that stands for it) is read from
PostgreSQL with the rows; which unit a row belongs to and all sums are worked out by the workers. So a large province,
or a copy of the parts on other machines, does not burden the database (docs/scaling.md).
"""

import secrets
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.contrib.gis.db.models.functions import AsWKB, PointOnSurface
from django.db.models import Count, F, FloatField, Func, Q, TextField, Value
from django.db.models.functions import Cast

from core import replicas
from core.layers import Layer
from exchange.analysis.figures import Analysis, assembled, figure_from
from exchange.analysis.request import AnalysisRequest
from exchange.areas import is_by_unit
from exchange.exports.partitioned import write_partitioned
from exchange.selection import Selection
from geofiles import scale
from places.models import UnitPiece
from places.tracing import traced_to


class Disguised(Func):
    """A key as a digest with the salt of one run: what is equal stays equal, and nothing leads back to the row."""

    template = "md5(%(expressions)s)"
    arg_joiner = " || "
    output_field = TextField()


def figures_by_dask(request: AnalysisRequest, client: Any, *, folder: Path | None = None) -> Analysis:
    """Return what `figures(request)` returns, computed on the cluster of `client` (`geofiles.scale.cluster`).

    `folder`: where the parts go and stay, on a disk that all workers have under this path; it must not exist. Without
    one they go into a temporary folder of this machine.
    """
    if folder is not None:
        return _computed(request, client, folder)
    with tempfile.TemporaryDirectory(prefix="analyse-") as scratch:
        return _computed(request, client, Path(scratch) / "parts")


def _computed(request: AnalysisRequest, client: Any, folder: Path) -> Analysis:
    part = _summed(request, client, folder / "part", whole=False)
    whole = _summed(request, client, folder / "whole", whole=True) if request.measure.is_share else None
    everything = figure_from(None, part.total, {None: whole.total} if whole else None, None)
    return assembled(request, part.by_unit, whole.by_unit if whole else None, everything)


def _summed(request: AnalysisRequest, client: Any, folder: Path, *, whole: bool) -> scale.Sums:
    measured: Any = request.measure.value(request.asked())
    write_partitioned(_with_facts(request, measured, whole=whole), folder)
    with replicas.reading():
        return scale.sums(client, folder, _by(request), counts_things=_counts_things(measured))


def _with_facts(request: AnalysisRequest, measured: Any, *, whole: bool) -> Selection:
    """Return the selection with the columns of `geofiles.scale`, taken out of the measure's own aggregate."""
    of_row = measured.get_source_expressions()[0]
    layer = request.entry().layer
    salt = Value(secrets.token_hex(16), TextField())
    facts = {
        **_place(layer, is_placed=not is_by_unit(layer, request.level, request.area.on, request.area.by)),
        scale.VALUE: Value(1.0, FloatField()) if isinstance(measured, Count) else Cast(of_row, FloatField()),
        scale.THING: Disguised(salt, Cast(of_row, TextField())) if _counts_things(measured) else Value("", TextField()),
    }
    selection = request.selection(whole=whole)
    return replace(selection, columns=tuple(layer.fields)[:1], extra={**selection.extra, **facts})


def _counts_things(measured: Any) -> bool:
    """Whether the measure counts each thing (a grower, a cooperative) once, however many rows it has."""
    return isinstance(measured, Count) and bool(getattr(measured, "distinct", False))


def _place(layer: Layer, *, is_placed: bool) -> dict[str, Any]:
    """Return the point and the unit of a row; PostGIS finds the point, so that both engines hold the same one."""
    unit = Cast(F(f"{layer.unit}_id"), FloatField()) if layer.unit else Value(None, FloatField())
    if not is_placed:
        nowhere = Value(None, FloatField())
        return {scale.X: nowhere, scale.Y: nowhere, scale.UNIT: unit}
    point = PointOnSurface(F(layer.geometry or ""))
    x, y = (Func(point, function=name, output_field=FloatField()) for name in ("ST_X", "ST_Y"))
    return {scale.X: x, scale.Y: y, scale.UNIT: unit}


def _by(request: AnalysisRequest) -> scale.Outlines | Mapping[int, int]:
    level, area = request.level, request.area
    if is_by_unit(request.entry().layer, level, area.on, area.by):
        return traced_to(level, area.on)
    in_force = Q(unit__valid_to=None) | Q(unit__valid_to__gt=area.on)
    pieces = UnitPiece.objects.filter(in_force, unit__level=level, unit__valid_from__lte=area.on)
    found = list(pieces.order_by("unit__code").values_list("unit_id", "unit__code", AsWKB("piece")))
    ids, codes, shapes = zip(*found, strict=True) if found else ((), (), ())
    return scale.Outlines(ids, codes, [bytes(shape) for shape in shapes])
