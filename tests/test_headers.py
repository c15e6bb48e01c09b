"""Headers and cookies of every route of the resolver, of errors and of static files (rows F4, F9, F14)."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.routes import all_routes
from tests.test_canary import paths, sample_paths, stage  # noqa: F401  (fixture)

READS = ("GET", "HEAD", "OPTIONS")
ERRORS = [
    "/no-such-page/",
    "/api/v1/no-such/",
    "/tiles/no-such/0/0/0.mvt",
    "/healthz",
    "/readyz",
    "/static/no-such.css",
]


def missing(response):
    """Yield the names of the headers that are not as they must be."""
    expected = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    yield from (name for name, value in expected.items() if response.headers.get(name) != value)
    yield from (name for name in ("Referrer-Policy", "X-Request-Id", "Cache-Control") if name not in response.headers)
    policy = response.headers.get("Content-Security-Policy", "")
    # Take-away maps carry their script and style in the file: shown here they run in a sandbox without the cookies.
    is_sandboxed = policy.startswith("sandbox")
    if not is_sandboxed and ("object-src 'none'" not in policy or "unsafe-inline" in policy or "unsafe-eval" in policy):
        yield "Content-Security-Policy"
    for cookie in response.cookies.values():
        if not cookie["httponly"] or cookie["samesite"] != "Lax":
            yield f"cookie {cookie.key}"


@pytest.mark.django_db(transaction=True)
def test_every_answer_has_its_headers(client, stage):  # noqa: F811
    client.raise_request_exception = False
    wrong = {}

    for path in [*paths(stage), *ERRORS]:
        response = client.get(path)
        response.close()  # a download that nobody reads holds a connection
        if found := list(missing(response)):
            wrong[path] = found

    assert wrong == {}


def _whole(response):
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.mark.django_db(transaction=True)
def test_what_is_for_one_user_is_kept_by_no_shared_cache(client, clerk, stage):  # noqa: F811
    client.force_login(clerk)

    shared = {}
    for path in paths(stage):
        response = client.get(path)
        response.close()  # a download that nobody reads
        if "public" in response.headers.get("Cache-Control", ""):
            shared[path] = response["Cache-Control"]

    # What is the same for all may be kept, signed in or not.
    lists = ("/api/v1/facets/", "/api/v1/suggest/", "/api/v1/seasons/")
    for_all = ("/v/", "/tiles/", "/maps/", "/problems/", "/api/schema", *lists)
    data = (
        "/data/catalogue.jsonld",
        "/data/crops.csv",
        "/ogc/collections/units/tiles/",
        "/ogc/collections/products/tiles/",
    )
    snapshot = re.compile(r"/data/[a-z-]+/(SHA256SUMS|(latest|\d{4}-\d\d-\d\d)\.[a-z]+)")
    known = [path for path in shared if path.startswith(for_all + data) or snapshot.fullmatch(path)]
    assert [path for path in shared if path not in known and not path.endswith("/check/")] == []
    for path in shared:
        assert _whole(client.get(path)) == _whole(Client().get(path)), path


@pytest.mark.django_db(transaction=True)
def test_public_answers_set_no_cookie(client, stage):  # noqa: F811
    leaking = []

    for path in paths(stage):
        response = client.get(path)
        response.close()
        if response.cookies and "public" in response.headers.get("Cache-Control", ""):
            leaking.append(path)

    assert leaking == []


@pytest.mark.django_db(transaction=True)
def test_no_route_is_written_to_from_elsewhere(clerk, stage):  # noqa: F811
    """F4: every route that takes a POST refuses one without our token."""
    samples = sample_paths(stage)
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(clerk)
    open_to_all = {}
    for route in all_routes():
        path = "/" + (samples[route.pattern][0] if route.has_arguments else route.pattern)
        answer = client.post(path, {}, headers={"Origin": "https://evil.test"})
        if answer.status_code not in (403, 404, 405):
            open_to_all[path] = answer.status_code

    assert open_to_all == {}


def test_cookies_of_an_installation_behind_https(tmp_path):
    """Settings are read anew with an https address: `__Host-`, Secure, HSTS."""
    import json
    import os
    import subprocess
    import sys

    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME", "SESSION_COOKIE_SECURE",
             "CSRF_COOKIE_SECURE",
             "LANGUAGE_COOKIE_SECURE", "SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT"]  # fmt: skip
    code = f"import json; from geoapp import settings; print(json.dumps({{n: getattr(settings, n) for n in {names}}}))"

    answer = subprocess.run(
        [sys.executable, "-c", code], cwd=django_settings.BASE_DIR, capture_output=True, text=True, check=True,
        env={**os.environ, "PUBLIC_URL": "https://vungtrong.test"},
    )  # fmt: skip

    read = json.loads(answer.stdout)
    assert [read[name] for name in names[:3]] == ["__Host-sid", "__Host-csrf", "__Host-lang"]
    assert all(read[name] is True for name in names[3:6])
    assert read["SECURE_HSTS_SECONDS"] >= 365 * 86400
    assert read["SECURE_SSL_REDIRECT"] is True
