"""Budgets per minute: every request counted by itself, or a handful at a time for many small ones."""

from threading import Thread

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import throttling
from core.models import RequestCount
from core.throttling import count_in_handfuls, count_request

NOON = 1_790_000_040.0  # a whole minute


@pytest.fixture(autouse=True)
def minute(db, monkeypatch, settings):
    """A minute that stands still, a budget of two hundred, and nothing counted yet."""
    monkeypatch.setattr(throttling.time, "time", lambda: NOON + 20)
    monkeypatch.setattr(throttling, "_in_hand", throttling._InHand())
    monkeypatch.setattr(throttling, "HANDFUL", 8)
    settings.THROTTLE_RATES = {**settings.THROTTLE_RATES, "tiles": 800, "search": 3}


def counted(scope="tiles"):
    return sum(RequestCount.objects.filter(scope=scope).values_list("hits", flat=True))


def test_request_over_the_budget_is_told_when_the_next_minute_begins():
    answers = [count_request("search", "user:1") for _turn in range(5)]

    assert answers == [0, 0, 0, 40, 40]
    assert count_request("search", "user:2") == 0


def test_of_eight_requests_one_asks_the_database():
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answers = [count_in_handfuls("tiles", "user:1") for _turn in range(8)]

    assert answers == [0] * 8
    assert len(asked) == 1
    assert counted() == 8


def test_handfuls_never_give_more_than_the_budget():
    answers = [count_in_handfuls("tiles", "user:1") for _turn in range(900)]

    assert answers.count(0) == 800
    assert set(answers[800:]) == {40}


def test_two_processes_share_one_budget(monkeypatch):
    hands = [throttling._InHand(), throttling._InHand()]
    allowed = 0
    for turn in range(1_000):
        monkeypatch.setattr(throttling, "_in_hand", hands[turn % 2])
        allowed += count_in_handfuls("tiles", "user:1") == 0

    assert allowed == 800


def test_small_budget_is_counted_one_by_one(settings):
    settings.THROTTLE_RATES["tiles"] = 2

    answers = [count_in_handfuls("tiles", "user:1") for _turn in range(4)]

    assert answers == [0, 0, 40, 40]


def test_what_is_in_hand_does_not_go_into_the_next_minute(monkeypatch):
    count_in_handfuls("tiles", "user:1")
    monkeypatch.setattr(throttling.time, "time", lambda: NOON + 61)

    count_in_handfuls("tiles", "user:1")

    assert list(RequestCount.objects.order_by("window_start").values_list("hits", flat=True)) == [8, 8]


def test_callers_do_not_take_from_each_other():
    for caller in ("user:1", "user:2", "user:1", "address:192.0.2.1"):
        count_in_handfuls("tiles", caller)

    assert counted() == 24


def test_threads_take_each_request_once():
    hand = throttling._InHand()
    hand.put(("tiles", "user:1"), int(NOON), 1_000)
    taken = []
    threads = [
        Thread(target=lambda: taken.extend(hand.takes(("tiles", "user:1")) for _ in range(400))) for _ in range(4)
    ]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert taken.count(True) == 1_000
