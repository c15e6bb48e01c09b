"""Reads from a standby: the rules, and a real one that follows, lags, dies and comes back."""

import json
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.signals import request_finished
from django.db import OperationalError, close_old_connections, connections, router
from django.db.utils import ConnectionHandler
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from psycopg2 import errors

from accounts.models import User
from cooperatives.models import Membership
from core import replicas
from core.replica_middleware import WROTE_COOKIE, ReplicaMiddleware
from crops.models import Crop
from exchange.models import Export
from geoapp.settings import env
from places.models import AdministrativeUnit
from tests.factories.places import make_unit
from tests.shapes import rectangle


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Database:
    """A connection that answers every question with the same row, or with an error."""

    in_atomic_block = False

    def __init__(self, row):
        self.row, self.asked, self.closed = row, 0, 0

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None

    def execute(self, statement, params=()):
        self.asked += 1
        if isinstance(self.row, Exception):
            raise self.row

    def fetchone(self):
        return self.row

    def close(self):
        self.closed += 1


@pytest.fixture
def pair(monkeypatch):
    """A primary and a replica that say what the test wants, and a watch with a clock of its own."""

    class Pair:
        primary, replica, clock = Database((1000, 77)), Database((1000, 77, True)), Clock()
        settings = {"default": {}, "replica": {}}

        def __getitem__(self, alias):
            return self.replica if alias == "replica" else self.primary

    found = Pair()
    monkeypatch.setattr(replicas, "connections", found)
    monkeypatch.setattr(replicas, "WATCH", replicas.Watch(found.clock))
    return found


def database_of_reads():
    with replicas.reading() as alias:
        return alias


def test_fresh_replica_is_read_and_asked_once_a_second(pair):
    first = [database_of_reads() for _ in range(5)]
    pair.clock.now += 1.5
    again = database_of_reads()

    assert (first, again) == (["replica"] * 5, "replica")
    assert (pair.primary.asked, pair.replica.asked) == (2, 2)


def test_lag_is_counted_from_what_the_replica_has_reached(pair, settings):
    settings.REPLICA_MAX_LAG_SECONDS = 10
    seen = []
    for second in range(0, 20, 2):  # from second 4 on the primary writes, and the replica stands still
        pair.primary.row = (1000 + max(0, second - 2), 77)
        seen.append(database_of_reads())
        pair.clock.now += 2

    assert seen == ["replica"] * 7 + ["default"] * 3


def test_idle_primary_never_makes_a_replica_old(pair):
    pair.clock.now += 5
    database_of_reads()
    pair.clock.now += 86_400

    assert database_of_reads() == "replica"


def test_replica_that_was_never_seen_level_is_not_read(pair):
    pair.replica.row = (999, 77, True)

    assert database_of_reads() == "default"


@pytest.mark.parametrize(
    ("case", "row"),
    [
        ("promoted", (1000, 77, False)),
        ("copy of another database", (1000, 78, True)),
        ("does not answer", OperationalError("connection refused")),
    ],
)
def test_replica_that_is_none_is_left_alone_for_a_while(case, row, pair):
    pair.replica.row = row

    refused = database_of_reads()
    pair.replica.row = (1000, 77, True)
    pair.clock.now += replicas.AWAY_SECONDS - 0.1
    still = database_of_reads()
    pair.clock.now += 0.2

    assert (refused, still, database_of_reads()) == ("default", "default", "replica")
    assert pair.replica.closed == 1


def test_open_transaction_stays_with_the_primary(pair):
    pair.primary.in_atomic_block = True

    assert database_of_reads() == "default"


def test_without_a_replica_nothing_is_asked(pair):
    pair.settings = {"default": {}}

    assert (database_of_reads(), pair.primary.asked) == ("default", 0)


