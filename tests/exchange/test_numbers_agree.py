"""Whoever is asked, the same number: page, API, tile, file, OGC items, analysis, for whatever is asked for.

A reader returns how many rows it shows for a selection, or None where it can't be asked that. A new surface that shows
rows of layers adds a reader to READERS; the property holds it to the others.
"""

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from django.contrib.gis.geos import MultiPolygon, Polygon
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from exchange.analysis import figures
from exchange.analysis.request import AnalysisRequest
from exchange.areas import PARAMETERS as AREA_PARAMETERS
from exchange.catalogue import entry
from exchange.selection import Selection
from tests.exchange.test_views import planner_client, stock  # noqa: F401  (fixtures)
from tests.factories.places import REFORM, make_succession
from tests.maps.conftest import decode, tile_at
from tests.shapes import square

pytestmark = pytest.mark.django_db(transaction=True)

TILE_ZOOM = 15  # every row is a shape there
# Layers whose tiles hold each row under its own id; goods without a place are on no map.
DRAWN_BY_ID = {"plots", "areas", "codes"}
ANALYSED = {"crop", "status", *AREA_PARAMETERS}


def streamed(client, name, suffix, query):
    response = client.get(f"/data/{name}.{suffix}", query)
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content).decode()


def selection(asked):
    return Selection.read(entry(asked.name), asked.user, asked.query).count()


def geojson(asked):
    document = json.loads(streamed(asked.client, asked.name, "geojson", asked.query))
    assert document["row_count"] == len(document["features"])
    return document["row_count"]


def lines(asked):
    return len(streamed(asked.client, asked.name, "geojsonl", asked.query).splitlines())


def table(asked):
    text = streamed(asked.client, asked.name, "csv", asked.query)
    return sum(1 for _row in csv.reader(io.StringIO(text))) - 1


def kml(asked):
    root = ElementTree.fromstring(streamed(asked.client, asked.name, "kml", asked.query))
    return len(list(root.iter("{http://www.opengis.net/kml/2.2}Placemark")))


def panel_page(asked):
    if not asked.user.is_authenticated:  # jobs belong to somebody
        return None
    data = {name: value for name, value in asked.query.items() if name != "unit"}
    if "unit" in asked.query:
        data["codes"] = ",".join(asked.query["unit"])
    return asked.client.post(f"/data/{asked.name}/export/", {**data, "how": "count"}).context["count"]


def api(asked):
    if asked.has_area:
        return None
    answer = asked.client.get(f"/api/v1/{asked.name}/", {**asked.query, "limit": 1, "count": "true"}).json()
    return answer["numberMatched"]


def ogc(asked):
    answer = asked.client.get(f"/ogc/collections/{asked.name}/items", {**asked.query, "f": "json", "limit": 1}).json()
    return answer["numberMatched"]


def tiles(asked):
    if asked.has_area or asked.name not in DRAWN_BY_ID or "bbox" in asked.query:
        return None
    layer = entry(asked.name).layer
    places = layer.rows(asked.user).values_list(layer.geometry, flat=True)
    found = set()
    for z, x, y in {tile_at(TILE_ZOOM, *shape.point_on_surface.coords) for shape in places}:
        response = asked.client.get(f"/tiles/{asked.name}/{z}/{x}/{y}.mvt", asked.query)
        assert response.status_code in (200, 204), response.content
        found |= {row["properties"]["id"] for row in decode(response.content).get(asked.name, [])}
    return len(found)


def analysis(asked):
    """Plots in use, as the measure counts them, in whole and by commune: rows that belong nowhere are told too."""
    if asked.name != "plots" or asked.query.get("status") != "current" or not set(asked.query) <= ANALYSED:
        return None
    said = {name: value for name, value in asked.query.items() if name != "status"}
    answer = figures(AnalysisRequest.read(asked.user, {"measure": "plots", "level": "commune", **said}))
    by_unit = sum(figure.rows for figure in answer.rows)
    assert by_unit + (answer.not_attributable.rows if answer.not_attributable else 0) == answer.total.rows
    return answer.total.rows


READERS = (selection, geojson, lines, table, kml, panel_page, api, ogc, tiles, analysis)


