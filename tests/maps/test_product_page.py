"""The product page: facets, list view, sorting, address, embedding, paper; and names that are markup stay text."""

import json
import re

import pytest
from django.contrib.gis.geos import Point
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test.utils import CaptureQueriesContext

from geoapp.origins import embed_origins
from products.models import Product
from tests.maps.test_pages import listed, shown_count

pytestmark = pytest.mark.django_db
EVIL = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def table_names(page: str) -> list[str]:
    return re.findall(r'<th scope="row"[^>]*>\s*<a[^>]*>([^<]+)</a>', page)


def get(client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content
    return response.content.decode()


@pytest.fixture
def three(product_factory):
    """Three mangoes: A small and near, B large, C without offer and far."""
    product_factory(name_vi="Ấu A", volume_t=5, months=[3], location=Point(105.60, 10.45, srid=4326))
    product_factory(name_vi="Bưởi B", volume_t=90, months=[3, 9], location=Point(105.70, 10.45, srid=4326))
    product_factory(name_vi="Cam C", months=(), location=Point(106.40, 10.45, srid=4326))


def test_variety_is_not_said_twice(client, product_factory, mango, variety_factory):
    variety = variety_factory(crop=mango, name_vi="Cát Chu")
    product_factory(name_vi="Xoài Cát Chu", crop=mango, variety=variety)
    product_factory(name_vi="Xoài vườn nhà", crop=mango, variety=variety)

    page = get(client, "/?view=list")

    assert page.count('<span class="product-table__variety">Cát Chu</span>') == 1


# --- Filters with counts -------------------------------------------------------------------------------------------


def test_choices_carry_their_counts_without_script(client, three):
    page = get(client, "/?month=9")

    assert '<option value="xoai">Xoài (1)</option>' in page
    assert re.search(r'data-count="3">2</small>', page)
    assert re.search(r'data-count="9">1</small>', page)


def test_ticked_months_stay_ticked(client, three):
    page = get(client, "/?month=3&month=9")

    assert re.findall(r'name="month"\s+value="(\d+)"[^>]*checked', page) == ["3", "9"]


def test_results_for_script_bring_the_counts(client, three):
    page = client.get("/?month=9", HTTP_HX_REQUEST="true").content.decode()

    assert '"facet-counts"' in page
    assert '"count": 1' in page


def test_each_filter_in_use_can_be_taken_away_alone(client, three):
    page = get(client, "/?month=3&product=xoai&near=105.6,10.45&km=50&sort=distance")

    links = re.findall(r'<a href="([^"]+)" data-drop>', page)
    assert links == [
        "?month=3&amp;near=105.6%2C10.45&amp;km=50&amp;sort=distance",
        "?product=xoai&amp;near=105.6%2C10.45&amp;km=50&amp;sort=distance",
        "?month=3&amp;product=xoai",
    ]


@pytest.mark.parametrize(
    "query", ["?sort=price", "?sort=name&sort=volume", "?view=globe", "?sort=distance", "?print=2", "?near=105,10"]
)
def test_bad_state_is_said(client, three, query):
    response = client.get(f"/{query}")

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


# --- Order, list view, address -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?", ["Ấu A", "Bưởi B", "Cam C"]),
        ("?sort=volume", ["Bưởi B", "Ấu A", "Cam C"]),
        ("?sort=distance&near=105.71,10.45&km=500", ["Bưởi B", "Ấu A", "Cam C"]),
        ("?near=105.6,10.45&km=20", ["Ấu A", "Bưởi B"]),
    ],
)
@pytest.mark.parametrize("view", ["map", "list"])
def test_order(client, three, query, expected, view):
    page = client.get(f"/{query}&view={view}")

    assert (table_names(page.content.decode()) if view == "list" else listed(page)) == expected


def test_freshest_first(client, three):
    Product.objects.filter(name_vi="Cam C").update(updated_at="2026-11-20T00:00:00Z")
    Product.objects.filter(name_vi="Bưởi B").update(updated_at="2026-11-21T00:00:00Z")
    Product.objects.filter(name_vi="Ấu A").update(updated_at="2020-01-01T00:00:00Z")

    assert listed(client.get("/?sort=freshness")) == ["Bưởi B", "Cam C", "Ấu A"]


