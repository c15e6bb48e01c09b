"""Map pages: they work without script, and map, list and API count the same."""

import re

import pytest

from tests.factories.landuse import make_land_use_layer, make_parcel
from tests.factories.places import make_succession, make_unit
from tests.maps.conftest import decode, tile_at
from tests.shapes import square

pytestmark = pytest.mark.django_db


def listed(response) -> list[str]:
    """Return the names in the list, in order."""
    return re.findall(r'class="results__title"><a[^>]*>([^<]+)</a>', response.content.decode())


def shown_count(response) -> int:
    return int(re.search(r'class="count-line">\s*(\d+)', response.content.decode()).group(1))


def test_home_lists_products_without_script(client, product_factory, area_factory, code_factory):
    area = area_factory(growers=3)
    product_factory(name_vi="Xoài Cát Chu", area=area, months=[4, 5], volume_t=25)
    code = code_factory(area=area)
    code.approvals.update(status="approved", decided_on="2026-01-05")

    page = client.get("/").content.decode()

    assert shown_count(client.get("/")) == 1
    assert "Xoài Cát Chu" in page
    assert 'href="/p/htx-cua-toi/"' in page
    assert "25 tấn mỗi vụ" in page
    assert "3,0 ha" in page
    assert f'href="/v/{code.code}/"' in page
    assert "Trung Quốc" in page
    assert 'aria-label="Tháng thu hoạch: 4, 5"' in page
    assert re.search(r'<noscript>\s*<button type="submit"', page)


def test_home_hides_what_is_not_public(client, product_factory, clerk):
    product_factory(name_vi="Xoài Ẩn", is_published=False)
    client.force_login(clerk)

    assert listed(client.get("/")) == []


def test_approval_that_is_not_given_shows_no_market(client, product_factory, area_factory, code_factory):
    area = area_factory(growers=3)
    product_factory(area=area)
    code_factory(area=area)

    page = client.get("/").content.decode()

    assert 'data-status="approved"' not in page


@pytest.mark.parametrize("address", ["/", "/?print=1"])
def test_code_that_its_market_refused_says_so(client, product_factory, area_factory, code_factory, address):
    area = area_factory(growers=3)
    product_factory(area=area)
    code_factory(area=area).approvals.update(status="rejected")

    page = client.get(address).content.decode()

    assert "Trung Quốc: Nước nhập khẩu từ chối" in page


@pytest.mark.parametrize(
    "query",
    ["", "?month=5", "?month=12", "?product=xoai", "?q=CAT CHU", "?commune=99001", "?market=CHN", "?kind=processed",
     "?month=5&product=xoai&market=CHN"],
)  # fmt: skip
def test_map_list_and_api_count_the_same(client, product_factory, area_factory, code_factory, query):
    area = area_factory(growers=3)
    code_factory(area=area).approvals.update(status="approved", decided_on="2026-01-05")
    product_factory(name_vi="Xoài Cát Chu", area=area, months=[5])
    product_factory(name_vi="Xoài Hòa Lộc", months=[6, 12])
    product_factory(name_vi="Mứt xoài", crop=None, months=range(1, 13))

    page = shown_count(client.get(f"/{query}"))
    api = len(client.get(f"/api/v1/products/{query}").json()["features"])
    counts = []
    for z in (8, 12):
        z, x, y = tile_at(z)
        tile = decode(client.get(f"/tiles/products/{z}/{x}/{y}.mvt{query}").content)
        counts.append(
            sum(f["properties"]["count"] for f in tile.get("product_communes", []))
            if z == 8
            else len(tile.get("products", []))
        )

    assert [page, *counts] == [api] * 3


@pytest.mark.parametrize("name", ["Phường Cao Lãnh Thử", "cao lanh thu", "Mỹ Tân", "xã mỹ tân", "99001"])
def test_place_is_found_by_its_new_name_its_old_name_and_its_code(client, product_factory, commune, name):
    old = make_unit(code="99900", unit_type="Xã", name_vi="Mỹ Tân", valid_from="2019-01-01", valid_to="2025-07-01")
    make_succession(old, commune)
    product_factory(name_vi="Xoài Cát Chu")

    assert listed(client.get("/", {"commune": name})) == ["Xoài Cát Chu"]


def test_unknown_place_is_named_as_wrong(client, commune):
    response = client.get("/", {"commune": "Không Đâu"})

    assert response.status_code == 400
    assert "kể cả tên cũ" in response.content.decode()


