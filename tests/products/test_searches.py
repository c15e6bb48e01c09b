"""Saved searches: kept, counted, mailed once for what is new, stopped by one signed link."""

import re
from datetime import date

import pytest
from django.core import mail
from django.core.signing import dumps
from django.http import QueryDict
from django.test import Client
from django.utils import timezone, translation

from core.errors import BadInput, RuleViolated
from office.models import MessagePreference, OutboxMessage
from office.services import deliver_outbox
from products.models import Offer, Product, SavedSearch
from products.search_mail import SHOWN, deliver_search_mail, mail_searches
from products.search_words import name_for
from products.services import searches
from tests.maps.conftest import make_product

pytestmark = pytest.mark.django_db


@pytest.fixture
def buyer(user_factory):
    return user_factory(username="buyer", email="buyer@example.test")


@pytest.fixture
def search(buyer, cooperative, mango):
    """Mango in May, with one match that is known."""
    make_product(cooperative, mango, name_vi="Xoài Cũ", months=[5])
    return searches.save_search(buyer, name="Xoài tháng 5", params={"product": "xoai", "month": "5"})


def run() -> list[mail.EmailMessage]:
    """Do the weekly job and deliver what it left."""
    mail.outbox.clear()
    mail_searches(None)
    deliver_outbox()
    return list(mail.outbox)


# --- Saving ---------------------------------------------------------------------------------------------------


def test_filters_are_kept_in_one_spelling(buyer, mango):
    params = {"month": ["6", "5"], "product": "xoai", "q": " ", "page": "3", "sort": "volume", "utm_source": "zalo"}

    saved = searches.save_search(buyer, name="A", params=params)

    assert saved.query == "month=5&month=6&product=xoai"


@pytest.mark.parametrize("params", [{"colour": "red"}, {"month": "13"}, {"product": "khong-co"}])
def test_filters_that_the_map_refuses_are_not_kept(buyer, params):
    with pytest.raises(BadInput):
        searches.save_search(buyer, name="A", params=params)

    assert not SavedSearch.objects.exists()


def test_query_that_is_too_long_is_refused(buyer):
    with pytest.raises(RuleViolated) as caught:
        searches.save_search(buyer, name="A", params={"q": "x" * 700})

    assert [finding.code for finding in caught.value.findings] == ["query_too_long"]


def test_twenty_searches_a_user(buyer, outsider):
    for number in range(searches.MAX_SEARCHES):
        searches.save_search(buyer, name=f"Số {number}", params={})

    with pytest.raises(RuleViolated) as caught:
        searches.save_search(buyer, name="Thêm", params={})

    assert [finding.code for finding in caught.value.findings] == ["too_many_searches"]
    assert searches.save_search(outsider, name="Thêm", params={}).pk


@pytest.mark.parametrize(
    ("query", "language", "name"),
    [
        ("market=CHN&month=5&product=xoai", "vi", "Xoài, tháng 5, Trung Quốc"),
        ("market=CHN&month=5&product=xoai", "en", "Mango, month 5, China"),
        ("month=5&month=6&min_volume=20", "en", "months 5, 6, from 20 t"),
        ("km=20&near=105.63,10.46", "vi", "trong 20 km"),
    ],
)
def test_name_proposed_reads_like_what_one_asks_for(query, language, name, mango, china):
    with translation.override(language):
        assert name_for(QueryDict(query)) == name


def test_a_name_is_used_once_by_a_user(buyer, outsider, search):
    with pytest.raises(RuleViolated) as caught:
        searches.save_search(buyer, name=" Xoài  tháng 5 ", params={})

    assert [finding.code for finding in caught.value.findings] == ["name_taken"]
    assert searches.save_search(outsider, name="Xoài tháng 5", params={}).pk


# --- The weekly mail ------------------------------------------------------------------------------------------


def test_mail_tells_only_what_is_new(search, cooperative, mango):
    assert run() == []
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5, 6])
    make_product(cooperative, mango, name_vi="Xoài Tháng Bảy", months=[7])

    (letter,) = run()

    assert letter.to == ["buyer@example.test"]
    assert "Xoài tháng 5" in letter.subject
    assert "Xoài Mới (tháng 5, 6)" in letter.body
    assert f"/p/{cooperative.slug}/" in letter.body
    assert "/?month=5&product=xoai" in letter.body
    assert "Xoài Cũ" not in letter.body
    assert "Xoài Tháng Bảy" not in letter.body
    assert run() == []


def test_product_that_comes_to_match_is_new(search, cooperative, mango):
    later = make_product(cooperative, mango, name_vi="Xoài Sau", months=[8])
    assert run() == []

    Offer.objects.filter(product=later).update(months=[5])

    assert ["Xoài Sau" in letter.body for letter in run()] == [True]


def test_product_that_went_and_came_again_is_new(search):
    Product.objects.update(is_published=False)
    assert run() == []

    Product.objects.update(is_published=True)

    assert len(run()) == 1


