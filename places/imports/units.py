"""Lists of administrative units into the database: dated, as sets, the same list twice changes nothing."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from core.changes import announce
from places.changes import UnitsChanged
from places.imports.columns import RowProblem, UnitRow
from places.models import AdministrativeUnit, UnitLevel
from places.services import rebuild_pieces
from places.sql import units as sql


@dataclass(frozen=True, slots=True)
class UnitEdition:
    """What holds for a whole list: its first day, the first day it no longer held (None: in force), its legal act,
    its source, and whether its outlines are schematic drawings of our own."""

    on: date
    until: date | None = None
    legal_ref: str = ""
    source: str = ""
    is_schematic: bool = False


@dataclass(slots=True)
class UnitSummary:
    """What an import of units did. `name_mismatches`: (code, name here, name in the list), not applied."""

    created: int = 0
    updated: int = 0
    ended: int = 0
    unchanged: int = 0
    repaired: int = 0
    name_mismatches: list[tuple[str, str, str]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)


@transaction.atomic
def import_units(rows: Sequence[UnitRow], edition: UnitEdition) -> UnitSummary:
    """Bring the units of a list in: create, update, end; provinces before districts before communes before hamlets.

    Units that the list does not name stay untouched. Rows that cannot be applied are listed, the rest goes in.
    """
    summary = UnitSummary()
    touched: set[int] = set()
    reshaped: set[int] = set()
    parameters = {
        "on": edition.on,
        "until": edition.until,
        "legal_ref": edition.legal_ref,
        "source": edition.source,
        "schematic": edition.is_schematic,
    }
    with connection.cursor() as cursor:
        _stage(cursor, rows)
        _prepare_shapes(cursor, parameters, summary)
        for level in UnitLevel.values:
            _apply_level(cursor, parameters | {"level": level}, summary, touched, reshaped)
        touched |= _redraw_provinces(cursor, edition.on, reshaped)
    rebuild_pieces(reshaped)
    if touched:
        announce(UnitsChanged(unit_ids=tuple(sorted(touched))))
    return summary


def _stage(cursor: Any, rows: Iterable[UnitRow]) -> None:
    lines = io.StringIO()
    for row in rows:
        search_key = AdministrativeUnit.search_key_of(row.unit_type, row.name_vi)
        shape = row.shape.hex() if row.shape else None
        values = (
            row.row, row.code, row.level, row.unit_type, row.name_vi, row.name_en, search_key,
            row.parent_code, row.area_km2, row.lon, row.lat, shape,
        )  # fmt: skip
        lines.write("\t".join(_copy_text(value) for value in values) + "\n")
    lines.seek(0)
    cursor.execute(sql.STAGE)
    cursor.copy_expert(sql.COPY, lines)


def _copy_text(value: object) -> str:
    """Return a value in COPY's text format (PostgreSQL manual, COPY: File Formats)."""
    if value is None:
        return "\\N"
    return str(value).replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def _prepare_shapes(cursor: Any, parameters: dict[str, Any], summary: UnitSummary) -> None:
    cursor.execute(sql.COUNT_INVALID)
    summary.repaired = cursor.fetchone()[0]
    if summary.repaired:
        cursor.execute(sql.REPAIR)
    cursor.execute(sql.TO_MULTIPOLYGON)
    cursor.execute(sql.TAKE_OUT_STRAY_SHAPES, settings.COUNTRY_BOX)
    summary.problems += [RowProblem("outline", row, code, "outside_country") for row, code in cursor.fetchall()]
    cursor.execute(sql.IGNORE_PROVINCE_SHAPES, parameters)


def _apply_level(
    cursor: Any, parameters: dict[str, Any], summary: UnitSummary, touched: set[int], reshaped: set[int]
) -> None:
    cursor.execute(sql.FIND_PARENTS, parameters)
    cursor.execute(sql.TAKE_OUT_ORPHANS, parameters)
    summary.problems += [
        RowProblem(parameters["level"], row, code, "parent_unknown") for row, code in cursor.fetchall()
    ]
    cursor.execute(sql.FIND_UNITS, parameters)
    cursor.execute(sql.DECIDE, parameters)
    cursor.execute(sql.MISMATCHES, parameters)
    summary.name_mismatches += [(code, here, listed) for _, code, here, listed in cursor.fetchall()]
    cursor.execute(sql.COUNT_KEPT, parameters)
    kept = cursor.fetchone()[0]
    cursor.execute(sql.UPDATE, parameters)
    updated = dict(cursor.fetchall())
    cursor.execute(sql.END, parameters)
    ended = {unit for (unit,) in cursor.fetchall()}
    cursor.execute(sql.CREATE, parameters)
    created = dict(cursor.fetchall())
    summary.created += len(created)
    summary.updated += len(updated)
    summary.ended += len(ended)
    summary.unchanged += kept - len(updated)
    touched |= ended | set(created) | set(updated)
    reshaped |= {unit for unit, has_new_shape in (created | updated).items() if has_new_shape}


def _redraw_provinces(cursor: Any, on: date, reshaped: set[int]) -> set[int]:
    if not reshaped:
        return set()
    cursor.execute(sql.REDRAW_PARENTS, {"on": on, "ids": sorted(reshaped)})
    redrawn = {unit for (unit,) in cursor.fetchall()}
    reshaped |= redrawn
    return redrawn
