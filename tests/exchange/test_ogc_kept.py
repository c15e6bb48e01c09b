"""Pages of a walk: who reads is kept while nothing changed, the statement too, and neither a page too long."""

import base64
import json
from datetime import date

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.authtoken.models import Token

from accounts.models import OfficerPost, Role, User
from cooperatives.models import Cooperative, MemberRole
from core import kept_sql
from core.prepared import ONE_PLAN
from exchange.ogc import items
from exchange.ogc.crs import CRSS
from farms.models import Plot
from places.models import AdministrativeUnit
from tests.factories.cooperatives import make_cooperative, make_membership
from tests.maps.conftest import LAT, LON, tile_at
from tests.shapes import square

pytestmark = pytest.mark.django_db
ITEMS = "/ogc/collections/plots/items"
LIMIT = 3


@pytest.fixture(autouse=True)
def nothing_kept():
    kept_sql._kept.clear()


@pytest.fixture
def reader():
    """Return reader(user): a client with a token of this user, and no session."""

    def make(user):
        token, _made = Token.objects.get_or_create(user=user)
        return Client(headers={"authorization": f"Token {token.key}", "accept": "application/geo+json"})

    return make


@pytest.fixture
def plots(plot_factory):
    return [plot_factory(ref=f'Thửa {number} "10 %" %s') for number in range(3 * LIMIT + 1)]


def walk(client, query=f"?limit={LIMIT}"):
    """Return the pages, followed by `next`."""
    found, address = [], ITEMS + query
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        found.append(answer.json())
        address = next((link["href"] for link in found[-1]["links"] if link["rel"] == "next"), "")
    return found


def features(pages):
    return [feature for page in pages for feature in page["features"]]


def ids(pages):
    return [feature["id"] for feature in features(pages)]


# --- the statement -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("crs", [pytest.param(uri, id=uri.rsplit("/", 1)[-1]) for uri in list(CRSS)[:3]])
def test_kept_pages_are_those_that_are_built_anew(planner, reader, plots, crs, monkeypatch):
    query = f"?limit={LIMIT}&crs={crs}"
    kept = [walk(reader(planner), query) for _again in range(3)]
    monkeypatch.setattr(items, "_place", lambda asked: None)
    built = walk(reader(planner), query)

    assert kept_sql._kept
    assert [len(page["features"]) for page in built] == [LIMIT, LIMIT, LIMIT, 1]
    assert ids(built) == [plot.pk for plot in plots]
    assert {feature["properties"]["ref"] for feature in features(built)} == {plot.ref for plot in plots}
    for pages in kept:
        assert features(pages) == features(built)
        assert [page["numberMatched"] for page in pages] == [len(plots)] * 4


def test_a_page_of_a_walk_asks_who_the_budget_and_the_page(planner, reader, plots):
    client = reader(planner)
    pages = walk(client)
    second = next(link["href"] for link in pages[0]["links"] if link["rel"] == "next")

    with CaptureQueriesContext(connection) as asked:
        answer = client.get(second)

    statements = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert answer.json()["features"] == pages[1]["features"]
    assert len(statements) <= 3
    assert planner.auth_token.key in statements[0]
    assert statements[-1].startswith(f"{ONE_PLAN}EXECUTE kept_")


def test_each_reader_gets_the_own_rows(planner, officer_factory, province, unit_factory, reader, plot_factory):
    other = unit_factory(level="commune", parent=province)
    elsewhere = officer_factory(other, Role.PLANNER, username="planner.elsewhere")
    own = [plot_factory(commune=other).pk for _number in range(LIMIT + 1)]
    foreign = [plot_factory().pk for _number in range(LIMIT + 1)]

    seen = [(ids(walk(reader(planner))), ids(walk(reader(elsewhere)))) for _again in range(3)]

    assert seen == [(own + foreign, own)] * 3


def test_rows_and_names_are_looked_up_anew(planner, reader, plots, cooperative):
    client = reader(planner)
    walk(client)
    Plot.objects.filter(pk=plots[1].pk).update(ref="T-NEW")
    Cooperative.objects.filter(pk=cooperative.pk).update(name="HTX Tên Mới")
    Plot.objects.filter(pk=plots[0].pk).delete()

    found = features(walk(client))

    assert found[0]["properties"]["ref"] == "T-NEW"
    assert {feature["properties"]["cooperative"] for feature in found} == {"HTX Tên Mới"}
    assert len(found) == len(plots) - 1


def test_limits_and_filters_have_their_own_statements(planner, reader, plots):
    client = reader(planner)
    for _again in range(2):
        assert len(walk(client, "?limit=1")) == len(plots)
        assert len(walk(client, "?limit=100")) == 1
        assert ids(walk(client, "?limit=1&filter=status='archived'")) == []
        assert len(walk(client, "?limit=1&filter=status='active'")) == len(plots)
        assert ids(walk(client, "?limit=1&status=archived")) == []
        assert ids(walk(client, "?bbox=0,0,1,1")) == []
    assert all(key[1][:2] in {("ogc", 1), ("ogc", 100)} for key in kept_sql._kept)


