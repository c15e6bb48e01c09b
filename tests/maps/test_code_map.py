"""The code map: list, API and tiles count the same; what officers see of visits nobody else sees."""

import datetime as dt
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.models import Inspection
from codes import services
from codes.models import ProductionAreaCode
from codes.services import Act
from core.errors import BadInput
from maps.layers import CODE_MAP, WATCHED_CODE_MAP
from maps.tiles import NOBODY
from tests.factories.codes import make_market, make_scheme
from tests.factories.places import make_succession, make_unit
from tests.maps.conftest import decode, tile_at, tile_url
from tests.maps.test_pages import shown_count

pytestmark = pytest.mark.django_db
ADDRESS = "/maps/codes/"
TODAY = dt.date(2026, 11, 22)


def act(**fields):
    return Act(**{"reason": "Lý do", "document_number": "1/QĐ", "effective_on": timezone.localdate()} | fields)


@pytest.fixture
def five_codes(area_factory, code_factory, new_scheme, usa, china, officer):
    """An active, a suspended, a revoked, an expired and a superseded code; markets say different things."""
    active = code_factory(area=area_factory(lon=105.60), markets=[china, usa])
    active.approvals.filter(market=china).update(status="approved", decided_on="2026-01-05")
    active.approvals.filter(market=usa).update(status="dossier_sent")
    suspended = code_factory(area=area_factory(lon=105.605))
    services.suspend_code(suspended, act(public_note="Tạm dừng"), by=officer)
    revoked = code_factory(area=area_factory(lon=105.61))
    services.revoke_code(revoked, act(public_note="Thu hồi"), by=officer)
    expired = code_factory(area=area_factory(lon=105.615), scheme=new_scheme, issued_on=dt.date(2021, 1, 5))
    superseded = code_factory(area=area_factory(lon=105.62))
    ProductionAreaCode.objects.filter(pk=superseded.pk).update(status="superseded")
    return {
        "active": active, "suspended": suspended, "revoked": revoked, "expired": expired, "superseded": superseded
    }  # fmt: skip


def listed(response) -> list[str]:
    return re.findall(r'<a class="code"[^>]*>([^<]+)</a>', response.content.decode())


def in_tiles(client, layer, shapes, query="") -> list[int]:
    """Return what the tiles hold: summed up far out, one by one near."""
    counts = []
    for z, name in ((8, "code_communes"), (12, shapes)):
        z, x, y = tile_at(z)
        tile = decode(client.get(f"/tiles/{layer}/{z}/{x}/{y}.mvt{query}").content)
        counts.append(sum(one["properties"].get("count", 1) for one in tile.get(name, [])))
    return counts


QUERIES = [
    ("", 5), ("?status=active", 1), ("?status=suspended", 1), ("?status=revoked", 1), ("?status=expired", 1),
    ("?status=superseded", 1), ("?market=USA", 1), ("?market=CHN&approval=approved", 1),
    ("?market=USA&approval=approved", 0), ("?approval=dossier_sent", 1), ("?product=xoai", 5), ("?commune=99001", 5),
    ("?commune=Cao Lãnh Thử&status=active", 1), ("?q=VN-XXOR-0001", 1), ("?scheme=kieu-2026", 1),
]  # fmt: skip


@pytest.mark.parametrize(("query", "expected"), QUERIES)
def test_list_api_and_tiles_count_the_same(client, five_codes, query, expected):
    page = shown_count(client.get(ADDRESS + query))
    api = len(client.get(f"/api/v1/codes/{query}").json()["features"])

    assert [page, api, *in_tiles(client, "codes", "codes", query)] == [expected] * 4


@pytest.mark.parametrize("query", ["", "?monitoring=due", "?monitoring=later", "?status=active&monitoring=due"])
def test_officers_list_api_and_tiles_count_the_same(client, watched, officer, query):
    client.force_login(officer)

    page = shown_count(client.get(ADDRESS + query))
    api = len(client.get(f"/api/v1/watched-codes/{query}").json()["features"])

    assert [page, *in_tiles(client, "watched-codes", "watched_codes", query)] == [api] * 3
    assert page > 0


def test_states_are_said_in_words_and_lead_to_the_public_page(client, five_codes):
    page = client.get(ADDRESS).content.decode()

    assert f'href="/v/{five_codes["revoked"].code}/"' in page
    for word in ("Đang hiệu lực", "Tạm đình chỉ", "Đã thu hồi", "Đã thay thế", "Hết hạn"):
        assert re.search(rf'class="badge"[^>]*>\s*{word}', page), word
    assert "Trung Quốc: Nước nhập khẩu chấp thuận" in page
    assert "Hoa Kỳ: Đã gửi hồ sơ" in page
    assert re.search(r'<noscript>\s*<button type="submit"', page)


