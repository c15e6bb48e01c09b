"""Officers who press at once, with real transactions: over HTTP by two sessions, and many by services."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from casework import services
from casework.models import CodeRequest
from casework.services.moving import locked
from codes.models import CodeCounter, ProductionAreaCode
from codes.services import form_area, issue_codes
from tests.people import make_officer

pytestmark = pytest.mark.django_db(transaction=True)
MOST_KILLS = 60  # bounded, so that a busy machine gets to the end


def at_once(works):
    """Run the callables in threads of their own that start together; return what they return."""
    gate = threading.Barrier(len(works))

    def run(work):
        try:
            gate.wait(10)
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))


def press(user, path):
    client = Client()
    client.force_login(user)
    return lambda: client.post(path, {}, content_type="application/json")


def test_who_waits_for_a_request_reads_what_is_there_after_the_wait(draft_request, new_scheme, officer):
    """Scheme and officer are joined rows: read before the wait, they would be the old ones, or the request be gone."""
    assert draft_request.scheme != new_scheme

    def wait():
        try:
            with transaction.atomic():
                found = locked(draft_request)
                return found.scheme, found.assigned_to
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            CodeRequest.objects.filter(pk=draft_request.pk).update(scheme=new_scheme, assigned_to=officer)
            waiting = pool.submit(wait)
            with pytest.raises(TimeoutError):
                waiting.result(0.5)

        assert waiting.result(10) == (new_scheme, officer)


@pytest.mark.parametrize("turn", range(3))
def test_two_officers_approve_the_same_request_over_http(turn, submitted_request, officer, commune):
    colleague = make_officer(commune, username="colleague", full_name="Đồng Nghiệp")
    services.take_up_request(submitted_request, by=officer)
    path = f"/api/v1/requests/{submitted_request.pk}/approve/"

    answers = at_once([press(officer, path), press(colleague, path)])

    assert sorted(answer.status_code for answer in answers) == [200, 409]
    loser = next(answer for answer in answers if answer.status_code == 409)
    winner = submitted_request.events.last().by
    assert winner.full_name in loser.json()["detail"]
    assert [code.serial for code in ProductionAreaCode.objects.all()] == [1]


def test_two_officers_approve_two_requests_over_http(
    request_factory, area_factory, new_scheme, china, usa, officer, commune
):
    colleague = make_officer(commune, username="colleague")
    requests = [
        request_factory(
            area=area_factory(lat=10.41 + number / 100), scheme=new_scheme, markets=[china, usa], submitted=True
        )
        for number in range(2)
    ]
    for code_request in requests:
        services.take_up_request(code_request, by=officer)
    paths = [f"/api/v1/requests/{code_request.pk}/approve/" for code_request in requests]

    answers = at_once([press(officer, paths[0]), press(colleague, paths[1])])

    assert [answer.status_code for answer in answers] == [200, 200]
    for market in ("CHN", "USA"):
        serials = ProductionAreaCode.objects.filter(market=market).order_by("serial").values_list("serial", flat=True)
        assert list(serials) == [1, 2]


def test_two_areas_with_a_plot_in_common_do_not_both_get_the_code(
    cooperative, mango, plot_factory, request_factory, old_scheme, china, clerk, officer
):
    plot = plot_factory()
    areas = [form_area(cooperative, name=name, crop=mango, plots=[plot], by=clerk) for name in ("Vùng A", "Vùng B")]
    requests = [request_factory(area=area, scheme=old_scheme, markets=[china], submitted=True) for area in areas]
    for code_request in requests:
        services.take_up_request(code_request, by=officer)
    paths = [f"/api/v1/requests/{code_request.pk}/approve/" for code_request in requests]

    answers = at_once([press(officer, path) for path in paths])

    assert sorted(answer.status_code for answer in answers) == [200, 422]
    assert ProductionAreaCode.objects.count() == 1


def test_one_officer_double_clicks_over_http(submitted_request, officer):
    services.take_up_request(submitted_request, by=officer)
    path = f"/api/v1/requests/{submitted_request.pk}/approve/"

    answers = at_once([press(officer, path), press(officer, path)])

    assert [answer.status_code for answer in answers] == [200, 200]
    assert ProductionAreaCode.objects.count() == 1
    assert submitted_request.events.filter(transition="approve").count() == 1


@pytest.mark.slow
def test_sixteen_officers_issue_125_codes_each_while_connections_are_killed(area, old_scheme, china, officer):
    """Rows E3 and E4: every tenth attempt fails after its number was taken, and a backend dies now and then.

    What was acknowledged is there; whatever was not leaves neither gap nor duplicate.
    """
    acknowledged: list[str] = []
    killed: list[bool] = []
    is_over = threading.Event()

    def issue(number, attempt):
        with transaction.atomic():
            (code,) = issue_codes(area, old_scheme, [china], by=officer)
            if number % 10 == 7 and attempt == 0:
                raise InterruptedError
        acknowledged.append(code.code)

    def work():
        for number in range(125):
            for attempt in range(MOST_KILLS + 2):
                try:
                    issue(number, attempt)
                    break
                except (InterruptedError, OperationalError, InterfaceError):
                    connection.close()

    killer = threading.Thread(target=kill_now_and_then, args=(is_over, killed))
    killer.start()
    at_once([work] * 16)
    is_over.set()
    killer.join()

    assert any(killed)
    codes = dict(ProductionAreaCode.objects.values_list("code", "serial"))
    assert len(acknowledged) == len(set(acknowledged)) == 2000
    assert set(acknowledged) <= set(codes)
    assert sorted(codes.values()) == list(range(1, len(codes) + 1))
    assert CodeCounter.objects.get().last == len(codes)
    for related in ("approvals", "events"):
        assert not ProductionAreaCode.objects.filter(**{related: None}).exists()


def kill_now_and_then(is_over, killed):
    """End a random busy connection of ours to this database, some ten times a second, MOST_KILLS times at most."""
    victims = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
              AND xact_start IS NOT NULL
        ORDER BY random() LIMIT 1"""
    try:
        while len(killed) < MOST_KILLS and not is_over.wait(0.1):
            with connection.cursor() as cursor:
                cursor.execute(victims)
                killed += [is_dead for (is_dead,) in cursor.fetchall()]
    finally:
        connections.close_all()


def test_counter_is_locked_by_the_last_but_one_statement(area, new_scheme, china, usa, officer):
    with CaptureQueriesContext(connection) as queries:
        issue_codes(area, new_scheme, [usa, china], by=officer)

    statements = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE", "COMMIT"))]
    assert "INSERT INTO codes_codecounter" in statements[-2]
    assert 'INSERT INTO "codes_productionareacode"' in statements[-1]
    assert not any("codes_codecounter" in statement for statement in statements[:-2])


def test_markets_in_any_order_never_wait_in_a_ring(area_factory, new_scheme, china, usa, officer):
    areas = [area_factory(lat=10.41 + number / 100) for number in range(4)]

    def work(number):
        markets = [china, usa] if number % 2 else [usa, china]
        return lambda: [issue_codes(areas[number], new_scheme, markets, by=officer) for _turn in range(5)]

    at_once([work(number) for number in range(4)])

    assert ProductionAreaCode.objects.count() == 40
    assert sorted(CodeCounter.objects.values_list("last", flat=True)) == [20, 20]
    assert not CodeRequest.objects.exists()
