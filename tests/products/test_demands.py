"""Demands: off unless switched on; shown only to cooperatives that have it; answered without either contact."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.timezone import localdate

from accounts.roles import Role
from codes.models import CodeScheme
from core.errors import NotAllowed, RuleViolated, WrongState
from farms.models import Plot
from office.models import Message, Notice
from office.services import deliver_messages
from products.demand_matching import matching_cooperatives, matching_demands
from products.layers import OFFERS
from products.models import Demand, DemandStatus, Offer, Product
from products.seasons import NOBODY
from products.services import demands
from tests.factories.codes import make_market
from tests.factories.cooperatives import make_cooperative, make_membership
from tests.factories.crops import make_crop
from tests.maps.conftest import make_product
from tests.people import make_officer

pytestmark = pytest.mark.django_db
PAGES = ("/demands/", "/demands/new/", "/demands/1/", "/coop/demands/", "/coop/demands/1/", "/desk/demands/")
API = (
    ("get", ""), ("post", ""), ("get", "matching/"), ("get", "1/"), ("post", "1/close/"), ("post", "1/repost/"),
    ("post", "1/replies/"), ("post", "1/hide/"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.DEMAND_POSTS = True


@pytest.fixture
def buyer(user_factory):
    return user_factory(
        username="buyer", full_name="Nguyễn Thị Người Mua", email="buyer@example.test", phone="0000777666"
    )


@pytest.fixture
def officer(province):
    """Officer of the province: a demand has no place, so the communes' officers do not see them."""
    return make_officer(province, Role.OFFICER, username="province-officer")


@pytest.fixture
def offered(cooperative, mango) -> Product:
    """Mango of `cooperative` in April and May."""
    return make_product(cooperative, mango, months=[4, 5], name_vi="Xoài A")


@pytest.fixture
def demand(buyer, mango, offered) -> Demand:
    return post(buyer, mango)


def post(buyer, crop, **fields) -> Demand:
    fields = {"buyer_name": "Vựa Bảy", "months": [5, 6], "quantity_t": 20, "message": "Loại 1, giao tại vườn"} | fields
    return demands.post_demand(buyer, crop=crop, **fields)


# --- Switched off ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["nobody", "clerk", "officer"])
def test_switched_off_there_is_no_page_no_api_and_no_link(who, client, settings, demand, clerk, officer):
    settings.DEMAND_POSTS = False
    if who != "nobody":
        client.force_login({"clerk": clerk, "officer": officer}[who])

    pages = {path: client.get(path.replace("1", str(demand.pk))).status_code for path in PAGES}
    api = {
        (method, path): getattr(client, method)(f"/api/v1/demands/{path.replace('1', str(demand.pk))}").status_code
        for method, path in API
    }

    assert set(pages.values()) == {404}
    assert set(api.values()) == {404}
    assert client.post(f"/desk/demands/{demand.pk}/hide/", {"reason": "x"}).status_code == 404
    home = client.get("/maps/seasons/").content.decode()
    assert "demands/" not in home
    assert "Nhu cầu mua" not in home


@pytest.mark.parametrize(
    ("who", "path"), [("buyer", "/demands/"), ("clerk", "/coop/demands/"), ("officer", "/desk/demands/")]
)
def test_switched_on_the_menu_leads_everybody_to_the_right_page(who, path, client, buyer, clerk, officer):
    client.force_login({"buyer": buyer, "clerk": clerk, "officer": officer}[who])

    assert f'href="{path}"' in client.get("/maps/seasons/").content.decode()
    assert client.get(path).status_code == 200


def test_it_is_off_by_default():
    from pathlib import Path

    from django.conf import settings as plain

    text = Path(plain.BASE_DIR, "geoapp", "settings.py").read_text(encoding="utf-8")
    assert 'DEMAND_POSTS = env.bool("DEMAND_POSTS", default=False)' in text


# --- Who matches ----------------------------------------------------------------------------------------------


