"""Snapshots: every public layer, every night, in the formats that tools read whole or in ranges.

Files stand under SNAPSHOT_DIR as `<layer>/<day>.<ending>`; a row is written when its file is whole. They hold what a
visitor may read, and of that no outline that rests on a consent: any cache may keep them, and nobody can call them back
when a consent is withdrawn. A night's turn that is repeated writes the day's files anew.
"""

import datetime as dt
import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from django.utils.translation import override

from exchange.catalogue import CATALOGUE, Entry
from exchange.exports.files import Written, write_export
from exchange.exports.formats import FORMATS
from exchange.models import ExportFormat, ExportProfile, Snapshot
from exchange.selection import Selection
from exchange.services.exports import scratch_folder
from office.models import Job
from office.services import tell_progress

SNAPSHOT_FORMATS = (
    ExportFormat.GEOJSON,
    ExportFormat.CSV,
    ExportFormat.GPKG,
    ExportFormat.FGB,
    ExportFormat.PARQUET,
    ExportFormat.PMTILES,
)


def entries_with_snapshots() -> list[Entry]:
    """Return the layers that everybody may read."""
    return [found for found in CATALOGUE if not found.is_personal and found.layer.is_public]


def formats_of(entry: Entry) -> list[ExportFormat]:
    """Return the formats in which snapshots of the layer are kept."""
    return [
        format
        for format in SNAPSHOT_FORMATS
        if entry.layer.geometry is not None or format not in (ExportFormat.FGB, ExportFormat.PMTILES)
    ]


def make_snapshots(job: Job) -> dict[str, Any]:
    """Job: write today's snapshots of all public layers, then drop those older than SNAPSHOT_KEEP_DAYS."""
    today = timezone.localdate()
    wanted = [(entry, format) for entry in entries_with_snapshots() for format in formats_of(entry)]
    for number, (entry, format) in enumerate(wanted):
        tell_progress(job, 100 * number // len(wanted), f"{entry.layer.name}.{format}")
        make_snapshot(entry, format, today)
    return {"files": len(wanted), "dropped": drop_old(today)}


def make_snapshot(entry: Entry, format: ExportFormat, day: dt.date) -> Snapshot:
    """Write the layer as a visitor reads it now, under the name of `day`; an earlier one of that day is replaced."""
    name = f"{day.isoformat()}.{FORMATS[format].suffix}"
    target = folder_of(entry.layer.name) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with scratch_folder() as folder, override(settings.LANGUAGE_CODE):
        path = folder / name
        lasting = replace(entry, layer=entry.layer.of_files_that_stay())
        selection = Selection.read(lasting, AnonymousUser(), {})
        written = write_export(selection, format, ExportProfile.PLAIN, path, has_notes=False)
        fields = _facts(path, written)
        _move(path, target)
    snapshot, _created = Snapshot.objects.update_or_create(
        layer=entry.layer.name, format=format, made_on=day, defaults=fields | {"path": f"{entry.layer.name}/{name}"}
    )
    return snapshot


def _facts(path: Path, written: Written) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "written_at": dt.datetime.fromisoformat(written.head["written_at"]),
        "size": path.stat().st_size,
        "sha256": digest,
        "row_count": written.row_count,
    }


def _move(path: Path, target: Path) -> None:
    """Put the whole file in its place at once; across disks by a copy beside it first."""
    beside = target.with_name(f".{target.name}.part")
    shutil.move(path, beside)
    beside.replace(target)


def folder_of(layer: str) -> Path:
    """Return the folder of a layer's snapshots."""
    return Path(settings.SNAPSHOT_DIR) / layer


def path_of(snapshot: Snapshot) -> Path:
    """Return where the file of a snapshot stands."""
    return Path(settings.SNAPSHOT_DIR) / snapshot.path


def drop_old(today: dt.date) -> int:
    """Delete snapshots older than SNAPSHOT_KEEP_DAYS, but never the newest of a layer and format."""
    before = today - dt.timedelta(days=settings.SNAPSHOT_KEEP_DAYS)
    old = Snapshot.objects.filter(made_on__lt=before).exclude(pk__in=Snapshot.objects.newest().values("pk"))
    dropped = list(old)
    for snapshot in dropped:
        snapshot.delete()
        path_of(snapshot).unlink(missing_ok=True)
    return len(dropped)


def checksums(layer: str) -> str:
    """Return the lines of SHA256SUMS: digest and name of every snapshot of the layer, newest first (sha256sum -c)."""
    rows = Snapshot.objects.filter(layer=layer).order_by("-made_on", "format")
    return "".join(f"{row.sha256}  {Path(row.path).name}\n" for row in rows)
