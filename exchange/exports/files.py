"""A selection written to a file, whatever the format: what the jobs of exports and snapshots call."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from core import replicas
from core.errors import RuleViolated
from exchange.exports.copying import Moment
from exchange.exports.formats import FORMATS
from exchange.exports.streams import open_stream
from exchange.exports.tables import Counted, Progress, Table, batches, counted, table_of
from exchange.exports.tilesets import write_tileset
from exchange.models import ExportFormat, ExportProfile
from exchange.selection import Selection
from geofiles.errors import GeoFileError
from geofiles.layer_files import LayerFile, empty, write_flatgeobuf, write_geopackage, write_geoparquet, write_workbook
from geofiles.shapefile_out import write_zipped_shapefile

Batches = Iterator[Any]
Changed = Callable[[Batches], Batches]
_BY_BATCHES: dict[ExportFormat, Callable[[LayerFile, Batches, Path], None]] = {
    ExportFormat.GPKG: write_geopackage,
    ExportFormat.FGB: write_flatgeobuf,
    ExportFormat.PARQUET: write_geoparquet,
    ExportFormat.XLSX: write_workbook,
    ExportFormat.SHP: write_zipped_shapefile,
}


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a selection: the number of rows in the file, and what the file says of itself."""

    row_count: int
    head: dict[str, Any]


def nobody_asks(_percent: int) -> None:
    """Progress for those who do not watch."""


@replicas.reading()
def write_export(
    selection: Selection,
    format: ExportFormat,
    profile: ExportProfile,
    path: Path,
    progress: Progress = nobody_asks,
    *,
    has_notes: bool = True,
) -> Written:
    """Write the rows of `selection` to `path`, which has the format's ending; `progress` takes percents (0-100).

    What `progress` raises calls it off. `has_notes`: a CSV file says what it is before its heading; else it is the bare
    table. All rows are of one moment, and so is the count in the head. Raises RuleViolated("format_needs_wgs84",
    "too_many_rows", "shapefile_too_large", "layer_without_shapes", and what a profile refuses).
    """
    if profile != ExportProfile.PLAIN:
        return _write_profile(selection, format, profile, path, progress)
    require_fitting(selection, format)
    selection = selection.settled()
    if format in _BY_BATCHES:
        return write_batches(selection, format, path, progress)
    if format == ExportFormat.PMTILES:
        with Moment() as moment:
            return Written(*write_tileset(moment, selection, path, progress))
    return _write_text(selection, format, path, progress, has_notes=has_notes)


def require_fitting(selection: Selection, format: ExportFormat) -> None:
    """Raise RuleViolated where the format cannot hold what is asked for, whatever the rows are."""
    if selection.crs != "EPSG:4326" and not FORMATS[format].crs_free:
        detail = _("Định dạng này chỉ có hệ WGS 84 (EPSG:4326).")
        raise RuleViolated("format_needs_wgs84", detail)
    if selection.layer.geometry is None and format in (ExportFormat.FGB, ExportFormat.SHP, ExportFormat.PMTILES):
        raise RuleViolated("layer_without_shapes", _("Lớp này không có hình, hãy chọn định dạng bảng."))


def write_batches(
    selection: Selection,
    format: ExportFormat,
    path: Path,
    progress: Progress = nobody_asks,
    changed: Changed | None = None,
) -> Written:
    """Write a format that takes Arrow batches; `changed` may give the batches other columns.

    Raises as `write_export`.
    """
    table = table_of(selection)
    with Moment() as moment:
        count = counted(moment, table)
        _require_room(format, count)
        in_file, head = _fitted_head(selection, format, count)
        rows: Any = batches(moment, table, share_of(count.rows, progress))
        with closing(rows):
            schema = _schema_after(table, changed)
            source = changed(rows) if changed else rows
            file = layer_file(selection, table, head, schema)
            try:
                _BY_BATCHES[format](file, source, path)
            except GeoFileError as error:
                if error.code != "shapefile_too_large":
                    raise
                detail = _("Shapefile không chứa quá 2 GB. Hãy chọn GeoPackage hoặc lọc bớt.")
                raise RuleViolated("shapefile_too_large", detail) from error
    return Written(in_file, head)


def _fitted_head(selection: Selection, format: ExportFormat, count: Counted) -> tuple[int, dict[str, Any]]:
    """Return how many rows the file will hold, and its head: FlatGeobuf holds none without a shape, and says so."""
    left_out = count.without_shape if format == ExportFormat.FGB else 0
    head = selection.head(count.rows - left_out)
    return count.rows - left_out, head | ({"left_out_without_shape": left_out} if left_out else {})


def layer_file(selection: Selection, table: Table, head: dict[str, Any], schema: Any = None) -> LayerFile:
    """Return the description of a file of the whole table for `geofiles.layer_files`."""
    layer = selection.layer
    return LayerFile(
        name=layer.name.replace("-", "_"),
        title=str(layer.title),
        schema=schema or table.schema,
        shape=table.shape,
        crs=selection.crs,
        head=head_texts(head),
    )


def head_texts(head: dict[str, Any]) -> dict[str, str]:
    """Return the head with every value as text, for formats whose metadata is text."""
    return {
        name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) for name, value in head.items()
    }


def share_of(total: int, progress: Progress) -> Progress:
    """Return a progress that takes rows and tells percents; the last ones are for indexes and closing."""
    return lambda seen: progress(min(95, 95 * seen // max(total, 1)))


def _schema_after(table: Table, changed: Changed | None) -> Any:
    if changed is None:
        return table.schema
    return next(changed(iter([empty(table.schema)]))).schema


def _require_room(format: ExportFormat, count: Counted) -> None:
    most = FORMATS[format].max_rows
    if most is not None and count.rows > most:
        detail = _(
            "Có %(rows)s đối tượng, định dạng này chứa nhiều nhất %(most)s. Hãy lọc bớt hoặc chọn định dạng khác."
        )
        raise RuleViolated("too_many_rows", detail % {"rows": count.rows, "most": most})


def _write_text(
    selection: Selection, format: ExportFormat, path: Path, progress: Progress, *, has_notes: bool
) -> Written:
    stream = open_stream(selection, format, needs_place=False, has_notes=True)  # which also counts, at any cost
    stream.has_notes = has_notes
    total, lines = stream.row_count or 0, 0
    tell = share_of(total, progress)
    with closing(stream), path.open("wb") as file:
        for part in stream:
            file.write(part)
            lines += part.count(b"\n")  # a row is a line or some more
            tell(lines)
    return Written(total, stream.head)


def _write_profile(
    selection: Selection, format: ExportFormat, profile: ExportProfile, path: Path, progress: Progress
) -> Written:
    from exchange.profiles import PROFILES

    head = selection.head(None)  # of before: a consent that is withdrawn while rows are read is later than the file
    rows = PROFILES[profile].write(selection, format, path, progress)
    return Written(rows, head | {"row_count": rows})
