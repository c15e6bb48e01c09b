"""The season page: works without script, and page, map, table, API and spreadsheet say the same numbers."""

import csv
import io
import json
import re
from html.parser import HTMLParser

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import localdate

from maps import season_summaries as shown
from products import seasons
from products.models import Offer
from tests.factories.cooperatives import make_cooperative
from tests.factories.crops import make_crop
from tests.factories.places import make_unit
from tests.maps.conftest import make_product

pytestmark = pytest.mark.django_db


class Cells(HTMLParser):
    """Reads `<data value>` of every table row: {class of the table: [[(header or first cells), values]]}."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[dict]] = {}
        self.table = ""
        self.row: dict | None = None

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "table":
            self.table = given["class"].split()[-1]
        elif tag == "tr" and self.table:
            self.row = {"values": [], "text": []}
        elif tag == "data" and self.row is not None:
            self.row["values"].append(float(given["value"]))

    def handle_data(self, data):
        if self.row is not None and data.strip():
            self.row["text"].append(" ".join(data.split()))

    def handle_endtag(self, tag):
        if tag == "tr" and self.row is not None:
            if self.row["values"]:
                self.rows.setdefault(self.table, []).append(self.row)
            self.row = None
        elif tag == "table":
            self.table = ""


def tables(page) -> dict[str, list[dict]]:
    reader = Cells()
    reader.feed(page.content.decode())
    return reader.rows


def map_data(page) -> dict:
    return json.loads(
        re.search(r'id="season-data" type="application/json">(.*?)</script>', page.content.decode()).group(1)
    )


@pytest.fixture
def year(cooperative, mango):
    """Mango of two communes and longan of one, some months without anything."""
    there = make_unit(name_vi="Bên Kia Thử", centre=Point(105.7, 10.5, srid=4326))
    other = make_cooperative(there, name="HTX Bên Kia")
    longan = make_crop(slug="nhan-thu", short_code="NHANX", name_vi="Nhãn thử")
    make_product(cooperative, mango, name_vi="Xoài A", months=[2, 3, 4], volume_t=10)
    make_product(other, mango, name_vi="Xoài B", months=[3], volume_t=4.25)
    make_product(cooperative, longan, name_vi="Nhãn A", months=[3, 8], volume_t=0.05)
    return {"there": there}


def test_page_shows_a_month_without_script(client, year, cooperative):
    page = client.get("/maps/seasons/?month=3")

    text = page.content.decode()
    assert page.status_code == 200
    assert "Tháng 3: 7,6 tấn, 2 đơn vị bán ở 2 xã, phường" in " ".join(text.split())
    assert len(re.findall(r"<a href=\"[^\"]*month=\d+\"\s+data-month", text)) == 12
    assert re.search(r'data-month="3"\s+aria-current="true"', text)
    assert f'href="/p/{cooperative.slug}/"' in text
    assert "HTX Bên Kia" in text
    assert re.search(r"<noscript>\s*<button type=\"submit\"", text)


def test_without_a_month_it_is_this_month(client, year):
    text = client.get("/maps/seasons/").content.decode()

    assert re.search(rf'data-month="{localdate().month}"\s+aria-current="true"', text)


@pytest.mark.parametrize("month", range(1, 13))
@pytest.mark.parametrize("query", ["", "&product=xoai", "&commune=Bên Kia Thử", "&q=nhan"])
def test_page_map_api_and_spreadsheet_say_the_same(client, year, month, query):
    page = client.get(f"/maps/seasons/?month={month}{query}")
    whole = client.get(f"/api/v1/seasons/?{query[1:]}").json()
    of_month = client.get(f"/api/v1/seasons/?month={month}{query}").json()
    sheet = b"".join(client.get(f"/maps/seasons/table.csv?{query[1:]}").streaming_content).decode("utf-8-sig")

    heat = tables(page).get("season-heat", [])
    lines = tables(page).get("season-table", [])
    sums = {
        "heat table": sum(row["values"][month - 1] for row in heat),
        "rows of the month": sum(row["values"][0] for row in lines),
        "sellers of the month": sum(sum(row["values"][1:]) for row in lines),
        "map": sum(commune["tonnes"][month - 1] for commune in map_data(page)["communes"]),
        "api of the year": sum(row["tonnes"][month - 1] for row in whole["rows"]),
        "api's own sum": whole["tonnes"][month - 1],
        "api of the month": sum(row["tonnes"][0] for row in of_month["rows"]),
        "spreadsheet": sum(float(row[month + 2]) for row in list(csv.reader(io.StringIO(sheet)))[1:]),
    }

    expected = seasons.overview(seasons.season_offers(whole_params(query))).total_of(month).tonnes
    assert sums == {name: pytest.approx(expected, abs=1e-5) for name in sums}
    assert of_month["months"] == [month]
    assert of_month["producers"] == [whole["producers"][month - 1]]


def whole_params(query: str) -> dict[str, str]:
    return dict([query[1:].split("=")]) if query else {}


def test_commune_of_map_row_and_api_agree_one_by_one(client, year):
    page = client.get("/maps/seasons/?month=3&sort=commune")
    api = client.get("/api/v1/seasons/?month=3").json()

    on_map = {one["code"]: (one["tonnes"][2], one["producers"][2]) for one in map_data(page)["communes"]}
    in_api: dict[str, float] = {}
    for row in api["rows"]:
        in_api[row["commune_code"]] = round(in_api.get(row["commune_code"], 0) + row["tonnes"][0], 6)
    assert {code: tonnes for code, (tonnes, _producers) in on_map.items()} == in_api
    assert on_map[year["there"].code] == (4.25, 1)


def test_filters_stay_in_the_links(client, year):
    text = client.get("/maps/seasons/?month=3&product=xoai").content.decode().replace("&amp;", "&")

    assert 'href="/maps/seasons/?product=xoai&month=4"' in text
    assert 'href="/maps/seasons/table.csv?product=xoai"' in text
    assert 'href="/?product=xoai&month=3"' in text


def test_small_amounts_are_not_shown_as_nothing(client, year):
    text = client.get("/maps/seasons/?month=8").content.decode()

    assert "&lt; 0,1" in text


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("month=13", "từ 1 đến 12"),
        ("month=x", "từ 1 đến 12"),
        ("month=3&month=4", "chỉ gửi một tháng"),
        ("sort=colour", "Các cách sắp xếp"),
        ("colour=red", "Không có tham số này"),
        ("commune=Không Đâu", "kể cả tên cũ"),
    ],
)
def test_bad_input_is_named(client, year, query, words):
    page = client.get(f"/maps/seasons/?{query}")

    assert page.status_code == 400
    assert words in page.content.decode()


@pytest.mark.parametrize("query", ["month=13", "month=0", "month=٣", "colour=red", "limit=5"])
def test_bad_input_of_the_api_is_a_problem(client, year, query):
    answer = client.get(f"/api/v1/seasons/?{query}")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert query.split("=")[0] in json.dumps(answer.json())


def test_bad_filter_of_the_spreadsheet_is_named(client, year):
    answer = client.get("/maps/seasons/table.csv?colour=red")

    assert answer.status_code == 400
    assert "Không có tham số này" in answer.content.decode()


def test_api_tells_several_months_in_order(client, year):
    answer = client.get("/api/v1/seasons/?month=8&month=3").json()

    assert answer["months"] == [3, 8]
    assert sorted(row["name"] for row in answer["rows"]) == ["Nhãn thử", "Xoài", "Xoài"]
    assert {row["product"] for row in answer["rows"]} == {"nhan-thu", "xoai"}
    assert answer["on"] == localdate().isoformat()


def test_api_may_be_kept_by_shared_caches_for_a_minute(client, year):
    assert client.get("/api/v1/seasons/")["Cache-Control"] == "public, max-age=60"


def test_long_month_comes_in_pages(client, cooperative, mango, monkeypatch):
    monkeypatch.setattr("maps.views.seasons.PAGE_SIZE", 2)
    for number in range(5):
        make_product(cooperative, make_crop(name_vi=f"Cây {number}"), months=[3], volume_t=10 - number)

    found = [tables(client.get(f"/maps/seasons/?month=3&page={page}"))["season-table"] for page in (1, 2, 3)]

    assert [row["values"][0] for rows in found for row in rows] == [10, 9, 8, 7, 6]


def test_page_costs_the_same_queries_however_much_is_sold(client, cooperative, mango):
    def cost() -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get("/maps/seasons/?month=3", headers={"HX-Request": "true"}).status_code == 200
        return len(queries)

    make_product(cooperative, mango, months=[3])
    few = cost()
    for number in range(8):
        there = make_unit()
        make_product(make_cooperative(there), make_crop(name_vi=f"Cây {number}"), months=[3, 4])

    assert cost() == few


def test_nothing_on_offer_says_so(client, cooperative):
    text = client.get("/maps/seasons/").content.decode()

    assert "Chưa có nông sản nào được chào bán" in text
    assert 'class="season-heat"' not in text


def test_fragment_for_script_holds_the_numbers_of_the_map(client, year):
    answer = client.get("/maps/seasons/?month=3", headers={"HX-Request": "true"})

    assert answer.content.decode().lstrip().startswith('<div id="results">')
    assert {one["code"] for one in map_data(answer)["communes"]} >= {year["there"].code}


def test_offers_that_ended_are_gone_at_once(client, year):
    Offer.objects.update(valid_to=localdate())

    assert map_data(client.get("/maps/seasons/?month=3"))["communes"] == []


@pytest.mark.parametrize(
    ("tonnes", "text"),
    [(0, "–"), (0.01, "< 0,1"), (0.06, "0,1"), (3.0, "3"), (3.25, "3,3"), (99.96, "100"), (1234.5, "1.235")],
)
def test_tonnes_as_people_read_them(tonnes, text):
    assert shown.tonnes_text(tonnes) == text


@pytest.mark.parametrize(("tonnes", "level"), [(0, 0), (0.001, 1), (3.9, 1), (4.1, 2), (64, 4), (100, 5)])
def test_shades_follow_the_root_of_the_amount(tonnes, level):
    assert shown.level_of(tonnes, 100) == level
