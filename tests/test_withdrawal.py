"""A consent is given, seen wherever it may be, withdrawn, and seen nowhere (F12): every route, tiles, ETags, PDFs.

The persons and places are those of the canary test; the routes come from the resolver, so new ones are read as well.
"""

import re

import pytest
from django.utils import timezone

from codes.models import ProductionArea
from codes.services.certificates import make_certificate
from cooperatives.models import Grower
from cooperatives.services import record_consents, withdraw_consents
from people.models import PURPOSE_FIELDS, Purpose
from tests.maps.conftest import tile_at
from tests.shapes import middle_of
from tests.test_canary import FIELDS, SECRETS, _is_corner, _places, leaks_in, paths, stage, text_of  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
FIELD = "field of a hidden area"
OPENED = {"grower", "grower's phone", "grower's hamlet", FIELD}
SECONDS = 60
TILES = [("areas", z) for z in (13, 14, 16)]


def tile_paths():
    for name, z in TILES:
        _z, x, y = tile_at(z, *middle_of(FIELDS[FIELD]).coords)
        yield f"/tiles/{name}/{z}/{x}/{y}.mvt", (z, x, y)


def shows_outline(response, place):
    return any(_is_corner(corner, FIELDS[FIELD]) for corner in _places(response, *place))


def seen(client, where, known=None):
    """Return address -> what of OPENED it shows, and address -> ETag; `known` ETags are sent along.

    Of what leaked nothing may be kept by anybody for longer than a minute.
    """
    shown, tags = {}, {}
    for path in where:
        headers = {"if-none-match": known[path]} if known and path in known else {}
        response = client.get(path, headers=headers)
        found = OPENED & set(leaks_in(text_of(response)))
        if found:
            shown[path] = found
            assert kept_for(response) <= SECONDS, (path, response["Cache-Control"])
            if "ETag" in response:
                tags[path] = response["ETag"]
        assert not (response.status_code == 304 and not found and known and path in known), path
    return shown, tags


def kept_for(response):
    """Return for how many seconds anybody may keep the answer without asking again."""
    rules = response.get("Cache-Control", "")
    if "no-store" in rules or "no-cache" in rules:
        return 0
    found = re.search(r"max-age=(\d+)", rules)
    assert found, rules
    stale = re.search(r"stale-[a-z-]+=(\d+)", rules)
    return int(found[1]) + (int(stale[1]) if stale else 0)


def test_a_withdrawn_consent_is_seen_nowhere(client, stage, clerk):  # noqa: F811
    grower = Grower.objects.get(number=SECRETS["grower's number"])
    cooperative = grower.cooperative
    opened = {purpose: PURPOSE_FIELDS[purpose] for purpose in Purpose.values}
    record_consents(grower, Purpose.values, fields=opened, channel="witnessed", evidence="Trưởng ấp", by=clerk)
    where = list(dict.fromkeys(paths(stage)))
    area = ProductionArea.objects.get(pk=stage["area"].pk)
    west, south, east, north = area.boundary.extent
    # Wider than the field: the answer repeats the box, and its corners must not be taken for the field's.
    near = f"{west - 0.01:.2f},{south - 0.01:.2f},{east + 0.01:.2f},{north + 0.01:.2f}"
    where += [f"/api/v1/areas/?bbox={near}", "/api/v1/areas/?limit=1000", f"/data/areas.geojson?bbox={near}"]

    before, tags = seen(client, where)
    tiles = {path: client.get(path) for path, _place in tile_paths()}
    drawn = [shows_outline(tiles[path], place) for path, place in tile_paths()]
    withdraw_consents(grower, Purpose.values, by=clerk)
    after, _tags = seen(client, where, known=tags)

    everything = set().union(*before.values())
    assert everything == OPENED
    assert before[f"/p/{cooperative.slug}/"] == OPENED
    for path in (f"/api/v1/areas/{area.pk}/", "/data/areas.geojson", f"/api/v1/areas/?bbox={near}"):
        assert before[path] == {FIELD}, path
    assert all(drawn)
    assert tags, "at least the single area answers with an ETag"
    assert after == {}
    for path, place in tile_paths():
        again = client.get(path, headers={"if-none-match": tiles[path]["ETag"]})
        assert again.status_code in (200, 204), path
        assert again["ETag"] != tiles[path]["ETag"]
        assert not shows_outline(again, place)
        assert kept_for(tiles[path]) <= SECONDS


