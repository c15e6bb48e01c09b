"""The panel and the pages of exports, and the API: what they offer, refuse and hand on; rights on every address."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from core.models import RequestCount
from exchange.models import Export
from exchange.services import exports as services
from office.models import JobStatus
from office.services import run_job
from tests.shapes import square

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def house(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.THROTTLE_RATES = dict.fromkeys(settings.THROTTLE_RATES, 1_000_000)


@pytest.fixture
def planner_client(planner):
    client = Client()
    client.force_login(planner)
    return client


@pytest.fixture
def plots(plot_factory, neighbour):
    return [
        plot_factory(ref="T-1", boundary=square(105.63, 10.45, side_m=100)),
        plot_factory(ref="T-2", boundary=square(105.64, 10.46, side_m=100)),
        plot_factory(ref="T-3", cooperative=neighbour),
    ]


def send(client, layer="plots", **data):
    return client.post(f"/data/{layer}/export/", {"format": "gpkg", "how": "job", **data})


def post(client, **document):
    return client.post("/api/v1/exports/", json.dumps(document), content_type="application/json")


def test_panel_offers_filters_area_fields_crs_and_formats(planner_client, plots):
    page = planner_client.get("/data/plots/export/").content.decode()

    for word in ('name="crop"', 'name="unit"', 'name="within"', 'name="fields_of"', "EPSG:5897", 'value="pmtiles"'):
        assert word in page
    assert 'name="personal"' not in page


def test_panel_is_filled_from_the_address(planner_client, plots):
    page = planner_client.get("/data/plots/export/?q=T-1&fields=ref,crop&crs=EPSG:5897&format=fgb&unit=99001")

    context = page.context
    assert context["filters"]["q"].value() == "T-1"
    assert context["shape"]["fields_of"].value() == ["ref", "crop"]
    assert (context["shape"]["crs"].value(), context["shape"]["format"].value()) == ("EPSG:5897", "fgb")
    assert context["area"]["unit"].value() == ["99001"]


def test_ordered_export_carries_what_was_chosen(planner, planner_client, plots):
    answer = send(planner_client, q="T-1", fields_of=["ref", "crop"], crs="EPSG:5897", unit="99001", by="")

    export = Export.objects.get()
    assert answer.url == export.get_absolute_url()
    assert (export.requested_by, export.layer, export.format) == (planner, "plots", "gpkg")
    assert (export.columns, export.crs) == (["ref", "crop"], "EPSG:5897")
    assert export.query == {"q": ["T-1"], "unit": ["99001"]}


def test_text_formats_go_to_the_stream_at_once(planner_client, plots):
    answer = send(planner_client, format="csv", how="now", q="T-1", geometry="lonlat")

    assert answer.url == "/data/plots.csv?q=T-1&geometry=lonlat"
    assert not Export.objects.exists()


def test_defaults_of_the_panel_are_no_filters(planner_client, plots):
    answer = send(planner_client, format="geojson", how="now", crs="EPSG:4326", geometry="wkt", by="", unit=[])

    assert answer.url == "/data/plots.geojson?"


def test_count_is_shown_on_the_panel(planner_client, plots):
    page = send(planner_client, how="count", q="T-2")

    assert page.context["count"] == 1
    assert "1 đối tượng khớp" in page.content.decode()
    assert not Export.objects.exists()


@pytest.mark.parametrize(
    ("case", "sent", "told"),
    [
        ("polygon", {"within": "POLYGON((0 0"}, ""),
        ("unit", {"codes": "77777777"}, ""),
        ("format", {"format": "doc"}, "doc"),
        ("crs of the format", {"format": "kml", "crs": "EPSG:5897"}, "EPSG:4326"),
        ("filter", {"mont": "3"}, "mont"),
        ("profile", {"profile": "x"}, "x"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_comes_back_with_the_reason(case, sent, told, planner_client, plots):
    page = send(planner_client, **sent)

    assert page.status_code in (400, 422), case
    assert page.context["errors"]
    assert told in " ".join(page.context["errors"])
    assert not Export.objects.exists()


def test_layers_without_right_are_not_there(client, outsider, plots):
    for user in (None, outsider):
        if user:
            client.force_login(user)
        assert client.get("/data/plots/export/").status_code == 404
        assert send(client).status_code == 404
        assert client.get("/data/nothing/export/").status_code == 404


def test_progress_is_a_part_of_the_page_and_then_a_whole(planner_client, plots):
    send(planner_client)
    export = Export.objects.get()

    whole = planner_client.get(export.get_absolute_url()).content.decode()
    part = planner_client.get(export.get_absolute_url(), headers={"hx-request": "true"}).content.decode()
    export.job.status = JobStatus.CANCELLED
    type(export.job).objects.filter(pk=export.job_id).update(
        status=JobStatus.CANCELLED, finished_at=export.requested_at
    )
    over = planner_client.get(export.get_absolute_url(), headers={"hx-request": "true"})

    assert "<html" in whole
    assert "Đang chờ đến lượt" in part
    assert "<html" not in part
    assert over["HX-Refresh"] == "true"


def test_list_is_ones_own(planner_client, client, officer, plots):
    send(planner_client)
    client.force_login(officer)

    assert len(planner_client.get("/data/exports/").context["rows"]) == 1
    assert client.get("/data/exports/").context["rows"] == []
    assert Client().get("/data/exports/").status_code == 302


def test_export_is_called_off_by_its_owner_only(planner_client, client, officer, plots):
    send(planner_client)
    export = Export.objects.get()
    client.force_login(officer)

    assert client.post(f"/data/exports/{export.pk}/cancel/").status_code == 404
    assert planner_client.post(f"/data/exports/{export.pk}/cancel/").url == export.get_absolute_url()
    export.job.refresh_from_db()
    assert export.job.status == JobStatus.CANCELLED


def test_visitor_orders_by_page_and_finds_it_by_the_link(client, product_factory):
    product_factory()

    answer = send(client, "products", format="gpkg")

    export = Export.objects.get()
    assert (answer.url, export.requested_by) == (export.get_absolute_url(), None)
    assert client.get(answer.url).status_code == 200
    assert client.post(f"/data/exports/{export.pk}/cancel/").status_code == 302


def test_budget_of_orders(planner_client, plots, settings):
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "takeaway": 1}

    assert [send(planner_client, how="count").status_code for _number in range(2)] == [200, 429]
    assert post(planner_client, layer="plots", format="gpkg").status_code == 429


# --- API ---------------------------------------------------------------------------------------------------------


def test_api_order_is_202_and_tells_its_progress(planner_client, plots):
    answer = post(planner_client, layer="plots", format="gpkg", query={"q": "T-1", "unit": ["99001"]})

    export = Export.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == reverse("api-export", args=[export.pk])
    told = planner_client.get(answer["Location"]).json()
    assert (told["status"], told["file"], told["query"]) == ("queued", None, {"q": ["T-1"], "unit": ["99001"]})
    assert [one["id"] for one in planner_client.get("/api/v1/exports/").json()["exports"]] == [str(export.pk)]


@pytest.mark.django_db(transaction=True)
def test_api_gives_the_file_when_it_is_done(planner_client, plots):
    where = post(planner_client, layer="plots", format="fgb", query={"fields": "ref"})["Location"]
    run_job(Export.objects.get().job_id)

    told = planner_client.get(where).json()

    assert (told["status"], told["row_count"], told["columns"]) == ("done", 3, ["ref"])
    answer = planner_client.get(told["file"].partition("8000")[2])
    body = b"".join(answer.streaming_content)
    assert len(body) == told["size"]
    assert body[:3] == b"fgb"


@pytest.mark.parametrize(
    ("case", "document", "status", "code"),
    [
        ("unknown layer", {"layer": "persons", "format": "gpkg"}, 400, "unknown_layer"),
        ("unknown key", {"layer": "plots", "format": "gpkg", "sql": "x"}, 422, "unknown_field"),
        ("format", {"layer": "plots", "format": "dwg"}, 422, "invalid_choice"),
        ("filter", {"layer": "plots", "format": "gpkg", "query": {"mont": "3"}}, 400, "unknown_parameter"),
        ("query is a list", {"layer": "plots", "format": "gpkg", "query": []}, 422, "invalid"),
        ("value is a number", {"layer": "plots", "format": "gpkg", "query": {"q": 3}}, 422, "invalid"),
        ("crs", {"layer": "plots", "format": "gpkg", "query": {"crs": "EPSG:3857"}}, 400, "unknown_crs"),
        ("field", {"layer": "plots", "format": "gpkg", "query": {"fields": "grower"}}, 400, "unknown_field"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_api_refuses_by_name(case, document, status, code, planner_client, plots):
    answer = post(planner_client, **document)

    assert answer["Content-Type"].startswith("application/problem+json"), case
    assert answer.status_code == status, answer.content
    assert code in {error["code"] for error in answer.json()["errors"]}
    assert not Export.objects.exists()


def test_a_wrong_format_is_answered_in_the_reader_s_language_and_takes_nothing_of_the_budget(planner_client, plots):
    answer = post(planner_client, layer="plots", format="dwg")

    assert answer.json()["errors"][0]["detail"].startswith("Không có lựa chọn này. Các lựa chọn: geojson, ")
    assert not RequestCount.objects.filter(scope="takeaway").exists()


def test_api_order_sent_twice_is_done_once(planner_client, plots):
    document = json.dumps({"layer": "plots", "format": "gpkg"})

    first, second = (
        planner_client.post(
            "/api/v1/exports/", document, content_type="application/json", headers={"idempotency-key": "a-1"}
        )
        for _number in range(2)
    )

    assert first.json()["id"] == second.json()["id"]
    assert Export.objects.count() == 1


def test_api_hides_others_exports_and_restricted_layers(planner_client, client, officer, plots):
    where = post(planner_client, layer="plots", format="gpkg")["Location"]

    assert client.get(where).status_code == 404
    assert client.get("/api/v1/exports/").status_code == 401
    assert post(client, layer="plots", format="gpkg").status_code == 400
    client.force_login(officer)
    assert client.get(where).status_code == 404
    assert client.delete(where).status_code == 404
    assert planner_client.delete(where).json()["status"] == "cancelled"
    assert planner_client.delete(where).status_code == 409


def test_too_many_orders_wait(planner_client, plots):
    answers = [post(planner_client, layer="plots", format="gpkg") for _n in range(services.MOST_OF_A_USER + 1)]

    assert [answer.status_code for answer in answers] == [202, 202, 202, 409]
    assert answers[-1].json()["code"] == "too_many_exports"


def test_a_panel_that_nobody_filled_in_shows_no_error_and_names_every_filter(client):
    text = client.get("/data/areas/export/").content.decode()

    assert "Trường này là bắt buộc" not in text
    assert "invalid name" not in text
