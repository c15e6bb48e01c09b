"""What a plot was: its versions, two of them compared, and a set of plots as it was on two days.

All is read from the row history (`core.history`), never from a copy of our own. Days are those of Viet Nam: "on a day"
is the state at its end, so `from` = 30 June and `to` = 1 July shows what 1 July brought.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import User
from cooperatives.models import Cooperative, Grower
from crops.models import Crop, Variety
from farms import history_sql
from farms.models import Plot, PlotStatus, PlotSuccession
from places.models import AdministrativeUnit

ADDED, REMOVED, KEPT = "added", "removed", "kept"
MAX_VERSIONS, MAX_ROWS, MAX_SHAPES = 200, 500, 4_000
KINDS = {
    "added": gettext_lazy("Thêm"),
    "changed": gettext_lazy("Đổi ranh giới"),
    "attributes": gettext_lazy("Đổi thông tin"),
    "archived": gettext_lazy("Lưu trữ"),
    "removed": gettext_lazy("Xóa"),
    "same": gettext_lazy("Không đổi"),
}
DEEDS = {"insert": gettext_lazy("Ghi lần đầu"), "update": gettext_lazy("Sửa"), "delete": gettext_lazy("Xóa")}
REASONS = {
    "error": gettext_lazy("ghi nhầm"),
    "sold": gettext_lazy("đã bán"),
    "crop_change": gettext_lazy("đổi cây trồng"),
    "other": gettext_lazy("lý do khác"),
}
COMPARED_FIELDS = (
    "ref", "crop", "variety", "grower", "commune", "status", "declared_area_m2", "kept_area_m2", "planted_year",
    "tree_count", "harvest_months", "irrigation", "expected_yield_t", "note", "land_sheet", "land_parcel",
    "parcel_code", "determination", "determined_on",
)  # fmt: skip
NAMED: dict[str, Any] = {"crop": Crop, "variety": Variety, "grower": Grower, "commune": AdministrativeUnit}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field with what it said before and after, in words."""

    name: str
    label: Any
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Version:
    """One state of a plot: what was done when, by whom (`holder`: on whose behalf), why, and what it changed."""

    id: int
    at: dt.datetime
    deed: Any
    number: int
    status: str
    area_m2: float
    by: str
    holder: str
    why: str
    is_redrawn: bool
    changes: tuple[FieldChange, ...]

    @property
    def who(self) -> str:
        """Who acted, in words: a helper acts on behalf of the cooperative."""
        if self.by and self.holder:
            return _("%(user)s thay mặt %(holder)s") % {"user": self.by, "holder": self.holder}
        return self.by

    @property
    def area_ha(self) -> float:
        """Measured area of the outline in hectares."""
        return self.area_m2 / 10_000


@dataclass(frozen=True, slots=True)
class Ground:
    """Ground that was added, removed or kept: GeoJSON geometry in EPSG:4326 and m²."""

    kind: str
    geometry: dict[str, Any]
    area_m2: float

    @property
    def area_ha(self) -> float:
        """Area in hectares."""
        return self.area_m2 / 10_000


# --- One plot ----------------------------------------------------------------------------------------------------


def versions_of(plot: Plot, *, limit: int = MAX_VERSIONS) -> list[Version]:
    """Return the versions of a plot, newest first, by a fixed number of queries."""
    with connection.cursor() as cursor:
        cursor.execute(history_sql.VERSIONS, [plot.pk, limit + 1])  # one more, to say what the oldest shown changed
        facts = {row[0]: row[1:] for row in cursor.fetchall()}
    rows = list(_events(plot).filter(pgh_id__in=facts).order_by("pgh_id"))
    words = _Words(rows, [fact[2] or {} for fact in facts.values()])
    versions, before = [], None
    for row in rows:
        at, label, metadata, number, status, area_m2, is_redrawn = facts[row.pgh_id]
        context = _as_dict(metadata)
        changes = () if before is None else tuple(_changes(before, row, words))
        versions.append(
            Version(
                id=row.pgh_id,
                at=at,
                deed=DEEDS.get(label, label),
                number=number,
                status=status,
                area_m2=area_m2,
                by=words.user(context.get("user")),
                holder=words.holder(context, plot.cooperative_id),
                why=_why(before, row, context),
                is_redrawn=is_redrawn,
                changes=changes,
            )
        )
        before = row
    return versions[-limit:][::-1]


def compare(plot: Plot, old: int, new: int) -> list[Ground]:
    """Return the ground added, removed and kept from version `old` to `new` (ids of `versions_of`)."""
    with connection.cursor() as cursor:
        cursor.execute(history_sql.COMPARED, {"plot": plot.pk, "old": old, "new": new})
        rows = cursor.fetchall()
    order = (ADDED, REMOVED, KEPT)
    found = [Ground(kind, json.loads(shape), area) for kind, shape, area in rows]
    return sorted(found, key=lambda ground: order.index(ground.kind))