def has(demand: Demand, cooperative, user) -> bool:
    """Whether the cooperative matches; both directions must say the same."""
    forward = matching_cooperatives(demand).filter(pk=cooperative.pk).exists()
    backward = matching_demands(user).filter(pk=demand.pk).exists()
    assert forward == backward
    return forward


@pytest.mark.parametrize(
    ("case", "asked", "matches"),
    [
        ("one month in common", {"months": [5, 9]}, True),
        ("no month in common", {"months": [6, 7]}, False),
        ("another crop", {"crop": "other"}, False),
        ("a market without code", {"market": "CHN"}, False),
        ("home without code", {"market": "VNM"}, False),
    ],
)
def test_crop_month_and_market_decide(case, asked, matches, buyer, mango, offered, cooperative, clerk):
    if "market" in asked:
        asked["market"] = make_market(asked["market"])
    crop = make_crop() if asked.pop("crop", None) else mango

    assert has(post(buyer, crop, **asked), cooperative, clerk) is matches


@pytest.mark.parametrize(
    ("case", "change"),
    [
        ("offer over", lambda product, cooperative: Offer.objects.update(valid_to=localdate())),
        ("product hidden", lambda product, cooperative: Product.objects.update(is_published=False)),
        ("not verified", lambda product, cooperative: type(cooperative).objects.update(status="pending")),
        ("a household", lambda product, cooperative: type(cooperative).objects.update(kind="household")),
    ],
)
def test_what_the_public_cannot_see_does_not_match(case, change, demand, offered, cooperative, clerk):
    assert has(demand, cooperative, clerk)

    change(offered, cooperative)

    assert not has(demand, cooperative, clerk)


def test_area_whose_plots_are_harvested_then_matches(buyer, mango, area, cooperative, clerk):
    demand = post(buyer, mango)
    assert not has(demand, cooperative, clerk)

    Plot.objects.filter(areas=area).update(harvest_months=[6])

    assert has(demand, cooperative, clerk)


@pytest.mark.parametrize(
    ("approval", "status", "matches"),
    [("approved", "active", True), ("rejected", "active", False), ("approved", "suspended", False)],
)
def test_market_asks_for_a_code_in_force_that_it_approved(
    approval, status, matches, buyer, mango, offered, code, china, cooperative, clerk
):
    code.approvals.update(status=approval, decided_on="2026-01-05")
    type(code).objects.filter(pk=code.pk).update(status=status)

    assert has(post(buyer, mango, market=china), cooperative, clerk) is matches


def test_at_home_a_domestic_code_is_enough(buyer, mango, offered, code, cooperative, clerk):
    demand = post(buyer, mango, market=make_market("VNM"))
    assert not has(demand, cooperative, clerk)

    CodeScheme.objects.filter(pk=code.scheme_id).update(is_domestic=True)

    assert has(demand, cooperative, clerk)


def test_code_of_another_cooperative_does_not_help(buyer, mango, china, code, offered):
    other = make_cooperative(offered.commune, name="HTX Khác")
    make_product(other, mango, months=[5])
    code.approvals.update(status="approved", decided_on="2026-01-05")

    found = matching_cooperatives(post(buyer, mango, market=china))

    assert [one.pk for one in found] == [code.area.cooperative_id]


@pytest.mark.parametrize("months", [[1], [4], [5, 6], [9, 10, 11], list(range(1, 13))])
def test_offers_match_as_the_layer_finds_them(months, buyer, mango, cooperative, offered):
    other = make_cooperative(cooperative.commune, name="HTX Khác")
    make_product(other, mango, months=[1, 9])
    make_product(other, make_crop(), months=[4])

    found = set(matching_cooperatives(post(buyer, mango, months=months)).values_list("pk", flat=True))
    layer = OFFERS.filtered(NOBODY, {"product": "xoai", "month": [str(month) for month in months]})

    assert found == set(layer.values_list("product__cooperative", flat=True))


