"""Many plots at once: staged in a temporary table, checked and stored as one set."""

import io
import json
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models.expressions import RawSQL
from django.utils import timezone
from django.utils.translation import gettext as _

from core.changes import announce
from core.errors import Finding, RuleViolated
from farms import notifications, sql
from farms.changes import PlotsArrived
from farms.models import Plot
from farms.services.overlaps import PlotsOverlap, overlap_finding
from places.sql import communes_by_overlap

MAX_FINDINGS = 100
SRID_FLAG = 0x20000000


@dataclass(frozen=True, slots=True)
class PlotRow:
    """One plot to be stored. `boundary`: little-endian (E)WKB, or its hex, of a valid 2D MultiPolygon in EPSG:4326.

    `commune_id` None: found by largest overlap.
    """

    cooperative_id: int
    ref: str
    crop_id: int
    boundary: bytes | str
    grower_id: int | None = None
    variety_id: int | None = None
    commune_id: int | None = None
    declared_area_m2: float | None = None
    planted_year: int | None = None
    tree_count: int | None = None
    harvest_months: tuple[int, ...] = ()
    land_sheet: str = ""
    land_parcel: str = ""
    determination: str = "unknown"
    source: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredPlots:
    """How many plots were stored, and how many of those share ground with another holder's."""

    stored: int
    in_conflict: int


@transaction.atomic
def store_plots(rows: Iterable[PlotRow], *, by: Any, checks_overlap: bool = True) -> StoredPlots:
    """Store all rows or none, in the order given. The caller has asked for the right.

    Raises PlotsOverlap or RuleViolated with findings that name rows (1-based). `checks_overlap=False` is for sets that
    are known to be free of overlap, such as the benchmark's lattice.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql.STAGING)
        cursor.copy_expert(sql.COPY_STAGING, _as_copy(rows))
    return store_staged(by=by, checks_overlap=checks_overlap)


def _as_copy(rows: Iterable[PlotRow]) -> io.StringIO:
    text = io.StringIO()
    for number, row in enumerate(rows, start=1):
        shape = ewkb_hex(bytes.fromhex(row.boundary) if isinstance(row.boundary, str) else bytes(row.boundary))
        values = (
            number, row.cooperative_id, row.grower_id, row.ref, row.crop_id, row.variety_id, row.commune_id, shape,
            row.declared_area_m2, row.planted_year, row.tree_count, "{" + ",".join(map(str, row.harvest_months)) + "}",
            row.land_sheet, row.land_parcel, row.determination, json.dumps(row.source, ensure_ascii=False),
        )  # fmt: skip
        text.write("\t".join(map(_copy_value, values)) + "\n")
    text.seek(0)
    return text


def ewkb_hex(wkb: bytes) -> str:
    """Return little-endian WKB as hex of EWKB that says EPSG:4326, as COPY into a geometry column needs it."""
    (kind,) = struct.unpack("<I", wkb[1:5])
    if kind & SRID_FLAG:
        return wkb.hex()
    return (wkb[:1] + struct.pack("<II", kind | SRID_FLAG, 4326) + wkb[5:]).hex()


def _copy_value(value: Any) -> str:
    if value is None:
        return r"\N"
    return str(value).replace("\\", r"\\").replace("\t", r"\t").replace("\n", r"\n").replace("\r", r"\r")


def store_staged(*, by: Any, checks_overlap: bool = True) -> StoredPlots:
    """Store what lies in `plot_staging` (made by `sql.STAGING` in this transaction); see `store_plots`."""
    with connection.cursor() as cursor:
        cursor.execute(sql.INDEX_STAGING)
        found = communes_by_overlap(sql.STAGED_WITHOUT_COMMUNE)
        cursor.execute(sql.SET_COMMUNES.format(found=found), {"on": timezone.localdate()})
        cursor.execute(sql.WITHOUT_COMMUNE, [MAX_FINDINGS])
        _refuse_outside(cursor.fetchall())
        cursor.execute(sql.NUMBER_STAGED)
        conflicts: list[tuple[Any, ...]] = []
        in_conflict = 0
        if checks_overlap:
            conflicts, in_conflict = _check_overlaps(cursor)
        cursor.execute(sql.STORE_STAGED, [by.pk if by is not None else None])
        stored = cursor.rowcount
        if in_conflict:
            cursor.execute(sql.OPEN_CASES)
    for later, earlier, count, ref, neighbour in conflicts:
        notifications.overlap_opened(later, earlier, count, ref, neighbour)
    announce(PlotsArrived(plots=Plot.objects.filter(pk__in=RawSQL(sql.STAGED_IDS, []))))  # noqa: S611
    return StoredPlots(stored, in_conflict)


def _refuse_outside(rows: list[tuple[int, str]]) -> None:
    if rows:
        detail = _("Ranh giới không nằm trong xã, phường nào đã có địa giới.")
        findings = [Finding("outside_communes", detail, extra={"row": n, "ref": ref}) for n, ref in rows]
        raise RuleViolated("outside_communes", detail, findings=findings)


def _check_overlaps(cursor: Any) -> tuple[list[tuple[Any, ...]], int]:
    """Lock the ground, refuse overlap of one holder, mark that of others; (pairs of cooperatives, plots marked)."""
    cursor.execute(sql.LOCK_STAGED)
    cursor.execute(sql.FIND_OVERLAPS, sql.parameters(settings))
    cursor.execute(sql.OWN_OVERLAPS, [MAX_FINDINGS])
    own = cursor.fetchall()
    if own:
        findings = [overlap_finding(ref, other, m2, row=n) for n, ref, other, m2 in own]
        raise PlotsOverlap(detail=findings[0].message, findings=findings)
    cursor.execute(sql.MARK_CONFLICTS)
    marked = cursor.rowcount
    cursor.execute(sql.NEW_CASES_BY_COOPERATIVE)
    return cursor.fetchall(), marked
