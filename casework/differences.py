"""What changed between two versions of a request: fields, plots, documents, ground."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from casework.models import RequestVersion
from casework.services.versions import GIVEN
from casework.sql import VERSION_GROUND
from codes.models import CodeScheme, DocumentKind, Market

FIELD_LABELS = {
    "area_name": gettext_lazy("Tên vùng trồng"),
    "crop": gettext_lazy("Cây trồng"),
    "variety": gettext_lazy("Giống"),
    "commune": gettext_lazy("Phường, xã"),
    "area_m2": gettext_lazy("Diện tích"),
    "grower_count": gettext_lazy("Số hộ"),
    "scheme": gettext_lazy("Chế độ mã số"),
    "markets": gettext_lazy("Thị trường"),
    "expected_output_t": gettext_lazy("Sản lượng dự kiến (tấn/năm)"),
    "contact_person": gettext_lazy("Người phụ trách kỹ thuật"),
    "note": gettext_lazy("Ghi chú"),
}
ADDED, REMOVED, CHANGED = "added", "removed", "changed"
SAME_M2 = 0.5  # areas closer than this are the same


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field of the form with its two values in words."""

    name: str
    label: Any
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class PlotChange:
    """A plot that came, went, or is another now. Areas in m²; None where the version does not have it."""

    kind: str
    id: int
    ref: str
    old_m2: float | None
    new_m2: float | None
    note: str = ""

    @property
    def difference_m2(self) -> float:
        """Square metres won (positive) or lost."""
        return (self.new_m2 or 0.0) - (self.old_m2 or 0.0)


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """A document that came or went."""

    kind: str
    label: Any
    title: str


@dataclass(frozen=True, slots=True)
class GroundChange:
    """Ground that came or went: GeoJSON geometry in EPSG:4326 and m²."""

    kind: str
    geometry: dict[str, Any]
    area_m2: float


@dataclass(frozen=True, slots=True)
class Differences:
    """All that changed from version `old` to version `new`."""

    old: RequestVersion
    new: RequestVersion
    fields: tuple[FieldChange, ...]
    plots: tuple[PlotChange, ...]
    documents: tuple[DocumentChange, ...]
    ground: tuple[GroundChange, ...]

    @property
    def is_empty(self) -> bool:
        """Whether both versions say the same."""
        return not (self.fields or self.plots or self.documents or self.ground)


def differences(old: RequestVersion, new: RequestVersion) -> Differences:
    """Return what changed from `old` to `new`, two versions of the same request."""
    return Differences(
        old,
        new,
        tuple(_fields(old.form, new.form)),
        tuple(_plots(_by_id(old.plots), _by_id(new.plots))),
        tuple(_documents(_by_id(old.documents), _by_id(new.documents))),
        _ground(old, new),
    )


def _by_id(rows: list[dict[str, Any]]) -> dict[int, dict[str, Any]]:
    return {row["id"]: row for row in rows}


def _fields(old: dict[str, Any], new: dict[str, Any]) -> Iterator[FieldChange]:
    changed = [name for name in FIELD_LABELS if _differ(name, old.get(name), new.get(name))]
    if not changed:
        return
    words = _Words()
    for name in changed:
        yield FieldChange(name, FIELD_LABELS[name], words.of(name, old.get(name)), words.of(name, new.get(name)))


def _differ(name: str, old: Any, new: Any) -> bool:
    if name == "area_m2" and old is not None and new is not None:
        return abs(old - new) >= SAME_M2
    return old != new


class _Words:
    """Values of the form in words of the reader; names of schemes and markets are asked once."""

    def __init__(self) -> None:
        self.markets = {market.code: str(market) for market in Market.objects.all()}
        self.schemes = dict(CodeScheme.objects.values_list("slug", "name"))

    def of(self, name: str, value: Any) -> str:
        if value in (None, "", []):
            return "–"
        if name == "area_m2":
            return f"{_number(value / 10_000)} ha"
        if name == "scheme":
            return self.schemes.get(value, value)
        if name == "markets":
            return ", ".join(self.markets.get(code, code) for code in value)
        if name == "contact_person":
            return _("đã ghi tên") if value == GIVEN else "–"
        return _number(value) if isinstance(value, float) else str(value)


def _number(value: float) -> str:
    text = number_format(round(value, 2), decimal_pos=2, use_l10n=True)
    return text.rstrip("0").rstrip(".,") if "." in text or "," in text else text


def _plots(old: dict[int, dict[str, Any]], new: dict[int, dict[str, Any]]) -> Iterator[PlotChange]:
    for pk, plot in new.items():
        before = old.get(pk)
        if before is None:
            yield PlotChange(ADDED, pk, plot["ref"], None, plot["area_m2"])
            continue
        note = "; ".join(_plot_notes(before, plot))
        if note or before["version"] != plot["version"] or abs(before["area_m2"] - plot["area_m2"]) >= SAME_M2:
            yield PlotChange(CHANGED, pk, plot["ref"], before["area_m2"], plot["area_m2"], note)
    for pk, plot in old.items():
        if pk not in new:
            yield PlotChange(REMOVED, pk, plot["ref"], plot["area_m2"], None)


def _plot_notes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[str]:
    for name in ("ref", "crop_name", "variety_name"):
        if old[name] != new[name]:
            yield f"{old[name] or '–'} → {new[name] or '–'}"


def _documents(old: dict[int, dict[str, Any]], new: dict[int, dict[str, Any]]) -> Iterator[DocumentChange]:
    for kind, these, others in ((ADDED, new, old), (REMOVED, old, new)):
        for pk, row in these.items():
            if pk not in others:
                label = DocumentKind(row["kind"]).label if row["kind"] in DocumentKind.values else row["kind"]
                yield DocumentChange(kind, label, row["title"] or row["name"])


def _ground(old: RequestVersion, new: RequestVersion) -> tuple[GroundChange, ...]:
    with connection.cursor() as cursor:
        cursor.execute(VERSION_GROUND, [old.pk, new.pk])
        return tuple(GroundChange(which, json.loads(shape), area) for which, shape, area in sorted(cursor.fetchall()))


def versions_to_compare(
    versions: list[RequestVersion], old: str | None, new: str | None
) -> tuple[RequestVersion, RequestVersion] | None:
    """Return the two of `versions` (ascending) with the numbers asked for, by default the last two; None with one only.

    Numbers that no version has count as not given: an old link still shows something.
    """
    if len(versions) < 2:
        return None
    by_number = {str(version.number): version for version in versions}
    later = by_number.get(new or "", versions[-1])
    default = versions[max(versions.index(later) - 1, 0)]
    return by_number.get(old or "", default), later
