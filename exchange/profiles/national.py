"""Codes for the national crop database: the fields of Circular 18/2019/TT-BNNPTNT, article 6(7), as JSON, CSV and XLSX.

The circular says which facts the database holds for each code: name and address of the area, crop, area, output, the
certificate (read, confidence high). No published exchange format was found (docs/domain.md §8): the names of our keys
are our own, confidence low. For offices only, and only codes of their units; no grower, no private household by name.
"""

import json
from pathlib import Path
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.core.exceptions import EmptyResultSet
from django.db.models import CharField, DateField, F, FloatField, IntegerField, OuterRef, Q, Subquery, TextField, Value
from django.db.models.functions import Cast, Concat, NullIf, TruncDate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from codes import ledger
from codes.models import CodeCertificate, ProductionAreaCode
from cooperatives.expressions import public_holder_name
from core.errors import Finding
from core.sql import COORDINATE_DIGITS, in_order
from exchange.exports.copying import Moment
from exchange.models import ExportFormat, ExportProfile
from exchange.permissions import can_export_restricted
from exchange.profiles.base import Profile, Progress, Statement
from exchange.profiles.sheets import SheetColumn, about_sheet, flattened, headings, write_csv, write_sheets
from exchange.selection import Selection
from geofiles.workbooks import Sheet

COLUMNS = (
    SheetColumn("code", _("Mã số vùng trồng"), 30),
    SheetColumn("area_name", _("Tên vùng trồng"), 30),
    SheetColumn("address", _("Địa chỉ vùng trồng"), 36),
    SheetColumn("commune_code", _("Mã phường, xã")),
    SheetColumn("crop", _("Cây trồng")),
    SheetColumn("crop_code", _("Mã cây trồng")),
    SheetColumn("variety", _("Giống")),
    SheetColumn("area_ha", _("Diện tích (ha)")),
    SheetColumn("output_t_per_year", _("Sản lượng (tấn/năm)")),
    SheetColumn("certificate_version", _("Giấy xác nhận, phiên bản")),
    SheetColumn("certificate_made_on", _("Giấy xác nhận, ngày lập")),
    SheetColumn("certificate_signed_on", _("Giấy xác nhận, ngày ký số")),
    SheetColumn("market", _("Thị trường")),
    SheetColumn("status", _("Trạng thái")),
    SheetColumn("issued_on", _("Ngày cấp")),
    SheetColumn("valid_until", _("Có hiệu lực đến hết ngày")),
    SheetColumn("holder", _("Tổ chức giữ mã"), 36),
    SheetColumn("growers", _("Số hộ")),
)
# What the circular asks for; a code without one of them is told of.
_ASKED = ("area_name", "area_ha", "output_t_per_year", "certificate_version")
_AT_ONCE = 1_000
_EXAMPLES = 20


def _certificate(field: str, output: Any) -> Subquery:
    newest = CodeCertificate.objects.filter(code=OuterRef("pk")).order_by("-version")
    return Subquery(newest.values(field)[:1], output_field=output)


def _rows(selection: Selection) -> Any:
    """The selection's codes that the user's office answers for, annotated with the columns as `national_<key>`."""
    own = ProductionAreaCode.objects.visible_to(selection.user).values("pk")
    rows = in_order(selection.layer, selection.rows().filter(pk__in=own))
    sources = {
        "code": F("code"),
        "area_name": NullIf(F("area_name"), Value("")),
        "address": Concat("commune_name", Value(", "), "province_name", output_field=TextField()),
        "commune_code": F("commune__code"),
        "crop": F("crop_name"),
        "crop_code": F("crop__short_code"),
        "variety": NullIf(F("variety_name"), Value("")),
        "area_ha": Cast(ledger.hectares(), FloatField()),
        "output_t_per_year": F("area__expected_output_t"),
        "certificate_version": _certificate("version", IntegerField()),
        "certificate_made_on": _day(_certificate("made_at", DateField())),
        "certificate_signed_on": _day(_certificate("signed_at", DateField())),
        "market": F("market_id"),
        "status": F("shown_status"),
        "issued_on": F("issued_on"),
        "valid_until": F("valid_until"),
        "holder": Cast(public_holder_name("holder"), CharField()),
        "growers": F("grower_count"),
    }
    return rows.annotate(**{f"national_{column.key}": sources[column.key] for column in COLUMNS})


