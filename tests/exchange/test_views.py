"""The catalogue and the downloads, by everybody who may and may not."""

import json

import pytest
from django.test import Client
from rest_framework.authtoken.models import Token

from exchange.catalogue import CATALOGUE
from people.services import build_person
from tests.factories.cooperatives import make_cooperative, make_grower
from tests.factories.farms import make_plot

pytestmark = pytest.mark.django_db(transaction=True)

PUBLIC = {"products", "products-by-commune", "offers", "areas", "codes", "cooperatives", "land-use", "units"}


def load(response):
    assert response.status_code == 200, response.content
    return json.loads(b"".join(response.streaming_content))


def from_api(client, name, **params):
    found, url = [], f"/api/v1/{name}/"
    params = {"limit": "2", **params}
    while url:
        answer = client.get(url, params).json()
        found += answer["features"]
        url, params = answer["next"], {}
    return found


@pytest.fixture
def planner_client(planner):
    client = Client()
    client.force_login(planner)
    return client


@pytest.fixture
def stock(product_factory, offer_factory, area, code, plot_factory, parcel_factory, neighbour):
    """Some of everything that can be taken out; plots are those of the area and two more."""
    product = product_factory(area=area)
    offer_factory(product=product)
    product_factory(kind="processed", name_vi='Mứt "xoài"\tCao Lãnh')
    plot_factory(ref="T-8")
    plot_factory(ref="T-9", cooperative=neighbour)
    parcel_factory()
    parcel_factory("CLN")


def test_planner_downloads_the_same_features_as_the_api(planner_client, stock):
    for name in sorted(PUBLIC | {"plots"}):
        whole = load(planner_client.get(f"/data/{name}.geojson"))

        assert whole["type"] == "FeatureCollection"
        assert whole["features"] == from_api(planner_client, name)
        assert whole["features"], name


def test_filters_are_those_of_the_api(planner_client, stock):
    for name, params in [
        ("plots", {"q": "T-9"}),
        ("plots", {"crop": "xoai", "commune": "99001"}),
        ("products", {"kind": "processed"}),
        ("areas", {"bbox": "105.5,10.4,105.7,10.5"}),
        ("units", {"level": "commune"}),
        ("land-use", {"q": "khong co"}),
        ("codes", {"q": "XXOR"}),
    ]:
        whole = load(planner_client.get(f"/data/{name}.geojson", params))

        assert whole["features"] == from_api(planner_client, name, **params), name
        assert whole["filter"] == params


def test_blank_fields_of_the_form_filter_nothing(planner_client, stock):
    whole = load(planner_client.get("/data/plots.geojson", {"q": "", "crop": "", "commune": " "}))

    assert len(whole["features"]) == 5
    assert whole["filter"] == {}


def test_bad_parameters_are_refused_before_the_file_begins(planner_client, stock):
    for name, params in [("products", {"mont": "3"}), ("products", {"month": "13"}), ("plots", {"bbox": "1,2"})]:
        answer = planner_client.get(f"/data/{name}.geojson", params)

        assert answer.status_code == 400
        assert not answer.streaming


def test_file_says_what_it_is(client, stock, settings):
    settings.DEMO = False

    answer = client.get("/data/products.geojson")

    whole = load(answer)
    assert answer["Content-Type"] == "application/geo+json; charset=utf-8"
    assert answer["Content-Disposition"].startswith('attachment; filename="products-20')
    assert answer["Cache-Control"] == "private, no-store"
    assert (whole["name"], whole["licence"]) == ("products", "CC BY 4.0")
    assert {"source", "steward", "written_at", "title"} <= set(whole)
    assert "note" not in whole


@pytest.mark.parametrize(("name", "is_open"), [("products", True), ("areas", False), ("plots", False)])
def test_only_what_everybody_may_read_is_openly_licensed(planner_client, stock, name, is_open):
    licence = load(planner_client.get(f"/data/{name}.geojson"))["licence"]

    assert (licence == "CC BY 4.0") is is_open


def test_demo_files_say_so(client, stock, settings):
    settings.DEMO = True

    assert load(client.get("/data/products.geojson"))["note"].startswith("DEMO")


def test_anybody_downloads_public_layers(client, stock):
    for name in sorted(PUBLIC):
        assert load(client.get(f"/data/{name}.geojson"))["features"], name


def test_plots_do_not_exist_for_those_without_the_right(client, outsider, clerk, administrator, stock):
    assert client.get("/data/plots.geojson").status_code == 404
    assert b"/data/plots.geojson" not in client.get("/data/").content
    for user in (outsider, clerk, administrator):
        client.force_login(user)

        assert client.get("/data/plots.geojson").status_code == 404
        assert b"/data/plots.geojson" not in client.get("/data/").content


def test_unknown_layer_is_404(client, db):
    assert client.get("/data/persons.geojson").status_code == 404
    assert client.get("/data/plots.shp").status_code == 404


def test_officer_downloads_only_plots_of_his_commune(client, officer, foreign_officer, stock):
    client.force_login(foreign_officer)
    assert load(client.get("/data/plots.geojson"))["features"] == []

    client.force_login(officer)
    assert len(load(client.get("/data/plots.geojson"))["features"]) == 5


def test_nothing_personal_is_in_the_plots(planner_client, cooperative, commune, mango):
    person = build_person("Canh Rất Riêng", phone="0000555777", id_number="000111222333", address="Ấp Riêng 9")
    person.save()
    make_plot(cooperative, mango, grower=make_grower(cooperative, person=person, number="SO-RIENG-1"))
    household = make_cooperative(
        commune, kind="household", name="Hộ Bà Riêng Tư", short_name="Bà Riêng", slug="ho-ba-rieng"
    )
    make_plot(household, mango)

    text = json.dumps(load(planner_client.get("/data/plots.geojson")), ensure_ascii=False)

    for secret in ("Canh Rất Riêng", "0000555777", "000111222333", "Ấp Riêng 9", "SO-RIENG-1", "Bà Riêng"):
        assert secret not in text


def test_catalogue_counts_what_the_file_holds(planner_client, stock):
    cards = planner_client.get("/data/").context["cards"]

    assert [card["entry"].layer.name for card in cards] == [entry.layer.name for entry in CATALOGUE]
    for card in cards:
        name = card["entry"].layer.name
        assert card["count"] == len(load(planner_client.get(f"/data/{name}.geojson"))["features"])


def test_downloads_over_the_budget_wait(client, stock, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "takeaway": 1}

    first = load(client.get("/data/units.geojson"))
    second = client.get("/data/units.geojson")

    assert first["features"]
    assert second.status_code == 429


def test_a_script_downloads_plots_with_its_token(client, planner, stock):
    token = Token.objects.create(user=planner)

    answer = client.get("/data/plots.geojson", headers={"authorization": f"Token {token.key}"})

    assert load(answer)["features"]


def test_a_token_that_opens_nothing_is_told_so(client, stock):
    answer = client.get("/data/products.geojson", headers={"authorization": f"Token {'0' * 40}"})

    assert answer.status_code == 401
