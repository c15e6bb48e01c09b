"""gunicorn's refusals, over a real socket."""

import json
import socket
import threading
from collections.abc import Iterator

import pytest
from gunicorn.http import errors

from geoapp import server


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("case", "error", "status", "code"),
    [
        ("long address", errors.LimitRequestLine(9000, 8190), 414, "query_too_long"),
        ("large headers", errors.LimitRequestHeaders("limit request headers fields"), 431, "headers_too_large"),
        ("malformed line", errors.InvalidRequestLine("GET"), 400, "bad_request"),
        ("malformed header", errors.InvalidHeader("x"), 400, "bad_request"),
        ("bad chunk", errors.InvalidChunkSize(b"zz"), 400, "bad_request"),
    ],
)
def test_unreadable_request_gets_a_problem_document(case, error, status, code):
    refusal = server.refusal_of(error)

    head, _, body = server.answer(*refusal).partition(b"\r\n\r\n")
    problem = json.loads(body)

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"Content-Type: application/problem+json" in head
    assert f"Content-Length: {len(body)}".encode() in head
    assert (problem["status"], problem["code"]) == (status, code)


@pytest.mark.parametrize(
    "error",
    [errors.ConfigurationProblem("x"), errors.InvalidResponseHeader("x"), ValueError("x")],
    ids=["configuration", "our own header", "crash"],
)
def test_our_own_fault_is_left_to_gunicorn(error):
    assert server.refusal_of(error) is None


def test_drain_lets_a_client_that_still_sends_read_the_answer(sockets):
    ours, theirs = sockets
    received = []

    def client() -> None:
        theirs.sendall(b"x" * 300_000)
        theirs.shutdown(socket.SHUT_WR)
        received.append(read_all(theirs))

    sender = threading.Thread(target=client)
    sender.start()
    ours.sendall(server.answer(414, "", ""))
    server.drain(ours)
    sender.join(timeout=5)

    assert received and received[0].startswith(b"HTTP/1.1 414 ")


def test_drain_gives_up_on_a_client_that_never_stops(sockets, monkeypatch):
    monkeypatch.setattr(server, "DRAIN_AT_MOST_S", 0.2)
    ours, _theirs = sockets

    with pytest.raises(TimeoutError):
        server.drain(ours)
