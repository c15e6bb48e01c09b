"""Plots that somebody walked round with a phone, often without signal: stored exactly once, with their photos."""

import datetime as dt
import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.gis.geos import MultiPolygon
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative, Grower
from core.errors import Finding, RuleViolated, WrongState
from core.permissions import require
from crops.models import Crop
from farms.models import Determination, Plot, PlotPhoto
from farms.permissions import can_add_plot, can_change_plot
from farms.services.plots import add_plot
from office.photos import clean_photo
from office.services import documents

MIN_FIXES = 4  # positions of the satellite receiver: fewer make no closed line that anyone could check
MAX_PHOTOS = 10
MAX_TRACK = 5_000  # points of the line as walked that are kept; one each 3 m is 15 km
PREFIX = "GPS-"  # of the numbers that we give
CAPTURED = (Determination.DRIVEN, Determination.MANUAL)
_LOCK_CLASS = 7302  # first key of the advisory locks on captures; the second is the cooperative's id
_LOCK = "SELECT pg_advisory_xact_lock(%s, %s)"


@dataclass(frozen=True, slots=True)
class Walk:
    """How the boundary was found.

    accuracy_m   mean error that the receiver told (68 % of positions lie within), in metres
    fixes        number of positions that were used
    track        the line as recorded, before it was simplified: [[lon, lat, error in m, seconds since the start], ...]
    device       what the device says it is
    """

    accuracy_m: float
    fixes: int
    determination: str = Determination.DRIVEN
    started_at: dt.datetime | None = None
    finished_at: dt.datetime | None = None
    track: Sequence[Sequence[float]] = field(default=(), repr=False)
    device: str = ""


@transaction.atomic
def capture_plot(
    cooperative: Cooperative,
    *,
    capture_id: uuid.UUID,
    boundary: MultiPolygon,
    walk: Walk,
    crop: Crop,
    by: Any,
    ref: str = "",
    grower: Grower | None = None,
    note: str = "",
) -> Plot:
    """Store a plot that was captured in the field and return it; sent twice (by `capture_id`) it is the same plot.

    `boundary`: EPSG:4326, valid. A blank `ref` gets the next free number of ours. Raises NotAllowed; WrongState (409)
    "capture_id_taken" (somebody else's, or of another cooperative), "capture_recorded_differently"; RuleViolated
    "gps_too_inaccurate", "too_few_fixes", "determination_not_captured", "track_too_long", and as `add_plot`;
    PlotsOverlap (409) naming the cooperative's own neighbour.
    """
    require(can_add_plot(by, cooperative))
    # One capture of a cooperative at a time: what is sent twice at once is one, and numbers of ours are given once.
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [_LOCK_CLASS, cooperative.pk])
    digest = _digest(boundary, walk, crop, ref, grower, note)
    before = Plot.objects.filter(capture_id=capture_id).first()
    if before is not None:
        return _same(before, cooperative, digest, by=by)
    _check(walk)
    return add_plot(
        cooperative,
        boundary,
        by=by,
        capture_id=capture_id,
        ref=ref or _next_ref(cooperative),
        crop=crop,
        grower=grower,
        note=note,
        determination=walk.determination,
        determined_on=_day(walk),
        source=_source(walk, digest),
    )


@transaction.atomic
def add_plot_photo(
    plot: Plot,
    *,
    image: bytes,
    by: Any,
    client_id: uuid.UUID | None = None,
    caption: str = "",
    taken_at: dt.datetime | None = None,
) -> PlotPhoto:
    """Add a photo, also later than the plot; the same `client_id` again is the same photo.

    The picture is written anew: nothing of its EXIF (position, device) is kept. Raises NotAllowed; RuleViolated
    `too_many_photos`, `photo_too_large`, `photo_unreadable`; WrongState "client_id_taken".
    """
    plot = Plot.objects.select_for_update(of=("self",), no_key=True).select_related("cooperative").get(pk=plot.pk)
    require(can_change_plot(by, plot))
    before = PlotPhoto.objects.filter(client_id=client_id).first() if client_id else None
    if before is not None:
        if before.plot_id != plot.pk:
            raise WrongState("client_id_taken", _("Mã của lần gửi này đã dùng cho một ảnh khác."))
        return before
    count = plot.photos.count()
    if count >= MAX_PHOTOS:
        raise RuleViolated("too_many_photos", _("Mỗi thửa tối đa %(limit)s ảnh.") % {"limit": MAX_PHOTOS})
    file = ContentFile(clean_photo(image), name=f"thua-{plot.pk}-{count + 1}.jpg")
    document = documents.store_upload(file, by=by)
    return plot.photos.create(
        client_id=client_id or uuid.uuid4(), document=document, caption=caption, taken_at=taken_at, created_by=by
    )