def pair_of(versions: list[Version], old: str, new: str) -> tuple[Version, Version] | None:
    """Return the two versions asked for; else the last redrawing and the one before; None with one version only."""
    if len(versions) < 2:
        return None
    by_id = {str(version.id): version for version in versions}
    drawn = next((index for index, version in enumerate(versions[:-1]) if version.is_redrawn), 0)
    later = by_id.get(new, versions[drawn])
    index = min(versions.index(later) + 1, len(versions) - 1)
    return by_id.get(old, versions[index]), later


def _events(plot: Plot) -> Any:
    return plot.history.model._default_manager.filter(pgh_obj_id=plot.pk).defer("boundary")  # type: ignore[attr-defined]


def _as_dict(metadata: Any) -> dict[str, Any]:
    if isinstance(metadata, str):
        metadata = json.loads(metadata)
    return metadata or {}


class _Words:
    """Names behind the ids in some events, each kind by one query."""

    def __init__(self, rows: Iterable[Any], contexts: Iterable[Any]) -> None:
        rows, contexts = list(rows), [_as_dict(context) for context in contexts]
        self.names: dict[str, dict[int, str]] = {}
        for name, model in NAMED.items():
            ids = {getattr(row, f"{name}_id") for row in rows} - {None}
            found = model._default_manager.filter(pk__in=ids) if ids else []
            if name == "commune" and ids:
                found = found.without_shapes()  # type: ignore[union-attr]
            self.names[name] = {one.pk: str(one) for one in found}
        users = {context.get("user") for context in contexts} - {None}
        self.users = {user.pk: str(user) for user in User.objects.filter(pk__in=users)} if users else {}
        holders = {pk for context in contexts for pk in context.get("on_behalf_of") or ()}
        named = Cooperative.objects.filter(pk__in=holders) if holders else ()
        self.holders = {one.pk: str(one) for one in named}

    def user(self, pk: Any) -> str:
        return self.users.get(pk, "")

    def holder(self, context: dict[str, Any], cooperative_id: int) -> str:
        is_helper = cooperative_id in (context.get("on_behalf_of") or ())
        return self.holders.get(cooperative_id, "") if is_helper else ""

    def of(self, event: Any, name: str) -> str:
        field = event._meta.get_field(name)
        value = getattr(event, field.attname)
        if value in (None, "", []):
            return "–"
        if name in NAMED:
            return self.names[name].get(value, "–")
        if name.endswith("_m2"):
            return f"{number_format(value / 10_000, 4)} ha"
        if name == "harvest_months":
            return ", ".join(str(month) for month in value)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, dt.date):
            return f"{value:%d/%m/%Y}"
        return number_format(value) if isinstance(value, float) else str(value)


def _changes(before: Any, row: Any, words: _Words) -> Iterator[FieldChange]:
    for name in COMPARED_FIELDS:
        field = row._meta.get_field(name)
        if getattr(before, field.attname) != getattr(row, field.attname):
            yield FieldChange(name, field.verbose_name, words.of(before, name), words.of(row, name))


def _why(before: Any, row: Any, context: dict[str, Any]) -> str:
    """Return the reason as far as it is on record: an import, an act on an overlap, an archiving."""
    source = row.source or {}
    old = {} if before is None else before.source or {}
    archived = source.get("archived")
    if archived and archived != old.get("archived"):
        return _("Thôi dùng: %(reason)s.") % {"reason": REASONS.get(archived.get("reason"), REASONS["other"])}
    if source.get("corrected") and source.get("corrected") != old.get("corrected"):
        return _("Cán bộ giải quyết chồng lấn số %(case)s.") % {"case": source["corrected"].get("case", "")}
    if source.get("file") and (before is None or str(context.get("kind", "")).startswith("farms.")):
        return _("Nhập từ tệp %(file)s, dòng %(row)s.") % {"file": source["file"], "row": source.get("row", "–")}
    if before is not None and before.status != row.status and PlotStatus.IN_CONFLICT in (before.status, row.status):
        return _("Chồng lấn với đơn vị khác.") if row.status == PlotStatus.IN_CONFLICT else _("Hết chồng lấn.")
    return ""


