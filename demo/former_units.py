"""Invented outlines of the former communes and districts around Cao Lãnh, so that old boundaries can be tried by place.

Only for the demonstration: the reference has no outlines of them (no source that we may use), and these are cut at
random out of our schematic communes of today. Every map says that they are schematic.
"""

import pgtrigger
from django.db import connection

from demo import former_units_sql as sql
from places.models import AdministrativeUnit, UnitLevel
from places.reference import LAST_OLD_LIST, OLD_EDITION
from places.services import rebuild_pieces


def draw_former_units() -> str:
    """Draw the former communes that went into today's ones, and their districts; return a line of report."""
    # No history of it: these outlines are nobody's act, and go without a trace.
    with pgtrigger.ignore(), connection.cursor() as cursor:
        cursor.execute(sql.COMMUNES, [OLD_EDITION.source, LAST_OLD_LIST])
        communes = [pk for (pk,) in cursor.fetchall()]
        cursor.execute(sql.DISTRICTS, [communes, OLD_EDITION.source])
        districts = [pk for (pk,) in cursor.fetchall()]
    rebuild_pieces([*communes, *districts])
    return f"{len(communes)} former communes and {len(districts)} former districts drawn"


def forget_former_units() -> None:
    """Take the outlines away again."""
    drawn = AdministrativeUnit.objects.on(LAST_OLD_LIST).filter(
        source=OLD_EDITION.source, level__in=(UnitLevel.COMMUNE, UnitLevel.DISTRICT), is_schematic=True
    )
    ids = list(drawn.values_list("pk", flat=True))
    with pgtrigger.ignore():
        drawn.update(boundary=None, is_schematic=False)
    rebuild_pieces(ids)
