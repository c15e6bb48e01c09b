"""The journey of issue 2 §5 by the API alone: token in, file up, codes out."""

import json
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils.timezone import localdate
from rest_framework.authtoken.models import Token

from farms.services import add_plot
from tests.browser.journey.place import SEAT_CONTACTS, make_place, neighbours_overlapping_ground
from tests.browser.journey.shapefile import BAD, GOOD, write_plots
from tests.codes_sent import code_sent
from tests.factories.office import make_upload

pytestmark = pytest.mark.django_db(transaction=True)
MAIL = "mua.hang@example.test"


class Caller:
    """Somebody who calls the API with a token, or without one (`user` None)."""

    def __init__(self, user=None):
        self.client = Client()
        self.headers = {"Authorization": f"Token {Token.objects.create(user=user).key}"} if user else {}

    def get(self, path, expected=200, **params):
        return _read(self.client.get(path, params, headers=self.headers), expected)

    def post(self, path, body=None, expected=200):
        sent = json.dumps({} if body is None else body)
        return _read(self.client.post(path, sent, content_type="application/json", headers=self.headers), expected)

    def upload(self, path, **form):
        return _read(self.client.post(path, form, headers=self.headers), 202)


def _read(response, expected):
    content = b"".join(response.streaming_content) if response.streaming else response.content
    assert response.status_code == expected, content
    return json.loads(content) if "json" in response["Content-Type"] else None


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:5897"])
def test_from_a_shapefile_to_a_code_by_api(crs, media, work_off, tmp_path):
    cache.clear()
    place = make_place()
    clerk, officer, planner, anyone = Caller(place.clerk), Caller(place.officer), Caller(place.planner), Caller()
    strangers = (Caller(place.outsider), Caller(place.neighbour_clerk), Caller(place.foreign_officer))

    bring_plots(clerk, write_plots(tmp_path, crs), crs, work_off)
    add_plot(place.neighbour, neighbours_overlapping_ground(), by=place.neighbour_clerk, ref="LG-2", crop=place.mango)
    area = form_area(clerk)
    newer = hand_in(clerk, area, "kieu-2026")
    older = hand_in(clerk, area, "kieu-cu")
    for stranger in strangers:
        stranger.get(f"/api/v1/requests/{newer}/", 404)
        stranger.post(f"/api/v1/requests/{newer}/approve/", expected=404)

    assert return_and_approve(officer, clerk, newer) == ["99-PUC-XOAI01-000001-CHN", "99-PUC-XOAI01-000001-USA"]
    assert approve(officer, older) == ["VN-XXOR-0001"]

    see_public_data(anyone)
    converse(anyone, clerk, work_off)
    planner.client.force_login(place.planner)  # files are downloaded by a signed-in session
    take_layers(planner, anyone)


def bring_plots(clerk, file, crs, work_off):
    sent = clerk.upload(
        "/api/v1/imports/", file=make_upload(file.name, file.read_bytes()), cooperative="htx-rach-chanh"
    )
    work_off()
    seen = clerk.get(f"/api/v1/imports/{sent['id']}/")
    assert (seen["status"], seen["crs"], seen["counts"]) == ("previewed", crs, {"green": 4, "amber": 0, "red": 1})
    bad = next(error for error in seen["errors"] if error["ref"] == BAD)
    assert (bad["code"], bad["geometry"]["type"]) == ("invalid_geometry", "Point")
    assert clerk.get("/api/v1/plots/")["features"] == []

    clerk.post(f"/api/v1/imports/{sent['id']}/commit/", {"with_amber": False}, 202)
    work_off()
    assert clerk.get(f"/api/v1/imports/{sent['id']}/")["stored"]["stored"] == 4
    plots = clerk.get("/api/v1/plots/", q="RC-")["features"]
    assert {plot["properties"]["ref"] for plot in plots} == set(GOOD)
    assert all(plot["properties"]["area_ha"] == pytest.approx(1, rel=1e-3) for plot in plots)


def form_area(clerk):
    body = {"name": "Vùng xoài Rạch Chanh", "cooperative": "htx-rach-chanh", "crop": "xoai", "plots": GOOD[:3]}
    made = clerk.post("/api/v1/areas/", body, 201)
    assert made["properties"]["area_ha"] == pytest.approx(3, rel=1e-3)
    return made["id"]


def hand_in(clerk, area, scheme):
    body = {"area": area, "scheme": scheme, "markets": ["CHN", "USA"], "has_declared": True}
    made = clerk.post("/api/v1/requests/", body, 201)
    handed_in = clerk.post(f"/api/v1/requests/{made['id']}/submit/")
    assert handed_in["properties"]["status"] == "submitted"
    found = {finding["rule"]: finding["verdict"] for finding in handed_in["properties"]["findings"]}
    assert found["neighbours_plots"] == "warn"
    assert "fail" not in found.values()
    return made["id"]


