"""The ground of every map beyond the units' outlines: water and roads that the operator loaded (`load_basemap`)."""

from functools import partial
from typing import Any

import django_filters
from django.contrib.gis.db.models import GeometryField
from django.db.models import F, Func, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from core.filters import BboxFilter, StrictFilterSet
from core.layers import Layer
from maps.base_features import BaseFeature, BaseKind
from maps.grid import EXTENT, WORLD_M
from maps.sources import Shapes

FIRST_ZOOM, LAST_ZOOM = 5, 14  # beyond, the last tiles are stretched: a ground needs no metre
FEATURES_A_TILE = 3_000
_PARTS_KEPT = 8  # of 4096 parts of a tile's side: half a pixel on a screen of twice the usual density


class BaseFilters(StrictFilterSet):
    """`kind`, `zoom` (what is drawn at this level), `bbox`."""

    kind = django_filters.ChoiceFilter(choices=BaseKind.choices, label=_("Loại"))
    zoom = django_filters.NumberFilter(field_name="min_zoom", lookup_expr="lte", label=_("Mức phóng"))
    bbox = BboxFilter(field_name="geometry")

    class Meta:
        model = BaseFeature
        fields: list[str] = []


def _all(user: Any) -> QuerySet[BaseFeature]:
    return BaseFeature.objects.all()


BASE = Layer(
    name="base",
    title=_("Nền bản đồ: mặt nước và đường"),
    rows=_all,
    filterset=BaseFilters,
    geometry="geometry",
    mercator="geometry_3857",
    fields={"kind": "kind", "name": "name", "min_zoom": "min_zoom"},
    tile_fields=("name", "min_zoom"),
    is_public=True,
)


def base_sources() -> tuple[Shapes, ...]:
    """Return a source per kind and zoom: each takes what is drawn there, no finer than its tile can show."""
    return tuple(
        Shapes(
            kind.value,
            from_zoom=zoom,
            to_zoom=zoom,
            narrow=partial(_drawn_at, kind=kind, zoom=zoom),
            geometry="geometry",
            mercator="drawn_shape",
            limit=FEATURES_A_TILE,
        )
        for kind in BaseKind
        for zoom in range(FIRST_ZOOM, LAST_ZOOM + 1)
    )


def _drawn_at(rows: QuerySet[Any], *, kind: BaseKind, zoom: int) -> QuerySet[Any]:
    metres = WORLD_M / (1 << zoom) / EXTENT * _PARTS_KEPT
    simple = Func(F("geometry_3857"), Value(metres), function="ST_Simplify", output_field=GeometryField(srid=3857))
    return rows.filter(kind=kind, min_zoom__lte=zoom).annotate(drawn_shape=simple).order_by("min_zoom")
