"""Tiles over HTTP: what is in them, what is not, how they are cached."""

import gzip

import pytest
from django.contrib.gis.geos import Point
from django.db import connection
from django.test.utils import CaptureQueriesContext

from maps import services
from products.services import set_published
from tests.maps.conftest import LAT, LON, decode, tile_at, tile_url
from tests.shapes import bowtie, square

pytestmark = pytest.mark.django_db


# --- Addresses -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("/tiles/products/99/0/0.mvt", id="zoom 99"),
        pytest.param("/tiles/products/23/0/0.mvt", id="zoom above the grid"),
        pytest.param("/tiles/products/17/0/0.mvt", id="zoom above the layer's"),
        pytest.param("/tiles/products/10/1024/0.mvt", id="column outside"),
        pytest.param("/tiles/products/10/0/1024.mvt", id="row outside"),
        pytest.param("/tiles/products/10/-1/0.mvt", id="negative"),
        pytest.param("/tiles/products/10/1.5/0.mvt", id="fraction"),
        pytest.param("/tiles/products/10/12345678901234567890/0.mvt", id="twenty digits"),
        pytest.param("/tiles/products/١٠/1/1.mvt", id="Arabic digits"),
        pytest.param("/tiles/people/10/1/1.mvt", id="no such layer"),
        pytest.param("/tiles/people.json", id="no such TileJSON"),
    ],
)
def test_address_of_no_tile_is_404(client, address):
    response = client.get(address)

    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_below_first_zoom_is_204_without_sql(client):
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/tiles/land-use/3/6/3.mvt")

    assert response.status_code == 204
    assert response.content == b""
    assert len(queries) == 0


@pytest.mark.parametrize(
    ("query", "name"),
    [("?moth=5", "moth"), ("?month=13", "month"), ("?market=XXX", "market")],
)
def test_bad_filter_is_400_and_names_it(client, query, name):
    response = client.get(tile_url("products", 12, query=query))

    assert response.status_code == 400
    assert response.json()["errors"][0]["parameter"] == name


# --- Units ---------------------------------------------------------------------------------------------------


def test_units_tile_has_outline_and_one_label(features, commune):
    found = features("units", 12)

    assert [unit["properties"]["name"] for unit in found["units"]] == ["Phường Cao Lãnh Thử"]
    assert found["units"][0]["properties"].keys() == {"id", "code", "name", "level"}
    assert found["units"][0]["geometry"]["type"] == "Polygon"


def test_unit_label_stands_in_exactly_one_tile(client, commune):
    z, x, y = tile_at(12)
    around = [(x + dx, y + dy) for dx in range(-4, 5) for dy in range(-4, 5)]

    found = [
        label["properties"]["code"]
        for column, row in around
        for label in decode(client.get(f"/tiles/units/{z}/{column}/{row}.mvt").content).get("unit_labels", [])
    ]

    assert found == ["99001"]


def test_communes_are_left_out_far_away(features, province, commune):
    found = features("units", 6)

    assert "units" not in found


# --- Products ------------------------------------------------------------------------------------------------


def test_near_tile_shows_a_product_with_only_its_public_properties(features, product_factory):
    product = product_factory(name_vi="Xoài Cát Chu", volume_t=25)

    found = features("products", 13)

    assert [feature["properties"] for feature in found["products"]] == [
        {
            "id": product.pk,
            "name": "Xoài Cát Chu",
            "kind": "crop",
            "crop": "Xoài",
            "crop_code": "XOAI",
            "holder": "Hợp tác xã Của Tôi",
            "producer": "htx-cua-toi",
            "commune": "Cao Lãnh Thử",
            "volume_t": 25.0,
            "url": "/p/htx-cua-toi/",
        }
    ]


@pytest.mark.parametrize(
    "hidden",
    [
        pytest.param({"is_published": False}, id="unpublished"),
        pytest.param({"status": "pending"}, id="cooperative not verified"),
        pytest.param({"kind": "household"}, id="single household"),
    ],
)
@pytest.mark.parametrize("z", [9, 13])
def test_hidden_products_are_in_no_tile(features, product_factory, cooperative, hidden, z):
    product = product_factory()
    changed = product if "is_published" in hidden else cooperative
    for name, value in hidden.items():
        setattr(changed, name, value)
    changed.save()

    assert features("products", z) == {}


def test_a_clerks_tile_is_the_same_as_everybodys(client, clerk, product_factory):
    product_factory()
    product_factory(is_published=False)
    everybodys = client.get(tile_url("products", 13))
    client.force_login(clerk)

    response = client.get(tile_url("products", 13))

    assert response.content == everybodys.content
    assert response["ETag"] == everybodys["ETag"]
    assert response["Cache-Control"] == "public, max-age=60"


def test_outline_of_three_growers_is_drawn(features, product_factory, area_factory):
    product_factory(area=area_factory(growers=3, lon=LON, lat=LAT))

    assert len(features("products", 13)["product_areas"]) == 1


