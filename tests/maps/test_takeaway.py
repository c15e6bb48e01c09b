"""Take-away maps: self-contained, labelled, small."""

import re

import pytest

from maps.views import takeaway
from tests.shapes import square

pytestmark = pytest.mark.django_db
SEA = ("Quần đảo Hoàng Sa (Việt Nam)", "Quần đảo Trường Sa (Việt Nam)")


def test_product_map_follows_the_filters(client, product_factory):
    product_factory(name_vi="Xoài Cát Chu", months=[5])
    product_factory(name_vi="Xoài Hòa Lộc", months=[9])

    response = client.get("/maps/take-away/products.html?month=5")

    document = response.content.decode()
    assert response.status_code == 200
    assert "Xoài Cát Chu" in document
    assert "Xoài Hòa Lộc" not in document
    assert all(name in document for name in SEA)
    assert len(response.content) < 5 * 2**20


def test_legend_names_what_is_on_the_map_and_no_more(client, product_factory, longan):
    product_factory(name_vi="Xoài Cát Chu")
    product_factory(name_vi="Mứt", crop=None)
    product_factory(name_vi="Nhãn", crop=longan, months=[9])

    document = client.get("/maps/take-away/products.html?month=5").content.decode()

    legend = re.findall(r'class="swatch"[^>]*></span>([^<]+)</li>', document)
    assert {"Xoài", "Chế biến"} <= set(legend)
    assert "Nhãn" not in legend


def test_file_is_a_download_that_runs_in_a_sandbox(client, product_factory):
    product_factory()

    response = client.get("/maps/take-away/products.html")

    assert re.fullmatch(r'attachment; filename="ban-do-nong-san-\d{8}\.html"', response["Content-Disposition"])
    assert response["Content-Security-Policy"].startswith("sandbox allow-scripts; default-src 'none'")


def test_files_of_several_layers_and_places_are_told_apart(client, product_factory, parcel_factory, commune):
    product = product_factory()
    layer = parcel_factory("LUC").layer
    shown = product.cooperative
    asked = {
        f"products.html?commune={commune.code}": (str(commune), "ban-do-nong-san-phuong-cao-lanh-thu"),
        f"products.html?producer={shown.slug}": (str(shown), "ban-do-nong-san-htx-cua-toi"),
        f"land-use.html?layer={layer.slug}&commune={commune.code}": (str(commune), f"{layer.slug}-phuong-cao-lanh-thu"),
        f"land-use.html?layer={layer.slug}": (layer.legal_document, layer.slug),
    }

    answers = {query: client.get(f"/maps/take-away/{query}") for query in asked}

    for query, (place, name) in asked.items():
        header = answers[query].content.decode().partition("<header>")[2].partition("</header>")[0]
        assert place in header
        assert re.fullmatch(rf'attachment; filename="{name}-\d{{8}}\.html"', answers[query]["Content-Disposition"])


def test_land_use_map_names_source_date_and_document(client, parcel_factory):
    parcel_factory("LUC")

    document = client.get("/maps/take-away/land-use.html").content.decode()

    assert all(name in document for name in SEA)
    for text in ("Hiện trạng 2026", "Nguồn thử", "01/01/2026", "Quyết định 12/QĐ-THỬ", "Đất chuyên trồng lúa"):
        assert text in document


def test_communes_around_are_drawn_and_called_schematic(client, product_factory, commune):
    type(commune).objects.update(is_schematic=True)
    product_factory()

    document = client.get("/maps/take-away/products.html").content.decode()

    assert "Phường Cao Lãnh Thử" in document
    assert "chưa phải ranh giới chính thức" in document


@pytest.mark.parametrize("is_demo", [True, False])
def test_demo_data_says_so(client, product_factory, settings, is_demo):
    settings.DEMO = is_demo
    product_factory()

    assert ("DEMO: dữ liệu minh họa" in client.get("/maps/take-away/products.html").content.decode()) is is_demo


def test_hidden_land_use_layer_is_not_in_the_file(client, land_use_layer, parcel_factory):
    parcel_factory("LUC", ref="BÍ-MẬT")
    type(land_use_layer).objects.update(is_public=False)

    assert "LUC" not in re.sub(r"<pre>.*?</pre>", "", client.get("/maps/take-away/land-use.html").content.decode())


def test_too_many_features_are_refused_with_advice(client, product_factory, monkeypatch):
    monkeypatch.setattr(takeaway, "MAX_FEATURES", 2)
    for _number in range(3):
        product_factory()

    response = client.get("/maps/take-away/products.html")

    assert response.status_code == 422
    assert "thu hẹp" in response.content.decode()


def test_file_over_five_megabytes_is_refused_with_advice(client, product_factory):
    product = product_factory()
    product.description = "x"
    product.name_vi = "Xoài"
    product.save()

    from unittest.mock import patch

    from geofiles.errors import MapTooLarge

    with patch.object(takeaway, "build_map", side_effect=MapTooLarge(size=6_000_000, limit=5_242_880)):
        response = client.get("/maps/take-away/products.html")

    assert response.status_code == 422


def test_bad_filter_is_400(client):
    assert client.get("/maps/take-away/products.html?moth=5").status_code == 400


def test_more_than_the_budget_is_429(client, settings, product_factory):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"takeaway": 1}

    answers = [client.get("/maps/take-away/products.html").status_code for _number in range(2)]

    assert answers == [200, 429]


def test_land_use_of_a_commune_and_of_a_cooperative(client, product_factory, area_factory, parcel_factory):
    area = area_factory(growers=3, side_m=300)
    product = product_factory(area=area)
    parcel_factory("LUC", ref="TRONG-VUNG", boundary=area.boundary)
    parcel_factory("CLN", ref="NGOAI-VUNG", boundary=square(105.9, 10.9))

    inside = client.get(f"/maps/take-away/land-use.html?producer={product.cooperative.slug}").content.decode()

    assert "TRONG-VUNG" in inside
    assert "NGOAI-VUNG" not in inside
    assert client.get("/maps/take-away/land-use.html?producer=khong-co").status_code == 404


def test_page_offers_the_maps_of_a_commune(client, product_factory, land_use_layer, commune):
    product = product_factory()

    page = client.get("/maps/take-away/", {"commune": "cao lanh thu"}).content.decode()

    assert f"/maps/take-away/products.html?commune={commune.code}" in page
    assert f"layer={land_use_layer.slug}&amp;commune={commune.code}" in page
    assert client.get("/maps/take-away/", {"commune": "Không Có"}).status_code == 400
    slug = product.cooperative.slug
    assert f"products.html?producer={slug}" in client.get("/maps/take-away/", {"producer": slug}).content.decode()
    assert f"/maps/take-away/?producer={slug}" in client.get(f"/p/{slug}/").content.decode()