def test_a_session_walks_as_a_token_does(client, planner, reader, plots):
    client.force_login(planner)

    assert ids(walk(client)) == ids(walk(reader(planner))) == ids(walk(client)) == [plot.pk for plot in plots]
    assert len(kept_sql._kept) == 2  # the first page and those that follow, the same for both


def test_a_wrong_parameter_is_refused_beside_a_kept_page(planner, reader, plots):
    client = reader(planner)
    walk(client)
    walk(client)

    for query in ("?limit=0", "?crs=nowhere", "?cursor=1000", f"?limit={LIMIT}&colour=red", "?limit=3&limit=3"):
        assert client.get(ITEMS + query).status_code == 400


# --- who reads ---------------------------------------------------------------------------------------------------


@pytest.fixture
def walked(planner, reader, plots):
    """A client whose user and statements are kept."""
    client = reader(planner)
    assert ids(walk(client)) == ids(walk(client))
    return client


@pytest.fixture
def second_page(walked):
    """The address of a page amid a walk."""
    [address] = [link["href"] for link in walk(walked)[0]["links"] if link["rel"] == "next"]
    return address


def test_a_revoked_token_opens_no_further_page(walked, second_page, planner):
    Token.objects.filter(user=planner).delete()

    assert walked.get(second_page).status_code == 401


def test_a_closed_account_gets_no_further_page(walked, second_page, planner):
    User.objects.filter(pk=planner.pk).update(is_active=False)

    assert walked.get(second_page).status_code == 401


def test_a_post_taken_away_closes_the_layer_at_the_next_page(walked, second_page, planner):
    OfficerPost.objects.filter(user=planner).delete()

    assert walked.get(second_page).status_code == 404


def test_a_post_that_became_another_narrows_the_next_page(walked, second_page, planner, province, unit_factory):
    OfficerPost.objects.filter(user=planner).update(unit=unit_factory(level="commune", parent=province))

    assert walked.get(second_page).json()["features"] == []


def test_a_post_that_ends_with_the_day_ends_the_walk(walked, second_page, planner, monkeypatch):
    OfficerPost.objects.filter(user=planner).update(valid_to=date(2999, 1, 1))
    assert walked.get(second_page).status_code == 200
    monkeypatch.setattr("accounts.permissions.localdate", lambda: date(2999, 1, 1))

    assert walked.get(second_page).status_code == 404


def test_a_token_given_to_another_account_is_that_account(walked, second_page, planner, outsider):
    Token.objects.filter(user=planner).update(user=outsider)

    assert walked.get(second_page).status_code == 404


def test_a_merger_of_units_is_seen_at_the_next_page(officer_factory, unit_factory, plot_factory, province, reader):
    old, new = (unit_factory(level="commune", parent=province, code=code) for code in ("29001", "29002"))
    client = reader(officer_factory(new, Role.PLANNER, username="planner.new"))
    left = [plot_factory(commune=old).pk for _number in range(LIMIT + 1)]
    before = [ids(walk(client)) for _again in range(2)]

    AdministrativeUnit.objects.filter(pk=old.pk).update(parent=new)

    assert before == [[], []]
    assert ids(walk(client)) == left


@pytest.mark.parametrize("by", ["token", "session"])
def test_a_merger_of_units_is_seen_at_the_next_tile(
    by, client, officer_factory, unit_factory, plot_factory, province, reader
):
    old, new = (unit_factory(level="commune", parent=province, code=code) for code in ("29001", "29002"))
    person = officer_factory(new, Role.PLANNER, username="planner.new")
    client.force_login(person)
    asking = reader(person) if by == "token" else client
    plot_factory(boundary=square(LON, LAT), commune=old)
    zoom, column, row = tile_at(15, LON, LAT)
    address = f"/ogc/collections/plots/tiles/WebMercatorQuad/{zoom}/{row}/{column}"

    def drawn():
        answer = asking.get(address, headers={"accept": "*/*"})
        assert answer.status_code == 200
        return answer.content

    before = [drawn() for _again in range(3)]
    AdministrativeUnit.objects.filter(pk=old.pk).update(parent=new)
    joined = drawn()
    AdministrativeUnit.objects.filter(pk=old.pk).update(parent=province)

    assert before == [b""] * 3
    assert joined
    assert drawn() == b""


def test_a_membership_counts_from_the_next_page_on(
    officer_factory, unit_factory, province, commune, reader, plot_factory
):
    person = officer_factory(unit_factory(level="commune", parent=province), Role.PLANNER, username="planner.member")
    holder = make_cooperative(commune, slug="htx-thu-hai")
    made = plot_factory(cooperative=holder)
    client = reader(person)
    before = [ids(walk(client)) for _again in range(2)]

    make_membership(holder, person, MemberRole.CLERK)

    assert before == [[], []]
    assert ids(walk(client)) == [made.pk]


def test_basic_and_header_are_the_same_reader(walked, second_page, planner):
    token = Token.objects.get(user=planner).key
    sent = base64.b64encode(f"gdal:{token}".encode()).decode()

    by_password = Client(headers={"authorization": f"Basic {sent}"}).get(second_page)

    assert json.loads(by_password.content)["features"] == walked.get(second_page).json()["features"]