def _same(plot: Plot, cooperative: Cooperative, digest: str, *, by: Any) -> Plot:
    """Return what was stored before under this id, if this is the same again."""
    if plot.created_by_id != by.pk or plot.cooperative_id != cooperative.pk:
        raise WrongState("capture_id_taken", _("Mã của lần gửi này đã dùng cho một thửa khác."))
    # Answered as a repeat, what was corrected on the phone after it had arrived would be lost.
    if plot.source.get("digest", digest) != digest:
        detail = _("Thửa này đã được ghi với nội dung khác (số %(ref)s). Hãy sửa thửa đó thay vì gửi lại.")
        raise WrongState("capture_recorded_differently", detail % {"ref": plot.ref})
    return plot


def _check(walk: Walk) -> None:
    """All that is wrong with the way the boundary was found is told at once."""
    limit, findings = settings.CAPTURE_MAX_ERROR_M, []
    if walk.accuracy_m > limit:
        detail = _(
            "Sai số GPS trung bình %(error)s m, quá %(limit)s m. Hãy chờ máy bắt vệ tinh rõ hơn (ra chỗ trống, tắt tiết"
            " kiệm pin), rồi đi lại hoặc đứng yên đánh dấu từng góc."
        ) % {"error": round(walk.accuracy_m, 1), "limit": limit}
        findings.append(Finding("gps_too_inaccurate", detail, "/accuracy_m", {"limit_m": limit}))
    if walk.fixes < MIN_FIXES:
        detail = _("Chỉ có %(n)s vị trí GPS, cần ít nhất %(least)s.") % {"n": walk.fixes, "least": MIN_FIXES}
        findings.append(Finding("too_few_fixes", detail, "/fixes"))
    if walk.determination not in CAPTURED:
        detail = _("Ranh đo bằng điện thoại là đi vòng ranh hoặc chấm từng góc.")
        findings.append(Finding("determination_not_captured", detail, "/determination"))
    if len(walk.track) > MAX_TRACK:
        detail = _("Đường đi có quá nhiều điểm (tối đa %(limit)s).") % {"limit": MAX_TRACK}
        findings.append(Finding("track_too_long", detail, "/track"))
    if findings:
        raise RuleViolated(findings[0].code, findings[0].message, findings=findings)


def _day(walk: Walk) -> dt.date:
    """The day of the walk; a phone's clock that is ahead of ours is not believed."""
    today = timezone.localdate()
    return min(timezone.localdate(walk.finished_at), today) if walk.finished_at else today


def _next_ref(cooperative: Cooperative) -> str:
    """Return the next number of ours that no current plot of the cooperative has; the caller holds the lock."""
    taken = set(
        Plot.objects.current().filter(cooperative=cooperative, ref__startswith=PREFIX).values_list("ref", flat=True)
    )
    number = len(taken) + 1
    while f"{PREFIX}{number}" in taken:
        number += 1
    return f"{PREFIX}{number}"


def _source(walk: Walk, digest: str) -> dict[str, Any]:
    return {
        "kind": "walk",
        "accuracy_m": round(walk.accuracy_m, 2),
        "fixes": walk.fixes,
        "started_at": walk.started_at.isoformat() if walk.started_at else None,
        "finished_at": walk.finished_at.isoformat() if walk.finished_at else None,
        "device": walk.device,
        "track": [list(point) for point in walk.track],
        "digest": digest,
    }


def _digest(boundary: MultiPolygon, walk: Walk, crop: Crop, ref: str, grower: Grower | None, note: str) -> str:
    """Return what tells one capture from another under the same id; the device's own words are not part of it."""
    parts = [bytes(boundary.wkb).hex(), walk.determination, crop.pk, ref, grower.pk if grower else None, note]
    parts += [round(walk.accuracy_m, 2), walk.fixes]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