def return_and_approve(officer, clerk, number):
    queue = officer.get("/api/v1/requests/", status="submitted")["features"]
    assert len(queue) == 2
    officer.post(f"/api/v1/requests/{number}/take-up/")
    officer.post(f"/api/v1/requests/{number}/return/", {"reason": "Thiếu sản lượng dự kiến."})
    seen = clerk.get(f"/api/v1/requests/{number}/")["properties"]
    assert (seen["status"], seen["return_reason"]) == ("returned", "Thiếu sản lượng dự kiến.")
    assert "resubmit" in seen["actions"]
    assert "approve" not in seen["actions"]
    clerk.post(f"/api/v1/requests/{number}/resubmit/", {"note": "45 tấn mỗi năm."})
    return _approve(officer, number)


def approve(officer, number):
    officer.post(f"/api/v1/requests/{number}/take-up/")
    return _approve(officer, number)


def _approve(officer, number):
    decided = officer.post(f"/api/v1/requests/{number}/approve/", {"document_number": "12/QĐ-TEST"})
    assert decided["properties"]["status"] == "approved"
    assert decided["properties"]["actions"] == []
    return decided["properties"]["codes"]


def see_public_data(anyone):
    code = anyone.get("/api/v1/codes/vn xxor 0001/")
    assert code["properties"]["code"] == "VN-XXOR-0001"
    assert (code["properties"]["status"], code["properties"]["market"]) == ("active", None)
    newer = anyone.get("/api/v1/codes/", scheme="kieu-2026")["features"]
    assert sorted(one["properties"]["market"] for one in newer) == ["CHN", "USA"]
    for one in newer:
        until = one["properties"]["valid_until"]
        assert localdate() + timedelta(days=360) < localdate().fromisoformat(until) < localdate() + timedelta(days=366)
    page = anyone.client.get("/v/VN-XXOR-0001/").content.decode()
    assert 'data-status="active"' in page
    (area,) = anyone.get("/api/v1/areas/", q="Rạch Chanh")["features"]
    assert area["geometry"]["type"] == "MultiPolygon"  # three growers: the outline is public
    assert len(area["properties"]["codes"]) == 3
    anyone.get("/api/v1/plots/", 401)
    anyone.get("/api/v1/requests/", 401)


def converse(anyone, clerk, work_off):
    body = {
        "cooperative": "htx-rach-chanh",
        "buyer_name": "Vựa Bảy Hiền",
        "contact": MAIL,
        "message": "Cần 5 tấn.",
        "consent": True,
    }
    sent = anyone.post("/api/v1/enquiries/", body, 201)
    assert clerk.get("/api/v1/enquiries/") == []  # nobody has proved the contact yet
    work_off()
    anyone.post(f"/api/v1/enquiries/{sent['token']}/confirm/", {"code": code_sent(MAIL)}, 200)
    (waiting,) = clerk.get("/api/v1/enquiries/")
    answered = clerk.post(f"/api/v1/enquiries/{waiting['id']}/answer/", {"text": "Có 5 tấn loại 1."}, 201)
    work_off()
    read = anyone.get(f"/api/v1/enquiries/by-token/{sent['token']}/")

    assert [line["text"] for line in read["lines"]] == ["Cần 5 tấn.", "Có 5 tấn loại 1."]
    assert [message.subject for message in mail.outbox if message.to == [MAIL]]
    for text in map(json.dumps, (waiting, answered)):
        assert MAIL not in text
        assert sent["token"] not in text
    for contact in SEAT_CONTACTS:
        assert contact not in json.dumps([sent, read])


def take_layers(planner, anyone):
    """Files hold what the API answers; what is not public stays closed to others."""
    for name, filters, expected in (
        ("plots", {"q": "RC-"}, 4),
        ("areas", {"commune": "99001"}, 1),
        ("codes", {"market": "CHN"}, 2),
        ("cooperatives", {"commune": "99002"}, 1),
        ("land-use", {"class": "CLN"}, 1),
        ("products", {"month": "5"}, 2),
    ):
        whole = planner.get(f"/data/{name}.geojson", **filters)
        answer = planner.get(f"/api/v1/{name}/", **filters, count="true")
        assert whole["features"] == answer["features"], name
        assert len(whole["features"]) == answer["numberMatched"] == expected, name
    anyone.get("/data/plots.geojson", 404)
