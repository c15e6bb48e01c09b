"""Areas and codes: clerks' pages, layers and API."""

import pytest
from django.test import Client

from codes.layers import AREAS, CODES
from codes.models import CodeScheme, Market, ProductionArea, ProductionAreaCode
from codes.reference import load
from farms.models import PlotStatus

pytestmark = pytest.mark.django_db
JSON = "application/json"


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def test_clerk_forms_an_area_by_page(clerk, plot_factory, mango, grower):
    plots = [plot_factory(grower=grower) for _number in range(2)]
    plot_factory(status=PlotStatus.IN_CONFLICT, ref="KHONG-HIEN")
    client = as_user(clerk)
    page = client.get("/coop/areas/new/").content.decode()
    assert plots[0].ref in page
    assert "KHONG-HIEN" not in page

    answer = client.post(
        "/coop/areas/new/", {"name": "Vùng một", "crop": mango.pk, "plots": [plot.pk for plot in plots]}, follow=True
    )

    area = ProductionArea.objects.get()
    assert area.name in answer.content.decode()
    assert area.name in client.get("/coop/areas/").content.decode()


def test_errors_of_the_form_stay_on_it(clerk, area, mango, plot_factory):
    answer = as_user(clerk).post(
        "/coop/areas/new/", {"name": area.name, "crop": mango.pk, "plots": [plot_factory().pk]}
    )

    assert answer.status_code == 422
    assert "mang tên này" in answer.content.decode()


def test_clerk_changes_and_redraws(clerk, area):
    client = as_user(clerk)
    assert client.get(f"/coop/areas/{area.pk}/change/").status_code == 200

    client.post(f"/coop/areas/{area.pk}/change/", {"name": "Tên khác", "plots": [area.plots.first().pk]})
    client.post(f"/coop/areas/{area.pk}/redraw/")

    area.refresh_from_db()
    assert (area.name, area.version, area.plots.count()) == ("Tên khác", 3, 1)


@pytest.mark.parametrize("person", ["outsider", "neighbour_clerk", "foreign_officer"])
def test_area_pages_are_not_there_for_others(request, area, person):
    client = as_user(request.getfixturevalue(person))

    assert client.get(f"/coop/areas/{area.pk}/").status_code == 404
    assert client.post(f"/coop/areas/{area.pk}/redraw/").status_code == 404


def test_viewer_may_look_but_not_change(area, viewer):
    client = as_user(viewer)

    assert client.get(f"/coop/areas/{area.pk}/").status_code == 200
    assert client.get("/coop/areas/new/").status_code == 403


def test_area_by_api(clerk, cooperative, plot_factory, mango):
    refs = [plot_factory().ref for _number in range(2)]
    body = {"name": "Vùng API", "cooperative": cooperative.slug, "crop": "xoai", "plots": refs}

    answer = as_user(clerk).post("/api/v1/areas/", body, content_type=JSON)

    assert answer.status_code == 201, answer.content
    properties = answer.json()["properties"]
    assert set(properties) == set(ProductionArea.PUBLIC_FIELDS)
    assert (properties["name"], properties["crop"], properties["holder"]) == ("Vùng API", "Xoài", cooperative.name)
    assert Client().get(answer["Location"]).status_code == 404  # no code and no product yet: not public


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"plots": ["KHONG-CO"]}, "/plots"),
        ({"status": "active"}, "/status"),
        ({"area_ha": 9}, "/area_ha"),
        ({"crop": "x"}, "/crop"),
    ],
)
def test_bad_area_by_api(clerk, cooperative, plot_factory, mango, change, pointer):
    body = {"name": "Vùng", "cooperative": cooperative.slug, "crop": "xoai", "plots": [plot_factory().ref]} | change

    answer = as_user(clerk).post("/api/v1/areas/", body, content_type=JSON)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"].startswith(pointer)


@pytest.mark.parametrize(
    ("person", "status"), [("viewer", 403), ("neighbour_clerk", 422), ("officer", 422), ("anonymous", 401)]
)
def test_who_may_not_form_by_api(request, cooperative, plot_factory, mango, person, status):
    user = request.getfixturevalue(person)
    client = as_user(user) if user.is_authenticated else Client()
    body = {"name": "Vùng", "cooperative": cooperative.slug, "crop": "xoai", "plots": [plot_factory().ref]}

    assert client.post("/api/v1/areas/", body, content_type=JSON).status_code == status


def test_public_area_shows_its_outline_and_codes(code, area):
    (feature,) = Client().get("/api/v1/areas/").json()["features"]

    assert feature["geometry"]["type"] == "MultiPolygon"
    assert feature["properties"]["codes"] == ["VN-XXOR-0001"]
    assert feature["properties"]["area_ha"] == pytest.approx(3, rel=1e-3)


