"""The provisional parcel code of plots (docs/domain.md §3.3): computed here, never the land office's."""

from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from farms import parcel_sql
from farms.models import Plot
from farms.querysets import PlotQuerySet
from geofiles import parcel_code
from office.services import tell_progress

BATCH = 2_000
SAME_PLACE = 9  # characters: a cell of about 5 m
SAME_AREA = 0.02


def set_codes(plots: QuerySet[Plot]) -> int:
    """Compute the codes of these plots by the axis of their province; return how many changed.

    One statement reads, one writes; history does not follow this field, versions stay.
    """
    rows = list(plots.order_by("pk").values_list("pk", "boundary", "provisional_parcel_code", "commune__parent__code"))
    changed: list[tuple[int, str]] = []
    for province in {row[3] or "" for row in rows}:
        group = [row for row in rows if (row[3] or "") == province]
        codes = parcel_code.geohashes_of([bytes(row[1].wkb) for row in group], parcel_code.local_crs(province))
        changed += [(row[0], code) for row, code in zip(group, codes, strict=True) if row[2] != code]
    _store(changed)
    return len(changed)


def _store(codes: list[tuple[int, str]]) -> None:
    if codes:
        values: dict[str, Any] = {"ids": [pk for pk, _code in codes], "codes": [code for _pk, code in codes]}
        with connection.cursor() as cursor:
            cursor.execute(parcel_sql.SET_PROVISIONAL_CODES, values)


def fill_codes(job: Any) -> dict[str, int]:
    """Job: codes for all plots that have none, in batches of their own transactions; begun again, it goes on."""
    blank = Plot.objects.current().filter(provisional_parcel_code="")
    total, done, last = blank.count(), 0, 0
    while True:
        with transaction.atomic():
            ids = list(
                blank.filter(pk__gt=last)
                .order_by("pk")
                .select_for_update(of=("self",), skip_locked=True)
                .values_list("pk", flat=True)[:BATCH]
            )
            if not ids:
                return {"filled": done}
            done += set_codes(Plot.objects.filter(pk__in=ids))
        last = ids[-1]
        tell_progress(job, min(99, 100 * done // max(total, 1)), _("Tính mã định danh thửa đất tạm tính"))


def likely_same(plot: Plot) -> PlotQuerySet:
    """Return other current plots that are probably this one: same place within 5 m, same area within 2 %.

    Nothing is decided by it: ours are provisional codes, so people are asked to look.
    """
    code = plot.provisional_parcel_code
    if not code:
        return Plot.objects.none()
    return (
        Plot.objects.current()
        .exclude(pk=plot.pk)
        .exclude(provisional_parcel_code="")
        .filter(
            provisional_parcel_code__startswith=code[:SAME_PLACE],
            area_m2__range=(plot.area_m2 * (1 - SAME_AREA), plot.area_m2 * (1 + SAME_AREA)),
        )
        .order_by("pk")
    )