@pytest.mark.parametrize("query", ["?moth=5", "?month=13", "?market=CHN&market=USA", "?market=ZZZ"])
@pytest.mark.parametrize("address", ["/", "/maps/land-use/"])
def test_bad_parameter_is_400_with_a_message(client, address, query):
    response = client.get(address + query)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_request_by_script_gets_only_the_results(client, product_factory):
    product_factory(name_vi="Xoài Cát Chu")

    content = client.get("/?month=5", HTTP_HX_REQUEST="true").content.decode()

    assert content.lstrip().startswith('<div id="results">')
    assert "<html" not in content


def test_list_has_a_fixed_number_of_queries(client, product_factory, area_factory, django_assert_max_num_queries):
    for number in range(6):
        product_factory(area=area_factory(growers=3, lon=105.60 + 0.01 * number))

    with django_assert_max_num_queries(17):
        client.get("/", HTTP_HX_REQUEST="true")


def test_long_list_goes_on_page_by_page(client, product_factory):
    for _number in range(45):
        product_factory()

    first, second = client.get("/"), client.get("/?page=2")

    assert len(listed(first)) == 40
    assert len(listed(second)) == 5
    assert "?page=2" in first.content.decode()
    assert not set(listed(first)) & set(listed(second))


def test_list_shows_the_outline_only_where_it_is_public(client, product_factory, area_factory):
    hidden = area_factory(growers=2)
    product_factory(area=hidden)

    bbox = re.search(r'data-bbox="([^"]+)"', client.get("/").content.decode()).group(1)

    west, south, east, north = map(float, bbox.split(","))
    assert (round(east - west, 5), round(north - south, 5)) == (0.02, 0.02)  # the product's own place, not the outline


def test_first_view_is_the_province(client, province):
    province.boundary = square(105.2, 10.1, side_m=50_000)
    province.code = "82"
    province.save()

    frame = client.get("/").context["frame"]

    assert frame["layers"]["bounds"][:2] == [105.2, 10.1]


def test_sea_names_stand_on_both_maps_pages(client):
    for address in ("/", "/maps/land-use/"):
        assert "Hoàng Sa" in client.get(address).content.decode()


# --- Land use ------------------------------------------------------------------------------------------------


def test_land_use_page_adds_up_classes(client, parcel_factory):
    parcel_factory("LUC", boundary=square(105.60, 10.45, side_m=300))
    parcel_factory("CLN", boundary=square(105.61, 10.45, side_m=100))

    response = client.get("/maps/land-use/")

    summary = response.context["summary"]
    assert [(item.code, item.parcels, round(item.area_ha, 2)) for item in summary.classes] == [
        ("LUC", 1, 9.0),
        ("CLN", 1, 1.0),
    ]
    assert round(summary.classes[0].share, 2) == 0.9
    assert "Quyết định 12/QĐ-THỬ" in response.content.decode()


def test_land_use_page_shows_one_layer_at_a_time(client, land_use_layer, commune, parcel_factory):
    parcel_factory("LUC")
    plan = make_land_use_layer(commune, slug="quy-hoach", kind="planning", scheme=land_use_layer.scheme)
    make_parcel(plan, "ODT")

    present = client.get("/maps/land-use/").context["summary"]
    planned = client.get("/maps/land-use/?layer=quy-hoach").context["summary"]

    assert [item.code for item in present.classes] == ["LUC"]
    assert [item.code for item in planned.classes] == ["ODT"]


def test_hidden_layer_is_offered_only_to_those_with_the_grant(client, land_use_layer, parcel_factory, officer):
    parcel_factory("LUC")
    type(land_use_layer).objects.update(is_public=False)

    assert client.get("/maps/land-use/").context["layers"] == []
    client.force_login(officer)
    assert len(client.get("/maps/land-use/").context["layers"]) == 1


def test_page_of_a_signed_in_user_is_not_for_shared_caches(client, officer, parcel_factory):
    parcel_factory("LUC")
    client.force_login(officer)

    assert client.get("/maps/land-use/")["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("address", ["/", "/maps/land-use/"])
def test_what_others_add_to_a_shared_link_is_no_filter(client, address):
    shared = client.get(address, {"fbclid": "IwAR0", "utm_source": "zalo", "zarsrc": "30"})
    wrong = client.get(address, {"colour": "red"})

    assert shared.status_code == 200
    assert wrong.status_code == 400
