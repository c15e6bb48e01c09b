"""The formats of files, each with what it can hold and what it can't. Written out, one entry each."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from exchange.models import ExportFormat


@dataclass(frozen=True, slots=True)
class FormatSpec:
    """What a format can do.

    is_streamed   PostgreSQL writes it as text: sent as it comes, without a job
    crs_free      holds coordinates of any system; else WGS 84 only
    max_rows      more than these do not fit; None: no limit
    limits_text   what a reader must know before choosing it; "" where there is nothing
    """

    content_type: str
    suffix: str
    is_streamed: bool = False
    crs_free: bool = True
    max_rows: int | None = None
    limits_text: Any = ""


FORMATS: Mapping[ExportFormat, FormatSpec] = {
    ExportFormat.GEOJSON: FormatSpec(
        "application/geo+json; charset=utf-8",
        "geojson",
        is_streamed=True,
        limits_text=_("Trong hệ VN-2000, tệp không còn theo RFC 7946; hệ tọa độ ghi ở coordRefSys."),
    ),
    ExportFormat.GEOJSONL: FormatSpec(
        "application/geo+json-seq; charset=utf-8",
        "geojsonl",
        is_streamed=True,
        limits_text=_("Mỗi dòng một đối tượng; nguồn và giấy phép nằm ở phần mô tả đi kèm, không trong tệp."),
    ),
    ExportFormat.CSV: FormatSpec(
        "text/csv; charset=utf-8; header=present",
        "csv",
        is_streamed=True,
        limits_text=_("Hình ghi dạng WKT hoặc kinh độ, vĩ độ; nguồn và giấy phép nằm ở phần mô tả đi kèm."),
    ),
    ExportFormat.KML: FormatSpec(
        "application/vnd.google-earth.kml+xml; charset=utf-8",
        "kml",
        is_streamed=True,
        crs_free=False,
        limits_text=_("Chỉ WGS 84 (EPSG:4326), theo chuẩn KML."),
    ),
    ExportFormat.GPKG: FormatSpec("application/geopackage+sqlite3", "gpkg"),
    ExportFormat.FGB: FormatSpec(
        "application/flatgeobuf",
        "fgb",
        limits_text=_("Chỉ chứa đối tượng có hình; số đối tượng bị bỏ ra ghi ở phần đầu tệp."),
    ),
    ExportFormat.PARQUET: FormatSpec("application/vnd.apache.parquet", "parquet"),
    ExportFormat.XLSX: FormatSpec(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        max_rows=1_048_575,
        limits_text=_("Nhiều nhất 1.048.575 dòng; hình ghi thành một điểm nằm trong hình."),
    ),
    ExportFormat.SHP: FormatSpec(
        "application/zip",
        "shp.zip",
        limits_text=_(
            "Tên trường 10 chữ (bảng tên đầy đủ ở fields.csv), chữ dài nhất 254 byte, mỗi tệp nhiều nhất 2 GB; "
            "điểm và vùng nằm ở tệp riêng."
        ),
    ),
    ExportFormat.PMTILES: FormatSpec(
        "application/vnd.pmtiles",
        "pmtiles",
        crs_free=False,
        limits_text=_(
            "Ô bản đồ để xem, tọa độ làm tròn theo mức thu phóng; ở mức xa mỗi ô giữ nhiều nhất 5.000 hình lớn nhất."
        ),
    ),
}
