"""Reads on plots, overlap cases and imports."""

from typing import Any, Self

from django.conf import settings
from django.contrib.gis.db.models import MultiPolygonField
from django.contrib.gis.db.models.functions import Intersection
from django.contrib.gis.geos import GEOSGeometry
from django.db.models import BooleanField, Case, F, Q, QuerySet, Value, When
from django.db.models.functions import Greatest, Least

from accounts.permissions import units_with
from cooperatives.querysets import own_cooperative_ids
from core.expressions import SquareMetres, VanishesShrunk
from farms.sql import SLIVER_M
from places.models import AdministrativeUnit


class PlotQuerySet(QuerySet):
    """Plots chain: `Plot.objects.visible_to(user).within_unit(commune).growing("xoai")`. There is no public reader."""

    def visible_to(self, user: Any) -> Self:
        """Plots of one's own cooperatives and those in the units where the user may view plots."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            Q(cooperative__in=own_cooperative_ids(user)) | Q(commune__in=units_with(user, "farms.view_plot"))
        )

    def current(self) -> Self:
        """Plots that are not archived."""
        return self.exclude(status="archived")

    def in_good_standing(self) -> Self:
        """Plots that may join an area."""
        return self.filter(status="active")

    def growing(self, crop_slug: str) -> Self:
        """Plots of a crop."""
        return self.filter(crop__slug=crop_slug)

    def within_unit(self, unit: Any) -> Self:
        """Plots in the unit or a unit below it, by their commune."""
        return self.filter(commune__in=AdministrativeUnit.objects.within_units([unit.pk]))

    def overlapping(self, geometry: GEOSGeometry, *, above_tolerance: bool = True) -> Self:
        """Current plots that share ground with `geometry` (EPSG:4326), annotated with `shared_m2`.

        Above tolerance means more than max(50 m², 1 % of the smaller of the two), and no strip that vanishes when
        shrunk by half a metre, see docs/domain.md §3; the same rule for sets is `farms.sql.overlap_pairs`.
        """
        rows = self.current().filter(boundary__intersects=geometry)
        rows = rows.annotate(shared_m2=SquareMetres(Intersection("boundary", geometry)))
        if not above_tolerance:
            return rows.filter(shared_m2__gt=0)
        smaller = Least(F("area_m2"), SquareMetres(Value(geometry, output_field=MultiPolygonField(srid=4326))))
        least = Greatest(Value(float(settings.OVERLAP_MIN_M2)), smaller * settings.OVERLAP_MIN_SHARE)
        strip = VanishesShrunk(Intersection("boundary", geometry), by_m=SLIVER_M / 2)
        # CASE keeps the order: only what is large enough is shrunk.
        is_strip = Case(When(shared_m2__gt=least, then=strip), default=Value(True), output_field=BooleanField())
        return rows.annotate(is_strip=is_strip).filter(is_strip=False)


class OverlapCaseQuerySet(QuerySet):
    """Overlap cases chain."""

    def open(self) -> Self:
        """Cases not decided yet."""
        return self.filter(status="open")

    def visible_to(self, user: Any) -> Self:
        """Cases that touch one's own plots or lie in the units where the user may view plots."""
        if not user.is_authenticated:
            return self.none()
        units, own = units_with(user, "farms.view_plot"), own_cooperative_ids(user)
        return self.filter(
            Q(first__cooperative__in=own)
            | Q(second__cooperative__in=own)
            | Q(second__commune__in=units)
            | Q(first__commune__in=units)
        )


class PlotImportQuerySet(QuerySet):
    """Imports chain."""

    def visible_to(self, user: Any) -> Self:
        """Imports of the cooperatives for which the user enters data."""
        if not user.is_authenticated:
            return self.none()
        return self.filter(
            cooperative__memberships__user=user, cooperative__memberships__role__in=("owner", "clerk", "helper")
        )
