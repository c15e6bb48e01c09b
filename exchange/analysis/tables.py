"""The answer as a file and as JSON: CSV, XLSX, GeoJSON; each says what was asked, of when, under which licence."""

import json
from collections.abc import Iterator
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.utils.translation import gettext as _

from core.sql import COORDINATE_DIGITS
from exchange.analysis.figures import Analysis, Figure
from geofiles.workbooks import Sheet, xlsx
from places.models import AdministrativeUnit, UnitLevel

COLUMNS = ("unit_code", "unit_name", "level", "rows", "value", "part", "whole")


def head(analysis: Analysis) -> dict[str, Any]:
    """Return what a file says of itself, and what was measured."""
    asked = analysis.request
    said = asked.selection().head(analysis.total.rows)
    return {
        "measure": asked.measure.name,
        "title": str(asked.measure.title),
        "unit": asked.measure.unit,
        "level": str(asked.level),
        "on": asked.area.on.isoformat(),
        "by": str(asked.area.by),
        "as_of": (asked.as_of.isoformat() if asked.as_of else None),
        "layer": said["name"],
        **{name: said[name] for name in ("filter", "source", "steward", "licence", "row_count", "written_at")},
        **({"note": said["note"]} if "note" in said else {}),
    }


def line(figure: Figure) -> dict[str, Any]:
    """Return a figure as plain values, in the order of COLUMNS; unit_code null: not attributable, or the total."""
    unit = figure.unit
    return {
        "unit_code": unit.code if unit else None,
        "unit_name": unit.full_name if unit else None,
        "level": str(unit.level) if unit else None,
        "rows": figure.rows,
        "value": _rounded(figure.value),
        "part": _rounded(figure.part),
        "whole": _rounded(figure.whole),
    }


def document(analysis: Analysis) -> dict[str, Any]:
    """Return the answer for the API."""
    rest = analysis.not_attributable
    return {
        **head(analysis),
        "rows": [line(figure) for figure in analysis.rows],
        "total": line(analysis.total),
        "not_attributable": line(rest) if rest else None,
    }


def table(analysis: Analysis) -> tuple[list[str], list[list[Any]]]:
    """Return headings in the reader's language and rows: the units, what belongs to none, the total."""
    measure = analysis.request.measure
    headings = [_("Mã đơn vị"), _("Đơn vị"), _("Cấp"), _("Số đối tượng"), str(measure.title)]
    if measure.is_share:
        headings += [_("Phần (ha)"), _("Tổng (ha)")]
    lines = [(figure, figure.unit.full_name if figure.unit else "") for figure in analysis.rows]
    if analysis.not_attributable:
        lines.append((analysis.not_attributable, _("Không quy được về đơn vị nào")))
    lines.append((analysis.total, _("Tổng cộng")))
    return headings, [_cells(figure, name, is_share=measure.is_share) for figure, name in lines]


def notes(analysis: Analysis) -> list[list[str]]:
    """Return the head as rows of name and value."""
    return [[name, _text(value)] for name, value in head(analysis).items()]


def workbook(analysis: Analysis) -> bytes:
    """Return the table as XLSX, with a second sheet that says what it is."""
    headings, rows = table(analysis)
    about = Sheet(_("Về bảng này"), [_("Mục"), _("Nội dung")], notes(analysis), widths=[20, 80], is_wrapped=True)
    return xlsx([Sheet(_("Phân tích"), headings, rows, widths=[12, 32, 16, 14, 24]), about])


def geojson(analysis: Analysis) -> Iterator[str]:
    """Yield a FeatureCollection (RFC 7946) of the units with rows, in full outlines, one feature a line.

    Units without an outline have a null geometry; what belongs to no unit stands in the head.
    """
    answer = document(analysis)
    rows = answer.pop("rows")
    yield json.dumps({"type": "FeatureCollection", **answer}, ensure_ascii=False)[:-1] + ', "features": [\n'
    ids = [figure.unit.pk for figure in analysis.rows if figure.unit]
    outlines = AdministrativeUnit.objects.filter(pk__in=ids).annotate(
        outline=AsGeoJSON("boundary", precision=COORDINATE_DIGITS)
    )
    shapes = dict(outlines.values_list("code", "outline"))
    for number, row in enumerate(rows):
        properties = json.dumps(row, ensure_ascii=False)
        key = json.dumps(row["unit_code"])
        shape = shapes.get(row["unit_code"]) or "null"
        comma = ",\n" if number else ""
        yield f'{comma}{{"type": "Feature", "id": {key}, "geometry": {shape}, "properties": {properties}}}'
    yield "\n]}\n"


def _cells(figure: Figure, name: str, *, is_share: bool) -> list[Any]:
    level = UnitLevel(figure.unit.level).label if figure.unit else ""
    cells = [figure.code, name, str(level), figure.rows, _rounded(figure.value)]
    return [*cells, _rounded(figure.part), _rounded(figure.whole)] if is_share else cells


def _rounded(value: float | None) -> float | None:
    """Four digits behind the comma: a square metre in hectares."""
    return None if value is None else round(value, 4)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else "" if value is None else str(value)
