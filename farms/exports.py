"""Files that leave: the rows of an import that were not stored, with reasons, to be corrected and sent again."""

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TextIO

from django.contrib.gis.geos import WKTWriter
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from core.errors import RuleViolated
from farms import imports
from farms.models import ImportStatus, PlotImport, PlotImportRow, RowAction, Verdict
from farms.services.mappings import sent_headings
from geofiles.workbooks import MAX_CELL, Sheet, write_xlsx

MAX_ROWS = 100_000  # XLSX and GeoPackage are made in one piece; CSV and GeoJSON have no such limit
CHUNK = 1_000
WKT_DECIMALS = 9  # 0.1 mm
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def refused_rows(plot_import: PlotImport) -> QuerySet[PlotImportRow]:
    """Rows that are no plots: before storing those not green, afterwards all that were left out; in file order."""
    rows = PlotImportRow.objects.filter(plot_import=plot_import).exclude(action=RowAction.SAME, verdict=Verdict.GREEN)
    if plot_import.status in (ImportStatus.COMMITTED, ImportStatus.UNDONE):
        rows = rows.filter(plot=None)
    return rows.exclude(verdict=Verdict.GREEN).order_by("row")


def reasons_of(row: PlotImportRow) -> str:
    """Return what is to be said of a row as one text, with the place where something is wrong."""
    return " ".join(imports.finding_text(finding) + place_text(finding) for finding in row.findings)


def place_text(finding: dict[str, Any]) -> str:
    """Return where a finding's point lies, "" without one."""
    if not finding.get("at"):
        return ""
    lon, lat = finding["at"][:2]
    return _(" Điểm: vĩ độ %(lat).6f, kinh độ %(lon).6f.") % {"lat": lat, "lon": lon}


def write_refused(plot_import: PlotImport, path: Path, format: str) -> None:
    """Write the refused rows to `path`; `format` is a key of FORMATS. Raises RuleViolated("too_many_rows")."""
    rows = refused_rows(plot_import)
    if format in ("xlsx", "gpkg") and rows.count() > MAX_ROWS:
        detail = _("Quá nhiều dòng cho loại tệp này. Hãy tải bản CSV hoặc GeoJSON.")
        raise RuleViolated("too_many_rows", detail)
    headings = sent_headings(plot_import.summary.get("headings") or [])
    FORMATS[format][1](path, headings, rows.iterator(chunk_size=CHUNK))


def shape_of(row: PlotImportRow) -> Any:
    """Return the outline to be corrected: as it would be stored, else as the file had it, else None."""
    return row.boundary if row.boundary is not None else row.before_repair


def _told(row: PlotImportRow) -> list[Any]:
    return [row.row, str(Verdict(row.verdict).label), reasons_of(row)]


def _write_csv(path: Path, headings: list[str], rows: Iterable[PlotImportRow]) -> None:
    # Spreadsheets take a CSV file for UTF-8 only with this mark.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*imports.OWN_HEADINGS.values(), *headings, imports.WKT_HEADING])
        writer.writerows([_guarded(value) for value in cells] for cells in _cells(headings, rows))


def _write_xlsx(path: Path, headings: list[str], rows: Iterable[PlotImportRow]) -> None:
    columns = [*imports.OWN_HEADINGS.values(), *headings, imports.WKT_HEADING]
    write_xlsx(path, [Sheet("Chưa đạt", columns, (_fitting(cells) for cells in _cells(headings, rows)))])


def _fitting(cells: list[Any]) -> list[Any]:
    """An outline longer than a cell holds would come back cut, so it is left out and that is said."""
    if len(cells[-1]) <= MAX_CELL:
        return cells
    told = _("Ranh giới quá dài cho một ô Excel: hãy sửa trong bản GeoJSON hoặc GeoPackage.")
    return [*cells[:2], f"{cells[2]} {told}", *cells[3:-1], ""]


def _cells(headings: list[str], rows: Iterable[PlotImportRow]) -> Iterator[list[Any]]:
    writer = WKTWriter(dim=2, trim=True, precision=WKT_DECIMALS)
    for row in rows:
        shape = shape_of(row)
        values = [row.attributes.get(heading) for heading in headings]
        yield [*_told(row), *values, writer.write(shape).decode() if shape is not None else ""]


def _guarded(value: Any) -> Any:
    """A cell that a spreadsheet would run as a formula is quoted (F15)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def _write_geojson(path: Path, headings: list[str], rows: Iterable[PlotImportRow]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [')
        _write_features(file, headings, rows)
        file.write("]}\n")


def _write_features(file: TextIO, headings: list[str], rows: Iterable[PlotImportRow]) -> None:
    mark = "\n"
    for row in rows:
        shape = shape_of(row)
        told = dict(zip(imports.OWN_HEADINGS.values(), _told(row), strict=True))
        feature = {
            "type": "Feature",
            "geometry": json.loads(shape.geojson) if shape is not None else None,
            "properties": told | {heading: row.attributes.get(heading) for heading in headings},
        }
        file.write(mark + json.dumps(feature, ensure_ascii=False))
        mark = ",\n"


def _write_gpkg(path: Path, headings: list[str], rows: Iterable[PlotImportRow]) -> None:
    from geofiles import writers

    shapes, table = [], []
    for row in rows:
        shape = shape_of(row)
        shapes.append(bytes(shape.wkb) if shape is not None else None)
        table.append([*_told(row), *(row.attributes.get(heading) for heading in headings)])
    columns = [*imports.OWN_HEADINGS.values(), *headings]
    values = {name: _one_kind([cells[place] for cells in table]) for place, name in enumerate(columns)}
    writers.write(writers.batch_of_wkb(shapes, values, layer="chua_dat"), path, "gpkg")


def _one_kind(values: list[Any]) -> list[Any]:
    """A column holds one kind of value; where the file mixed them, all become text."""
    kinds = {type(value) for value in values if value is not None}
    if len(kinds) <= 1:
        return values
    return [None if value is None else str(value) for value in values]


Writer = Callable[[Path, list[str], Iterable[PlotImportRow]], None]

# suffix -> (media type, writer)
FORMATS: dict[str, tuple[str, Writer]] = {
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _write_xlsx),
    "csv": ("text/csv; charset=utf-8", _write_csv),
    "geojson": ("application/geo+json", _write_geojson),
    "gpkg": ("application/geopackage+sqlite3", _write_gpkg),
}
