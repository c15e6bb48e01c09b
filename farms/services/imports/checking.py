"""What the rows of a file mean, and every rule on them: asked of all rows at once, by the database."""

import io
import json
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import IO, Any

from django.conf import settings
from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.models import Grower
from core.text import fold
from crops.models import Crop, Variety
from farms import import_sql, import_store_sql, import_values, imports, sql
from farms.models import ImportKind, PlotImport, RowAction, Verdict
from farms.services.imports.starting import REFUSE, UPDATE
from farms.services.imports.timing import Steps
from geofiles import touching
from places.sql import communes_by_overlap

PIPE_BYTES = 1024 * 1024
MAX_ROUNDS = 50  # a row that is not stored may keep another out, and so on; each round is one more in the chain


def check_rows(plot_import: PlotImport, steps: Steps, *, overlapping: Callable[[], None]) -> dict[str, Any]:
    """Check what lies in `import_stage` against itself and what is stored now, and write the rows.

    `overlapping` puts the overlaps inside the file into `import_finding`; it is called as late as can be. Returns what
    the summary says: counts per verdict, actions, and the snapshot that a later check begins from.
    """
    with connection.cursor() as cursor:
        cursor.execute(import_store_sql.SNAPSHOT)
        (snapshot,) = cursor.fetchone()
        cursor.execute(import_store_sql.CLUSTER)
        (cluster,) = cursor.fetchone()
        with steps.step("columns", 46, _("Đang đọc các cột")):
            values = parameters_of(plot_import, distinct=_distinct_staged)
        with steps.step("communes", 50, _("Đang tìm xã, phường")):
            cursor.execute(import_sql.FIND_COMMUNES, values)
            found = communes_by_overlap(import_sql.ROWS_IN_NO_CELL)
            cursor.execute(import_sql.FIND_OTHER_COMMUNES.format(found=found), values)
        with steps.step("meaning", 58, _("Đang đối chiếu số thửa")):
            is_update = plot_import.kind == ImportKind.UPDATE
            cursor.execute(import_sql.mean_rows(mapped_columns(plot_import), by_id=is_update), values)
            cursor.execute(import_sql.DROP_NO_GEOMETRY)
        with steps.step("rules", 64, _("Đang kiểm tra từng dòng")):
            _apply_rules(cursor, plot_import, values)
        with steps.step("overlaps stored", 70, _("Đang đối chiếu với thửa đã có")):
            _find_meeting(cursor, values)
            cursor.execute(import_sql.FIND_OVERLAPS, values)
            cursor.execute(f"INSERT INTO import_finding {import_sql.OVERLAP_FINDINGS}")
        with steps.step("overlaps in file", 82, _("Đang đối chiếu các dòng với nhau")):
            overlapping()
            _settle_old_outlines(cursor)
        with steps.step("keep rows", 90, _("Đang ghi kết quả kiểm tra")):
            cursor.execute(import_sql.KEEP_ROWS, values)
            cursor.execute(import_sql.COUNT_ROWS, values)
            return {**_counts(cursor.fetchall()), "snapshot": snapshot, "cluster": cluster}


def _apply_rules(cursor: Any, plot_import: PlotImport, values: dict[str, Any]) -> None:
    for field, check in import_sql.CHECKS:
        if not field or values[field]:
            cursor.execute(f"INSERT INTO import_finding {check}", values)
    if plot_import.kind == ImportKind.UPDATE:
        versions = {"versions": json.dumps(plot_import.options.get("versions") or {})}
        for check in import_sql.UPDATE_CHECKS:
            cursor.execute(f"INSERT INTO import_finding {check}", values | versions)


def _find_meeting(cursor: Any, values: dict[str, Any]) -> None:
    """Put the pairs of a row and a stored plot that do more than touch into `import_meeting`.

    The database finds what is near, a thread of ours looks at the shapes as they come: both cores are busy.
    """
    cursor.execute(import_sql.STAGE_MEETING)
    near = cursor.mogrify(import_sql.COPY_NEAR_STORED, values)
    source, sink = os.pipe()
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="touching") as pool:
        work = pool.submit(_read_and_close, os.fdopen(source, "rb"))
        with suppress(BrokenPipeError), os.fdopen(sink, "wb", PIPE_BYTES) as given:  # the thread's own error says more
            cursor.copy_expert(near, given)
        parts = work.result()
    for part in parts:
        if len(part):
            lines = "".join(f"{row},{other}\n" for row, other in part.tolist())
            cursor.copy_expert(import_sql.COPY_MEETING, io.StringIO(lines))


def _read_and_close(source: IO[bytes]) -> list[Any]:
    with source:
        return touching.pairs_that_meet(source)


