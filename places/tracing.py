"""What became of a unit, or was there before it: the unit of a level and a day that a record of any day belongs to.

Reforms split and join units (docs/domain.md §2), so a record that names a unit of its own day belongs to a unit of
another day only where all that went out of, or into, its unit lies in one. Where it does not, nothing is guessed.
"""

import datetime as dt

from django.db import connection
from django.db.models import Q
from django.utils.timezone import localdate

from places.models import AdministrativeUnit
from places.sql.tracing import TRACE


def traced_to(level: str, on: dt.date) -> dict[int, int]:
    """Return {id of any unit: id of the one unit of `level` in force on `on` to which all of it belongs}.

    Units whose trace ends in several units of that level, in one that lies in none, or nowhere, are left out. One
    query; a unit in force on that day belongs to itself or to what it lies in.
    """
    with connection.cursor() as cursor:
        cursor.execute(TRACE, {"level": level, "on": on})
        return dict(cursor.fetchall())


def is_todays_edition(level: str, on: dt.date) -> bool:
    """Whether the units of `level` are the same on `on` as today: none has begun or ended in between."""
    first, last = sorted((on, localdate()))
    began = Q(valid_from__gt=first, valid_from__lte=last)
    ended = Q(valid_to__gt=first, valid_to__lte=last)
    return first == last or not AdministrativeUnit.objects.filter(began | ended, level=level).exists()