def test_withdrawn_is_gone_for_officers_and_neighbours_too(client, stage, officer, neighbour_clerk, clerk):  # noqa: F811
    """Not of the office's own examination of a request, which rests on law: the request's own pages are left out."""
    grower = Grower.objects.get(number=SECRETS["grower's number"])
    opened = {purpose: PURPOSE_FIELDS[purpose] for purpose in Purpose.values}
    record_consents(grower, Purpose.values, fields=opened, channel="witnessed", evidence="Trưởng ấp", by=clerk)
    pages = ["/directory/", f"/directory/{grower.pk}/", "/api/v1/growers/", f"/coop/plots/{stage['plot'].pk}/"]
    pages += [f"/coop/areas/{stage['area'].pk}/", f"/p/{grower.cooperative.slug}/"]
    named = {"grower", "grower's hamlet", "grower's phone"}

    shown = {}
    for turn in ("given", "withdrawn"):
        for user in (officer, neighbour_clerk):
            client.force_login(user)
            texts = {path: text_of(client.get(path)) for path in pages}
            shown[turn, user.username] = {
                path: named & set(leaks_in(text)) for path, text in texts.items() if named & set(leaks_in(text))
            }
        withdraw_consents(grower, Purpose.values, by=clerk)

    producer = f"/p/{grower.cooperative.slug}/"
    assert shown["given", "neighbour-clerk"] == {producer: named}
    assert set(shown["given", "officer"]) == set(pages)
    assert all("grower's phone" not in found for path, found in shown["given", "officer"].items() if path != producer)
    assert shown["withdrawn", "officer"] == {}
    assert shown["withdrawn", "neighbour-clerk"] == {}


def test_a_certificate_made_after_it_draws_no_outline(stage, clerk):  # noqa: F811
    code = stage["codes"][1]
    grower = Grower.objects.get(number=SECRETS["grower's number"])
    record_consents(grower, [Purpose.PUBLIC_OUTLINE], channel="witnessed", evidence="Trưởng ấp", by=clerk)
    drawn = make_certificate(code)

    withdraw_consents(grower, [Purpose.PUBLIC_OUTLINE], by=clerk)
    plain = make_certificate(code)

    assert drawn.version < plain.version
    assert drawn.content_sha256 != plain.content_sha256
    assert plain.made_at <= timezone.now()


def boxes(west, south, east, north, depth):
    """Yield the box, then its halves, and so on: how somebody looks for what is hidden."""
    yield west, south, east, north
    if depth == 0:
        return
    if east - west > north - south:
        middle = (west + east) / 2
        halves = [(west, south, middle, north), (middle, south, east, north)]
    else:
        middle = (south + north) / 2
        halves = [(west, south, east, middle), (west, middle, east, north)]
    for half in halves:
        yield from boxes(*half, depth - 1)


@pytest.mark.parametrize("person", [None, "outsider", "neighbour_clerk"])
def test_halving_boxes_finds_no_hidden_ground(request, client, stage, person):  # noqa: F811
    """Nothing counted or listed by bbox changes where a hidden field lies: the answers are those of empty land."""
    if person:
        client.force_login(request.getfixturevalue(person))
    where = ["areas", "products", "offers", "cooperatives", "codes", "plots"]

    found = {}
    for name, shape in FIELDS.items():
        west, south, east, north = shape.extent
        for layer in where:
            for box in boxes(west - 0.002, south - 0.002, east + 0.002, north + 0.002, depth=3):
                text = ",".join(f"{degrees:.6f}" for degrees in box)
                answer = client.get(f"/api/v1/{layer}/?bbox={text}&count=true")
                if answer.status_code == 200 and answer.json()["numberMatched"]:
                    found[name, layer, text] = answer.json()["numberMatched"]

    assert found == {}
    client.force_login(request.getfixturevalue("planner"))  # the eyes are open: whoever may see plots finds them all
    for shape in FIELDS.values():
        box = ",".join(f"{degrees:.6f}" for degrees in shape.extent)
        assert client.get(f"/api/v1/plots/?bbox={box}&count=true").json()["numberMatched"] == 1