def _settle_old_outlines(cursor: Any) -> None:
    """A row on the old outline of a plot that the file moves fares as the row that moves it, round by round."""
    for _round in range(MAX_ROUNDS):
        cursor.execute(import_sql.OLD_OUTLINE_FINDINGS)
        if not cursor.rowcount:
            return
    cursor.execute(import_sql.OLD_OUTLINES_LEFT)


def _counts(found: list[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    counts = dict.fromkeys(Verdict.values, 0)
    actions = dict.fromkeys(RowAction.values, 0)
    for verdict, action, number in found:
        counts[verdict] += number
        actions[action] += number
    return {"counts": counts, "actions": actions}


def mapped_columns(plot_import: PlotImport) -> list[str]:
    """Return the columns of `farms_plot` (of import_sql.COLUMNS) that this file has."""
    columns = plot_import.options.get("columns") or {}
    return [name for name, (_default, field) in import_sql.COLUMNS.items() if columns.get(field)]


def parameters_of(plot_import: PlotImport, *, distinct: Callable[[str], list[str]]) -> dict[str, Any]:
    """Return the values of the statements: headings, what their cells mean, limits.

    `distinct(heading)` gives the different values of a column.
    """
    columns = plot_import.options.get("columns") or {}
    west, south, east, north = settings.COUNTRY_BOX
    default = Crop.objects.filter(slug=plot_import.options.get("crop") or "").first()
    heading = columns.get("declared_area")

    def values(field: str) -> list[str]:
        return distinct(columns[field]) if columns.get(field) else []

    meanings = {
        "crop": imports.match_values(values("crop"), _crops()),
        "variety": imports.match_values(values("variety"), _varieties()),
        "grower": _match_growers(plot_import, values("grower")),
        "harvest_months": import_values.match_months(values("harvest_months")),
        "determination": import_values.match_determinations(values("determination")),
        "determined_on": import_values.match_dates(values("determined_on")),
    }
    return {
        **{name: columns.get(name) for name in imports.FIELDS},
        **{f"{name}_values": json.dumps(meant) for name, meant in meanings.items()},
        **sql.parameters(settings),
        "import": str(plot_import.pk),
        "cooperative": plot_import.cooperative_id,
        "on": timezone.localdate(),
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "default_crop": default.pk if default else None,
        "updates": plot_import.options.get("existing", UPDATE) != REFUSE,
        "area_factor": _area_factor(heading, values("declared_area")),
    }  # fmt: skip


def _distinct_staged(heading: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(import_sql.DISTINCT_VALUES, [heading])
        return [value for (value,) in cursor.fetchall() if value]


def distinct_kept(plot_import: PlotImport) -> Callable[[str], list[str]]:
    """Return a function that gives the different values of a column among the rows kept."""

    def distinct(heading: str) -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT DISTINCT attributes ->> %s FROM farms_plotimportrow WHERE plot_import_id = %s",
                [heading, str(plot_import.pk)],
            )
            return [value for (value,) in cursor.fetchall() if value]

    return distinct


def _crops() -> dict[str, int]:
    names = {fold(crop.name_vi): crop.pk for crop in Crop.objects.all()}
    names |= {fold(crop.name_en): crop.pk for crop in Crop.objects.all()}
    return names | {imports.heading_form(slug): pk for slug, pk in Crop.objects.values_list("slug", "pk")}


def _varieties() -> dict[str, int]:
    names: dict[str, int] = {}
    for variety in Variety.objects.select_related("crop"):
        names[imports.heading_form(variety.slug)] = variety.pk
        names[fold(variety.name_vi)] = variety.pk
        names[fold(f"{variety.crop.name_vi} {variety.name_vi}")] = variety.pk
    return names


def _match_growers(plot_import: PlotImport, values: list[str]) -> dict[str, int]:
    """Match by member number, else by a full name that only one member bears."""
    members = Grower.objects.current().filter(cooperative=plot_import.cooperative).select_related("person")
    by_number = {member.number: member.pk for member in members}
    by_name: dict[str, list[int]] = {}
    for member in members:
        by_name.setdefault(member.person.search_key, []).append(member.pk)
    found = {}
    for value in values:
        same_name = by_name.get(fold(value), [])
        pk = by_number.get(value.strip()) or (same_name[0] if len(same_name) == 1 else None)
        if pk is not None:
            found[value] = pk
    return found


def _area_factor(heading: str | None, values: list[str]) -> float:
    """m² of one unit of the column of areas."""
    numbers = []
    for value in values:
        try:
            numbers.append(float(value.replace(",", ".")))
        except ValueError:
            continue
    return 1.0 if imports.is_in_square_metres(heading or "", numbers) else 10_000.0
