"""The catalogue of bad inputs over real sockets, against gunicorn as `make run` starts it.

The same rows are tried inside the process elsewhere (docs/testing.md has the table); here it is shown that no layer in
front of our code answers otherwise: gunicorn's limits lie above ours, and its own refusals are problem documents too.
"""

import re
from urllib.parse import quote

import pytest

from casework.models import CodeRequest
from codes.models import ProductionArea
from farms.models import OverlapCase, Plot
from office.models import IdempotencyKey, Notice
from products.models import Enquiry
from tests.farms.test_api_bad_input import CASES, GOOD, feature, text
from tests.http.conftest import PASSWORD
from tests.http.service import listener

PROBLEM = "application/problem+json"
GEOJSON = "application/geo+json"
PLOTS = "/api/v1/plots/"
MODELS = (Plot, OverlapCase, Notice, IdempotencyKey, CodeRequest, ProductionArea, Enquiry)


pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def unharmed(request, live, db):
    """After every test the same workers run, nothing is stored, and the log holds no traceback."""
    workers, logged, rows = live.workers(), live.log.stat().st_size, counts()

    yield

    assert live.workers() == workers
    assert counts() == rows or "may_store" in request.fixturenames
    assert b"Traceback" not in live.log.read_bytes()[logged:], live.log.read_bytes()[logged:].decode()[-3000:]


@pytest.fixture
def may_store():
    """Named by the tests that store something."""


def counts():
    """Return the number of committed rows by model."""
    return {model.__name__: model.objects.count() for model in MODELS}


def assert_refused(answer, status):
    """Check that this is a complete problem document and return it."""
    assert (answer.status, answer.kind) == (status, PROBLEM), answer.body[:300]
    problem = answer.json
    assert problem["status"] == status
    assert problem["code"]
    assert problem["detail"]
    return problem


# --- A: bodies -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("case", "body", "status"), CASES, ids=[case[0] for case in CASES])
def test_a1_to_a22_bad_bodies(live, stored, case, body, status):
    answer = live.send("POST", PLOTS, body, GEOJSON, Authorization=stored.clerk_token)

    assert_refused(answer, status)


@pytest.mark.parametrize("kind", [GEOJSON, "application/json"])
def test_a3_body_without_a_length(live, stored, kind):
    pieces = (b" " * 65_536 for _ in range(480))  # 30 MB

    answer = live.send_chunked(PLOTS, pieces, kind, Authorization=stored.clerk_token)

    assert_refused(answer, 413)


def test_a3_small_body_in_chunks_is_read(live, stored):
    answer = live.send_chunked(PLOTS, [b'{"type":', b'"Nothing"}'], GEOJSON, Authorization=stored.clerk_token)

    assert assert_refused(answer, 400)["errors"][0]["pointer"] == "/type"


def test_a3_chunk_that_is_none(live, stored):
    head = live.head("POST", PLOTS, {"Content-Type": GEOJSON, "Transfer-Encoding": "chunked"})

    answer = live.raw(head + b"zz\r\n{}\r\n0\r\n\r\n")

    assert answer.status in (400, 401)
    assert answer.kind == PROBLEM


@pytest.mark.parametrize("member", ["feature", "geometry"])
@pytest.mark.parametrize("crs", ["link", "name"])
def test_a14_crs_link_calls_nobody(live, stored, member, crs):
    with listener() as (address, calls):
        link = {"type": crs, "properties": {"href": address, "name": address}}
        body = feature(crs=link) if member == "feature" else feature(GOOD | {"crs": link})

        answer = live.send("POST", PLOTS, text(body), GEOJSON, Authorization=stored.clerk_token)

        assert_refused(answer, 422)
    assert calls == []


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/xml", ""],
)
def test_a17_a23_other_content_types(live, stored, kind):
    answer = live.send("POST", PLOTS, text(feature()), kind, Authorization=stored.clerk_token)

    assert_refused(answer, 415)


@pytest.mark.parametrize(("kind", "lon"), [(GEOJSON, 105.60), ("application/json", 105.61)])
def test_a11_a23_good_feature_is_stored_and_promoted(live, stored, may_store, kind, lon):
    ring = [[lon, 10.42], [lon + 0.001, 10.42], [lon + 0.001, 10.421], [lon, 10.421], [lon, 10.42]]
    body = feature({"type": "Polygon", "coordinates": [ring]}, properties={"ref": kind})

    answer = live.send("POST", PLOTS, text(body), kind, Authorization=stored.clerk_token)

    assert (answer.status, answer.kind) == (201, GEOJSON)
    assert answer.json["geometry"]["type"] == "MultiPolygon"
    assert Plot.objects.get(ref=kind).boundary.geom_type == "MultiPolygon"


# --- B: parameters ---------------------------------------------------------------------------------------------