def test_strangers_see_none(demand, outsider, buyer, neighbour_clerk, anonymous):
    assert [matching_demands(user).count() for user in (outsider, buyer, neighbour_clerk, anonymous)] == [0, 0, 0, 0]


# --- Posting --------------------------------------------------------------------------------------------------


def test_demand_is_shown_for_thirty_days(demand, cooperative, clerk):
    assert demand.expires_on == localdate() + timedelta(days=30)
    assert has(demand, cooperative, clerk)

    Demand.objects.update(expires_on=localdate() - timedelta(days=1))

    assert not matching_demands(clerk).exists()


def test_those_who_may_answer_are_told_once(demand, clerk, owner, helper, viewer, neighbour_clerk, buyer, mango):
    second = post(buyer, mango)

    told = Notice.objects.filter(kind="demand_posted", url=reverse("products:demand-inbox-detail", args=[second.pk]))

    assert {notice.user for notice in told} == {clerk, owner, helper}
    assert "20 tấn Xoài" in told[0].text


@pytest.mark.parametrize(
    ("fields", "code", "pointer"),
    [
        ({"months": []}, "bad_months", "/months"),
        ({"months": [0, 5]}, "bad_months", "/months"),
        ({"quantity_t": 0}, "bad_quantity", "/quantity_t"),
        ({"quantity_t": float("nan")}, "bad_quantity", "/quantity_t"),
        ({"message": "Gọi 0912 345 678"}, "contact_in_text", "/message"),
        ({"buyer_name": "Vựa Bảy 0912345678"}, "contact_in_text", "/buyer_name"),
        ({"message": "vua@bay.vn"}, "contact_in_text", "/message"),
    ],
)
def test_bad_demand_is_refused_by_name(fields, code, pointer, buyer, mango):
    with pytest.raises(RuleViolated) as caught:
        post(buyer, mango, **fields)

    assert [(finding.code, finding.pointer) for finding in caught.value.findings] == [(code, pointer)]
    assert not Demand.objects.exists()


def test_five_open_demands_a_user(buyer, mango, outsider):
    for _number in range(demands.MAX_OPEN):
        last = post(buyer, mango)
    with pytest.raises(RuleViolated) as caught:
        post(buyer, mango)
    assert caught.value.code == "too_many_demands"
    assert post(outsider, mango).pk

    demands.close_demand(last, by=buyer)

    assert post(buyer, mango).pk


def test_ten_demands_a_day(buyer, mango):
    for _number in range(demands.MAX_A_DAY):
        demands.close_demand(post(buyer, mango), by=buyer)

    with pytest.raises(RuleViolated) as caught:
        post(buyer, mango)

    assert caught.value.code == "too_many_demands"


# --- Closing, showing again, hiding ---------------------------------------------------------------------------


def test_closed_demand_can_be_shown_again(demand, buyer, clerk, cooperative):
    demands.close_demand(demand, by=buyer)
    assert not matching_demands(clerk).exists()
    Demand.objects.update(expires_on=localdate() - timedelta(days=9))

    again = demands.repost_demand(demand, by=buyer)

    assert (again.status, again.expires_on) == (DemandStatus.OPEN, localdate() + timedelta(days=30))
    assert has(again, cooperative, clerk)
    assert Notice.objects.filter(user=clerk, kind="demand_posted").count() == 1


def test_demand_over_by_its_day_can_be_shown_again(demand, buyer):
    Demand.objects.update(expires_on=localdate() - timedelta(days=1))

    assert demands.repost_demand(demand, by=buyer).expires_on > localdate()


def test_demand_that_is_still_shown_is_not_posted_again(demand, buyer):
    with pytest.raises(WrongState):
        demands.repost_demand(demand, by=buyer)


