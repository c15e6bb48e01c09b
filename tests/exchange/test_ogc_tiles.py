"""OGC API Tiles: documents that lead from a collection to its tiles, and the same tiles as the maps' own."""

import base64
import re

import pytest
from openapi_spec_validator import validate
from rest_framework.authtoken.models import Token

from exchange.catalogue import CATALOGUE
from exchange.ogc.tiles import CONFORMANCE, REL, TILEJSON, links, map_layer_of
from maps.views.tiles import MVT
from tests.factories.products import SEAT
from tests.maps.conftest import decode, tile_at, tile_url

pytestmark = pytest.mark.django_db

SETS = "/ogc/tileMatrixSets"
DRAWN = ("areas", "codes", "cooperatives", "land-use", "plots", "products", "units")


def tileset_url(name, query=""):
    return f"/ogc/collections/{name}/tiles/WebMercatorQuad{query}"


def ogc_tile(name, z, query="", at=SEAT):
    z, x, y = tile_at(z, *at)
    return f"{tileset_url(name)}/{z}/{y}/{x}{query}"


def maps_tile(name, z, at=SEAT):
    return tile_url(name, z, *at)


@pytest.fixture
def offered(product_factory, offer_factory):
    """Two products with offers at the cooperative's seat: mango and a processed one."""
    products = [product_factory(), product_factory(kind="processed")]
    for product in products:
        offer_factory(product=product)
    return products


def link(document, rel):
    found = [one for one in document["links"] if one["rel"] in (rel, REL + rel)]
    assert len(found) == 1, document["links"]
    return found[0]


def token_of(user):
    return Token.objects.create(user=user).key


def path_of(href):
    assert href.startswith("http://testserver/")
    return href.removeprefix("http://testserver")


def test_registered_matrix_set_to_the_last_digit(client):
    listed = client.get(SETS).json()["tileMatrixSets"]
    document = client.get(path_of(link(listed[0], "self")["href"])).json()

    assert [one["id"] for one in listed] == ["WebMercatorQuad"]
    assert document["uri"] == "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
    levels = document["tileMatrices"]
    assert [level["id"] for level in levels] == [str(z) for z in range(25)]
    # OGC 17-083r4, Annex D.1
    assert levels[0]["scaleDenominator"] == pytest.approx(559082264.028717, rel=1e-12)
    assert levels[24]["scaleDenominator"] == pytest.approx(33.3238997476528, rel=1e-12)
    assert levels[12]["cellSize"] == pytest.approx(38.2185141425881, rel=1e-12)
    assert levels[0]["pointOfOrigin"] == pytest.approx([-20037508.3427892, 20037508.3427892], rel=1e-12)
    assert [level["matrixWidth"] for level in levels[:4]] == [1, 2, 4, 8]


def test_from_the_collection_to_a_tile_by_links_alone(client, offered):
    found = next(one for one in CATALOGUE if one.layer.name == "products")

    (first,) = links(found, "http://testserver")
    tilesets = client.get(path_of(first["href"])).json()["tilesets"]
    tileset = client.get(path_of(link(tilesets[0], "self")["href"])).json()
    template = path_of(link(tileset, "item")["href"])
    z, x, y = tile_at(14, *SEAT)
    address = template.replace("{tileMatrix}", str(z)).replace("{tileRow}", str(y)).replace("{tileCol}", str(x))
    answer = client.get(address)

    assert first["rel"] == f"{REL}tilesets-vector"
    assert link(tileset, "item")["templated"] is True
    assert answer["Content-Type"] == MVT
    names = {feature["properties"]["name"] for feature in decode(answer.content)["products"]}
    assert names == {product.name_vi for product in offered}