BAD_QUERIES = [
    *(("B1", f"bbox={value}") for value in ("1,2,3", "1,2,3,4,5", "1,2,3,4,5,6,7", "a,b,c,d", "")),
    *(("B2", f"bbox={value}") for value in ("nan,1,2,3", "inf,1,2,3", "1e400,1,2,3")),
    ("B3", "bbox=105,11,106,10"),
    ("B5", "crs=urn:nothing"),
    ("B6", "colour=red"),
    ("B6", "level=commune&level=hamlet"),
    *(("B7", f"limit={value}") for value in ("0", "-1", "1.5", "ten", "", "%D9%A1")),
    ("B9", "offset=1" + "0" * 25),
    ("B9", "cursor=eyJhIjoxfQ.forged"),
    *(("B10", f"on={value}") for value in ("2025-07-01T24:00", "../..", "0000-01-01", "10000-01-01", "2026/2025")),
    ("B11", "q=a%00b"),
    ("B11", "&".join(["a=1"] * 600)),
    *(("B12", f"ordering={value}") for value in ("unknown", "owner__phone", "coop__secret")),
    ("B12", "owner__phone=1"),
]


@pytest.mark.parametrize(("row", "query"), BAD_QUERIES, ids=[f"{row} {query[:40]}" for row, query in BAD_QUERIES])
def test_b1_to_b12_bad_parameters(live, row, query):
    problem = assert_refused(live.get(f"/api/v1/units/?{query}"), 400)

    assert row == "B11" or problem["errors"][0]["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize(
    "query",
    ["bbox=170,-10,-170,10", "bbox=-540,-100,540,100", "limit=1000000000", "count=true"],
    ids=["B3 antimeridian", "B4 beyond the world", "B8 clamped", "count"],
)
def test_b3_b4_b8_odd_but_good(live, query):
    answer = live.get(f"/api/v1/units/?{query}")

    assert (answer.status, answer.kind) == (200, GEOJSON)
    assert answer.json["type"] == "FeatureCollection"


@pytest.mark.parametrize("parameter", ["crs", "bbox-crs"])
def test_b5_crs_parameter_calls_nobody(live, parameter):
    with listener() as (address, calls):
        answer = live.get(f"/api/v1/units/?{parameter}={quote(address, safe='')}")

        assert_refused(answer, 400)
    assert calls == []


@pytest.mark.parametrize(
    "length", [5_000, 8_000, 20_000, 200_000], ids=["app", "app, long", "gunicorn", "gunicorn, very"]
)
def test_b11_long_address(live, length):
    assert_refused(live.get("/api/v1/units/?q=" + "a" * length), 414)


@pytest.mark.parametrize(
    "headers",
    [{f"X-{number}": "1" for number in range(300)}, {"X-Long": "a" * 20_000}, {"Cookie": "a=" + "b" * 100_000}],
    ids=["300 headers", "a header of 20 KB", "a cookie of 100 KB"],
)
def test_b11_flood_of_headers(live, headers):
    assert_refused(live.raw(live.head("GET", "/api/v1/units/", headers)), 431)


@pytest.mark.parametrize(
    "request_line",
    [b"\x00\x01\x02\r\n\r\n", b"GET\r\n\r\n", b"GET /a b c HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\r\n\r\n"],
)
def test_what_is_no_http_gets_400(live, request_line):
    assert_refused(live.raw(request_line), 400)


def test_two_lengths_are_refused(live):
    """Smuggling: a body with both a length and chunks is read by nobody."""
    head = live.head("POST", PLOTS, {"Content-Length": "5", "Transfer-Encoding": "chunked", "Content-Type": GEOJSON})

    answer = live.raw(head + b"0\r\n\r\nGET /admin/ HTTP/1.1\r\n\r\n")

    assert answer.status in (400, 401)
    assert answer.kind == PROBLEM


@pytest.mark.parametrize(
    "path", ["/api/v1/units/%00/", "/api/v1/units/%ff/", "/api/v1/units/1" + "0" * 25 + "/", "/api/v1/none/"]
)
def test_addresses_of_nothing(live, path):
    answer = live.get(path)

    assert answer.status in (400, 404)
    assert answer.kind == PROBLEM


@pytest.mark.parametrize("path", ["/api/v1/units/", "/tiles/units.json", "/"])
def test_b17_foreign_host(live, path):
    answer = live.get(path, host="evil.example")

    assert answer.status == 400
    assert b"evil.example" not in answer.body
    assert path == "/" or answer.kind == PROBLEM


def test_b17_forwarded_host_stands_in_no_link(live):
    answer = live.get("/api/v1/units/?limit=1", X_Forwarded_Host="evil.example", Forwarded="host=evil.example")

    assert answer.status == 200
    assert answer.json["next"].startswith(f"http://127.0.0.1:{live.port}/")
    assert b"evil" not in answer.body


