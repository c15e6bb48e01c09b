"""A code from an old list has perhaps no area, holder, ground or serial: it is shown everywhere all the same."""

import datetime as dt

import pytest
from django.test import Client

from codes.models import ProductionAreaCode
from tests.maps.conftest import decode, tile_url

pytestmark = pytest.mark.django_db


@pytest.fixture
def old_code(old_scheme, mango, commune):
    return ProductionAreaCode.objects.create(
        code="VN-CUOR-0007", scheme=old_scheme, scope="CU", is_imported=True, issued_on=dt.date(2019, 1, 1),
        area_name="Vùng cũ", crop=mango, crop_name=mango.name_vi, holder_name="Ông Nguyễn Riêng Tư", commune=commune,
        commune_name=commune.full_name, province_name="Tỉnh cũ", grower_count=0, declared_area_m2=123_000,
    )  # fmt: skip


@pytest.fixture
def bare_commune(commune):
    """A commune of which only the province above has a middle."""
    type(commune).objects.filter(pk=commune.pk).update(centre=None, boundary=None)
    return commune


def as_user(user):
    client = Client()
    client.force_login(user)
    return client


def test_on_the_public_page_without_the_unchecked_name(old_code):
    page = Client().get("/v/VN-CUOR-0007/").content.decode()

    assert "Vùng cũ" in page
    assert "12,30 ha" in page
    assert "Riêng Tư" not in page


def test_in_the_api_as_a_point_of_the_commune(old_code, commune):
    feature = Client().get("/api/v1/codes/VN-CUOR-0007/").json()

    assert feature["geometry"]["type"] == "Point"
    assert feature["properties"]["area_ha"] == pytest.approx(12.3)
    assert Client().get("/api/v1/codes/?bbox=105,10,106,11").json()["numberReturned"] == 1


def test_in_the_api_of_those_who_may_see_outlines(old_code, officer):
    assert as_user(officer).get("/api/v1/codes/").json()["features"][0]["geometry"]["type"] == "Point"


def test_on_tiles_near_and_far(old_code, commune):
    place = commune.centre or commune.boundary.point_on_surface

    for zoom, layer in ((8, "code_communes"), (14, "codes")):
        answer = Client().get(tile_url("codes", zoom, place.x, place.y))
        assert len(decode(answer.content)[layer]) == 1


@pytest.mark.django_db(transaction=True)
def test_in_exports(old_code):
    answer = Client().get("/data/codes.geojson")

    assert "VN-CUOR-0007" in b"".join(answer.streaming_content).decode()


def test_on_the_officers_pages(old_code, officer):
    client = as_user(officer)

    assert "VN-CUOR-0007" in client.get("/desk/codes/?q=cuor").content.decode()
    page = client.get(f"/desk/codes/{old_code.pk}/")
    assert page.status_code == 200
    assert "chưa gắn vùng trồng" in page.content.decode()


@pytest.mark.parametrize("query", ["product=xoai", "commune=99001", "scheme=kieu-cu", "status=active", "q=Vùng cũ"])
def test_by_filters(old_code, query):
    assert Client().get(f"/api/v1/codes/?{query}").json()["numberReturned"] == 1


def test_where_no_commune_has_a_place(old_code, bare_commune):
    answer = Client().get("/api/v1/codes/VN-CUOR-0007/")

    assert answer.status_code == 200
    assert "VN-CUOR-0007" in Client().get("/v/VN-CUOR-0007/").content.decode()