# --- A set of plots on two days ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetQuery:
    """Which plots, and the two days. `communes`: None for all, else ids; `crop` and `plot_import`: ids or None."""

    cooperative_id: int
    old: dt.date
    new: dt.date
    communes: tuple[int, ...] | None = None
    crop: int | None = None
    plot_import: UUID | None = None

    def params(self, limit: int = 0) -> dict[str, Any]:
        """Return the parameters of the statements in `history_sql`."""
        return {
            "cooperative": self.cooperative_id,
            "old": end_of(self.old),
            "new": end_of(self.new),
            "communes": None if self.communes is None else list(self.communes),
            "plot_import": None if self.plot_import is None else str(self.plot_import),
            "crop": self.crop,
            "limit": limit,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """How many plots of a kind, with their areas on record in hectares on both days."""

    kind: str
    label: Any
    count: int
    old_ha: float
    new_ha: float

    @property
    def difference_ha(self) -> float:
        """Hectares won (positive) or lost."""
        return self.new_ha - self.old_ha


@dataclass(frozen=True, slots=True)
class PlotDifference:
    """A plot that is another on the second day; areas on record in hectares, None where it was not there."""

    id: int
    ref: str
    kind: str
    label: Any
    old_ha: float | None
    new_ha: float | None
    note: str


@dataclass(frozen=True, slots=True)
class Succession:
    """Plots that became others between the two days."""

    label: Any
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SetChanges:
    """What happened to the set. `extent` is west, south, east, north, or None for an empty set."""

    totals: tuple[Total, ...]
    rows: tuple[PlotDifference, ...]
    successions: tuple[Succession, ...]
    extent: tuple[float, float, float, float] | None

    @property
    def count(self) -> int:
        """How many plots differ."""
        return sum(total.count for total in self.totals if total.kind != "same")

    @property
    def old_ha(self) -> float:
        """Hectares on record on the first day."""
        return sum(total.old_ha for total in self.totals)

    @property
    def new_ha(self) -> float:
        """Hectares on record on the second day."""
        return sum(total.new_ha for total in self.totals)


def end_of(day: dt.date) -> dt.datetime:
    """Return the first moment after `day` in Viet Nam; the country keeps UTC+7 the whole year."""
    midnight = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
    return timezone.make_aware(midnight, timezone.get_default_timezone())


def set_changes(query: SetQuery, *, limit: int = MAX_ROWS) -> SetChanges:
    """Return totals, up to `limit` plots that differ and who became whom; four queries, however many plots."""
    with connection.cursor() as cursor:
        cursor.execute(history_sql.SET_TOTALS, query.params())
        found = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(history_sql.SET_ROWS, query.params(limit))
        rows = cursor.fetchall()
    crops = dict(Crop.objects.filter(pk__in={pk for row in rows for pk in row[5:7] if pk}).values_list("pk", "name_vi"))
    totals = tuple(
        Total(kind, label, found[kind][0], found[kind][1] / 10_000, found[kind][2] / 10_000)
        for kind, label in KINDS.items()
        if kind in found
    )
    return SetChanges(
        totals=totals,
        rows=tuple(_difference(row, crops) for row in rows),
        successions=tuple(_successions(query)),
        extent=_extent([row[3] for row in found.values()]),
    )


def set_shapes(query: SetQuery, *, limit: int = MAX_SHAPES) -> list[dict[str, Any]]:
    """Return GeoJSON features: ground `added`, `removed`, `kept`, what differs first; up to `limit`."""
    with connection.cursor() as cursor:
        cursor.execute(history_sql.SET_SHAPES, query.params(limit))
        return [
            {
                "type": "Feature",
                "properties": {
                    "plot": plot,
                    "ref": ref,
                    "change": kind,
                    "ground": which,
                    "area_ha": round(area_m2 / 10_000, 4),
                },
                "geometry": json.loads(shape),
            }
            for plot, ref, kind, which, shape, area_m2 in cursor.fetchall()
        ]


def _difference(row: tuple[Any, ...], crops: dict[int, str]) -> PlotDifference:
    plot, ref, kind, old_m2, new_m2, old_crop, new_crop, _commune = row
    note = ""
    if old_crop and new_crop and old_crop != new_crop:
        note = f"{crops.get(old_crop, '–')} → {crops.get(new_crop, '–')}"
    old_ha, new_ha = (None if area is None else area / 10_000 for area in (old_m2, new_m2))
    return PlotDifference(plot, ref, kind, KINDS[kind], old_ha, new_ha, note)


def _successions(query: SetQuery) -> Iterator[Succession]:
    rows = PlotSuccession.objects.filter(
        old__cooperative=query.cooperative_id,
        created_at__gte=end_of(min(query.old, query.new)),
        created_at__lt=end_of(max(query.old, query.new)),
    )
    if query.communes is not None:
        rows = rows.filter(old__commune__in=query.communes)
    for row in rows.select_related("old", "new").only("kind", "old__ref", "new__ref").order_by("pk")[:MAX_ROWS]:
        yield Succession(row.get_kind_display(), row.old.ref, row.new.ref)


def _extent(boxes: Iterable[str | None]) -> tuple[float, float, float, float] | None:
    numbers = [[float(number) for corner in box[4:-1].split(",") for number in corner.split()] for box in boxes if box]
    if not numbers:
        return None
    west, south, east, north = zip(*numbers, strict=True)
    return min(west), min(south), max(east), max(north)
