"""The user who looks at tiles is kept while nothing changed, and not a tile longer."""

import time
from types import SimpleNamespace

import pytest
from django.contrib.sessions.models import Session
from django.db import connection

from accounts import kept
from accounts.models import OfficerPost, User
from places.models import AdministrativeUnit
from tests.maps.conftest import LAT, LON, tile_url
from tests.shapes import square

pytestmark = pytest.mark.django_db


@pytest.fixture
def path(plot_factory):
    plot_factory(boundary=square(LON, LAT))
    return tile_url("plots", 15)


def test_a_further_tile_asks_once_who_looks(client, officer, path, django_assert_num_queries):
    client.force_login(officer)
    first = client.get(path)
    client.get(path)  # prepares its statement

    with django_assert_num_queries(6):  # who looks, the budget, where shapes begin, the tile (in a savepoint, in tests)
        again = client.get(path)

    assert first.content
    assert again.content == first.content


def test_signing_out_ends_it_at_the_next_tile(client, officer, path):
    client.force_login(officer)
    assert client.get(path).status_code == 200

    Session.objects.all().delete()

    assert client.get(path).status_code == 401


def test_an_account_that_was_closed_sees_nothing_more(client, officer, path):
    client.force_login(officer)
    assert client.get(path).content

    User.objects.filter(pk=officer.pk).update(is_active=False)

    assert client.get(path).status_code == 401


def test_a_post_taken_away_takes_the_rows_with_it(client, officer, path):
    client.force_login(officer)
    assert client.get(path).content

    OfficerPost.objects.filter(user=officer).delete()

    assert not client.get(path).content


def test_another_session_is_another_user(client, officer, outsider, path):
    client.force_login(officer)
    assert client.get(path).content

    client.force_login(outsider)

    assert not client.get(path).content


def test_pages_are_not_asked_as_the_kept_user(client, officer, path):
    client.force_login(officer)
    client.get(path)

    answer = client.get("/desk/")

    assert not hasattr(answer.wsgi_request.user, "kept_answers")


def test_a_merger_of_units_is_seen_at_the_next_tile(client, officer_factory, unit_factory, plot_factory, province):
    old, new = (unit_factory(level="commune", parent=province, code=code) for code in ("29001", "29002"))
    person = officer_factory(new)
    plot_factory(boundary=square(LON + 0.1, LAT), commune=old)
    client.force_login(person)
    before = client.get(tile_url("plots", 15, lon=LON + 0.1))

    AdministrativeUnit.objects.filter(pk=old.pk).update(parent=new)
    after = client.get(tile_url("plots", 15, lon=LON + 0.1))

    assert not before.content
    assert after.content


@pytest.fixture
def other_connection():
    other = connection.copy()
    other.set_autocommit(False)
    yield other
    other.close()


@pytest.mark.django_db(transaction=True)
def test_a_merger_committed_behind_a_later_change_is_seen_within_a_minute(
    client, officer_factory, unit_factory, plot_factory, province, other_connection, monkeypatch
):
    old, new = (unit_factory(level="commune", parent=province, code=code) for code in ("29001", "29002"))
    plot_factory(boundary=square(LON + 0.1, LAT), commune=old)
    client.force_login(officer_factory(new))
    address = tile_url("plots", 15, lon=LON + 0.1)

    with other_connection.cursor() as cursor:
        cursor.execute("UPDATE places_administrativeunit SET parent_id = %s WHERE id = %s", [new.pk, old.pk])
        AdministrativeUnit.objects.filter(pk=new.pk).update(legal_ref="NQ 1663")  # begun later, committed first
        before = [client.get(address).content for _again in range(2)]
        other_connection.commit()
    monkeypatch.setattr(kept, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + kept.KEPT_SECONDS))

    assert before == [b"", b""]
    assert client.get(address).content
