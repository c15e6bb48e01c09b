"""Wrong tokens are counted by address, and whoever guesses is not told which one is right."""

from collections import OrderedDict

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core import guesses, throttling
from tests.core.conftest import UNITS_URL, assert_problem

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]

PRIVATE_URL = "/api/v1/private-units/"
NOON = 1_790_000_040.0  # a whole minute
HOUR = 3_600


@pytest.fixture(autouse=True)
def clock(monkeypatch, settings):
    """A clock that stands still until it is set; two wrong tokens a minute, nothing remembered yet."""
    now = [NOON + 20]
    monkeypatch.setattr(throttling.time, "time", lambda: now[0])
    monkeypatch.setattr(guesses, "_known", OrderedDict())
    monkeypatch.setattr(guesses, "_closed", OrderedDict())
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "guess": 2}
    return now


def asked(key, url=PRIVATE_URL, address="10.0.0.1"):
    return Client().get(url, headers={"Authorization": f"Token {key}"}, REMOTE_ADDR=address)


def guess(times, address="10.0.0.1"):
    return [asked(f"{number:040x}", address=address) for number in range(times)]


def test_wrong_tokens_over_the_budget_are_429():
    answers = guess(4)

    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    for answer in answers[2:]:
        assert assert_problem(answer, 429)["code"] == "too_many_requests"
        assert 39 <= int(answer["Retry-After"]) <= 41


@pytest.mark.parametrize("key", ["", "x", "0" * 41])
def test_what_can_be_no_token_is_counted_too(key):
    assert [asked(key).status_code for _turn in range(3)] == [401, 401, 429]


def test_the_right_one_among_guesses_is_not_told_and_not_looked_up(token):
    guess(3)

    with CaptureQueriesContext(connection) as asked_of_database:
        answer = asked(token)

    assert answer.status_code == 429
    assert not [query for query in asked_of_database if "authtoken" in query["sql"]]


def test_who_was_at_work_behind_the_same_address_goes_on(token):
    assert asked(token).status_code == 200
    guess(4)

    assert asked(token).status_code == 200
    assert asked("f" * 40).status_code == 429


def test_a_token_that_was_not_used_for_an_hour_waits_as_others_do(token, clock):
    asked(token)
    clock[0] += HOUR
    guess(3)

    assert asked(token).status_code == 429


def test_the_next_minute_looks_at_tokens_again(token, clock):
    guess(3)
    clock[0] = NOON + 60

    assert asked(token).status_code == 200


def test_other_addresses_visitors_and_sessions_are_not_kept_waiting(token, person):
    guess(4)
    signed_in = Client(REMOTE_ADDR="10.0.0.1")
    signed_in.force_login(person)

    assert asked(token, address="10.0.0.2").status_code == 200
    assert Client(REMOTE_ADDR="10.0.0.1").get(UNITS_URL).status_code == 200
    assert signed_in.get(PRIVATE_URL).status_code == 200


def test_addresses_of_one_household_in_ipv6_are_one(token):
    guess(2, address="2001:db8:1:2::1")

    assert guess(1, address="2001:db8:1:2:ffff::7")[0].status_code == 429
    assert guess(1, address="2001:db8:1:3::1")[0].status_code == 401


def test_a_server_that_is_told_no_address_counts_all_as_one():
    assert [answer.status_code for answer in guess(3, address="")] == [401, 401, 429]


def test_a_right_token_costs_no_statement_more(token, monkeypatch):
    with CaptureQueriesContext(connection) as with_guesses:
        asked(token)
    monkeypatch.setattr(guesses, "require_room", lambda *_asked: None)
    monkeypatch.setattr(guesses, "remember_right", lambda *_asked: None)
    with CaptureQueriesContext(connection) as without:
        asked(token)

    assert len(with_guesses) == len(without)


def test_memory_holds_so_many_and_no_more(monkeypatch):
    monkeypatch.setattr(guesses, "MOST", 3)
    for number in range(5):
        guesses.remember_right(f"{number:040x}")
        guess(3, address=f"10.0.1.{number}")

    assert len(guesses._known) == 3
    assert list(guesses._closed) == ["10.0.1.2", "10.0.1.3", "10.0.1.4"]