def test_every_state_has_its_own_colour_sign_and_line(five_codes):
    look = CODE_MAP.draw(10)

    entries = [entry for entry in look.legend if "value" in entry]
    assert {entry["value"] for entry in entries} == {"active", "suspended", "revoked", "superseded", "expired"}
    for trait in ("colour", "sign", "dash"):
        assert len({str(entry[trait]) for entry in entries}) == 5
    drawn = [kind for kind in look.kinds if kind["type"] == "line"]
    assert [kind["paint"]["line-color"] for kind in drawn] == [entry["colour"] for entry in entries]
    assert [kind["paint"].get("line-dasharray") for kind in drawn[1:]] == [list(entry["dash"]) for entry in entries[1:]]


def test_popup_says_what_the_markets_say(features, five_codes):
    drawn = {one["properties"]["code"]: one["properties"] for one in features("codes", 13)["codes"]}

    shown = drawn[five_codes["active"].code]
    assert (shown["approved_by"], shown["asked_of"]) == ("Trung Quốc", "Hoa Kỳ")
    assert shown["url"] == f"/v/{five_codes['active'].code}/"
    popup = CODE_MAP.draw(10).popup
    assert popup["link"] == "url"
    assert popup["values"]["status"]["expired"] == "Hết hạn"


def test_old_name_of_a_place_finds_its_codes(client, five_codes, commune):
    old = make_unit(code="99900", unit_type="Xã", name_vi="Mỹ Tân", valid_from="2019-01-01", valid_to="2025-07-01")
    make_succession(old, commune)

    assert shown_count(client.get(ADDRESS, {"commune": "xã mỹ tân"})) == 5


def test_imported_code_without_area_stands_in_its_commune(client, cooperative, mango, commune, old_scheme, features):
    ProductionAreaCode.objects.create(
        code="VN-DTOR-0017", scheme=old_scheme, is_imported=True, issued_on=dt.date(2020, 5, 1), area_name="Vùng cũ",
        crop=mango, crop_name="Xoài", holder_name="HTX cũ", commune=commune, commune_name="Phường Cao Lãnh Thử",
        province_name="Tỉnh Thử", grower_count=0, declared_area_m2=120_000,
    )  # fmt: skip

    page = client.get(ADDRESS)

    assert listed(page) == ["VN-DTOR-0017"]
    assert "12 ha" in page.content.decode()
    place = commune.boundary.point_on_surface if commune.centre is None else commune.centre
    tile = features("codes", 12, lon=place.x, lat=place.y)
    assert [one["properties"]["code"] for one in tile["codes"]] == ["VN-DTOR-0017"]
    assert [one["properties"]["count"] for one in features("codes", 8, lon=place.x, lat=place.y)["code_communes"]] == [
        1
    ]


def test_a_code_expires_at_midnight_without_a_change_of_data(client, code_factory, monkeypatch, new_scheme):
    code = code_factory(scheme=new_scheme, issued_on=dt.date(2026, 1, 5))
    answers = []

    for day in (code.valid_until, code.valid_until + dt.timedelta(days=1)):
        for module in ("codes.layers", "maps.tiles"):
            monkeypatch.setattr(f"{module}.localdate", lambda day=day: day)
        answers.append(client.get(tile_url("codes", 13)))

    states = [decode(answer.content)["codes"][0]["properties"]["status"] for answer in answers]
    assert states == ["active", "expired"]
    assert answers[0]["ETag"] != answers[1]["ETag"]
    assert client.get(tile_url("codes", 13), HTTP_IF_NONE_MATCH=answers[0]["ETag"]).status_code == 200


def test_suspension_shows_at_once(client, code, officer):
    before = client.get(tile_url("codes", 13))
    services.suspend_code(code, act(public_note="Tạm dừng"), by=officer)

    after = client.get(tile_url("codes", 13), HTTP_IF_NONE_MATCH=before["ETag"])

    assert after.status_code == 200
    assert decode(after.content)["codes"][0]["properties"]["status"] == "suspended"


# --- visits that are due ---------------------------------------------------------------------------------------


@pytest.fixture
def watched(area_factory, code_factory, officer, old_scheme, cooperative):
    """A code never visited since its issue two years ago, and one visited last month; a visit every twelve months."""
    type(old_scheme).objects.filter(pk=old_scheme.pk).update(monitoring_months=12)
    long_ago = timezone.localdate() - dt.timedelta(days=730)
    due = code_factory(area=area_factory(lon=105.60), issued_on=long_ago)
    seen = code_factory(area=area_factory(lon=105.604), issued_on=long_ago)
    Inspection.objects.create(
        purpose="monitoring", code=seen, inspector=officer, result="pass", report="Đạt",
        visited_on=timezone.localdate() - dt.timedelta(days=30),
    )  # fmt: skip
    return {"due": due, "seen": seen}


