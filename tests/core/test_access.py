"""Who calls, how often, and what the database lets the app do: rows F4, E18 (database part), throttles."""

import threading

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client, override_settings
from rest_framework.authtoken.models import Token

from core import throttling
from core.models import RequestCount
from core.throttling import client_address, count_request
from tests.core.conftest import UNITS_URL, assert_problem

pytestmark = [pytest.mark.urls("tests.core.service"), pytest.mark.django_db]

ACT = "/api/v1/act/"


@pytest.mark.parametrize("word", ["Token", "token", "Bearer"])
def test_token_opens(word, token):
    answer = Client().get("/api/v1/private-units/", headers={"Authorization": f"{word} {token}"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "value", ["Token " + "0" * 40, "Token x", "Token ", "Token", "Bearer \x00" + "0" * 39, "Token " + "a" * 5_000]
)
def test_wrong_token_is_401_also_on_public_layers(value, client):
    for path in (UNITS_URL, "/api/v1/private-units/"):
        answer = client.get(path, headers={"Authorization": value})

        assert assert_problem(answer, 401)["code"] == "bad_token"
        assert answer["WWW-Authenticate"].startswith("Token")


def test_token_of_a_disabled_user(token, person):
    get_user_model().objects.filter(pk=person.pk).update(is_active=False)

    answer = Client().get("/api/v1/private-units/", headers={"Authorization": f"Token {token}"})

    assert_problem(answer, 401)


def test_removed_token(token, token_client):
    Token.objects.all().delete()

    assert_problem(token_client.get("/api/v1/private-units/"), 401)


@pytest.fixture
def browser(person):
    """A signed-in browser session with CSRF checks on."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_f4_session_without_csrf_token(browser):
    answer = browser.post(ACT, b'{"reason": "x"}', content_type="application/json")

    assert assert_problem(answer, 403)["code"] == "csrf_failed"


def test_f4_session_from_a_foreign_origin(browser):
    browser.cookies["csrf"] = "a" * 32

    answer = browser.post(
        ACT,
        b'{"reason": "x"}',
        content_type="application/json",
        headers={"Origin": "https://evil.example", "X-CSRFToken": "a" * 32},
    )

    assert assert_problem(answer, 403)["code"] == "csrf_failed"


def test_f4_session_with_csrf_token(browser):
    browser.cookies["csrf"] = "a" * 32

    answer = browser.post(ACT, b'{"reason": "x"}', content_type="application/json", headers={"X-CSRFToken": "a" * 32})

    assert_problem(answer, 409)


def test_f4_get_changes_nothing(browser):
    assert_problem(browser.get(ACT), 405)


def test_f4_plain_text_json(browser):
    browser.cookies["csrf"] = "a" * 32

    answer = browser.post(ACT, b'{"reason": "x"}', content_type="text/plain", headers={"X-CSRFToken": "a" * 32})

    assert_problem(answer, 415)


# --- Budgets -----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_budget(settings):
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"api": 3, "enquiry": 2}


def test_requests_over_the_budget_are_429(client, small_budget):
    answers = [client.get(UNITS_URL) for _request in range(4)]

    assert [answer.status_code for answer in answers[:3]] == [200, 200, 200]
    assert_problem(answers[3], 429)
    assert 0 < int(answers[3]["Retry-After"]) <= 61


def test_budgets_are_per_caller(client, token_client, small_budget):
    for _request in range(4):
        client.get(UNITS_URL)

    assert token_client.get(UNITS_URL).status_code == 200
    assert client.get(UNITS_URL, REMOTE_ADDR="10.9.8.7").status_code == 200
    assert client.get(UNITS_URL, headers={"X-Forwarded-For": "10.1.1.1"}).status_code == 429


def test_budget_opens_again_in_the_next_minute(small_budget, monkeypatch):
    monkeypatch.setattr(throttling.time, "time", lambda: 600.0)
    waits = [count_request("enquiry", "a") for _request in range(3)]
    monkeypatch.setattr(throttling.time, "time", lambda: 660.0)

    assert waits == [0, 0, 60]
    assert count_request("enquiry", "a") == 0


def test_old_counts_are_removed(monkeypatch, small_budget):
    monkeypatch.setattr(throttling.time, "time", lambda: 0.0)
    count_request("api", "a")
    monkeypatch.setattr(throttling.time, "time", lambda: 10_000.0)
    monkeypatch.setattr(throttling, "CLEANING_SHARE", 1.0)

    count_request("api", "b")

    assert list(RequestCount.objects.values_list("caller", flat=True)) == ["b"]


def test_page_over_its_budget_says_when_to_come_back(client, small_budget):
    answers = [client.post("/enquiry/") for _request in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    assert client.get("/enquiry/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_parallel_requests_are_all_counted():
    def count_many():
        for _request in range(25):
            count_request("api", "parallel")
        connection.close()

    threads = [threading.Thread(target=count_many) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(RequestCount.objects.filter(caller="parallel").values_list("hits", flat=True)) == 100


@pytest.mark.parametrize(
    ("is_https", "forwarded", "address"),
    [
        (True, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
        (True, "", "127.0.0.1"),
        (False, "1.1.1.1", "127.0.0.1"),
    ],
)
def test_forwarded_addresses_count_only_behind_our_proxy(is_https, forwarded, address, rf):
    request = rf.get("/", headers={"X-Forwarded-For": forwarded})

    with override_settings(IS_HTTPS=is_https):
        assert client_address(request) == address


# --- Rights of the app role --------------------------------------------------------------------------------------


@pytest.fixture
def as_app_role(settings, capsys):
    """Give the rights as the owner, then act as the app role."""
    call_command("grant_app_role")
    call_command("grant_app_role")
    with connection.cursor() as cursor:
        cursor.execute(f'SET ROLE "{settings.DATABASE_APP_ROLE}"')
        yield cursor
        cursor.execute("RESET ROLE")


def is_allowed(cursor, statement):
    try:
        with transaction.atomic():
            cursor.execute(statement)
    except ProgrammingError as error:
        assert "permission denied" in str(error) or "must be owner" in str(error), error
        return False
    return True


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ("SELECT * FROM places_administrativeunit", True),
        ("UPDATE places_administrativeunit SET source = 'x'", True),
        ("DELETE FROM accounts_user WHERE id = -1", True),
        ("SELECT nextval('accounts_user_id_seq')", True),
        ("SELECT setval('accounts_user_id_seq', 1)", False),
        ("TRUNCATE places_administrativeunit CASCADE", False),
        ("TRUNCATE codes_codeevent", False),
        ("DROP TABLE codes_codeevent", False),
        ("ALTER TABLE codes_codeevent DISABLE TRIGGER ALL", False),
        ("CREATE TABLE public.mine (id int)", False),
        ("SELECT * FROM codes_codeevent", True),
        ("UPDATE codes_codeevent SET reason = 'x'", False),
        ("DELETE FROM codes_codeevent", False),
        ("UPDATE casework_requestevent SET note = 'x'", False),
        ("DELETE FROM casework_inspection", False),
        ("DELETE FROM codes_productionareacode", False),
        ("DELETE FROM codes_codecounter", False),
        ("DELETE FROM codes_codecertificate", False),
        ("UPDATE codes_codecounter SET last = last", True),
        ("DELETE FROM places_administrativeunithistory", False),
        ("UPDATE farms_plothistory SET ref = 'x'", False),
        ("DELETE FROM pghistory_context", False),
        ("DELETE FROM django_migrations", False),
        ("SELECT * FROM django_migrations", True),
    ],
)
def test_e18_app_role_may_change_rows_but_not_tables_nor_the_past(statement, allowed, as_app_role):
    assert is_allowed(as_app_role, statement) is allowed


def test_e18_app_role_still_leaves_history(as_app_role, unit_factory):
    unit = unit_factory()
    unit.source = "changed"
    unit.save()

    as_app_role.execute("SELECT count(*) FROM places_administrativeunithistory WHERE pgh_obj_id = %s", [unit.pk])
    assert as_app_role.fetchone()[0] == 2


def test_owner_that_serves_the_app_too_needs_no_grant(settings, capsys):
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        settings.DATABASE_APP_ROLE = cursor.fetchone()[0]

    call_command("grant_app_role")

    assert "nothing to grant" in capsys.readouterr().out