@pytest.mark.parametrize("act", [demands.close_demand, demands.repost_demand])
def test_only_the_buyer_closes_and_reposts(act, demand, clerk, officer):
    for user in (clerk, officer):
        with pytest.raises(NotAllowed):
            act(demand, by=user)


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("officer", True),
        ("administrator", True),
        ("foreign_officer", False),
        ("planner", False),
        ("clerk", False),
        ("buyer", False),
    ],
)
def test_officers_and_administrators_hide_with_a_reason(who, may, demand, request, clerk):
    user = request.getfixturevalue(who)
    if not may:
        with pytest.raises(NotAllowed):
            demands.hide_demand(demand, reason="Quảng cáo", by=user)
        return

    hidden = demands.hide_demand(demand, reason="Quảng cáo", by=user)

    assert (hidden.status, hidden.hidden_reason, hidden.hidden_by) == (DemandStatus.HIDDEN, "Quảng cáo", user)
    assert not matching_demands(clerk).exists()
    assert "Quảng cáo" in Notice.objects.get(user=demand.user, kind="demand_hidden").text


def test_hiding_needs_a_reason_and_stays(demand, officer, buyer):
    with pytest.raises(RuleViolated):
        demands.hide_demand(demand, reason="  ", by=officer)
    demands.hide_demand(demand, reason="Quảng cáo", by=officer)

    with pytest.raises(WrongState):
        demands.repost_demand(demand, by=buyer)


# --- Replies --------------------------------------------------------------------------------------------------


def test_reply_is_relayed_and_the_buyer_is_told(demand, cooperative, clerk, buyer, offered, mailoutbox):
    demands.reply_to_demand(demand, cooperative=cooperative, text="Có 15 tấn", product=offered, by=clerk)

    notice = Notice.objects.get(user=buyer, kind="demand_replied")
    assert str(cooperative) in notice.text
    assert Message.objects.filter(notice=notice, channel="mail").exists()
    deliver_messages()
    letter = next(one for one in mailoutbox if one.to == ["buyer@example.test"])
    assert f"/demands/{demand.pk}/" in letter.body
    for secret in (clerk.full_name, cooperative.phone, "0000777666"):
        assert not secret or secret not in letter.body


def test_reply_with_a_contact_is_refused(demand, cooperative, clerk):
    with pytest.raises(RuleViolated) as caught:
        demands.reply_to_demand(demand, cooperative=cooperative, text="Gọi tôi 0912345678", by=clerk)

    assert [(finding.code, finding.pointer) for finding in caught.value.findings] == [("contact_in_text", "/text")]


def test_five_replies_of_a_cooperative(demand, cooperative, clerk):
    for number in range(demands.MAX_REPLIES):
        demands.reply_to_demand(demand, cooperative=cooperative, text=f"Lần {number}", by=clerk)

    with pytest.raises(RuleViolated):
        demands.reply_to_demand(demand, cooperative=cooperative, text="Lần nữa", by=clerk)


@pytest.mark.parametrize("who", ["viewer", "neighbour_clerk", "officer", "buyer"])
def test_who_may_not_write_for_the_cooperative_does_not_reply(who, demand, cooperative, request):
    with pytest.raises(NotAllowed):
        demands.reply_to_demand(demand, cooperative=cooperative, text="Có hàng", by=request.getfixturevalue(who))


def test_cooperative_without_the_goods_does_not_reply(demand, neighbour, neighbour_clerk):
    with pytest.raises(NotAllowed):
        demands.reply_to_demand(demand, cooperative=neighbour, text="Có hàng", by=neighbour_clerk)


def test_products_of_others_are_not_attached(demand, cooperative, clerk, neighbour, mango):
    foreign = make_product(neighbour, mango, months=[1])

    with pytest.raises(RuleViolated):
        demands.reply_to_demand(demand, cooperative=cooperative, text="Có hàng", product=foreign, by=clerk)


@pytest.mark.parametrize("case", ["closed", "hidden", "over"])
def test_demand_that_is_over_takes_no_reply(case, demand, cooperative, clerk, buyer, officer):
    if case == "closed":
        demands.close_demand(demand, by=buyer)
    elif case == "hidden":
        demands.hide_demand(demand, reason="x", by=officer)
    else:
        Demand.objects.update(expires_on=localdate() - timedelta(days=1))

    with pytest.raises(WrongState):
        demands.reply_to_demand(demand, cooperative=cooperative, text="Có hàng", by=clerk)


