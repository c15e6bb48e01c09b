"""Pages of land use: versions, old codes, parcels, documents, comparison."""

import datetime as dt
from dataclasses import replace

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from landuse import reference
from landuse.models import ClassScheme
from maps.views import land_use
from office.models import Job
from office.services import store_upload
from tests.factories.landuse import make_parcel
from tests.shapes import square

pytestmark = pytest.mark.django_db
PAGE = "/maps/land-use/"


@pytest.fixture
def old_layer(land_use_layer_factory):
    reference.load()
    scheme = ClassScheme.objects.get(code=reference.UNTIL_2024)
    layer = land_use_layer_factory(
        slug="hien-trang-2020", name="Hiện trạng 2020", scheme=scheme, as_of=dt.date(2020, 1, 1)
    )
    make_parcel(layer, "BHK", ref="B1")
    return layer


@pytest.fixture
def new_layer(land_use_layer_factory):
    reference.load()
    scheme = ClassScheme.objects.get(code=reference.SINCE_2024)
    layer = land_use_layer_factory(
        slug="hien-trang-2025", name="Hiện trạng 2025", scheme=scheme, as_of=dt.date(2025, 1, 1)
    )
    make_parcel(layer, "HNK", ref="H1")
    make_parcel(layer, "CNT", ref="C1", boundary=square(105.7, 10.45))
    return layer


def page(client, address):
    response = client.get(address)
    return response.status_code, " ".join(response.content.decode().split())


def test_the_legend_shows_old_codes_and_the_page_the_dates(client, old_layer, new_layer):
    status, text = page(client, PAGE)

    assert status == 200
    assert "mã cũ: BHK, NHK" in text
    assert "01/01/2025" in text
    assert "?layer=hien-trang-2020" in text
    assert "/maps/land-use/compare/?left=hien-trang-2020&amp;right=hien-trang-2025" in text


@pytest.mark.parametrize("asked", ["class=BHK", "class=hnk", "q=nhk"])
def test_either_code_finds_the_parcel(client, new_layer, asked):
    text = page(client, f"{PAGE}?layer=hien-trang-2025&{asked}")[1]

    assert "H1" in text
    assert "· C1" not in text


def test_an_old_layer_reads_in_the_new_edition(client, old_layer):
    status, text = page(client, f"{PAGE}?layer=hien-trang-2020&scheme={reference.SINCE_2024}")

    assert status == 200
    assert "<strong>HNK</strong>" in text
    assert page(client, f"{PAGE}?layer=hien-trang-2020&scheme=khong-co")[0] == 400


def test_parcel_page_says_class_area_document_and_todays_code(client, old_layer):
    parcel = old_layer.parcels.get()

    status, text = page(client, parcel.get_absolute_url())

    assert status == 200
    for wanted in ("BHK", "HNK", "Quyết định 12/QĐ-THỬ", "Hiện trạng 2020", "1,0000 ha"):
        assert wanted in text


def test_hidden_layers_keep_parcel_document_and_comparison(client, old_layer, new_layer, planner):
    document = store_upload(ContentFile(b"%PDF-1.4", name="qd.pdf"), by=planner)
    type(new_layer).objects.filter(pk=new_layer.pk).update(is_public=False, document=document)
    addresses = [
        new_layer.parcels.first().get_absolute_url(),
        reverse("maps:land-use-document", args=[new_layer.slug]),
    ]
    compared = reverse("maps:land-use-compare") + "?left=hien-trang-2020&right=hien-trang-2025"

    assert [client.get(address).status_code for address in addresses] == [404, 404]
    assert client.get(compared).status_code == 400
    client.force_login(planner)
    answers = [client.get(address) for address in addresses]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert b"".join(answers[1].streaming_content) == b"%PDF-1.4"
    assert client.get(compared).status_code == 200


def test_layer_without_document_has_none_to_give(client, new_layer):
    assert client.get(reverse("maps:land-use-document", args=[new_layer.slug])).status_code == 404


def test_comparison_without_script_is_two_lists_and_two_tables(client, old_layer, new_layer):
    status, text = page(client, reverse("maps:land-use-compare"))

    assert status == 200
    assert "1,0 ha không đổi loại" in text
    assert "chưa có trên bản đồ trước" in text
    assert "<strong>BHK</strong>" in text
    assert "<strong>CNT</strong>" in text


@pytest.mark.parametrize("query", ["?left=khong-co&right=x", "?left=hien-trang-2025&right=hien-trang-2025"])
def test_comparison_of_nothing_is_told(client, new_layer, query):
    assert client.get(reverse("maps:land-use-compare") + query).status_code == 400


def test_comparison_without_a_pair_says_so(client, new_layer):
    status, text = page(client, reverse("maps:land-use-compare"))

    assert status == 200
    assert "Chưa có hai phiên bản" in text


def test_commune_narrows_and_unknown_communes_are_refused(client, new_layer, commune):
    assert page(client, f"{PAGE}?commune={commune.code}")[0] == 200
    assert page(client, f"{PAGE}?commune=Không Có")[0] == 400


def test_who_orders_a_large_comparison(client, old_layer, new_layer, planner, clerk):
    data = {"left": old_layer.slug, "right": new_layer.slug}
    address = reverse("maps:land-use-compare-order")
    client.force_login(clerk)
    client.post(address, data)
    assert not Job.objects.filter(kind="landuse.compare").exists()
    client.force_login(planner)

    client.post(address, data)

    assert Job.objects.filter(kind="landuse.compare").count() == 1


def test_map_names_the_classes_of_each_edition_as_that_edition_does(client, old_layer, new_layer):
    make_parcel(old_layer, "DTL", ref="B2")
    make_parcel(new_layer, "DTL", ref="H2")
    (layer,) = [one for one in client.get("/maps/layers.json").json()["layers"] if one["name"] == "land-use"]

    said = layer["popup"]["values"][layer["popup"]["title"]]

    assert said["Đất thủy lợi"] == "DTL · Đất thủy lợi"
    assert said["Đất công trình thủy lợi"] == "DTL · Đất công trình thủy lợi"
    signs = [entry for entry in layer["legend"] if entry["value"] == "DTL"]
    assert [sign["label"] for sign in signs] == ["Đất công trình thủy lợi / Đất thủy lợi"]


def test_links_between_the_pages_say_which_one_is_open(client, new_layer):
    text = page(client, PAGE)[1]

    assert '<a href="/maps/land-use/" aria-current="page">Bản đồ sử dụng đất</a>' in text
    assert '<a href="/maps/land-use/compare/" >So sánh hai thời điểm</a>' in text


def test_thousands_of_parcels_are_written_as_everywhere_else(client, new_layer, monkeypatch):
    summarise = land_use.summarise
    monkeypatch.setattr(
        land_use, "summarise", lambda rows, scheme=None: replace(summarise(rows, scheme=scheme), parcels=3294)
    )

    text = page(client, PAGE)[1]

    assert "3.294 khoanh đất" in text
