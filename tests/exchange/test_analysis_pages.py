"""Pages, files and API of the analysis: they say the same, link to lists with the same number, and keep the rights."""

import csv
import datetime as dt
import io
import json
import re
from urllib.parse import urlsplit

import pytest
from django.db.models import Sum
from django.http import QueryDict
from python_calamine import CalamineWorkbook

from exchange.catalogue import entry
from exchange.selection import Selection
from farms.areas import legal_area_m2
from farms.models import Plot
from places.models import UnitLevel
from tests.factories.places import REFORM, make_succession
from tests.shapes import square, square_east_of

pytestmark = pytest.mark.django_db

BEFORE = dt.date(2025, 6, 30)
OLD = {"valid_from": dt.date(2020, 1, 1), "valid_to": REFORM}
PAGE, LIST, COMPARE = "/data/analysis/", "/data/analysis/list/", "/data/analysis/compare/"


@pytest.fixture
def east(province, commune, unit_factory):
    return unit_factory(parent=province, code="99003", boundary=square_east_of(commune.boundary))


@pytest.fixture
def land(plot_factory, commune, east):
    return [
        plot_factory(ref="A", boundary=square(105.60, 10.40)),
        plot_factory(ref="B", boundary=square(105.60, 10.52, side_m=200)),
        plot_factory(ref="C", boundary=square(105.80, 10.40), commune=east),
    ]


@pytest.fixture
def district(commune, east, unit_factory):
    """One former district where `commune` is, whose only commune went into it; nothing is known of the east."""
    found = unit_factory(level=UnitLevel.DISTRICT, code="981", boundary=commune.boundary, **OLD)
    make_succession(unit_factory(code="98101", parent=found, boundary=commune.boundary, **OLD), commune)
    return found


def text_of(response):
    return b"".join(response.streaming_content).decode() if response.streaming else response.content.decode()


def test_the_page_shows_total_chart_table_and_map(client, planner, land):
    client.force_login(planner)

    page = client.get(PAGE, {"measure": "ha", "crop": "", "season": ""})

    text = page.content.decode()
    assert page.status_code == 200
    assert re.search(r'<data class="figure-big"\s+value="[56]\.[09]', text)
    assert [line.figure.code for line in page.context["lines"]] == ["99001", "99003"]
    assert [round(line.bar) for line in page.context["lines"]] == [100, 20]
    assert [round(line.share) for line in page.context["lines"]] == [83, 17]
    shapes = page.context["frame"]["features"]["features"]
    assert {shape["properties"]["code"]: shape["properties"]["colour"] for shape in shapes} == {
        "99001": "#154d38", "99003": "#2f7653",
    }  # fmt: skip
    assert page["Cache-Control"] == "private, no-cache"


def test_every_link_leads_to_a_list_with_the_number(client, planner, land, district):
    client.force_login(planner)

    for query in ({"measure": "plots"}, {"measure": "plots", "level": "district", "on": str(BEFORE)}):
        page = client.get(PAGE, query)
        links = [(line.url, line.figure) for line in page.context["lines"]]
        links.append((page.context["total_url"], page.context["analysis"].total))
        if rest := page.context["analysis"].not_attributable:
            links.append((page.context["rest_url"], rest))
        for url, figure in links:
            listed = client.get(url)
            assert listed.context["page"].paginator.count == figure.rows
            assert listed.context["figure"].value == figure.value
            assert f'<data value="{figure.rows}">' in listed.content.decode()
            assert len(re.findall(r"<tr><td", listed.content.decode())) == figure.rows


def test_the_list_speaks_the_reader_s_words(client, planner, land):
    client.force_login(planner)

    text = client.get(LIST, {"measure": "plots", "of": "99001"}).content.decode()

    assert re.findall(r'<th scope="col">([^<]+)', text)[:4] == ["Số hiệu", "Cây trồng", "Giống", "Diện tích (ha)"]
    assert "Trạng thái" in text
    assert ">active<" not in text


def test_the_list_leads_to_an_export_of_the_same_rows(client, planner, land, district):
    client.force_login(planner)

    for query in ("measure=ha&of=99001&crop=xoai", f"measure=ha&level=district&on={BEFORE}&of=981", "measure=ha"):
        listed = client.get(f"{LIST}?{query}")
        address = urlsplit(listed.context["export_url"])
        rows = Selection.read(entry("plots"), planner, QueryDict(address.query)).rows()
        assert address.path == "/data/plots/export/"
        assert rows.count() == listed.context["figure"].rows > 0
        hectares = rows.aggregate(m2=Sum(legal_area_m2()))["m2"] / 10_000
        assert hectares == pytest.approx(listed.context["figure"].value)


def test_what_cannot_be_exported_by_a_filter_offers_no_export(client, planner, land, district):
    client.force_login(planner)

    rest = client.get(LIST, {"measure": "ha", "level": "district", "on": str(BEFORE), "of": "none"})

    assert rest.context["figure"].rows == 1
    assert rest.context["export_url"] == ""