def test_list_view_has_the_columns_and_keeps_the_state(
    client, product_factory, area_factory, code_factory, certificate_factory
):
    area = area_factory(growers=3)
    code_factory(area=area).approvals.update(status="approved", decided_on="2026-01-05")
    certificate_factory(kind="ocop", stars=4, valid_until="2027-06-30")
    product_factory(name_vi="Xoài Cát Chu", area=area, months=[4, 5], volume_t=25)

    page = get(client, "/?view=list&month=5&sort=volume")

    for shown in ("Xoài Cát Chu", "Hợp tác xã Của Tôi", "25", "3", "Trung Quốc", "OCOP 4★", "30/06/2027"):
        assert shown in page
    assert 'aria-sort="descending"' in page
    assert 'name="view" value="list"' in page
    assert 'href="/?month=5&amp;sort=volume"' in page  # back to the map, same state
    assert "data-map" not in page


def test_distance_is_shown_where_a_place_is_given(client, three):
    assert "cách 10,9 km" in get(client, "/?near=105.6,10.45&km=20")
    assert "10,9 km" in get(client, "/?near=105.6,10.45&km=20&view=list")
    assert "cách" not in get(client, "/").split('<ul class="results">')[1]


def test_links_carry_the_filters(client, three, settings):
    settings.EMBED_ORIGINS = ["https://dongthap.example"]

    page = get(client, "/?month=3&sort=volume&page=1")

    assert 'href="http://testserver/?month=3&amp;sort=volume"' in page  # to share, a plain link without script
    assert 'href="/searches/new/?month=3"' in page
    assert 'href="http://testserver/embed/?month=3"' in page
    assert 'href="/?month=3&amp;sort=volume&amp;print=1"' in page


def test_expired_certificates_are_not_shown(client, three, certificate_factory):
    certificate_factory(issued_on="2020-01-01", valid_until="2021-01-01")

    assert "VietGAP" not in get(client, "/").split('<div id="results">')[1].split("facet-counts")[0]


@pytest.mark.parametrize("address", ["/?month=3", "/?month=3&view=list", "/?month=3&print=1", "/embed/?month=3"])
def test_number_of_queries_is_fixed(client, product_factory, area_factory, code_factory, certificate_factory, address):
    def grow(number):
        area = area_factory(growers=3, lon=105.60 + 0.01 * number)
        code_factory(area=area)
        product_factory(area=area, months=[3])

    def asked():
        with CaptureQueriesContext(connection) as queries:
            get(client, address)
        return len(queries)

    grow(0)
    certificate_factory()
    get(client, address)  # what is read once in a process
    before = asked()
    for number in range(1, 5):
        grow(number)

    assert asked() == before <= 40


# --- Where the map goes --------------------------------------------------------------------------------------------


def bounds_of(page: str) -> list[float] | None:
    return json.loads(re.search(r'id="place-bounds" type="application/json">(.*?)</script>', page)[1])


def frame_of(page: str) -> dict:
    return json.loads(re.search(r'id="frame" type="application/json">(.*?)</script>', page)[1])


def test_map_begins_at_the_commune_asked_for(client, three, commune):
    west, south, east, north = commune.boundary.extent

    page = get(client, f"/?commune={commune.full_name}")

    assert bounds_of(page) == pytest.approx([west, south, east, north], abs=1e-5)
    assert frame_of(page)["bounds"] == bounds_of(page)


def test_map_begins_around_the_place_asked_for(client, three):
    west, south, east, north = bounds_of(get(client, "/?near=105.6,10.45&km=20"))

    assert north - south == pytest.approx(2 * 20 / 111.32, abs=1e-4)
    assert east - west > north - south  # kilometres: a degree of longitude is shorter
    assert (west + east) / 2 == pytest.approx(105.6, abs=1e-4)


