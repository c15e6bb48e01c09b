"""The layer `plots`: for those who may see them only. No grower, no name, no number of a person."""

from typing import Any

from django.db.models import F, FloatField, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.utils.translation import gettext_lazy as _

from accounts.permissions import reach_of
from cooperatives.expressions import public_holder_name
from core.layers import Layer
from farms.areas import legal_area_m2
from farms.filters import PlotFilters
from farms.models import Plot


def _plots(user: Any) -> QuerySet[Plot]:
    return Plot.objects.visible_to(user)


def _plot_rights(user: Any) -> tuple[Any, ...]:
    """What `PlotQuerySet.visible_to` puts into its SQL: user, posts and units; memberships are looked up inside.

    The units by their numbers, not by a stamp of what changed last: of two changes at once the earlier may be
    committed last, and a stamp would then pass it by.
    """
    return user.pk, user.is_active, reach_of(user, "farms.view_plot")


PLOTS = Layer(
    name="plots",
    title=_("Thửa canh tác"),
    rows=_plots,
    filterset=PlotFilters,
    fields={
        "ref": "ref",
        "crop": "crop__name_vi",
        "variety": "variety__name_vi",
        "area_ha": ExpressionWrapper(F("area_m2") / 10_000.0, output_field=FloatField()),
        "legal_area_ha": ExpressionWrapper(legal_area_m2() / 10_000.0, output_field=FloatField()),
        "commune_code": "commune__code",
        "cooperative": public_holder_name("cooperative"),
        "status": "status",
        "version": "version",  # what a bulk update names as `if_match`
    },
    geometry="boundary",
    unit="commune",
    mercator="boundary_3857",
    tile_fields=("ref", "crop", "variety", "area_ha", "commune_code", "cooperative", "status"),
    rights_key=_plot_rights,
)