def test_mail_is_vietnamese_unless_the_user_chose_english(search, buyer, cooperative, mango):
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    assert "hàng mới" in run()[0].subject

    MessagePreference.objects.create(user=buyer, language="en")
    make_product(cooperative, mango, name_vi="Xoài Mới Hơn", months=[5], name_en="Newer mango")

    assert "Newer mango" in run()[0].body


def test_mail_carries_no_person(search, cooperative, mango, clerk):
    type(cooperative).objects.update(representative="Trần Thị Đại Diện", phone="0000999888", email="htx@example.test")
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    household = cooperative.__class__.objects.create(
        kind="household",
        slug="ho-a",
        name="Hộ Ông A",
        commune=cooperative.commune,
        status="verified",
        search_key="ho a",
    )
    make_product(household, mango, name_vi="Xoài Nhà", months=[5])

    (letter,) = run()

    for secret in ("Đại Diện", "0000999888", "htx@example.test", "Hộ Ông A", "Xoài Nhà", clerk.full_name):
        assert secret not in letter.body + letter.subject


def test_long_news_names_some_and_counts_all(search, cooperative, mango):
    for number in range(SHOWN + 3):
        make_product(cooperative, mango, name_vi=f"Xoài Mới {number:02}", months=[5])

    (letter,) = run()

    assert letter.body.count("- Xoài Mới") == SHOWN
    assert f"Có {SHOWN + 3} sản phẩm mới" in letter.body


@pytest.mark.parametrize("case", ["mail off", "all mail off", "no address", "account closed"])
def test_who_wants_or_can_have_no_mail_gets_none(case, search, buyer, cooperative, mango):
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    if case == "mail off":
        SavedSearch.objects.update(is_mailed=False)
    elif case == "all mail off":
        MessagePreference.objects.create(user=buyer, by_mail=False)
    else:
        type(buyer).objects.filter(pk=buyer.pk).update(
            **({"email": ""} if case == "no address" else {"is_active": False})
        )

    assert run() == []


def test_who_switches_mail_on_again_hears_only_of_what_comes_later(search, buyer, cooperative, mango):
    searches.change_search(search, by=buyer, is_mailed=False)
    make_product(cooperative, mango, name_vi="Trong Lúc Tắt", months=[5])
    searches.change_search(search, by=buyer, is_mailed=True)

    assert run() == []


def test_filters_that_hold_no_longer_stop_nobody_elses_mail(search, buyer, cooperative, mango):
    SavedSearch.objects.create(user=buyer, name="Aa hỏng", query="product=da-xoa")
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])

    assert len(run()) == 1


def test_search_that_is_deleted_during_the_job_stops_nobody_elses_mail(search, buyer, cooperative, mango, monkeypatch):
    other = searches.save_search(buyer, name="Z", params={"product": "xoai"})
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    look_through = searches.look_through

    def deleted_first(found):
        SavedSearch.objects.filter(pk=search.pk).delete()
        return look_through(found)

    monkeypatch.setattr("products.search_mail.look_through", deleted_first)

    letters = run()

    assert [other.name in letter.subject for letter in letters] == [True]


def test_mail_waits_for_the_commit_and_is_dropped_when_it_was_stopped(search, cooperative, mango):
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    mail_searches(None)
    (queued,) = OutboxMessage.objects.filter(receiver="products.search_mail")
    assert mail.outbox == []

    searches.stop_mail(searches.stop_token(search))
    deliver_search_mail(queued.payload)

    assert mail.outbox == []


def test_product_hidden_before_delivery_is_not_told(search, cooperative, mango):
    new = make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    mail_searches(None)
    Product.objects.filter(pk=new.pk).update(is_published=False)

    deliver_outbox()

    assert mail.outbox == []


# --- Stopping by the link -------------------------------------------------------------------------------------


def stop_path(letter: mail.EmailMessage) -> str:
    return re.search(r"https?://[^/]+(/searches/stop/\S+/)", letter.body).group(1)


@pytest.fixture
def letter(search, cooperative, mango):
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    return run()[0]


def test_link_stops_the_mail_without_signing_in(letter, search, client):
    path = stop_path(letter)
    asked = client.get(path)
    search.refresh_from_db()
    assert (asked.status_code, search.is_mailed) == (200, True)

    answer = Client(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})

    search.refresh_from_db()
    assert (answer.status_code, search.is_mailed) == (200, False)
    assert answer["Cache-Control"] == "private, no-store"
    assert "Xoài tháng 5" not in answer.content.decode()


def test_mail_programs_find_the_link_in_the_head(letter):
    headers = letter.message()

    assert headers["List-Unsubscribe"].strip("<>").endswith(stop_path(letter))
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_link_of_a_deleted_search_says_that_it_is_done(letter, search, client):
    path = stop_path(letter)
    search.delete()

    assert client.post(path).status_code == 200


@pytest.mark.parametrize(
    "token", ["1", "abc:def:ghi", dumps(1, salt="other")], ids=["number", "no-token", "other-salt"]
)
def test_token_that_is_not_ours_opens_nothing(token, client, search):
    assert client.get(f"/searches/stop/{token}/").status_code == 404
    assert client.post(f"/searches/stop/{token}/").status_code == 404


# --- Pages ----------------------------------------------------------------------------------------------------


