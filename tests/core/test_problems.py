"""Problem documents, limits of a request, health and error pages: rows A3, B11, B17, F9 (errors) and F14."""

import io
import json

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings

from core import problems
from core.errors import DomainError, Finding, RuleViolated, TooManyRequests
from core.problems import is_machine_path, problem_for_error, refuse_malformed
from tests.core.conftest import UNITS_URL, assert_problem

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]


@pytest.fixture
def calm_client():
    """A client that gets answers where Django would raise into the test."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/units/", True),
        ("/api/schema/", True),
        ("/api/docs/", False),
        ("/tiles/plots/1/2/3.mvt", True),
        ("/ogc/", True),
        ("/healthz", True),
        ("/", False),
        ("/apis/", False),
    ],
)
def test_machine_paths(path, expected):
    assert is_machine_path(path) is expected


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/nothing/", 404),
        ("GET", "/tiles/nothing/", 404),
        ("DELETE", "/api/v1/broken/bug/", 405),
        ("GET", "/api/v1/private-units/", 401),
        ("GET", "/tiles/units/", 400),
        ("GET", "/api/v1/broken/bug/", 500),
        ("GET", "/api/v1/broken/database/", 503),
    ],
)
def test_every_error_of_a_machine_path_is_a_problem(method, path, status, calm_client):
    answer = calm_client.generic(method, path)

    assert_problem(answer, status)


def test_answer_tells_nothing_of_the_inside(calm_client):
    body = calm_client.get("/api/v1/broken/bug/").content.decode()

    for secret in ("SELECT", "/srv", "Traceback", "RuntimeError", "Django", "core."):
        assert secret not in body


def test_headers_of_the_answer_are_kept(calm_client):
    assert calm_client.get("/api/v1/private-units/")["WWW-Authenticate"].startswith("Token")
    assert "GET" in calm_client.delete("/api/v1/broken/bug/")["Allow"]
    assert int(calm_client.get("/api/v1/broken/database/")["Retry-After"]) > 0


@pytest.mark.parametrize(("wanted", "language"), [("en", "en"), ("vi", "vi"), ("", "vi"), ("fr", "vi")])
def test_machines_choose_the_language(wanted, language, calm_client):
    answer = calm_client.get("/api/v1/nothing/", headers={"Accept-Language": wanted})

    assert answer["Content-Language"] == language


def test_a3_body_over_the_limit_is_not_read(calm_client):
    class Untouchable(io.RawIOBase):
        def read(self, size=-1):
            raise AssertionError("the body was read")

    request = RequestFactory().post(UNITS_URL)
    request.META |= {"CONTENT_LENGTH": str(30 * 2**20), "wsgi.input": Untouchable()}

    answer = refuse_malformed(request)

    assert answer.status_code == 413
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(("size", "status"), [(2_000, 413), (1_001, 413), (1_000, None), (0, None)])
@override_settings(API_MAX_BODY_BYTES=1_000)
def test_a3_chunked_body_is_counted_while_it_is_read(size, status):
    source = io.BytesIO(b"x" * size)
    request = _chunked(UNITS_URL, source)

    answer = refuse_malformed(request)

    assert (answer.status_code if answer else None) == status
    if answer is None:
        assert request.read() == b"x" * size
    else:
        assert source.tell() <= 66_000


def test_a3_chunked_form_to_a_page_needs_a_length():
    assert refuse_malformed(_chunked("/page/", io.BytesIO(b"x"))).status_code == 411


def _chunked(path, source):
    environ = RequestFactory()._base_environ(
        REQUEST_METHOD="POST", PATH_INFO=path, HTTP_TRANSFER_ENCODING="chunked", CONTENT_TYPE="application/json"
    )
    return WSGIRequest(environ | {"wsgi.input": source})


def test_a3_whole_way(calm_client):
    answer = calm_client.post(UNITS_URL, b"[" + b"1," * 6_000_000 + b"1]", content_type="application/json")

    assert_problem(answer, 413)


@pytest.mark.parametrize(
    ("case", "query", "status", "code"),
    [
        ("nul", "q=a%00b", 400, "nul_character"),
        ("20 KB", "q=" + "a" * 20_000, 414, "query_too_long"),
        ("600 parameters", "&".join(["a=1"] * 600), 400, "too_many_parameters"),
    ],
)
def test_b11_queries_no_view_should_see(case, query, status, code, calm_client):
    problem = assert_problem(calm_client.get(f"{UNITS_URL}?{query}"), status)

    assert problem["code"] == code


def test_b11_nul_in_the_path(calm_client):
    assert_problem(calm_client.get("/api/v1/units/%00/"), 400)


def test_b11_page_gets_a_page(calm_client):
    answer = calm_client.get("/page/?q=a%00b")

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("text/html")


def test_b17_foreign_host_is_refused(calm_client):
    assert_problem(calm_client.get(UNITS_URL, headers={"Host": "evil.example"}), 400)


def test_b17_forwarded_host_stands_in_no_link(calm_client, unit_factory):
    unit_factory()
    unit_factory()

    answer = calm_client.get(f"{UNITS_URL}?limit=1", headers={"X-Forwarded-Host": "evil.example"})

    assert answer.status_code == 200
    assert "evil" not in answer.content.decode()


def test_too_many_requests_say_when_to_come_back(rf):
    answer = problem_for_error(rf.get("/api/v1/units/"), TooManyRequests(retry_after=17))

    assert answer.status_code == 429
    assert answer["Retry-After"] == "17"


def test_lone_surrogate_does_not_break_the_answer(rf):
    answer = problem_for_error(rf.get("/api/v1/units/"), DomainError("bad", "x \ud800 y"))

    assert json.loads(answer.content)["detail"] == "x \ud800 y"


# --- Health and pages --------------------------------------------------------------------------------------------


def test_health_asks_nothing_of_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready(client):
    assert client.get("/readyz").status_code == 200


def test_not_ready_without_a_database(client, monkeypatch):
    def fail(connection):
        raise OperationalError

    monkeypatch.setattr("core.views.MigrationExecutor", fail)

    answer = client.get("/readyz")

    assert_problem(answer, 503)
    assert answer["Retry-After"]


def test_not_ready_while_a_migration_waits(client, monkeypatch):
    monkeypatch.setattr("core.views.MigrationExecutor.migration_plan", lambda executor, targets: ["0099"])

    assert assert_problem(client.get("/readyz"), 503)["code"] == "migrations_missing"


def test_page_when_the_database_is_down(calm_client):
    answer = calm_client.get("/broken/")

    assert answer.status_code == 503
    assert answer["Retry-After"] == str(problems.RETRY_AFTER_SECONDS)
    assert answer["Content-Type"].startswith("text/html")


def test_error_page_needs_no_database(calm_client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = calm_client.get("/nowhere/")

    assert answer.status_code == 404
    assert answer["X-Request-Id"] in answer.content.decode()


def test_domain_error_of_a_read_is_a_page(client):
    answer = client.get("/page/")

    assert answer.status_code == 409
    assert "trạng thái" in answer.content.decode()


def test_domain_error_of_a_form_goes_back_with_a_message(client):
    answer = client.post("/page/", headers={"Referer": "http://testserver/?from=here"}, follow=True)

    assert answer.redirect_chain == [("http://testserver/?from=here", 302)]
    assert "trạng thái" in answer.content.decode()


@pytest.mark.parametrize("referer", ["https://evil.example/x", "//evil.example", "javascript:alert(1)", ""])
def test_f7_domain_error_never_sends_to_a_foreign_page(referer, client):
    assert client.post("/page/", headers={"Referer": referer})["Location"] == "/"


def test_domain_error_of_an_htmx_form_is_a_fragment_with_its_status(client):
    answer = client.post("/page/", headers={"HX-Request": "true"})

    assert answer.status_code == 409
    assert answer["HX-Retarget"] == "#messages"
    assert "trạng thái" in answer.content.decode()


def test_f4_csrf_on_pages_says_what_to_do():
    answer = Client(enforce_csrf_checks=True).post("/page/")

    assert answer.status_code == 403
    assert "tải lại" in answer.content.decode()


@pytest.mark.parametrize("path", ["/nowhere/", "/api/v1/nothing/", "/api/v1/broken/bug/", "/healthz"])
def test_f9_security_headers_also_on_errors(path, calm_client):
    answer = calm_client.get(path)

    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'self'" in answer["Content-Security-Policy"]
    assert answer["Referrer-Policy"] == "same-origin"


def test_findings_without_a_place_speak_of_the_whole_document(rf):
    answer = problem_for_error(rf.get("/api/"), RuleViolated(findings=[Finding("odd", "It is odd.")]))

    assert json.loads(answer.content)["errors"] == [{"code": "odd", "detail": "It is odd.", "pointer": ""}]


@pytest.mark.urls("geoapp.urls")
@pytest.mark.parametrize(("code", "status"), [("", 200), ("stale", 200), ("plots_overlap", 200), ("no/such", 404)])
def test_type_of_a_problem_leads_to_a_page(code, status, client):
    answer = client.get(f"/problems/{code}")

    assert answer.status_code == status
    assert (f"<code>{code or 'stale'}</code>" in answer.content.decode()) is (code in ("", "stale"))