def test_map_shows_everything_without_a_place(client, three):
    page = get(client, "/?month=3")

    assert bounds_of(page) is None
    assert "bounds" not in frame_of(page)


# --- In other sites' pages -----------------------------------------------------------------------------------------


def test_embedded_page_is_for_the_sites_named_alone(client, three, settings):
    settings.EMBED_ORIGINS = ["https://dongthap.example", "https://htx.example"]

    response = client.get("/embed/?month=3")

    policy = response["Content-Security-Policy"]
    assert "frame-ancestors https://dongthap.example https://htx.example" in policy
    assert "X-Frame-Options" not in response
    assert not response.cookies
    assert "<form" not in response.content.decode()
    assert shown_count(response) == 2


def test_nobody_may_frame_it_unless_named(client, three, settings):
    settings.EMBED_ORIGINS = []

    response = client.get("/embed/")

    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert response["X-Frame-Options"] == "DENY"


def test_other_pages_are_never_framed(client, settings):
    settings.EMBED_ORIGINS = ["https://dongthap.example"]

    for address in ("/", "/maps/codes/"):
        response = client.get(address)
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"


def test_embedded_page_speaks_the_language_asked_for(client, three):
    assert '<html lang="en"' in get(client, "/embed/?lang=en")
    assert '<html lang="vi"' in get(client, "/embed/")
    assert client.get("/embed/?lang=fr").status_code == 400


def test_code_for_other_sites_is_shown_when_there_are_any(client, three, settings):
    settings.EMBED_ORIGINS = ["https://dongthap.example"]
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"

    page = get(client, "/?month=3&sort=volume")

    # The text area is text once, and markup again where its text is put.
    assert '&lt;iframe src="http://testserver/embed/?month=3&amp;amp;lang=en"' in page
    assert "https://dongthap.example" in page


def test_nothing_to_embed_is_offered_where_no_site_may(client, three, settings):
    settings.EMBED_ORIGINS = []

    assert "/embed/" not in get(client, "/")


def test_embedded_page_leads_to_the_same_view(client, three):
    page = get(client, "/embed/?month=3&lang=en")

    assert 'href="http://testserver/?month=3"' in page
    assert '<base target="_blank">' in page


@pytest.mark.parametrize(
    "name", ["http://a.example", "https://*.example", "https://a.example/x", "https://a b", "'none'"]
)
def test_setting_that_is_no_origin_is_refused(name):
    with pytest.raises(ImproperlyConfigured):
        embed_origins([name])


# --- On paper ------------------------------------------------------------------------------------------------------


def test_print_page_says_filters_day_source_and_draws_the_map(client, three):
    page = get(client, "/?month=3&print=1")

    assert "Tháng có hàng" in page
    assert "Nguồn: Vùng Trồng" in page
    assert "http://testserver/?month=3" in page
    assert 'class="print-map__circle"' in page
    assert re.findall(r'class="print-map__count"[^>]*>(\d+)<', page) == ["2"]
    assert "Cam C" not in page


def test_print_page_says_what_it_leaves_out(client, three, monkeypatch):
    monkeypatch.setattr("maps.views.products.PRINT_ROWS", 2)

    assert "Còn 1 sản phẩm không in ở đây" in get(client, "/?print=1")


def test_print_page_without_any_product(client, three):
    assert "Không có nông sản nào khớp" in get(client, "/?month=12&print=1")


# --- Names that are markup (F8) -------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/?q=alert", "/?view=list&q=alert", "/?print=1&q=alert", "/embed/?q=alert"])
def test_name_that_is_markup_stays_text(client, product_factory, cooperative, address):
    cooperative.name = EVIL[:160]
    cooperative.save(update_fields=["name"])
    product_factory(name_vi=EVIL)

    page = get(client, address)

    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img src=x" not in page


@pytest.mark.parametrize("parameter", ["q", "commune", "producer", "near", "view", "colour"])
def test_address_that_is_markup_stays_text(client, three, parameter):
    page = client.get("/", {parameter: EVIL}).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