def _day(moment: Subquery) -> TruncDate:
    return TruncDate(moment)


def statement_of(selection: Selection) -> Statement | None:
    """Return the query of the rows: the columns, then the shape as GeoJSON text; None where there is none."""
    rows = _rows(selection).annotate(
        national_shape=AsGeoJSON(F(selection.layer.geometry or ""), precision=COORDINATE_DIGITS)
    )
    try:
        return rows.values_list(
            *(f"national_{column.key}" for column in COLUMNS), "national_shape"
        ).query.sql_with_params()
    except EmptyResultSet:
        return None


def check(selection: Selection) -> list[Finding]:
    """Return which facts that the circular asks for are missing, with the first codes that lack each."""
    rows, findings = _rows(selection), []
    for key in _ASKED:
        lacking = rows.filter(Q(**{f"national_{key}": None})).values_list("code", flat=True)
        count = lacking.order_by().count()
        if count:
            heading = next(column.heading for column in COLUMNS if column.key == key)
            text = _now("%(count)s mã số chưa có: %(what)s.") % {"count": count, "what": heading}
            extra = {"severity": "notice", "count": count, "examples": [{"id": code} for code in lacking[:_EXAMPLES]]}
            findings.append(Finding(f"{key}_missing", text, extra=extra))
    return findings


def write(selection: Selection, format: ExportFormat, path: Path, progress: Progress) -> int:
    """Write the codes; CSV has the keys as headings, XLSX words for people and a sheet about itself."""
    NATIONAL.require(selection, format)
    statement = statement_of(selection)
    with Moment() as moment:
        # Tens of thousands in the whole country, and a workbook wants the count first.
        rows = list(moment.each(statement, at_once=_AT_ONCE)) if statement else []
    if format == ExportFormat.GEOJSON:
        _write_json(selection, rows, path)
    else:
        _write_table(selection, format, [row[:-1] for row in rows], path)
    progress(100)
    return len(rows)


def _write_table(selection: Selection, format: ExportFormat, rows: list[Any], path: Path) -> None:
    if format == ExportFormat.CSV:
        write_csv(path, COLUMNS, rows)
        return
    widths = [column.width for column in COLUMNS]
    sheet = Sheet(_now("Mã số vùng trồng"), headings(COLUMNS), flattened(rows), widths)
    write_sheets(path, [sheet, about_sheet(head_of(selection, len(rows)))])


def head_of(selection: Selection, rows: int) -> dict[str, Any]:
    """Return what the file says of itself."""
    return selection.head(rows) | {
        "profile": "Circular 18/2019/TT-BNNPTNT, article 6(7); names of fields: Vùng Trồng 1"
    }


def _write_json(selection: Selection, rows: list[tuple[Any, ...]], path: Path) -> None:
    keys = [column.key for column in COLUMNS]
    features = [
        {
            "type": "Feature",
            "id": values[0],
            "geometry": json.loads(shape) if shape else None,
            "properties": dict(zip(keys, values, strict=True)),
        }
        for *values, shape in rows
    ]
    document = {"type": "FeatureCollection", **head_of(selection, len(rows)), "features": features}
    with path.open("w", encoding="utf-8") as file:
        json.dump(document, file, ensure_ascii=False, default=str)


NATIONAL = Profile(
    name=ExportProfile.NATIONAL,
    layers=("codes",),
    formats=(ExportFormat.GEOJSON, ExportFormat.CSV, ExportFormat.XLSX),
    sql=statement_of,
    check=check,
    write=write,
    may_use=can_export_restricted,
    note=_(
        "Các trường của Thông tư 18/2019/TT-BNNPTNT, Điều 6 khoản 7; chỉ mã số trong địa bàn của bạn. "
        "Chưa có định dạng trao đổi được công bố nên tên trường do hệ thống đặt."
    ),
)