def test_files_and_api_say_what_the_page_says(client, planner, land, district):
    client.force_login(planner)
    query = {"measure": "ha", "level": "district", "on": str(BEFORE)}
    told = client.get(PAGE, query).context["analysis"]

    api = client.get("/api/v1/analysis/", query).json()
    table = list(csv.reader(io.StringIO(text_of(client.get("/data/analysis.csv", query)).lstrip("\ufeff"))))
    book = CalamineWorkbook.from_filelike(io.BytesIO(client.get("/data/analysis.xlsx", query).content))
    sheets = [book.get_sheet_by_index(number).to_python() for number in (0, 1)]
    shapes = json.loads(text_of(client.get("/data/analysis.geojson", query)))

    value, rest, total = (round(one.value, 4) for one in (told.rows[0], told.not_attributable, told.total))
    assert [(row["unit_code"], row["value"]) for row in api["rows"]] == [("981", value)]
    assert (api["not_attributable"]["value"], api["total"]["value"]) == (rest, total)
    assert [float(row[4]) for row in table[1:4]] == [value, rest, total]
    assert any("licence" in row[-1] for row in table[1:])
    assert [row[4] for row in sheets[0][1:]] == [value, rest, total]
    assert dict(sheets[1])["measure"] == "ha"
    assert [(one["properties"]["unit_code"], one["properties"]["value"]) for one in shapes["features"]] == [
        ("981", value)
    ]
    assert shapes["features"][0]["geometry"]["type"] == "MultiPolygon"
    assert shapes["total"]["value"] == total
    assert shapes["licence"] == "internal use only: may hold what is not public"


def test_visitors_get_public_figures_that_caches_may_keep_and_no_plots(client, code, land):
    page = client.get(PAGE)
    api = client.get("/api/v1/analysis/", {"measure": "codes"})

    assert page.status_code == 200
    assert page.context["measure"].name == "area_coded_ha"
    assert "season" not in page.context["form"].fields
    assert "thửa" not in str(page.context["form"].fields["measure"].choices)
    assert api.json()["total"]["value"] == 1
    assert api.json()["licence"] == "CC BY 4.0"
    assert api["Cache-Control"] == "public, max-age=60"
    for address in (PAGE, LIST, COMPARE, "/data/analysis.csv", "/data/analysis.geojson", "/api/v1/analysis/"):
        assert client.get(address, {"measure": "ha"}).status_code == 400


def test_the_public_figure_is_that_of_the_public_layer(client, code, area, commune):
    areas = client.get("/api/v1/areas/", {"coded": "yes", "commune": commune.code}).json()["features"]

    answer = client.get("/api/v1/analysis/", {"measure": "area_coded_ha"}).json()

    assert answer["rows"][0]["unit_code"] == commune.code
    assert answer["rows"][0]["value"] == pytest.approx(sum(one["properties"]["area_ha"] for one in areas), abs=1e-4)


@pytest.mark.parametrize("address", [PAGE, LIST, COMPARE, "/data/analysis.xlsx", "/api/v1/analysis/"])
@pytest.mark.parametrize("query", ["unit=00", "level=district", "colour=red", "within=POINT(1 2)", "on=x"])
def test_bad_parameters_are_named(client, commune, address, query):
    answer = client.get(f"{address}?{query}")

    assert answer.status_code == 400
    if address.startswith("/api/"):
        assert answer.json()["errors"][0]["parameter"] == query.split("=")[0]


def test_a_list_of_an_unknown_unit_is_refused(client, planner, land):
    client.force_login(planner)

    assert client.get(LIST, {"of": "12345"}).status_code == 400
    assert client.get(LIST, {"of": "\0"}).status_code == 400


def test_comparison_of_old_and_new_boundaries_crosses_them(client, planner, land, district):
    client.force_login(planner)

    page = client.get(COMPARE, {"measure": "plots", "level": "district", "on": str(BEFORE)})

    found = page.context["comparison"]
    assert (found.first.total.value, found.second.total.value, found.change) == (3, 3, 0)
    crossed = [(one.first and one.first.code, one.second.code, one.value) for one in found.crossed]
    assert crossed == [("981", "99001", 2), (None, "99003", 1)]
    for side, url in page.context["sides"]:
        told = client.get(url).context["analysis"]
        assert [figure.value for figure in told.rows] == [figure.value for figure in side.rows]
    # Without parameters the page begins with the last day of the boundaries that have ended.
    assert client.get(COMPARE).context["comparison"].first.request.area.on == BEFORE


def test_comparison_of_two_days_of_data_pairs_the_units(client, planner, land):
    history = Plot._meta.get_field("history").related_model
    history.objects.filter(ref="A").update(pgh_created_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC))
    client.force_login(planner)

    page = client.get(COMPARE, {"measure": "ha", "as_of": "2026-01-31"})

    pairs = {pair.unit.code: (pair.first, pair.second, pair.percent) for pair in page.context["comparison"].pairs}
    assert pairs["99001"][0].value == pytest.approx(1, rel=1e-3)
    assert pairs["99001"][1].value == pytest.approx(5, rel=1e-3)
    assert pairs["99001"][2] == pytest.approx(400, rel=1e-3)
    assert (pairs["99003"][0], pairs["99003"][2]) == (None, None)
