"""Old → new lists of administrative units into the database; the same list twice changes nothing."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction

from core.changes import announce
from core.text import fold
from places.changes import UnitsChanged
from places.imports.columns import RowProblem, SuccessionRow
from places.imports.units import UnitEdition
from places.sql import successions as sql


@dataclass(slots=True)
class SuccessionSummary:
    """What an import of successions did.

    rows            lines of the list
    created, updated, unchanged  successions between two units of the list
    same            lines that lead from a unit to itself: the unit goes on, nothing to record
    above           successions of former districts and provinces that follow from those of their communes
    ended           predecessors that no longer hold
    suspects        (old code, new code) that join homonyms of different provinces: listed, not applied
    problems        lines whose codes are unknown on their day: listed, not applied
    name_mismatches (code, name here, name in the list) in search form: applied, since the code is known
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    same: int = 0
    above: int = 0
    ended: int = 0
    suspects: list[tuple[str, str]] = field(default_factory=list)
    problems: list[RowProblem] = field(default_factory=list)
    name_mismatches: list[tuple[str, str, str]] = field(default_factory=list)


@transaction.atomic
def import_successions(rows: Sequence[SuccessionRow], edition: UnitEdition) -> SuccessionSummary:
    """Record which units went into which on the day of the change.

    The day is `edition.until` (the list came with the old units) or else `edition.on` (with the new ones). Both
    units must be there: the old one on the eve, the new one on the day.
    """
    summary = SuccessionSummary(rows=len(rows))
    parameters: dict[str, Any] = {
        "on": edition.until or edition.on,
        "legal_ref": edition.legal_ref,
        "source": edition.source,
    }
    with connection.cursor() as cursor:
        _stage(cursor, rows)
        cursor.execute(sql.JOIN_AS_SETS)
        for statement in (sql.FIND_OLD, sql.FIND_NEW, sql.FIND_HOMES, sql.DECIDE):
            cursor.execute(statement, parameters)
        _list_what_is_not_applied(cursor, summary)
        _apply(cursor, parameters, summary)
        cursor.execute(sql.END_PREDECESSORS, parameters)
        ended = tuple(sorted(unit for (unit,) in cursor.fetchall()))
        cursor.execute(sql.JOIN_AS_USUAL)
    summary.ended = len(ended)
    if ended:
        announce(UnitsChanged(unit_ids=ended))
    return summary


def _stage(cursor: Any, rows: Sequence[SuccessionRow]) -> None:
    lines = io.StringIO()
    for row in rows:
        partial = "t" if row.is_partial else "f"
        values = (row.row, row.old_code, row.new_code, partial, fold(row.old_name), fold(row.new_name))
        # Names and codes are free of tabs, line ends and controls (core.text.clean_text); a backslash may be there.
        text = "\t".join(str(value).replace("\\", "\\\\") for value in values)
        lines.write(f"{text}\t{row.old_province_code or chr(92) + 'N'}\n")
    lines.seek(0)
    cursor.execute(sql.STAGE)
    cursor.copy_expert(sql.COPY, lines)


def _list_what_is_not_applied(cursor: Any, summary: SuccessionSummary) -> None:
    cursor.execute(sql.NOT_APPLIED)
    for row, old_code, new_code, state in cursor.fetchall():
        if state == "suspect":
            summary.suspects.append((old_code, new_code))
        else:
            summary.problems.append(RowProblem("succession", row, f"{old_code} → {new_code}", state))
    cursor.execute(sql.NAME_MISMATCHES)
    summary.name_mismatches += cursor.fetchall()


def _apply(cursor: Any, parameters: dict[str, Any], summary: SuccessionSummary) -> None:
    cursor.execute(sql.COUNT_SAME)
    summary.same = cursor.fetchone()[0]
    cursor.execute(sql.COUNT_APPLICABLE)
    applicable = cursor.fetchone()[0]
    cursor.execute(sql.APPLY, parameters)
    is_new = [created for (created,) in cursor.fetchall()]
    summary.created, summary.updated = is_new.count(True), is_new.count(False)
    summary.unchanged = applicable - len(is_new)
    cursor.execute(sql.APPLY_ABOVE, parameters)
    summary.above = cursor.rowcount
