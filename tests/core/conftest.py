"""Fixtures for the kernel: clients that speak GeoJSON, a polygon as plain JSON, a listener for outbound calls."""

import json
import socket
import threading

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from rest_framework.authtoken.models import Token

from places.models import AdministrativeUnit

UNITS_URL = "/api/v1/units/"


@pytest.fixture
def square_json():
    """A Polygon of about 110 m by 110 m near Cao Lãnh, as a client sends it."""
    return {
        "type": "Polygon",
        "coordinates": [[[105.63, 10.45], [105.631, 10.45], [105.631, 10.451], [105.63, 10.451], [105.63, 10.45]]],
    }


@pytest.fixture
def feature_json(square_json):
    """A unit as a client sends it."""
    return {
        "type": "Feature",
        "geometry": square_json,
        "properties": {"code": "99123", "name": "Mỹ Thử", "valid_from": "2025-07-01"},
    }


@pytest.fixture
def person(db):
    """Somebody who may sign in."""
    return get_user_model().objects.create_user("kernel.test", password="a long enough password")


@pytest.fixture
def token(person):
    return Token.objects.create(user=person).key


@pytest.fixture
def token_client(token):
    """A client that sends a valid token; errors inside become answers, as in production."""
    return Client(headers={"Authorization": f"Token {token}"}, raise_request_exception=False)


@pytest.fixture
def send(token_client):
    """Return send(body, path, ...): the answer to a signed-in write; `body` is bytes or JSON data."""

    def send(body, path=UNITS_URL, *, content_type="application/geo+json", method="POST", client=None, **headers):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return (client or token_client).generic(method, path, data, content_type=content_type, headers=headers)

    return send


@pytest.fixture
def refused(send):
    """Return refused(body, status, ...): the problem document of a write that must fail and store nothing."""

    def refused(body, status, **options):
        before = AdministrativeUnit.objects.count()

        answer = send(body, **options)

        problem = assert_problem(answer, status)
        assert AdministrativeUnit.objects.count() == before
        return problem

    return refused


def assert_problem(answer, status):
    """Check that `answer` is a complete problem document with this status and return it."""
    assert answer.status_code == status, answer.content[:500]
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["title"]
    assert problem["detail"]
    assert problem["instance"] == answer["X-Request-Id"]
    for error in problem.get("errors", []):
        assert error["code"]
        assert error["detail"]
        assert error.keys() & {"pointer", "parameter", "row"}
    return problem


def codes_of(problem):
    """Return the codes in `errors`, in order."""
    return [error["code"] for error in problem["errors"]]


@pytest.fixture
def listener():
    """A listening socket on loopback that remembers whether anybody connected."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        calls = []
        stop = threading.Event()

        def accept():
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                calls.append(address)
                connection.close()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield {"url": f"http://127.0.0.1:{server.getsockname()[1]}/crs", "calls": calls}
        stop.set()
        thread.join(timeout=2)
