"""What became of the land between two versions: hectares by class on either side, and which class turned into which.

PostGIS cuts the two layers with each other once, as sets; the result is kept for the pair of revisions and given away
as long as neither layer changes. Classes are compared in the newer of the two editions (docs/domain.md §4.5).
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from core.errors import RuleViolated
from core.permissions import require
from landuse import sql
from landuse.models import LandUseClass, LandUseLayer, LandUseParcel, LayerComparison
from landuse.permissions import can_edit_layers
from landuse.schemes import newest, read_in
from office.models import Job
from office.services import start_job

INLINE_PARCELS = 12_000  # of both versions; about five seconds. Beyond, a job does it
TIMEOUT_MS = 20_000
LEAST_M2 = 1.0  # what the two surveys' last digits differ by is no change
M2_IN_HA = 10_000


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One class on both maps, in hectares; `difference` is right minus left."""

    code: str
    name: str
    colour: str
    left_ha: float
    right_ha: float

    @property
    def difference_ha(self) -> float:
        """Hectares won (positive) or lost."""
        return self.right_ha - self.left_ha


@dataclass(frozen=True, slots=True)
class Move:
    """Hectares that were of one class and are of another; None: that map doesn't cover the ground."""

    before: LandUseClass | None
    after: LandUseClass | None
    area_ha: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both versions added up by class (largest first) and the moves between classes (largest first).

    `moves` is None where the pair has too many parcels to be cut while somebody waits and no job has done it yet.
    `same_ha` is ground of one class on both maps.
    """

    classes: tuple[ClassChange, ...]
    moves: tuple[Move, ...] | None
    same_ha: float
    left_ha: float
    right_ha: float


def compare(left: LandUseLayer, right: LandUseLayer) -> Comparison:
    """Return the table of change from `left` to `right`, from the kept result where there is one.

    Layers the caller may see; any order of dates. Nothing is counted twice, but parcels of one layer that overlap each
    other are each cut with the other layer (the upload tells of overlaps).
    """
    moves = _kept(left, right)
    if moves is None and LandUseParcel.objects.filter(layer__in=[left, right]).count() <= INLINE_PARCELS:
        moves = _computed(left, right, timeout_ms=TIMEOUT_MS)
    return _table(left, right, moves)


def _kept(left: LandUseLayer, right: LandUseLayer) -> list[list[Any]] | None:
    kept = LayerComparison.objects.filter(
        left=left, right=right, left_revision=left.revision, right_revision=right.revision
    )
    found: list[list[Any]] | None = kept.values_list("moves", flat=True).first()
    return found


def _computed(left: LandUseLayer, right: LandUseLayer, *, timeout_ms: int) -> list[list[Any]] | None:
    """Cut the layers, keep the result and return it; None when it took too long."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {timeout_ms}")
            cursor.execute(sql.COMPARE, {"left": left.pk, "right": right.pk, "least": LEAST_M2})
            moves = [list(row) for row in cursor.fetchall()]
    except OperationalError:
        return None
    revisions = {"left_revision": left.revision, "right_revision": right.revision}
    LayerComparison.objects.update_or_create(left=left, right=right, defaults={**revisions, "moves": moves})
    return moves


@transaction.atomic
def order_comparison(left: LandUseLayer, right: LandUseLayer, *, by: Any) -> Job:
    """Have a job cut two large versions; its result is kept for everybody."""
    require(can_edit_layers(by))
    return start_job("landuse.compare", {"left": left.pk, "right": right.pk}, by=by)


def run_comparison(job: Job) -> dict[str, Any]:
    """Job: cut two versions without the web's time limit. Raises RuleViolated("comparison_layer_gone")."""
    layers = LandUseLayer.objects.in_bulk([job.payload["left"], job.payload["right"]])
    if len(layers) != 2:
        raise RuleViolated("comparison_layer_gone", _("Một trong hai lớp bản đồ không còn nữa."))
    left, right = layers[job.payload["left"]], layers[job.payload["right"]]
    moves = _kept(left, right)
    if moves is None:
        moves = _computed(left, right, timeout_ms=0)
    return {"moves": len(moves or [])}


def _table(left: LandUseLayer, right: LandUseLayer, moves: list[list[Any]] | None) -> Comparison:
    totals = {layer.pk: _totals(layer) for layer in (left, right)}
    ids = {pk for found in totals.values() for pk in found} | {pk for row in moves or [] for pk in row[:2] if pk}
    reading = read_in(newest(left.scheme, right.scheme), ids)
    sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    shown: dict[str, LandUseClass] = {}
    for side, layer in enumerate((left, right)):
        for class_id, m2 in totals[layer.pk].items():
            item = reading.of(class_id)
            shown[item.code] = item
            sums[item.code][side] += m2 / M2_IN_HA
    classes = [
        ClassChange(code, shown[code].name, shown[code].colour, before, after) for code, (before, after) in sums.items()
    ]
    classes.sort(key=lambda item: (-max(item.left_ha, item.right_ha), item.code))
    left_ha, right_ha = (sum(totals[layer.pk].values()) / M2_IN_HA for layer in (left, right))
    if moves is None:
        return Comparison(tuple(classes), None, 0.0, left_ha, right_ha)
    same, changed = _moves(moves, reading.classes)
    return Comparison(tuple(classes), changed, same, left_ha, right_ha)


def _moves(moves: list[list[Any]], classes: dict[int, LandUseClass]) -> tuple[float, tuple[Move, ...]]:
    """Return the hectares that stayed in their class, and the moves; rows of one meaning are added up."""
    sums: dict[tuple[str, str], float] = defaultdict(float)
    ends: dict[tuple[str, str], tuple[LandUseClass | None, LandUseClass | None]] = {}
    same = 0.0
    for before_id, after_id, m2 in moves:
        before, after = classes.get(before_id), classes.get(after_id)
        if before is not None and after is not None and before.code == after.code:
            same += m2 / M2_IN_HA
            continue
        key = (before.code if before else "", after.code if after else "")
        sums[key] += m2 / M2_IN_HA
        ends[key] = (before, after)
    found = [Move(*ends[key], ha) for key, ha in sorted(sums.items(), key=lambda item: (-item[1], item[0]))]
    return same, tuple(found)


def _totals(layer: LandUseLayer) -> dict[int, float]:
    with connection.cursor() as cursor:
        cursor.execute(sql.TOTALS, [layer.pk])
        return dict(cursor.fetchall())
