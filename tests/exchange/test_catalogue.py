"""Cards, the page of a layer, the catalogue in the API, asking for access."""

import re
from datetime import date

import pytest

from accounts.models import OfficerPost
from exchange.catalogue import CATALOGUE, entry, links
from landuse.models import LayerKind
from maps.services import note_changes
from office.models import Notice

pytestmark = pytest.mark.django_db

PUBLIC = [found.name for found in CATALOGUE if not found.is_personal]


@pytest.fixture
def stock(product_factory, offer_factory, area, code, plot_factory, parcel_factory, land_use_layer_factory):
    """Some of every layer."""
    offer_factory(product=product_factory(area=area))
    plot_factory(ref="T-8")
    parcel_factory()
    parcel_factory(layer=land_use_layer_factory(kind=LayerKind.PLANNING, as_of=date(2021, 1, 1)))


@pytest.mark.parametrize("found", CATALOGUE, ids=lambda found: found.name)
def test_every_field_has_a_meaning_and_a_type(found, django_assert_num_queries):
    with django_assert_num_queries(0):
        fields = found.fields()

    assert [field.name for field in fields] == list(found.layer.fields)
    assert all(str(field.meaning.text).strip() for field in fields)
    units = {field.name.rpartition("_")[2]: field.meaning.unit for field in fields}
    for suffix, unit in (("ha", "ha"), ("t", "t"), ("km2", "km²")):
        assert units.get(suffix, unit) == unit


@pytest.mark.parametrize("name", PUBLIC)
def test_types_and_values_are_those_of_the_data(client, stock, name):
    known = {
        "text": str, "number": (int, float), "integer": int, "boolean": bool, "date": str, "datetime": str
    }  # fmt: skip
    rows = client.get(f"/api/v1/{name}/").json()["features"]

    assert rows
    for field in entry(name).fields():
        values = [row["properties"][field.name] for row in rows]
        values = [value for value in values if value is not None]
        values = [item for value in values for item in value] if field.is_list else values
        assert all(isinstance(value, known[field.type]) for value in values), field.name
        if field.type == "date":
            assert all(re.fullmatch(r"\d{4}-\d\d-\d\d", value) for value in values)
        if field.meaning.values:
            assert set(values) <= {value for value, _label in field.meaning.values}


def test_cards_show_every_layer_and_close_those_without_right(client, planner, stock):
    as_nobody = {card["entry"].name: card for card in client.get("/data/").context["cards"]}
    client.force_login(planner)
    as_planner = {card["entry"].name: card for card in client.get("/data/").context["cards"]}

    assert list(as_nobody) == [found.name for found in CATALOGUE]
    assert [name for name, card in as_nobody.items() if card["is_closed"]] == ["plots"]
    assert not any(card["is_closed"] for card in as_planner.values())
    assert as_planner["plots"]["count"] == 4


def test_closed_card_tells_how_to_ask_and_nothing_of_the_data(client, stock):
    page = client.get("/data/").content.decode()

    assert "/data/plots/access/" in page
    assert 'href="/data/plots/"' not in page


def test_tools_of_the_catalogue_open(client, outsider, commune):
    tools = re.compile(r'<nav class="button-row catalogue-tools".*?</nav>', re.DOTALL)

    client.force_login(outsider)
    found = re.findall(r'href="([^"]+)"', tools.search(client.get("/data/").content.decode())[0])

    assert {"/data/analysis/", "/data/eudr/", "/data/exports/", "/ogc/", "/data/catalogue.jsonld"} <= set(found)
    assert {client.get(address).status_code for address in found} == {200}


@pytest.mark.parametrize("name", PUBLIC)
def test_page_of_a_layer_counts_what_file_and_api_hold(client, stock, name):
    page = client.get(f"/data/{name}/")

    assert page.status_code == 200
    listed = client.get(f"/api/v1/{name}/", {"count": "true", "limit": 1}).json()["numberMatched"]
    assert page.context["count"] == listed > 0
    text = page.content.decode()
    for field in entry(name).layer.fields:
        assert f"<code>{field}</code>" in text
    for path in (links.api_of(entry(name)), links.collection_of(entry(name))):
        assert not path or f"<code>http://127.0.0.1:8000{path}</code>" in text  # to be pasted into a program


@pytest.mark.parametrize("name", [found.name for found in CATALOGUE])
def test_every_field_has_a_heading_for_people(name):
    assert all(str(field.heading) for field in entry(name).fields())


@pytest.mark.parametrize("name", PUBLIC)
def test_links_of_the_page_lead_somewhere(client, stock, name):
    found = entry(name)
    addresses = [links.api_of(found), links.collection_of(found), links.tilejson_of(found), links.panel_of(found)]
    addresses += [links.snapshots_of(found), *(file.url for file in links.files_of(found))]

    for address in filter(None, addresses):
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.streaming:
            list(answer.streaming_content)


def test_filters_go_with_the_links(client, stock):
    page = client.get("/data/land-use/", {"kind": "land_use", "on": "2026-05-01", "q": ""})

    assert page.context["count"] == 1
    text = page.content.decode()
    for address in ("/data/land-use.geojson?", "/data/land-use/export/?", "/api/v1/land-use/?"):
        assert f"{address}kind=land_use&amp;on=2026-05-01" in text


