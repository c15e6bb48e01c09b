"""Reads of administrative units."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Self

from django.apps import apps
from django.contrib.gis.geos import Point
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils import timezone

from core.text import fold, like_pattern
from places import sql

if TYPE_CHECKING:
    from places.models import AdministrativeUnit


class AdministrativeUnitQuerySet(QuerySet["AdministrativeUnit"]):
    """Chainable reads of `AdministrativeUnit`."""

    def on(self, day: date) -> Self:
        """Units in force on that day; a unit's `valid_to` is the first day it is no longer in force."""
        return self.filter(Q(valid_to=None) | Q(valid_to__gt=day), valid_from__lte=day)

    def current(self) -> Self:
        """Units in force today, in Viet Nam time."""
        return self.on(timezone.localdate())

    def provinces(self) -> Self:
        return self.filter(level="province")

    def communes(self) -> Self:
        return self.filter(level="commune")

    def within_unit(self, unit: AdministrativeUnit | int) -> Self:
        """The unit (or the one with this id) and all its descendants."""
        return self.within_units([unit if isinstance(unit, int) else unit.pk])

    def within_units(self, ids: Iterable[int]) -> Self:
        """The units with these ids and all their descendants, as one subquery: use it in `commune__in=`."""
        return self.filter(pk__in=sql.descendants(list(ids)))

    def province_of(self, unit: AdministrativeUnit) -> AdministrativeUnit:
        """Return the province above `unit` (former districts may lie between), or the highest unit that is known."""
        while unit.level != "province" and unit.parent is not None:
            unit = unit.parent
        return unit

    def with_former(self, ids: Iterable[int]) -> Self:
        """As `within_units`, and the former units that went into them, wholly or in part."""
        return self.filter(pk__in=sql.heritage(list(ids)))

    def containing(self, point: Point) -> Self:
        """Units whose outline holds the point (EPSG:4326) or has it on its edge, by the subdivided copy.

        A point on a border may lie in two units or, where official outlines do not meet, in none; the order
        (by code) is the same every time.
        """
        pieces = apps.get_model("places", "UnitPiece")._default_manager.filter(piece__intersects=point)
        return self.filter(pk__in=pieces.values("unit")).order_by("code", "valid_from")

    def search(self, text: str) -> Self:
        """Units whose name, or the name of one they came from, contains `text`, whatever diacritics and case.

        Names that are or end in the text come first, then those that contain it, then successors of such
        units. A blank text finds nothing.
        """
        words = fold(text)
        if not words:
            return self.none()
        closeness = Case(
            When(Q(search_key=words) | Q(search_key__endswith=f" {words}"), then=Value(0)),
            When(search_key__contains=words, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        return (
            self.filter(pk__in=sql.named(like_pattern(text)))
            .annotate(closeness=closeness)
            .order_by("closeness", "code", "valid_from")
        )

    def current_successors_of(self, unit: AdministrativeUnit) -> Self:
        """Units in force today into which `unit` went, wholly or in part; itself when it is in force."""
        return self.filter(pk__in=sql.successors([unit.pk])).current()

    def with_code(self, code: str) -> Self:
        """Every unit that ever had this code."""
        return self.filter(code=code)

    def without_shapes(self) -> Self:
        """The same units without their outlines, for lists and menus: an outline may be half a megabyte."""
        deferred: list[Any] = ["boundary", "boundary_3857"]
        return self.defer(*deferred)
