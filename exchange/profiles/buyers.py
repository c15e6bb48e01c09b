"""Sheets for buyers: what can be bought, in which months, how much, under which code, with which certificates.

Public products only, with links to the check of each code and to the form of an enquiry: contacts are relayed, never
listed. Volumes are those that the producer offers.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db.models import F, Q
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from cooperatives.models import Certificate, CertificateCheck, CertificateKind
from core.errors import Finding
from core.layers import as_expression
from core.sql import in_order
from exchange.exports.copying import Moment, Statement
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles.base import Profile, Progress
from exchange.profiles.sheets import SheetColumn, about_sheet, flattened, headings, write_csv, write_sheets
from exchange.selection import Selection
from geofiles.workbooks import Sheet
from products.models import ProductKind

MONTHS = range(1, 13)
MARK = "●"
_LEAD = (
    SheetColumn("name", _("Sản phẩm"), 30),
    SheetColumn("name_en", _("Tên tiếng Anh"), 24),
    SheetColumn("kind", _("Nhóm")),
    SheetColumn("crop", _("Cây trồng")),
    SheetColumn("variety", _("Giống")),
    SheetColumn("producer", _("Nhà sản xuất"), 36),
    SheetColumn("commune", _("Phường, xã"), 20),
    SheetColumn("volume_t", _("Sản lượng mỗi vụ (tấn)")),
    SheetColumn("months", _("Tháng có hàng"), 20),
)
_TAIL = (
    SheetColumn("codes", _("Mã số vùng trồng"), 34),
    SheetColumn("check_links", _("Kiểm tra mã số"), 50),
    SheetColumn("certificates", _("Chứng nhận"), 50),
    SheetColumn("producer_page", _("Trang nhà sản xuất"), 44),
    SheetColumn("enquiry_page", _("Hỏi mua"), 44),
    SheetColumn("updated_on", _("Cập nhật ngày")),
)
COLUMNS = (*_LEAD, *_TAIL)
CERTIFICATE_COLUMNS = (
    SheetColumn("producer", _("Nhà sản xuất"), 36),
    SheetColumn("kind", _("Loại"), 24),
    SheetColumn("number", _("Số chứng nhận"), 24),
    SheetColumn("crop", _("Cây trồng")),
    SheetColumn("issuer", _("Nơi cấp"), 30),
    SheetColumn("valid_until", _("Có giá trị đến hết ngày")),
    SheetColumn("check", _("Kiểm tra"), 24),
)
_FIELDS = ("name", "kind", "crop", "variety", "holder", "commune", "months", "volume_t", "codes", "updated_on")
_AT_ONCE = 1_000


def statement_of(selection: Selection) -> Statement | None:
    """Return the query of the products; None where no row can match."""
    layer = selection.layer
    rows = in_order(layer, selection.rows()).annotate(
        **{f"buyer_{name}": as_expression(layer.fields[name]) for name in _FIELDS}
    )
    names = (f"buyer_{name}" for name in _FIELDS)
    return _sql(rows.values_list(*names, "name_en", "slug", "cooperative_id", "cooperative__slug", "crop_id"))


def _certificates(selection: Selection) -> Statement | None:
    """The certificates in force today of the producers that the selection names."""
    producers = selection.rows().order_by().values("cooperative")
    rows = Certificate.objects.valid_on(localdate()).filter(cooperative__in=producers)
    names = ("cooperative_id", "crop_id", "cooperative__name", "kind", "number", "crop__name_vi", "issuer")
    return _sql(rows.order_by("cooperative__name", "kind", "pk").values_list(*names, "valid_until", "check_status"))


def _sql(rows: Any) -> Statement | None:
    try:
        found: Statement = rows.query.sql_with_params()
    except EmptyResultSet:
        return None
    return found


def check(selection: Selection) -> list[Finding]:
    """Return which products a buyer can do little with: nothing offered today, or no code in force."""
    findings = []
    for code, condition, text in (
        ("nothing_offered", Q(layer_volume_t=None), _("%(count)s sản phẩm hiện không có chào bán.")),
        ("no_code", Q(layer_codes__len=0), _("%(count)s sản phẩm không có mã số vùng trồng đang hiệu lực.")),
    ):
        lacking = selection.rows().filter(condition).order_by("pk")
        count = lacking.count()
        if count:
            examples = [{"id": key, "place": name} for key, name in lacking.values_list("pk", F("name_vi"))[:20]]
            extra = {"severity": "notice", "count": count, "examples": examples}
            findings.append(Finding(code, str(text) % {"count": count}, extra=extra))
    return findings


def write(selection: Selection, format: ExportFormat, path: Path, progress: Progress) -> int:
    """Write the products; the workbook has a column for each month, the certificates and a sheet about itself too."""
    BUYER.require(selection, format)
    with Moment() as moment:
        products = _read(moment, statement_of(selection))
        certificates = _read(moment, _certificates(selection))
    progress(50)
    rows = [_row(product, certificates) for product in products]
    if format == ExportFormat.CSV:
        write_csv(path, COLUMNS, rows)
    else:
        _write_workbook(selection, path, rows, certificates)
    progress(100)
    return len(rows)


def _read(moment: Moment, statement: Statement | None) -> list[tuple[Any, ...]]:
    return list(moment.each(statement, at_once=_AT_ONCE)) if statement else []


def _row(product: Sequence[Any], certificates: Sequence[Sequence[Any]]) -> list[Any]:
    (name, kind, crop, variety, holder, commune, months, volume_t, codes, updated_on, *rest) = product
    name_en, slug, cooperative, producer_slug, crop_id = rest
    held = [
        _certificate_text(one)
        for one in certificates
        if one[0] == cooperative and (one[1] is None or one[1] == crop_id)
    ]
    checks = [_address("codes:check", code) for code in codes or ()]
    return [
        name, name_en, ProductKind(kind).label, crop, variety, holder, commune, volume_t, list(months or ()),
        list(codes or ()), checks, held, _address("products:producer", producer_slug),
        f"{_address('products:enquiry-new', producer_slug)}?product={slug}", updated_on,
    ]  # fmt: skip


def _address(view: str, argument: str) -> str:
    return settings.PUBLIC_URL + reverse(view, args=[argument])


def _certificate_text(one: Sequence[Any]) -> str:
    kind, number, until, check = CertificateKind(one[3]).label, one[4], one[7], CertificateCheck(one[8]).label
    return _now("%(kind)s %(number)s, đến %(until)s (%(check)s)") % {
        "kind": kind, "number": number, "until": f"{until:%d/%m/%Y}", "check": check,
    }  # fmt: skip


def _write_workbook(
    selection: Selection, path: Path, rows: list[list[Any]], certificates: Sequence[Sequence[Any]]
) -> None:
    at = len(_LEAD)
    months_at = at - 1
    spread = [[*row[:at], *(MARK if month in row[months_at] else None for month in MONTHS), *row[at:]] for row in rows]
    names = [*headings(_LEAD), *(_now("T%(month)s") % {"month": month} for month in MONTHS), *headings(_TAIL)]
    widths = [*(column.width for column in _LEAD), *[5] * len(MONTHS), *(column.width for column in _TAIL)]
    held = [
        [
            one[2],
            str(CertificateKind(one[3]).label),
            one[4],
            one[5],
            one[6],
            one[7],
            str(CertificateCheck(one[8]).label),
        ]
        for one in certificates
    ]
    write_sheets(
        path,
        [
            Sheet(_now("Sản phẩm"), names, flattened(spread), widths),
            Sheet(
                _now("Chứng nhận"),
                headings(CERTIFICATE_COLUMNS),
                flattened(held),
                [column.width for column in CERTIFICATE_COLUMNS],
            ),
            about_sheet(selection.head(len(rows))),
        ],
    )


BUYER = Profile(
    name=ExportProfile.BUYER,
    layers=("products",),
    formats=(ExportFormat.XLSX, ExportFormat.CSV),
    sql=statement_of,
    check=check,
    write=write,
    note=_("Sản phẩm, tháng, sản lượng, mã số với đường dẫn kiểm tra, chứng nhận đang có giá trị và nơi hỏi mua."),
)
