"""Plots as they were at the end of a day, read from the row history (`core.history`)."""

import datetime as dt
from functools import partial
from typing import Any

import django_filters
from django.db.models import F, FloatField, Max, Q, QuerySet
from django.db.models.expressions import ExpressionWrapper
from django.db.models.functions import Coalesce
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext_lazy as _

from accounts.permissions import units_with
from cooperatives.expressions import public_holder_name
from cooperatives.querysets import own_cooperative_ids
from core.expressions import SquareMetres
from core.filters import BboxFilter, StrictFilterSet
from core.layers import Layer
from crops.models import Crop
from exchange.catalogue import Entry, entry
from farms.filters import CURRENT, MONTHS, STATUSES
from farms.models import Plot, PlotStatus

_LAST_DAY = dt.date.max - dt.timedelta(days=2)
PlotHistory: Any = Plot._meta.get_field("history").related_model


class PastPlotFilters(StrictFilterSet):
    """`crop` (slug), `status` (with `current`), `month` of harvest, `bbox`: what is known of a past day."""

    crop = django_filters.ModelChoiceFilter(queryset=Crop.objects.all(), to_field_name="slug", label=_("Cây trồng"))
    status = django_filters.ChoiceFilter(choices=STATUSES, method="filter_status", label=_("Trạng thái"))
    month = django_filters.ChoiceFilter(choices=MONTHS, method="filter_month", label=_("Tháng thu hoạch"))
    bbox = BboxFilter(field_name="boundary")

    class Meta:
        model = PlotHistory
        fields: list[str] = []

    def filter_status(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.exclude(status=PlotStatus.ARCHIVED) if value == CURRENT else rows.filter(status=value)

    def filter_month(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(harvest_months__contains=[int(value)])


def _plots_on(day: dt.date, user: Any) -> QuerySet[Any]:
    """The last row of each plot before the day ended in Viet Nam, with the rights that hold for its plot today."""
    if not user.is_authenticated:
        return PlotHistory.objects.none()
    # The calendar ends with the year 9999, time zones a day before.
    end = dt.datetime.combine(min(day, _LAST_DAY) + dt.timedelta(days=1), dt.time(), get_current_timezone())
    latest = PlotHistory.objects.filter(pgh_created_at__lt=end).order_by().values("pgh_obj_id")
    return (
        PlotHistory.objects.filter(pgh_id__in=latest.annotate(last=Max("pgh_id")).values("last"))
        .exclude(pgh_label="delete")
        .filter(Q(cooperative__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "farms.view_plot")))
        .annotate(area_m2=SquareMetres(F("boundary")))
    )


def past_plots(day: dt.date) -> Entry:
    """Return the layer of plots as they were on `day`; it stands in no catalogue, only the analysis reads it."""
    layer = Layer(
        name="plots",
        title=_("Thửa canh tác vào một ngày đã qua"),
        rows=partial(_plots_on, day),
        filterset=PastPlotFilters,
        fields={
            "ref": "ref",
            "crop": "crop__name_vi",
            "variety": "variety__name_vi",
            "area_ha": ExpressionWrapper(
                Coalesce(F("kept_area_m2"), F("area_m2"), output_field=FloatField()) / 10_000.0,
                output_field=FloatField(),
            ),
            "commune_code": "commune__code",
            "cooperative": public_holder_name("cooperative"),
            "status": "status",
            "version": "version",
        },
        key="id",
        geometry="boundary",
        unit="commune",
    )
    today: Any = entry("plots")
    return Entry(layer, today.description, today.steward, is_personal=True)