def test_outline_of_two_growers_is_not(features, product_factory, area_factory):
    product_factory(area=area_factory(growers=2, lon=LON, lat=LAT))

    assert "product_areas" not in features("products", 13)


def test_far_tile_counts_by_commune(features, product_factory, area_factory, commune):
    area = area_factory(growers=3, lon=LON, lat=LAT)
    product_factory(area=area)
    product_factory(area=area)
    product_factory()

    found = features("products", 9)

    assert found.keys() == {"product_communes"}
    properties = found["product_communes"][0]["properties"]
    assert properties["count"] == 3
    assert properties["holders"] == 1
    assert properties["area_ha"] == 3.0  # the area counts once, though two products come from it
    assert (properties["name"], properties["code"]) == ("Phường Cao Lãnh Thử", "99001")


def test_hectares_of_fewer_than_three_growers_are_not_told(features, product_factory, area_factory):
    product_factory(area=area_factory(growers=2, lon=LON, lat=LAT))

    properties = features("products", 9)["product_communes"][0]["properties"]

    assert properties["count"] == 1
    assert "area_ha" not in properties


def test_every_product_is_counted_exactly_once_at_every_zoom(client, product_factory, commune):
    for number in range(9):
        product_factory(location=Point(LON + 0.01 * number, LAT, srid=4326))

    for z in (5, 8, 9, 10):
        z, x, y = tile_at(z)
        tiles = [
            decode(client.get(f"/tiles/products/{z}/{x + dx}/{y + dy}.mvt").content)
            for dx in (-1, 0, 1)
            for dy in (-1, 0, 1)
        ]
        assert sum(f["properties"]["count"] for tile in tiles for f in tile.get("product_communes", [])) == 9


def test_products_of_one_place_stand_side_by_side(features, product_factory):
    for _number in range(4):
        product_factory()

    places = {tuple(f["geometry"]["coordinates"]) for f in features("products", 12)["products"]}

    assert len(places) == 4


@pytest.mark.parametrize(
    ("query", "count"), [("?month=5", 1), ("?month=6", 0), ("?product=xoai", 1), ("?q=cat chu", 1)]
)
@pytest.mark.parametrize("z", [9, 13])
def test_filters_of_the_list_hold_for_tiles(features, product_factory, query, count, z):
    product_factory(name_vi="Xoài Cát Chu", months=[5])

    found = features("products", z, query=query)

    assert sum(len(layer) for layer in found.values()) == count


# --- Land use ------------------------------------------------------------------------------------------------


def test_land_use_tile_tells_class_and_document(features, parcel_factory):
    parcel_factory("LUC")

    properties = features("land-use", 13)["land_use"][0]["properties"]

    assert properties["class_code"] == "LUC"
    assert properties["class_name"] == "Đất chuyên trồng lúa"
    assert properties["legal_document"] == "Quyết định 12/QĐ-THỬ"
    assert properties["as_of"] == "2026-01-01"


def test_layer_that_is_not_public_is_only_for_those_with_the_grant(client, land_use_layer, parcel_factory, officer):
    parcel_factory("LUC")
    type(land_use_layer).objects.update(is_public=False)

    anonymous = client.get(tile_url("land-use", 13))
    client.force_login(officer)
    official = client.get(tile_url("land-use", 13))

    assert decode(anonymous.content) == {}
    assert anonymous["Cache-Control"] == "public, max-age=60"
    assert len(decode(official.content)["land_use"]) == 1
    assert official["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Authorization"} <= {name.strip() for name in official["Vary"].split(",")}


def test_over_the_limit_the_tile_says_so(features, parcel_factory, monkeypatch):
    from dataclasses import replace

    from maps import layers

    for number in range(4):
        parcel_factory(boundary=square(LON + 0.002 * number, LAT))
    limited = replace(layers.LAND_USE_MAP, sources=(replace(layers.LAND_USE_MAP.sources[-1], limit=3),))
    monkeypatch.setitem(layers.BY_NAME, "land-use", limited)

    found = features("land-use", 12)

    assert len(found["land_use"]) == 3
    assert found["meta"][0]["properties"] == {
        "truncated": True,
        "shown": 3,
        "layer": "land_use",
        "reason": "features",
    }


# --- One bad row ---------------------------------------------------------------------------------------------


def test_invalid_row_forced_in_breaks_no_tile(features, parcel_factory):
    good = parcel_factory("LUC")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE landuse_landuseparcel DROP CONSTRAINT land_use_parcel_boundary_valid")
    parcel_factory("CLN", boundary=bowtie(LON + 0.003, LAT))

    found = features("land-use", 13)

    assert good.pk in {feature["properties"]["id"] for feature in found["land_use"]}