class Asked:
    """One question: who asks what of which layer."""

    def __init__(self, client, user, name, query):
        self.client, self.user, self.name, self.query = client, user, name, query
        self.has_area = not query.keys().isdisjoint(AREA_PARAMETERS)


def numbers_of(asked, readers=READERS):
    found = {reader.__name__: reader(asked) for reader in readers}
    return {name: number for name, number in found.items() if number is not None}


@pytest.fixture
def province_of_rows(stock, plot_factory, commune, unit_factory, settings, client):  # noqa: F811
    """The stock, more plots on both sides of a former border, and no budgets."""
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 100_000)
    half = MultiPolygon(Polygon.from_bbox((105.5, 10.3, 105.65, 10.6)), srid=4326)
    former = unit_factory(code="99801", valid_from="2020-01-01", valid_to=REFORM, boundary=half)
    make_succession(former, commune)
    for number in range(6):
        plot_factory(ref=f"N-{number}", boundary=square(105.60 + 0.02 * number, 10.42 + 0.01 * number, side_m=80))


WITHIN = "POLYGON((105.58 10.40,105.66 10.40,105.66 10.47,105.58 10.47,105.58 10.40))"
FILTERS = {
    "plots": {"crop": ["xoai"], "status": ["current", "active"], "q": ["N-", "T-9"], "area_min": ["0.7"]},
    "areas": {"product": ["xoai"], "q": ["khong co"]},
    "codes": {"status": ["active", "revoked"]},
    "products": {"kind": ["processed", "crop"], "month": ["5"]},
    "cooperatives": {"kind": ["cooperative"], "q": ["htx"]},
    "units": {"level": ["commune", "province"]},
    "land-use": {"class": ["CLN"]},
}
BOXES = ["105.58,10.40,105.64,10.46", "105.6,10.43,105.7,10.6", "0,0,1,1"]
AREAS = [
    {"unit": ["99001"]},
    {"unit": ["99001"], "within": WITHIN},
    {"unit": ["99801"], "on": "2024-01-01"},
    {"unit": ["99801"], "on": "2024-01-01", "by": "succession"},
    {"within": WITHIN},
]


@st.composite
def questions(draw):
    name = draw(st.sampled_from(sorted(FILTERS)))
    query = {}
    for parameter, values in FILTERS[name].items():
        if draw(st.booleans()):
            query[parameter] = draw(st.sampled_from(values))
    if draw(st.integers(0, 3)) == 0:
        query["bbox"] = draw(st.sampled_from(BOXES))
    if name not in ("units",) and draw(st.booleans()):  # there `on` means the units' own day
        query |= draw(st.sampled_from(AREAS))
    return name, query


def test_every_surface_shows_the_same_number(planner_client, planner, province_of_rows):  # noqa: F811
    seen = set()

    def agree(name, query):
        numbers = numbers_of(Asked(planner_client, planner, name, query))

        assert len(set(numbers.values())) == 1, (name, query, numbers)
        seen.update(reader for reader, number in numbers.items() if number)
        return numbers["selection"]

    @settings(max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(questions())
    def agree_on(question):
        agree(*question)

    for name in FILTERS:
        assert agree(name, {}) > 0
    for area in AREAS:
        agree("plots", {"status": "current", **area})
    agree_on()
    assert seen == {reader.__name__ for reader in READERS}


def test_each_user_finds_the_same_rows_everywhere(request, province_of_rows):
    plots = {}
    for who in ("anonymous", "clerk", "officer", "foreign_officer"):
        user, client = request.getfixturevalue(who), Client()
        if user.is_authenticated:
            client.force_login(user)
        for name in FILTERS:
            for query in ({}, AREAS[0]) if name == "plots" else ({},):
                asked, readers = Asked(client, user, name, query), READERS
                if not entry(name).may_export(user):
                    assert client.get(f"/data/{name}.geojson", query).status_code == 404
                    assert client.get(f"/ogc/collections/{name}/items", {"f": "json"}).status_code == 404
                    readers = (selection, api, tiles) if user.is_authenticated else (selection,)
                numbers = numbers_of(asked, readers)

                assert len(set(numbers.values())) == 1, (who, name, query, numbers)
                plots[who] = numbers["selection"] if name == "plots" else plots.get(who)

    assert plots["officer"] > plots["clerk"] > plots["anonymous"] == plots["foreign_officer"] == 0