# --- Pages ----------------------------------------------------------------------------------------------------


def test_from_post_to_answer_on_the_pages(client, buyer, clerk, mango, offered, cooperative):
    client.force_login(buyer)
    posted = client.post(
        "/demands/new/",
        {"crop": mango.pk, "months": ["5"], "quantity_t": "20", "buyer_name": "Vựa Bảy", "message": "Loại 1"},
    )
    demand = Demand.objects.get()
    assert posted.headers["Location"] == f"/demands/{demand.pk}/"
    client.force_login(clerk)
    inbox = client.get("/coop/demands/").content.decode()
    assert "Xoài, 20 tấn" in inbox
    assert "Vựa Bảy" in inbox

    client.post(
        f"/coop/demands/{demand.pk}/", {"cooperative": cooperative.slug, "product": offered.pk, "text": "Có 15 tấn"}
    )

    assert "Có 15 tấn" in client.get(f"/coop/demands/{demand.pk}/").content.decode()
    client.force_login(buyer)
    page = " ".join(client.get(f"/demands/{demand.pk}/").content.decode().split())
    assert "Có 15 tấn" in page
    assert "1 đơn vị có hàng khớp, 1 đơn vị đã trả lời" in page
    assert f'href="/enquiries/new/{cooperative.slug}/?product={offered.slug}"' in page


def test_neither_side_sees_the_others_contact(client, buyer, clerk, demand, cooperative, officer):
    type(cooperative).objects.update(phone="0000999888", email="htx@example.test", representative="Trần Thị Đại Diện")
    demands.reply_to_demand(demand, cooperative=cooperative, text="Có hàng", by=clerk)
    buyers = ("buyer@example.test", "0000777666", "Nguyễn Thị Người Mua")
    sellers = ("0000999888", "htx@example.test", "Trần Thị Đại Diện", clerk.full_name)

    pages = {}
    for user, paths in (
        (clerk, ["/coop/demands/", f"/coop/demands/{demand.pk}/", f"/api/v1/demands/{demand.pk}/"]),
        (officer, ["/desk/demands/"]),
    ):
        client.force_login(user)
        pages |= {path: (client.get(path).content.decode(), buyers) for path in paths}
    client.force_login(buyer)
    for path in (f"/demands/{demand.pk}/", f"/api/v1/demands/{demand.pk}/"):
        pages[f"buyer {path}"] = (client.get(path).content.decode(), sellers)

    assert [(path, secret) for path, (text, secrets) in pages.items() for secret in secrets if secret in text] == []


def test_a_cooperative_does_not_see_what_another_answered(
    client, demand, cooperative, clerk, neighbour, mango, user_factory
):
    make_product(neighbour, mango, months=[5])
    other = user_factory()
    make_membership(neighbour, other, "clerk")
    demands.reply_to_demand(demand, cooperative=cooperative, text="Giá 25.000 đồng", by=clerk)
    client.force_login(other)

    page = client.get(f"/coop/demands/{demand.pk}/")
    told = client.get(f"/api/v1/demands/{demand.pk}/").json()

    assert page.status_code == 200
    assert "25.000" not in page.content.decode()
    assert told["replies"] == []


@pytest.mark.parametrize("who", ["outsider", "neighbour_clerk", "officer"])
def test_demands_of_others_are_not_there(who, client, demand, request):
    client.force_login(request.getfixturevalue(who))

    for path in (f"/demands/{demand.pk}/", f"/coop/demands/{demand.pk}/", f"/api/v1/demands/{demand.pk}/"):
        assert client.get(path).status_code == 404