def test_row_that_postgis_cannot_draw_is_left_out_and_reported(features, product_factory, caplog):
    good = product_factory()
    product_factory(location=Point(LON, LAT, srid=4326))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        # Spans the tile, so the index finds it; its upper end has no place in Web Mercator.
        cursor.execute("ALTER TABLE products_product DISABLE TRIGGER USER")
        cursor.execute("ALTER TABLE products_product ALTER COLUMN location TYPE geometry(Geometry, 4326)")
        cursor.execute(
            "UPDATE products_product SET location = ST_GeomFromText('LINESTRING(105 10, 106 95)', 4326) WHERE id <> %s",
            [good.pk],
        )

    found = features("products", 13)

    assert [feature["properties"]["id"] for feature in found["products"]] == [good.pk]
    assert "can't be drawn" in caplog.text


# --- Caching -------------------------------------------------------------------------------------------------


def test_unchanged_tile_is_304_without_being_made(client, product_factory):
    product_factory()
    etag = client.get(tile_url("products", 13))["ETag"]

    with CaptureQueriesContext(connection) as queries:
        response = client.get(tile_url("products", 13), HTTP_IF_NONE_MATCH=etag)

    assert response.status_code == 304
    assert response.content == b""
    assert not any("ST_AsMVT" in query["sql"] for query in queries)
    assert len(queries) == 4  # the budget, where shapes begin, the version of the data, the cooperatives


def test_etag_changes_with_data_filters_and_place(client, product_factory):
    product_factory()
    first = client.get(tile_url("products", 13))["ETag"]
    others = {
        client.get(tile_url("products", 13, query="?month=5"))["ETag"],
        client.get(tile_url("products", 13, lon=LON + 0.1))["ETag"],
    }
    services.note_changes(["codes"])
    after = client.get(tile_url("products", 13))["ETag"]

    assert len({first, after, *others}) == 4


def test_etag_of_another_layers_change_stays(client, product_factory):
    product_factory()
    first = client.get(tile_url("products", 13))["ETag"]
    services.note_changes(["land-use"])

    assert client.get(tile_url("products", 13))["ETag"] == first


def test_tile_after_unpublishing_has_new_bytes(client, product_factory):
    product = product_factory()
    before = client.get(tile_url("products", 13))
    product.is_published = False
    product.save()
    services.note_changes(["products"])

    after = client.get(tile_url("products", 13), HTTP_IF_NONE_MATCH=before["ETag"])

    assert after.status_code == 200
    assert decode(after.content) == {}


def test_an_area_that_is_public_by_its_product_leaves_the_tiles_with_it(client, area, clerk, product_factory):
    product = product_factory(area=area)
    x, y = area.public_location.coords
    place = tile_url("areas", 13, x, y)
    before = client.get(place)
    assert "areas" in decode(before.content)

    set_published(product, is_published=False, by=clerk)
    after = client.get(place, HTTP_IF_NONE_MATCH=before["ETag"])

    assert after.status_code == 200
    assert decode(after.content) == {}


def test_gzip_only_for_those_who_take_it(client, product_factory):
    product_factory()

    plain = client.get(tile_url("products", 13))
    zipped = client.get(tile_url("products", 13), HTTP_ACCEPT_ENCODING="gzip, br")

    assert "Content-Encoding" not in plain
    assert zipped["Content-Encoding"] == "gzip"
    assert gzip.decompress(zipped.content) == plain.content


def test_over_budget_is_429_with_retry_after(client, settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"tiles": 2}

    answers = [client.get(tile_url("products", 13)) for _number in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) >= 1


def test_no_free_slot_is_503_with_retry_after(client, monkeypatch):
    from threading import BoundedSemaphore

    from maps import tiles

    busy = BoundedSemaphore(1)
    busy.acquire()
    monkeypatch.setattr(tiles, "_slots", busy)
    monkeypatch.setattr(tiles, "WAIT_SECONDS", 0.01)
    client.raise_request_exception = False

    response = client.get(tile_url("products", 13))

    assert response.status_code == 503
    assert response["Retry-After"]


# --- Lists of layers -----------------------------------------------------------------------------------------


def test_tilejson_describes_the_layer(client, mango):
    document = client.get("/tiles/products.json?month=5").json()

    assert document["tilejson"] == "3.0.0"
    assert document["tiles"] == ["http://testserver/tiles/products/{z}/{x}/{y}.mvt?month=5"]
    assert {layer["id"] for layer in document["vector_layers"]} == {"product_communes", "product_areas", "products"}
    assert document["vector_layers"][0]["maxzoom"] == 10


def test_tilejson_refuses_unknown_filters(client):
    assert client.get("/tiles/products.json?colour=red").status_code == 400


def test_layer_list_has_colours_from_the_data(client, product_factory, mango):
    product_factory()

    document = client.get("/maps/layers.json").json()

    layers = {layer["name"]: layer for layer in document["layers"]}
    assert {"label": "Xoài", "colour": mango.colour, "shape": "circle", "value": "XOAI"} in layers["products"]["legend"]
    assert document["units"]["tiles"] == "/tiles/units/{z}/{x}/{y}.mvt"
    assert document["units"]["is_schematic"] is False


def test_layer_list_says_when_boundaries_are_schematic(client, commune):
    type(commune).objects.update(is_schematic=True)

    assert client.get("/maps/layers.json").json()["units"]["is_schematic"] is True