def test_officer_sees_and_filters_the_visits_that_are_due(client, watched, officer):
    client.force_login(officer)

    page = client.get(ADDRESS)
    due = client.get(ADDRESS, {"monitoring": "due"})
    later = client.get(ADDRESS, {"monitoring": "later"})

    assert "Đến hạn giám sát" in page.content.decode()
    assert listed(due) == [watched["due"].code]
    assert listed(later) == [watched["seen"].code]
    tile = decode(client.get(tile_url("watched-codes", 12)).content)["watched_codes"]
    told = {one["properties"]["code"]: one["properties"]["is_monitoring_due"] for one in tile}
    assert told == {watched["due"].code: True, watched["seen"].code: False}
    assert any(entry["shape"] == "ring" for entry in WATCHED_CODE_MAP.draw(10).legend)


@pytest.mark.parametrize("person", ["anonymous", "clerk", "outsider", "planner"])
def test_nobody_else_is_told_of_visits(request, client, watched, person):
    if person != "anonymous":
        client.force_login(request.getfixturevalue(person))

    page = client.get(ADDRESS)
    asked = client.get(ADDRESS, {"monitoring": "due"})
    api = client.get("/api/v1/watched-codes/")
    tile = client.get(tile_url("watched-codes", 13))
    named = client.get("/maps/layers.json").content.decode()

    assert shown_count(page) == 2
    assert "iám sát" not in page.content.decode().partition("<main")[2]
    assert asked.status_code == 400
    assert api.status_code == 401 if person == "anonymous" else api.json()["features"] == []
    assert tile.status_code == 401 if person == "anonymous" else not tile.content
    assert ("watched-codes" in named) is (person != "anonymous")


def test_visits_of_other_units_are_not_told(client, watched, foreign_officer):
    client.force_login(foreign_officer)

    due = client.get(ADDRESS, {"monitoring": "due"})

    assert shown_count(client.get(ADDRESS)) == 2
    assert listed(due) == []


def test_tiles_with_visits_are_never_kept_by_shared_caches(client, watched, officer):
    client.force_login(officer)

    assert client.get(tile_url("watched-codes", 13))["Cache-Control"] == "private, no-cache"


# --- the page --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "query", ["?status=dead", "?approval=maybe", "?moth=5", "?market=ZZZ", "?status=active&status=revoked"]
)
def test_bad_filter_is_named(client, query):
    response = client.get(ADDRESS + query)

    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_layer_refuses_what_the_page_refuses():
    with pytest.raises(BadInput):
        CODE_MAP.layer.filtered(NOBODY, {"monitoring": "due"})


def test_long_list_goes_on_page_by_page(client, area, code_factory):
    for number in range(43):
        code_factory(scheme=_scheme(number))

    first, second = client.get(ADDRESS), client.get(f"{ADDRESS}?page=2")

    assert (len(listed(first)), len(listed(second))) == (40, 3)
    assert not set(listed(first)) & set(listed(second))
    assert "?page=2" in first.content.decode()


def _scheme(number):
    return make_scheme(pattern=f"VN-{number:02}-{{serial}}", fixed_parts={}, counter_scope=[])


def test_list_has_a_fixed_number_of_queries(client, five_codes, django_assert_max_num_queries):
    make_market("JPN")

    with django_assert_max_num_queries(3):
        client.get(ADDRESS, HTTP_HX_REQUEST="true")


def test_request_by_script_gets_only_the_results(client, code):
    content = client.get(ADDRESS, HTTP_HX_REQUEST="true").content.decode()

    assert content.lstrip().startswith('<div id="results">')
    assert "<html" not in content


def test_the_menu_leads_there_for_everybody(client, db):
    page = client.get("/v/").content.decode() + client.get("/").content.decode()

    assert f'href="{reverse("maps:code-map")}"' in page


def test_hidden_outline_stays_hidden(client, area_factory, code_factory):
    code = code_factory(area=area_factory(growers=2))

    bbox = re.search(r'data-bbox="([^"]+)"', client.get(ADDRESS).content.decode()).group(1)

    west, south, east, north = map(float, bbox.split(","))
    assert (round(east - west, 5), round(north - south, 5)) == (0.02, 0.02)  # around the public point
    assert code.area.is_outline_public is False
