"""Sheets for buyers: what can be bought, with links that work and certificates as they stand."""

import datetime as dt

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import QueryDict
from django.utils import translation

from exchange.catalogue import entry
from exchange.models import ExportFormat, ExportProfile
from exchange.profiles import PROFILES
from exchange.profiles.base import nobody_asks
from exchange.selection import Selection
from tests.exchange.profiles.helpers import sheets
from tests.factories.cooperatives import make_certificate

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("moment_here")]
BUYER = PROFILES[ExportProfile.BUYER]


def select(query=""):
    return Selection.read(entry("products"), AnonymousUser(), QueryDict(query))


@pytest.fixture
def stock(product_factory, offer_factory, area, code):
    mango = product_factory(area=area, name_vi="Xoài Cát Chu")
    offer_factory(product=mango, months=[3, 4], volume_t=12.5)
    product_factory(kind="processed", name_vi="=Mứt xoài")
    until = dt.date.today() + dt.timedelta(days=90)
    make_certificate(mango.cooperative, kind="vietgap", number="VG-77", valid_until=until)
    make_certificate(
        mango.cooperative, kind="ocop", number="CU-1", issued_on=dt.date(2021, 1, 1), valid_until=dt.date(2024, 1, 1)
    )
    return mango


def as_records(rows):
    head, *lines = rows
    return [dict(zip(head, line, strict=True)) for line in lines]


def test_workbook_says_what_when_how_much_and_under_which_code(stock, code, client, tmp_path, settings):
    BUYER.write(select(), ExportFormat.XLSX, tmp_path / "f.xlsx", nobody_asks)

    book = sheets(tmp_path / "f.xlsx")
    by_name = {record["Sản phẩm"]: record for record in as_records(book["Sản phẩm"])}
    mango = by_name["Xoài Cát Chu"]
    assert (mango["Sản lượng mỗi vụ (tấn)"], mango["Tháng có hàng"]) == (12.5, "3; 4")
    assert [month for month in range(1, 13) if mango[f"T{month}"]] == [3, 4]
    assert mango["Mã số vùng trồng"] == code.code
    assert "VG-77" in mango["Chứng nhận"] and "CU-1" not in mango["Chứng nhận"]
    for link in ("Kiểm tra mã số", "Trang nhà sản xuất", "Hỏi mua"):
        assert client.get(mango[link].removeprefix(settings.PUBLIC_URL)).status_code == 200
    assert [record["Số chứng nhận"] for record in as_records(book["Chứng nhận"])] == ["VG-77"]
    assert ["row_count", 2] in book["Về tệp này"]


def test_table_follows_the_filters_and_runs_no_formula(stock, tmp_path):
    rows = BUYER.write(select("kind=processed"), ExportFormat.CSV, tmp_path / "f.csv", nobody_asks)

    heading, line = (tmp_path / "f.csv").read_text("utf-8-sig").splitlines()
    assert rows == 1
    assert heading.startswith("name,name_en,kind,")
    assert line.startswith("'=Mứt xoài,")


def test_headings_are_in_the_readers_language(stock, tmp_path):
    with translation.override("en"):
        BUYER.write(select(), ExportFormat.XLSX, tmp_path / "f.xlsx", nobody_asks)

    first = next(iter(sheets(tmp_path / "f.xlsx").values()))
    assert len(first[0]) == 9 + 12 + 6


def test_what_helps_no_buyer_is_told(stock):
    findings = {finding.code: finding.extra["count"] for finding in BUYER.check(select())}

    assert findings == {"nothing_offered": 1, "no_code": 1}