@pytest.mark.parametrize(
    ("model", "database"),
    [
        (AdministrativeUnit, "replica"),
        (Crop, "replica"),
        (User, "default"),
        (Membership, "default"),
        (Export, "default"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_may_be_seconds_old_is_read_there(model, database, pair):
    with replicas.reading():
        found = router.db_for_read(model)
        written = router.db_for_write(model)

    assert (found, written, router.db_for_read(model)) == (database, "default", "default")
    assert not router.allow_migrate("replica", model._meta.app_label)


def test_rows_of_both_databases_may_point_at_each_other(pair):
    assert router.allow_relation(AdministrativeUnit(), Crop())


def lost(cause):
    """What a view raises when PostgreSQL ends its query with `cause`."""
    error = OperationalError("lost")
    error.__cause__ = cause
    return error


def with_code(kind, code):
    return type(kind.__name__, (kind,), {"pgcode": code})()


ASKED_AGAIN = [
    ("replica gone", lost(with_code(errors.OperationalError, None)), 200),
    ("cancelled for replay", lost(with_code(errors.SerializationFailure, "40001")), 200),
    ("shut down", lost(with_code(errors.AdminShutdown, "57P01")), 200),
    ("took too long", lost(with_code(errors.QueryCanceled, "57014")), None),
    ("an error of our own", OperationalError("no slot"), None),
]


@pytest.mark.parametrize(("case", "error", "status"), ASKED_AGAIN, ids=[case for case, *_ in ASKED_AGAIN])
def test_view_is_asked_again_when_the_replica_was_lost(case, error, status, pair):
    seen = []

    def view(request, name):
        seen.append((name, replicas._alias.get()))
        if len(seen) == 1:
            raise error
        return HttpResponse("ok")

    request = RequestFactory().get("/data/")
    request.user = AnonymousUser()
    middleware = ReplicaMiddleware(lambda request: None)
    request.resolver_match = type("Match", (), {"func": staticmethod(view), "args": (), "kwargs": {"name": "units"}})

    def handler(request):
        try:
            return view(request, "units")
        except OperationalError as raised:
            return middleware.process_exception(request, raised) or HttpResponse(status=500)

    middleware.get_response = handler
    answer = middleware(request)

    assert answer.status_code == (status or 500)
    assert seen == [("units", "replica")] + ([("units", "default")] if status else [])


@pytest.mark.parametrize(
    ("case", "method", "path", "cookies", "read_from"),
    [
        ("export", "GET", "/data/units.geojson", {}, "replica"),
        ("tile", "GET", "/tiles/areas/8/200/120.mvt", {}, "replica"),
        ("own pages", "GET", "/coop/", {}, "default"),
        ("API of records", "GET", "/api/v1/plots/", {}, "default"),
        ("just written", "GET", "/data/units.geojson", {WROTE_COOKIE: "1"}, "default"),
        ("writing", "POST", "/data/plots/export/", {}, "default"),
    ],
)
def test_only_reads_of_the_public_go_there(case, method, path, cookies, read_from, pair):
    seen = []
    request = RequestFactory().generic(method, path)
    request.COOKIES.update(cookies)

    answer = ReplicaMiddleware(lambda request: seen.append(replicas._alias.get()) or HttpResponse())(request)

    assert seen == [read_from]
    assert (WROTE_COOKIE in answer.cookies) is (method == "POST")


def test_streamed_answer_goes_on_reading_there_and_nothing_else_does(pair):
    def parts():
        for _ in range(2):
            yield replicas._alias.get().encode()

    request = RequestFactory().get("/data/units.geojson")
    answer = ReplicaMiddleware(lambda request: StreamingHttpResponse(parts()))(request)
    between = [(part, replicas._alias.get()) for part in answer]
    request_finished.disconnect(close_old_connections)  # as Django's test client does: no connection of ours is meant
    try:
        answer.close()
    finally:
        request_finished.connect(close_old_connections)

    assert between == [(b"replica", "default")] * 2


# --- A real one ------------------------------------------------------------------------------------------------


@pytest.fixture
def standby(settings, monkeypatch, django_db_setup, django_db_blocker):
    """Two clusters of their own, the second following the first; Django's connections point at them."""
    from ops import cluster, places
    from ops import replicas as followers

    folder = Path(tempfile.mkdtemp(prefix="vungtrong-replication-"))
    folder.chmod(0o755)
    user = places.DATABASE_USER if places.is_root() else None
    small = ("shared_buffers = 32MB", "max_connections = 20", "autovacuum = off")
    primary = cluster.Cluster(folder / "primary", user, durable=False, more=small)
    replica = cluster.Cluster(folder / "replica", user)
    try:
        owner = env.db_url_config(cluster.ensure_running(primary)["DATABASE_OWNER_URL"])
        copy_tables(connections["default"].settings_dict, owner)
        replica = followers.follow(primary, folder / "replica")
        with django_db_blocker.unblock():
            yield from connected(owner, Standby(cluster, primary, replica), settings, monkeypatch)
    finally:
        cluster.remove(replica)
        cluster.remove(primary)
        shutil.rmtree(folder)


def copy_tables(source, target):
    """Make the tables of the test database in the new one; a hundred migrations would take a minute."""
    from ops.cluster import newest_installation

    programs = newest_installation() / "bin"
    dump = ["pg_dump", "--schema-only", "--schema=public", "--no-owner", "--no-privileges"]
    made = subprocess.run([programs / dump[0], *dump[1:]], **of(source), capture_output=True, check=True)
    tables = made.stdout.replace(b"CREATE SCHEMA public;", b"")  # it is there
    quiet = ["psql", "-X", "-q", "-o", os.devnull, "-v", "ON_ERROR_STOP=1"]
    subprocess.run([programs / quiet[0], *quiet[1:]], **of(target), input=tables, check=True)


def of(described):
    names = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    return {"env": {name: str(described[key]) for name, key in names.items()}}


def connected(described, pair, settings, monkeypatch):
    own = {name: connections.settings["default"][name] for name in ("ENGINE", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS")}
    here = {**described, **own}
    there = {**here, "PORT": pair.cluster.port_of(pair.replica), "OPTIONS": {"connect_timeout": 2}}
    handler = ConnectionHandler({"default": here, "replica": there})
    before = connections["default"]
    connections["default"] = handler["default"]
    connections["replica"] = handler["replica"]
    connections.settings["replica"] = there
    monkeypatch.setattr(replicas, "WATCH", replicas.Watch())
    monkeypatch.setattr(replicas, "CHECK_SECONDS", 0.05)
    monkeypatch.setattr(replicas, "AWAY_SECONDS", 0.2)
    settings.REPLICA_MAX_LAG_SECONDS = 2
    try:
        yield pair
    finally:
        handler.close_all()
        connections["default"] = before
        del connections["replica"], connections.settings["replica"]


class Standby:
    """The pair as a person at the keyboard would treat it."""

    def __init__(self, cluster, primary, replica):
        self.cluster, self.primary, self.replica = cluster, primary, replica

    def sql(self, statement):
        return self.cluster.sql(self.replica, "postgres", statement).strip()

    def pause(self):
        self.sql("SELECT pg_wal_replay_pause()")
        until(lambda: self.sql("SELECT pg_get_wal_replay_pause_state()") == "paused")

    def go_on(self):
        self.sql("SELECT pg_wal_replay_resume()")

    def stop(self):
        self.cluster.stop(self.replica)

    def start(self):
        self.cluster.start(self.replica)


def until(is_so, *, at_most_s=10.0):
    """Wait until `is_so()`, asking ten times a second."""
    deadline = time.monotonic() + at_most_s
    while not is_so():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def read():
    """The database that answers, and the communes it knows, by the ORM and by SQL of our own."""
    with replicas.reading() as alias:
        codes = set(AdministrativeUnit.objects.values_list("code", flat=True))
        with replicas.connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM places_administrativeunit")
            assert cursor.fetchone()[0] == len(codes)
    return alias, codes


def exported(client):
    """The communes in the streamed export, as a visitor gets them over HTTP."""
    answer = client.get("/data/units.geojson")
    document = json.loads(b"".join(answer.streaming_content))
    answer.close()
    return {feature["properties"]["code"] for feature in document["features"]}


# Of every kind of public read one: a standby refuses whatever writes, locks rows or makes a temporary table.
READ_THERE = [
    "/data/", "/data/units/", "/data/catalogue.jsonld", "/data/units.geojson", "/data/units.csv", "/data/units.kml",
    "/data/analysis/?measure=producers", "/api/v1/analysis/?measure=codes", "/ogc/", "/ogc/collections",
    "/ogc/collections/units/items", "/ogc/collections/units/items?filter=code='90001'",
    "/maps/layers.json", "/maps/codes/", "/maps/land-use/", "/maps/seasons/", "/tiles/units.json",
    "/tiles/units/8/203/120.mvt", "/tiles/products/9/406/241.mvt",
]  # fmt: skip


def read_whole(client, path):
    """Status of the answer, read to its end."""
    answer = client.get(path)
    list(answer)
    answer.close()
    return answer.status_code


@pytest.mark.slow
def test_reads_follow_a_real_standby_and_come_home_when_it_lags_or_dies(standby, client):
    outline = rectangle(105.55, 10.38, width_m=2_000, height_m=1_000)
    make_unit(code="90001", boundary=outline)
    until(lambda: read() == ("replica", {"90001"}))
    with CaptureQueriesContext(connections["replica"]) as asked:
        assert {path: read_whole(client, path) for path in READ_THERE} == dict.fromkeys(READ_THERE, 200)
    assert sum("pg_control_system" not in query["sql"] for query in asked) > len(READ_THERE)

    # Replay stands still: what is new is not there, over HTTP either, and nobody reads old rows longer than allowed.
    standby.pause()
    make_unit(code="90002", boundary=outline)
    old, sent = read(), exported(client)
    until(lambda: read() == ("default", {"90001", "90002"}))
    late = exported(client)
    standby.go_on()
    until(lambda: read() == ("replica", {"90001", "90002"}))
    assert (old, sent, late) == (("replica", {"90001"}), {"90001"}, {"90001", "90002"})

    # A row that was read there is written here.
    with replicas.reading() as alias:
        unit = AdministrativeUnit.objects.get(code="90001")
        came_from = unit._state.db
        unit.name_vi = "Đổi tên"
        unit.save()
    assert (alias, came_from, unit._state.db) == ("replica", "replica", "default")

    # It dies under a connection in use: that read fails as "lost", the next ones, and whole answers, come from home.
    standby.stop()
    with pytest.raises(OperationalError) as died, replicas.reading_from("replica"):
        AdministrativeUnit.objects.count()
    assert replicas.is_lost(died.value)
    assert client.get("/tiles/units/8/203/120.mvt").status_code == 200
    assert exported(client) == {"90001", "90002"}
    assert read() == ("default", {"90001", "90002"})

    standby.start()
    until(lambda: read() == ("replica", {"90001", "90002"}))

    # A standby that was made a primary takes writes of its own: it is read no longer.
    standby.sql("SELECT pg_promote()")
    until(lambda: read()[0] == "default")