def test_limits_hold_the_tile_of_every_place_and_only_zooms_that_are_drawn(client, settings):
    document = client.get(tileset_url("units")).json()

    by_level = {int(one["tileMatrix"]): one for one in document["tileMatrixSetLimits"]}
    layer = map_layer_of(next(one for one in CATALOGUE if one.layer.name == "units"))
    assert sorted(by_level) == list(range(layer.min_zoom, layer.max_zoom + 1))
    for z, limits in by_level.items():
        _z, x, y = tile_at(z, *SEAT)
        assert limits["minTileCol"] <= x <= limits["maxTileCol"] < 1 << z
        assert limits["minTileRow"] <= y <= limits["maxTileRow"] < 1 << z
    west, _south, east, _north = settings.MAP_BOUNDS
    box = document["boundingBox"]
    metres = [degrees * 111_319.490793 for degrees in (west, east)]
    assert [box["lowerLeft"][0], box["upperRight"][0]] == pytest.approx(metres, abs=0.02)
    assert {"units", "unit_labels"} == {layer["id"] for layer in document["layers"]}
    assert "name" in document["layers"][0]["propertiesSchema"]["properties"]


def test_tilejson_leads_to_the_same_tiles_by_f_or_accept(client, offered):
    described = client.get(tileset_url("products", "?f=tilejson"))
    negotiated = client.get(tileset_url("products"), HTTP_ACCEPT=TILEJSON)
    document = described.json()
    z, x, y = tile_at(14, *SEAT)
    address = path_of(document["tiles"][0]).replace("{z}", str(z)).replace("{x}", str(x)).replace("{y}", str(y))

    assert described["Content-Type"] == TILEJSON
    assert negotiated.json() == document
    assert document["tilejson"] == "3.0.0"
    assert re.search(r"/WebMercatorQuad/\{z\}/\{y\}/\{x\}$", document["tiles"][0])
    assert client.get(address).content == client.get(maps_tile("products", 14)).content != b""


@pytest.mark.parametrize("name", DRAWN)
def test_tiles_are_those_of_the_maps(name, client, planner, offered, code, parcel_factory):
    parcel_factory()
    ground = code.boundary.centroid.coords
    client.force_login(planner)

    for z in (9, 14):
        theirs, ours = client.get(ogc_tile(name, z, at=ground)), client.get(maps_tile(name, z, at=ground))

        assert (theirs.status_code, theirs.content) == (ours.status_code, ours.content)
        assert theirs.get("ETag") == ours.get("ETag")
        assert theirs["Cache-Control"] == ours["Cache-Control"]


def test_every_drawn_layer_of_the_catalogue_has_a_tileset(client, planner):
    client.force_login(planner)

    drawn = [found.layer.name for found in CATALOGUE if links(found)]

    assert sorted(drawn) == sorted(DRAWN)
    for name in drawn:
        document = client.get(tileset_url(name)).json()
        assert document["tileMatrixSetURI"].endswith("/WebMercatorQuad")
        assert document["layers"], name


def test_filters_go_on_into_the_address_and_narrow_the_tile(client, offered):
    document = client.get(tileset_url("products", "?kind=processed")).json()
    tile = client.get(ogc_tile("products", 14, "?kind=processed&f=mvt"))

    assert link(document, "item")["href"].endswith("/{tileMatrix}/{tileRow}/{tileCol}?kind=processed")
    assert "kind=processed" in link(document, "describedby")["href"]
    assert len(decode(tile.content)["products"]) == 1
    assert len(decode(client.get(ogc_tile("products", 14)).content)["products"]) == 2


def test_plots_only_for_those_who_may_take_them_out(client, planner, outsider, plot_factory):
    plot_factory(ref="T-8")
    password = base64.b64encode(f"qgis:{token_of(planner)}".encode()).decode()

    for address in (tileset_url("plots"), "/ogc/collections/plots/tiles", ogc_tile("plots", 14)):
        opened = client.get(address, HTTP_AUTHORIZATION=f"Basic {password}")

        assert client.get(address).status_code == 404
        assert client.get(address, HTTP_AUTHORIZATION=f"Token {token_of(outsider)}").status_code == 404
        assert client.get(address, HTTP_AUTHORIZATION="Basic cWdpczpub25lCg==").status_code == 401
        assert opened.status_code == 200
        assert "private" in opened["Cache-Control"]
        Token.objects.filter(user=outsider).delete()


