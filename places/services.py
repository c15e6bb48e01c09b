"""Writes on administrative units, and questions about many polygons at once."""

from collections.abc import Iterable, Sequence
from datetime import date

from django.contrib.gis.geos import GEOSGeometry
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from psycopg2 import Binary

from core.errors import RuleViolated
from places import sql
from places.models import AdministrativeUnit


def commune_for(boundary: GEOSGeometry, *, on: date | None = None) -> AdministrativeUnit:
    """Return the commune in force on `on` (default: today) that holds the largest part of a polygon.

    The polygon is valid and in EPSG:4326. Raises RuleViolated("outside_communes") when no commune that has an
    outline overlaps it.
    """
    found = communes_for([boundary], on=on)[0]
    if found is None:
        raise RuleViolated("outside_communes", _("Ranh giới không nằm trong xã, phường nào đã có địa giới."))
    return AdministrativeUnit.objects.without_shapes().get(pk=found)


def communes_for(boundaries: Sequence[GEOSGeometry], *, on: date | None = None) -> list[int | None]:
    """Return, in order, the id of the commune that holds most of each polygon; None for outside.

    One query. For staged rows use `places.sql.communes_by_overlap` in their own statement.
    """
    if not boundaries:
        return []
    wkb = [Binary(bytes(boundary.wkb)) for boundary in boundaries]
    with connection.cursor() as cursor:
        cursor.execute(sql.communes_by_overlap(sql.POLYGONS), {"wkb": wkb, "on": on or timezone.localdate()})
        found = dict(cursor.fetchall())
    return [found.get(number) for number in range(1, len(boundaries) + 1)]


@transaction.atomic
def rebuild_pieces(unit_ids: Iterable[int]) -> int:
    """Cut the outlines of these units anew for point lookups; return the number of pieces."""
    ids = list(unit_ids)
    with connection.cursor() as cursor:
        cursor.execute(sql.DELETE_PIECES, [ids])
        cursor.execute(sql.INSERT_PIECES, [ids])
        return cursor.rowcount