@pytest.mark.parametrize(("status", "kind", "count"), [
    ("verified", "cooperative", 1), ("pending", "cooperative", 0), ("verified", "household", 0),
])  # fmt: skip
def test_area_of_a_product_is_public_only_where_the_product_is(client, area, product_factory, status, kind, count):
    product_factory(area=area)
    type(area.cooperative).objects.filter(pk=area.cooperative_id).update(status=status, kind=kind)

    assert client.get("/api/v1/areas/").json()["numberReturned"] == count


def test_hidden_area_is_a_point_for_strangers_and_an_outline_for_its_own(area_factory, code_factory, clerk, officer):
    hidden = area_factory(growers=1, lat=10.47)
    code_factory(area=hidden)

    shapes = {
        user: client.get("/api/v1/areas/").json()["features"][0]["geometry"]["type"]
        for user, client in (("nobody", Client()), ("clerk", as_user(clerk)), ("officer", as_user(officer)))
    }

    assert shapes == {"nobody": "Point", "clerk": "MultiPolygon", "officer": "MultiPolygon"}


def test_hidden_area_is_not_found_by_halving_boxes(area_factory, code_factory):
    hidden = area_factory(growers=1, lat=10.47)
    code_factory(area=hidden)
    west, south, east, north = hidden.boundary.extent

    found = Client().get(f"/api/v1/areas/?bbox={west},{south},{east},{north}").json()

    assert found["features"] == []


def test_code_by_api(code):
    answer = Client().get("/api/v1/codes/vnxxor0001/")

    properties = answer.json()["properties"]
    assert set(properties) == set(ProductionAreaCode.PUBLIC_FIELDS)
    assert (properties["code"], properties["status"], properties["market"]) == ("VN-XXOR-0001", "active", None)
    assert Client().get("/api/v1/codes/VN-XXOR-9/").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("product=xoai", 1), ("product=nhan", 0), ("market=CHN", 1), ("market=USA", 0), ("status=active", 1),
        ("status=expired", 0), ("scheme=kieu-cu", 1), ("commune=99001", 1), ("commune=99", 1), ("q=vn-xxor", 1),
        ("q=zzz", 0), ("bbox=105,10,106,11", 1), ("bbox=100,1,101,2", 0),
    ],
)  # fmt: skip
def test_filters_of_codes(code, longan, usa, query, found):
    assert len(Client().get(f"/api/v1/codes/?{query}").json()["features"]) == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("product=xoai", 1),
        ("product=nhan", 0),
        ("market=CHN", 0),
        ("commune=99", 1),
        ("month=5", 0),
        ("q=vung+xoai", 1),
        ("q=zzz", 0),
    ],
)
def test_filters_of_areas(code, longan, query, found):
    assert len(Client().get(f"/api/v1/areas/?{query}").json()["features"]) == found


def test_layers_name_only_public_fields():
    assert tuple(AREAS.fields) == ProductionArea.PUBLIC_FIELDS
    assert tuple(CODES.fields) == ProductionAreaCode.PUBLIC_FIELDS


def test_reference_data_is_loaded_once_and_leaves_edits_alone():
    load()
    CodeScheme.objects.filter(slug="nd-38-2026").update(is_confirmed=True, pattern="{serial}-{market}")
    Market.objects.filter(code="CHN").update(name_vi="Tên khác")
    CodeScheme.objects.get(slug="xuat-khau-or").rules.all().delete()

    said = load()

    scheme = CodeScheme.objects.get(slug="nd-38-2026")
    assert (scheme.is_confirmed, scheme.pattern, scheme.confidence) == (True, "{serial}-{market}", "low")
    assert Market.objects.get(code="CHN").name_vi == "Tên khác"
    assert not CodeScheme.objects.get(slug="xuat-khau-or").rules.exists()
    assert said == "codes: 0 markets, 0 schemes and 0 of their rows added"


def test_uncertain_schemes_start_unconfirmed():
    load()

    assert dict(CodeScheme.objects.values_list("slug", "is_confirmed")) == {
        "xuat-khau-or": True,
        "nd-38-2026": False,
        "noi-dia-3156": False,
    }


@pytest.mark.parametrize(
    "path", ["codes/productionareacode", "codes/productionarea", "casework/coderequest", "codes/codescheme"]
)
def test_administration(administrator, code, draft_request, path):
    client = as_user(administrator)

    assert client.get(f"/admin/{path}/").status_code == 200


def test_code_is_read_only_in_the_administration(administrator, code):
    client = as_user(administrator)
    path = f"/admin/codes/productionareacode/{code.pk}/change/"

    page = client.get(path).content.decode()
    answer = client.post(path, {"status": "revoked"})

    assert 'name="status"' not in page
    assert answer.status_code == 403
    code.refresh_from_db()
    assert code.status == "active"