@pytest.mark.parametrize(
    ("case", "path", "accept", "status"),
    [
        ("unknown_collection", "/ogc/collections/dUmmYColLection/tiles", "*/*", 404),
        ("layer_without_tiles", "/ogc/collections/offers/tiles", "*/*", 404),
        ("not_in_the_catalogue", tileset_url("watched-codes"), "*/*", 404),
        ("unknown_matrix_set", "/ogc/collections/units/tiles/WorldCRS84Quad", "*/*", 404),
        ("unknown_grid", "/ogc/tileMatrixSets/WorldCRS84Quad", "*/*", 404),
        ("beyond_the_last_zoom", tileset_url("units") + "/23/0/0", "*/*", 404),
        ("beyond_the_grid", tileset_url("units") + "/3/8/0", "*/*", 404),
        ("twenty_digits", tileset_url("units") + "/3/" + "9" * 20 + "/0", "*/*", 404),
        ("a_minus", tileset_url("units") + "/3/-1/0", "*/*", 404),
        ("unknown_f", tileset_url("units", "?f=xyz"), "*/*", 400),
        ("f_of_another", SETS + "?f=tilejson", "*/*", 400),
        ("f_twice", SETS + "?f=json&f=json", "*/*", 400),
        ("a_picture_accepted", tileset_url("units"), "image/png", 406),
        ("a_picture_of_a_tile", tileset_url("units") + "/3/3/6", "image/png", 406),
        ("unknown_parameter", SETS + "?zoom=3", "*/*", 400),
        ("unknown_filter", tileset_url("units", "?prodct=xoai"), "*/*", 400),
        ("unknown_filter_of_a_list", "/ogc/collections/units/tiles?prodct=xoai", "*/*", 400),
        ("unknown_filter_of_a_tile", tileset_url("units") + "/3/3/6?prodct=xoai", "*/*", 400),
    ],
)
def test_what_is_no_address_or_cannot_be_read(case, path, accept, status, client):
    answer = client.get(path, HTTP_ACCEPT=accept)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"


def test_browsers_get_the_document(client):
    answer = client.get(SETS, HTTP_ACCEPT="text/html,application/xhtml+xml,image/avif;q=0.9")

    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/json"


def test_below_the_first_zoom_nothing_is_drawn(client):
    z, x, y = tile_at(0, *SEAT)

    assert client.get(f"{tileset_url('land-use')}/{z}/{y}/{x}").status_code == 204


def test_public_documents_may_be_kept_and_private_ones_may_not(client, planner):
    public = client.get(tileset_url("units"))
    client.force_login(planner)
    private = client.get(tileset_url("plots"))

    assert public["Cache-Control"] == "public, max-age=60"
    assert private["Cache-Control"] == "private, no-cache"
    assert "Authorization" in public["Vary"]


def test_conformance_landing_page_and_description_name_the_tiles(client):
    conformance = client.get("/ogc/conformance", HTTP_ACCEPT="application/json").json()["conformsTo"]
    landing = client.get("/ogc/", HTTP_ACCEPT="application/json").json()
    description = client.get("/ogc/api?f=json").json()
    collection = client.get("/ogc/collections/units", HTTP_ACCEPT="application/json").json()

    assert set(CONFORMANCE) <= set(conformance)
    assert path_of(link(landing, "tiling-schemes")["href"]) == SETS
    assert path_of(link(collection, "tilesets-vector")["href"]) == "/ogc/collections/units/tiles"
    validate(description)
    tile = description["paths"]["/collections/units/tiles/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"]["get"]
    assert set(tile["responses"]["200"]["content"]) == {MVT}
    assert not [path for path in description["paths"] if path.startswith("/collections/plots")]