# --- C: tiles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["99/0/0", "10/1024/0", "10/0/1024", "10/12345678901234567890/0", "10/-1/0", "10/1.5/0"]
)
def test_c1_address_of_no_tile(live, address):
    assert_refused(live.get(f"/tiles/products/{address}.mvt"), 404)


def test_c2_below_the_first_zoom(live):
    answer = live.get("/tiles/land-use/3/6/3.mvt")

    assert (answer.status, answer.body) == (204, b"")


def test_c2_tile_of_the_commune(live):
    answer = live.get("/tiles/units/12/3249/1928.mvt")

    assert answer.status == 200
    assert answer.kind == "application/vnd.mapbox-vector-tile"


# --- F: sessions -----------------------------------------------------------------------------------------------


def cookies_of(answer):
    """Return name and value of the cookies that the answer sets (http.client joins the headers)."""
    return dict(re.findall(r"(?:^|, )([A-Za-z_-]+)=([^;,]+);", answer.headers.get("set-cookie", "")))


@pytest.fixture(scope="module")
def session(live, stored):
    """Sign the clerk in by the page; returns (Cookie header, where the answer sent us)."""
    page = live.get("/accounts/login/?next=//evil.example/")
    token = re.search(rb'name="csrfmiddlewaretoken" value="([^"]+)"', page.body).group(1).decode()
    form = f"login=clerk&password={quote(PASSWORD)}&csrfmiddlewaretoken={token}&next=%2F%2Fevil.example%2F"
    cookies = cookies_of(page)
    answer = live.send(
        "POST", "/accounts/login/", form.encode(), "application/x-www-form-urlencoded",
        Cookie="; ".join(f"{name}={value}" for name, value in cookies.items()),
    )  # fmt: skip
    assert answer.status == 302, answer.body[:500]
    cookies |= cookies_of(answer)
    return "; ".join(f"{name}={value}" for name, value in cookies.items()), answer.headers["location"]


@pytest.mark.parametrize(
    "target", ["//evil.example/", "/%5Cevil.example", "javascript:alert(1)", "https://evil.example/"]
)
def test_f7_login_page_hands_no_foreign_address_on(live, target):
    page = live.get(f"/accounts/login/?next={target}")

    assert page.status == 200
    assert not re.search(rb'(href|action)="(//|https?://|/?\\\\)?(evil|javascript)', page.body)


def test_f7_after_signing_in_one_is_at_home(session):
    _cookie, location = session

    assert location.startswith("/")
    assert "evil" not in location


@pytest.mark.parametrize("origin", [None, "https://evil.example"])
def test_f4_session_without_our_token(live, session, origin):
    headers = {"Cookie": session[0]} | ({"Origin": origin} if origin else {})

    answer = live.send("POST", PLOTS, text(feature()), GEOJSON, **headers)

    assert assert_refused(answer, 403)["code"] == "csrf_failed"


def test_f4_plain_text_json(live, session):
    answer = live.send("POST", PLOTS, text(feature()), "text/plain", Cookie=session[0])

    assert answer.status in (403, 415)
    assert answer.kind == PROBLEM


@pytest.mark.parametrize("path", ["/api/v1/requests/1/submit/", "/api/v1/requests/1/approve/", "/accounts/logout/"])
def test_f4_get_changes_nothing(live, session, path):
    answer = live.get(path, Cookie=session[0])

    assert answer.status == (200 if path == "/accounts/logout/" else 405)
    assert live.get("/coop/", Cookie=session[0]).status == 200  # still signed in


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v1/units/", "/api/v1/none/", "/none/", "/tiles/none.json", "/tiles/units.json", "/static/none.css",
     "/static/admin/css/base.css", "/v/NONE/", "/api/docs/", "/healthz"],
)  # fmt: skip
def test_f9_headers_everywhere(live, path):
    headers = live.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    assert "object-src 'none'" in policy
    assert "unsafe-inline" not in policy
    assert "cache-control" in headers


def test_f14_page_of_one_user_is_kept_by_nobody(live, session):
    own = live.get("/coop/", Cookie=session[0])
    foreign = live.get("/coop/")

    assert own.status == 200
    assert "no-store" in own.headers["cache-control"]
    assert "private" in own.headers["cache-control"]
    assert foreign.status == 302
    assert "HTX Của Tôi".encode() not in foreign.body


def test_f14_list_of_one_user_is_kept_by_nobody(live, stored):
    own = live.get(PLOTS, Authorization=stored.planner_token)

    assert own.status == 200
    assert "private" in own.headers["cache-control"]
    assert_refused(live.get(PLOTS), 401)


# --- G ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["Cao Lãnh", "cao lanh", "CAO LÃNH", "Cao La\u0303nh"])
def test_g9_search_finds_every_way_of_writing(live, words):
    answer = live.get(f"/api/v1/units/?level=commune&q={quote(words)}")

    assert [unit["properties"]["name"] for unit in answer.json["features"]] == ["Cao Lãnh Thử"]