def test_parameters_that_cannot_be_read_are_named_on_the_page(client, stock):
    page = client.get("/data/units/", {"on": "hôm qua"})

    assert page.status_code == 400
    assert "năm-tháng-ngày" in page.content.decode()
    assert "/data/units.geojson" not in page.content.decode()
    assert client.get("/data/units/", {"moth": "3"}).status_code == 400


def test_units_of_a_day_are_drawn_as_they_were(client, stock, unit_factory, province):
    from tests.shapes import square

    unit_factory(
        code="99950", valid_from=date(2004, 1, 1), valid_to=date(2025, 7, 1), parent=province,
        boundary=square(105.7, 10.5, side_m=3_000),
    )  # fmt: skip

    today = client.get("/data/units/", {"level": "commune"}).context["frame"]
    then = client.get("/data/units/", {"level": "commune", "on": "2020-01-01"}).context["frame"]

    assert len(then["features"]["features"]) == 1
    assert then["bounds"][0] < 105.7 < then["bounds"][2]
    assert then["features"] != today["features"]


def test_layers_with_tiles_are_drawn_from_them(client, stock):
    frame = client.get("/data/areas/").context["frame"]

    assert frame["show"] == ["areas"]
    assert "features" not in frame


def test_preview_hides_outlines_that_are_not_public(client, stock, area):
    """The page draws what the layer shows, here a point instead of the outline of few growers."""
    drawn = client.get("/data/offers/").context["frame"]["features"]["features"]

    assert {feature["geometry"]["type"] for feature in drawn} == {"Point"}


def test_last_change_is_told(client, stock):
    note_changes(["land-use"])

    page = client.get("/data/land-use/")

    assert page.context["changed_at"] is not None
    assert f"{page.context['changed_at']:%Y}" in page.content.decode()


@pytest.mark.parametrize("person", ["anonymous", "outsider", "clerk", "administrator"])
def test_page_of_plots_does_not_exist_for_those_without_the_right(request, client, stock, person):
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))

    assert client.get("/data/plots/").status_code == 404
    assert client.get("/data/persons/").status_code == 404


def test_planner_reads_the_page_of_plots(client, planner, stock):
    client.force_login(planner)

    page = client.get("/data/plots/")

    assert page.status_code == 200
    assert page.context["licence"] != "CC BY 4.0"
    assert page.context["snapshots_url"] == ""


def test_api_lists_the_layers_with_their_fields(client, planner, stock):
    as_nobody = client.get("/api/v1/catalogue/").json()["layers"]
    client.force_login(planner)
    as_planner = client.get("/api/v1/catalogue/").json()["layers"]

    assert [layer["name"] for layer in as_nobody] == PUBLIC
    assert [layer["name"] for layer in as_planner] == [found.name for found in CATALOGUE]
    areas = next(layer for layer in as_nobody if layer["name"] == "areas")
    hectares = next(field for field in areas["fields"] if field["name"] == "area_ha")
    assert (hectares["type"], hectares["unit"], hectares["is_list"]) == ("number", "ha", False)
    assert areas["count"] == 1
    assert {"product", "bbox", "commune"} <= set(areas["filters"])


def test_api_of_the_catalogue_takes_no_parameters(client):
    assert client.get("/api/v1/catalogue/", {"limit": "3"}).status_code == 400


# --- asking for access -------------------------------------------------------------------------------------------


def test_visitors_sign_in_before_they_ask(client):
    answer = client.get("/data/plots/access/")

    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_administrators_are_told_once_a_day_who_asks_and_why(client, outsider, administrator):
    client.force_login(outsider)
    purpose = {"purpose": "Chi cục Thủy lợi: lập kế hoạch tưới"}

    first = client.post("/data/plots/access/", purpose, follow=True)
    second = client.post("/data/plots/access/", purpose, follow=True)

    notice = Notice.objects.get(user=administrator)
    assert "Chi cục Thủy lợi" in notice.text
    assert outsider.username in notice.text
    assert notice.url == f"/admin/accounts/user/{outsider.pk}/change/"
    assert "Đã gửi yêu cầu" in first.content.decode()
    assert "quản trị viên đã nhận" in second.content.decode()


def test_asking_grants_nothing(client, outsider, administrator):
    client.force_login(outsider)

    client.post("/data/plots/access/", {"purpose": "Muốn xem thử cho biết"})

    assert client.get("/data/plots/").status_code == 404
    assert not OfficerPost.objects.filter(user=outsider).exists()


@pytest.mark.parametrize("purpose", ["", "ngắn", "x" * 161], ids=["blank", "short", "long"])
def test_purpose_is_asked_for(client, outsider, administrator, purpose):
    client.force_login(outsider)

    answer = client.post("/data/plots/access/", {"purpose": purpose})

    assert answer.status_code == 400
    assert not Notice.objects.exists()


def test_without_an_administrator_nothing_is_promised(client, outsider):
    client.force_login(outsider)

    answer = client.post("/data/plots/access/", {"purpose": "Chi cục Thủy lợi"}, follow=True)

    assert "chưa có quản trị viên" in answer.content.decode()


def test_who_has_the_right_is_led_to_the_layer(client, planner):
    client.force_login(planner)

    assert client.get("/data/plots/access/")["Location"] == "/data/plots/"


def test_open_layers_need_no_asking(client, outsider):
    client.force_login(outsider)

    assert client.get("/data/units/access/").status_code == 404
    assert client.get("/data/persons/access/").status_code == 404