def test_pages_need_an_account(client, search):
    for path in ("/searches/", "/searches/new/?product=xoai", f"/searches/{search.pk}/"):
        assert client.get(path).status_code == 302


def test_search_is_saved_from_the_address_of_the_map(client, buyer, mango):
    client.force_login(buyer)
    page = client.get("/searches/new/?product=xoai&month=5&fbclid=x").content.decode()
    name = re.search(r'name="name" value="([^"]+)"', page)[1]
    assert set(name.split(", ")) == {"Xoài", "tháng 5"}  # a month by more than its number

    answer = client.post("/searches/new/?product=xoai&month=5", {"name": "Của tôi", "is_mailed": "on"})

    assert answer.status_code == 302
    assert SavedSearch.objects.get(user=buyer).query == "month=5&product=xoai"


def test_list_shows_words_and_live_counts(client, buyer, search, cooperative, mango):
    make_product(cooperative, mango, name_vi="Xoài Mới", months=[5])
    client.force_login(buyer)

    page = " ".join(client.get("/searches/").content.decode().split())

    assert "Hôm nay có 2 sản phẩm khớp" in page
    assert "Cây trồng: <strong>Xoài</strong>" in page
    assert 'href="/?month=5&amp;product=xoai"' in page


def test_live_count_is_that_of_the_product_map(client, buyer, search, cooperative, mango):
    make_product(cooperative, mango, months=[5])
    make_product(cooperative, mango, months=[6])
    client.force_login(buyer)

    (told,) = client.get("/api/v1/searches/").json()
    features = client.get(f"/api/v1/products/?{told['query']}").json()["features"]

    assert told["count"] == len(features) == 2


def test_filters_that_hold_no_longer_are_said_so(client, buyer):
    SavedSearch.objects.create(user=buyer, name="Hỏng", query="product=da-xoa")
    client.force_login(buyer)

    page = client.get("/searches/").content.decode()

    assert "Bộ lọc không còn dùng được" in page


def test_bad_filters_make_no_form(client, buyer):
    client.force_login(buyer)

    assert client.get("/searches/new/?colour=red").status_code == 400


def test_rename_switch_off_and_delete(client, buyer, search):
    client.force_login(buyer)
    client.post(f"/searches/{search.pk}/", {"name": "Tên khác"})
    search.refresh_from_db()
    assert (search.name, search.is_mailed) == ("Tên khác", False)

    client.post(f"/searches/{search.pk}/delete/")

    assert not SavedSearch.objects.exists()


def test_name_in_use_is_told_beside_the_field(client, buyer, search):
    client.force_login(buyer)

    answer = client.post("/searches/new/?product=xoai", {"name": search.name})

    assert answer.status_code == 422
    assert "Bạn đã có tìm kiếm mang tên này" in answer.content.decode()


@pytest.mark.parametrize(("method", "path"), [("get", ""), ("post", ""), ("post", "delete/")])
def test_others_searches_are_not_there(method, path, client, outsider, search):
    client.force_login(outsider)

    assert getattr(client, method)(f"/searches/{search.pk}/{path}", {"name": "x"}).status_code == 404
    assert SavedSearch.objects.get().name == "Xoài tháng 5"


# --- API ------------------------------------------------------------------------------------------------------


def test_api_saves_changes_and_deletes(client, buyer, mango):
    client.force_login(buyer)
    made = client.post("/api/v1/searches/", {"name": "A", "query": "?product=xoai"}, content_type="application/json")
    assert (made.status_code, made.json()["query"], made.json()["count"]) == (201, "product=xoai", 0)
    path = f"/api/v1/searches/{made.json()['id']}/"

    changed = client.patch(path, {"is_mailed": False}, content_type="application/json")
    gone = client.delete(path)

    assert (changed.status_code, changed.json()["is_mailed"], changed.json()["name"]) == (200, False, "A")
    assert (gone.status_code, client.get(path).status_code) == (204, 404)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"name": "A", "query": "colour=red"}, 400, "unknown_parameter"),
        ({"name": "A"}, 422, "required"),
        ({"name": "A", "query": "", "user": 1}, 422, "/user"),
    ],
)
def test_api_refuses_by_name(body, status, code, client, buyer):
    client.force_login(buyer)

    answer = client.post("/api/v1/searches/", body, content_type="application/json")

    assert answer.status_code == status
    assert code in answer.content.decode()


def test_api_needs_an_account_and_hides_others(client, outsider, search):
    assert client.get("/api/v1/searches/").status_code == 401
    client.force_login(outsider)
    assert client.get("/api/v1/searches/").json() == []
    assert client.delete(f"/api/v1/searches/{search.pk}/").status_code == 404


def test_last_mail_is_told(search, client, buyer, cooperative, mango):
    make_product(cooperative, mango, months=[5])
    before = timezone.now()
    run()
    client.force_login(buyer)

    told = client.get(f"/api/v1/searches/{search.pk}/").json()

    assert told["mailed_at"] >= before.astimezone(timezone.get_current_timezone()).isoformat()
    assert date.fromisoformat(told["mailed_at"][:10])