def test_contact_in_the_form_is_told_beside_the_field(client, buyer, mango):
    client.force_login(buyer)

    answer = client.post(
        "/demands/new/",
        {"crop": mango.pk, "months": ["5"], "quantity_t": "20", "buyer_name": "Vựa Bảy", "message": "0912345678"},
    )

    assert answer.status_code == 422
    assert "không bên nào lộ liên hệ" in answer.content.decode()


def test_buyer_closes_and_shows_again_on_the_page(client, buyer, demand):
    client.force_login(buyer)
    client.post(f"/demands/{demand.pk}/", {"do": "close"})
    assert Demand.objects.get().status == DemandStatus.CLOSED

    client.post(f"/demands/{demand.pk}/", {"do": "repost"})

    assert Demand.objects.get().status == DemandStatus.OPEN
    assert client.post(f"/demands/{demand.pk}/", {"do": "hide"}).status_code == 404


def test_officer_hides_on_the_desk_and_the_buyer_reads_why(client, officer, buyer, demand):
    client.force_login(officer)
    client.post(f"/desk/demands/{demand.pk}/hide/", {"reason": "Tin quảng cáo"})
    client.force_login(buyer)

    page = client.get(f"/demands/{demand.pk}/").content.decode()

    assert "Tin quảng cáo" in page
    assert "Đăng lại" not in page


def test_desk_is_only_for_the_office(client, clerk, demand):
    client.force_login(clerk)

    assert client.get("/desk/demands/").status_code == 404
    assert client.post(f"/desk/demands/{demand.pk}/hide/", {"reason": "x"}).status_code == 404


# --- API ------------------------------------------------------------------------------------------------------


def test_the_same_by_api(client, buyer, clerk, officer, mango, offered, cooperative):
    client.force_login(buyer)
    body = {"buyer_name": "Vựa Bảy", "product": "xoai", "months": [5], "quantity_t": 20}
    made = client.post("/api/v1/demands/", body, content_type="application/json")
    path = f"/api/v1/demands/{made.json()['id']}/"
    client.force_login(clerk)
    matching = client.get("/api/v1/demands/matching/").json()
    reply = {"cooperative": cooperative.slug, "product": offered.slug, "text": "Có hàng"}
    replied = client.post(f"{path}replies/", reply, content_type="application/json")
    client.force_login(buyer)
    read = client.get(path).json()
    closed = client.post(f"{path}close/", {}, content_type="application/json")
    again = client.post(f"{path}repost/", {}, content_type="application/json")
    client.force_login(officer)
    hidden = client.post(f"{path}hide/", {"reason": "Quảng cáo"}, content_type="application/json")

    assert [made.status_code, replied.status_code, closed.status_code, again.status_code, hidden.status_code] == [
        201, 201, 200, 200, 200,
    ]  # fmt: skip
    assert [one["id"] for one in matching] == [made.json()["id"]]
    assert [(one["cooperative"], one["product"], one["text"]) for one in read["replies"]] == [
        (cooperative.slug, offered.slug, "Có hàng")
    ]
    assert (closed.json()["status"], again.json()["status"], hidden.json()["status"]) == ("closed", "open", "hidden")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"message": "0912345678"}, 422, "contact_in_text"),
        ({"months": []}, 422, "months"),
        ({"months": [13]}, 422, "months"),
        ({"quantity_t": -1}, 422, "quantity_t"),
        ({"product": "khong-co"}, 422, "product"),
        ({"contact": "0912345678"}, 422, "/contact"),
    ],
)
def test_api_refuses_by_name(body, status, code, client, buyer, mango):
    client.force_login(buyer)
    whole = {"buyer_name": "Vựa Bảy", "product": "xoai", "months": [5], "quantity_t": 20} | body

    answer = client.post("/api/v1/demands/", whole, content_type="application/json")

    assert answer.status_code == status
    assert code in answer.content.decode()
    assert not Demand.objects.exists()


def test_api_needs_an_account(client, demand):
    assert client.get("/api/v1/demands/").status_code == 401
    assert client.get(f"/api/v1/demands/{demand.pk}/").status_code == 401
