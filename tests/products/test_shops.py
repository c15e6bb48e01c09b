"""Listings: who adds them, where they lead, what is counted, what officers read."""

import threading
from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.urls import reverse
from django.utils.timezone import localdate

from core.errors import NotAllowed, RuleViolated
from maps.models import LayerChange
from products import services
from products.admin import ShopHostForm
from products.models import Listing, ListingCheck, ListingClick, ShopHost, ShopKind
from products.reference_shops import SHOPS, add_shops
from products.services.shops import MAX_LISTINGS, count_click
from products.summaries_shops import listings_with_clicks, shop_shares
from tests.factories.cooperatives import make_cooperative
from tests.factories.shops import make_listing, make_shop

pytestmark = pytest.mark.django_db
BROWSER = {"HTTP_USER_AGENT": "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36"}


@pytest.fixture
def buudien():
    return make_shop("buudien.vn", name="Buudien.vn", kind=ShopKind.BUUDIEN)


@pytest.fixture
def listing(product, buudien):
    return make_listing(product, "https://buudien.vn/xoai-cat-chu")


def clicks_of(listing):
    return list(ListingClick.objects.filter(listing=listing).values_list("day", "count"))


# --- Writes ---------------------------------------------------------------------------------------------------


def test_listing_goes_to_the_most_exact_shop(product, clerk, buudien):
    farm = make_shop("nongsan.buudien.vn", name="Nông sản", kind=ShopKind.BUUDIEN)

    exact = services.add_listing(product, url="https://nongsan.buudien.vn/xoai#anh", by=clerk)
    below = services.add_listing(product, url="https://www.buudien.vn/xoai", by=clerk)

    assert (exact.shop, exact.url) == (farm, "https://nongsan.buudien.vn/xoai")
    assert below.shop == buudien


@pytest.mark.parametrize(
    ("case", "url", "code"),
    [
        ("not listed", "https://evil.example/", "host_not_listed"),
        ("looks alike", "https://evilbuudien.vn/", "host_not_listed"),
        ("ends elsewhere", "https://buudien.vn.evil.example/", "host_not_listed"),
        ("closed", "https://voso.vn/xoai", "shop_closed"),
        ("known", "https://BUUDIEN.vn/xoai-cat-chu#top", "listing_known"),
        ("not https", "http://buudien.vn/", "not_https"),
    ],
)
def test_listing_that_is_refused(case, url, code, product, clerk, listing):
    make_shop("voso.vn", name="Voso", kind=ShopKind.VOSO, is_active=False, note="Sàn đã ngừng hoạt động năm 2023.")

    with pytest.raises(RuleViolated) as refused:
        services.add_listing(product, url=url, by=clerk)

    assert refused.value.code == code
    assert refused.value.findings[0].pointer == "/url"


def test_refusal_of_a_closed_shop_says_why(product, clerk):
    make_shop("voso.vn", name="Voso", is_active=False, note="Sàn đã ngừng hoạt động năm 2023.")

    with pytest.raises(RuleViolated, match=r"Voso không còn nhận liên kết\. Sàn đã ngừng hoạt động năm 2023\."):
        services.add_listing(product, url="https://voso.vn/xoai", by=clerk)


def test_number_of_listings_is_limited(product, clerk, buudien):
    for number in range(MAX_LISTINGS):
        services.add_listing(product, url=f"https://buudien.vn/{number}", by=clerk)

    with pytest.raises(RuleViolated, match=str(MAX_LISTINGS)):
        services.add_listing(product, url="https://buudien.vn/more", by=clerk)


@pytest.mark.parametrize("person", ["viewer", "neighbour_clerk", "outsider", "officer", "anonymous"])
def test_others_change_no_listings(request, person, product, listing):
    user = request.getfixturevalue(person)

    with pytest.raises(NotAllowed):
        services.add_listing(product, url="https://buudien.vn/2", by=user)
    with pytest.raises(NotAllowed):
        services.remove_listing(listing, by=user)

    assert Listing.objects.count() == 1


def version_of_products():
    return LayerChange.objects.filter(layer="products").count()


def test_listings_are_shown_only_where_shop_product_and_holder_are_public(listing, product, clerk):
    assert list(Listing.objects.shown()) == [listing]

    for change, back in (
        (lambda: ShopHost.objects.update(is_active=False), lambda: ShopHost.objects.update(is_active=True)),
        (
            lambda: services.set_published(product, is_published=False, by=clerk),
            lambda: services.set_published(product, is_published=True, by=clerk),
        ),
        (
            lambda: Listing.objects.update(check_result=ListingCheck.DEAD),
            lambda: Listing.objects.update(check_result=ListingCheck.UNCHECKED),
        ),
    ):
        change()
        assert not Listing.objects.shown().exists()
        back()
    type(product.cooperative).objects.update(status="returned")

    assert not Listing.objects.shown().exists()


# --- The way to the shop --------------------------------------------------------------------------------------


def test_click_leads_to_the_shop_and_is_counted_by_day(client, listing):
    for _number in range(3):
        response = client.get(f"/go/{listing.pk}/", **BROWSER)

    assert response.status_code == 302
    assert response["Location"] == "https://buudien.vn/xoai-cat-chu"
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in response["Cache-Control"]
    assert not response.cookies
    assert clicks_of(listing) == [(localdate(), 3)]


def test_nothing_about_the_buyer_is_kept():
    assert {field.name for field in ListingClick._meta.get_fields()} == {"id", "listing", "day", "count"}


@pytest.mark.parametrize(
    ("case", "headers"),
    [
        (
            "search robot",
            {"HTTP_USER_AGENT": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        ),
        ("preview of a messenger", {"HTTP_USER_AGENT": "facebookexternalhit/1.1"}),
        ("program", {"HTTP_USER_AGENT": "python-requests/2.32"}),
        ("no name", {"HTTP_USER_AGENT": ""}),
        ("prefetch", {**BROWSER, "HTTP_SEC_PURPOSE": "prefetch;prerender"}),
        ("old prefetch", {**BROWSER, "HTTP_PURPOSE": "prefetch"}),
        ("oldest prefetch", {**BROWSER, "HTTP_X_MOZ": "prefetch"}),
    ],
)
def test_machines_are_led_but_not_counted(case, headers, client, listing):
    response = client.get(f"/go/{listing.pk}/", **headers)

    assert response.status_code == 302
    assert clicks_of(listing) == []


def test_head_is_not_a_click(client, listing):
    assert client.head(f"/go/{listing.pk}/", **BROWSER).status_code == 302
    assert client.post(f"/go/{listing.pk}/", **BROWSER).status_code == 405
    assert clicks_of(listing) == []


@pytest.mark.parametrize("query", ["?next=https://evil.example", "?url=//evil.example", "?to=javascript:alert(1)"])
def test_no_parameter_changes_where_it_leads(query, client, listing):
    assert client.get(f"/go/{listing.pk}/{query}", **BROWSER)["Location"] == "https://buudien.vn/xoai-cat-chu"


def test_listing_that_is_not_shown_leads_nowhere(client, listing):
    ShopHost.objects.update(is_active=False)

    assert client.get(f"/go/{listing.pk}/", **BROWSER).status_code == 404
    assert client.get("/go/0/", **BROWSER).status_code == 404


def test_address_that_is_no_longer_its_shops_leads_nowhere(client, listing):
    """Written past the service, or its shop's host was changed in the database."""
    for url in ("https://evil.example/", "http://buudien.vn/", "https://buudien.vn.evil.example/"):
        Listing.objects.update(url=url)
        assert client.get(f"/go/{listing.pk}/", **BROWSER).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_clicks_at_the_same_moment_are_all_counted(listing):
    def click():
        try:
            for _number in range(10):
                count_click(listing, day=localdate())
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clicks_of(listing) == [(localdate(), 40)]


# --- Pages ----------------------------------------------------------------------------------------------------


def test_clerk_adds_and_removes_a_listing(client, clerk, product, buudien):
    client.force_login(clerk)
    url = reverse("products:listing-list", args=[product.pk])

    added = client.post(url, {"url": "https://buudien.vn/xoai"})
    page = client.get(url)
    removed = client.post(reverse("products:listing-remove", args=[Listing.objects.get().pk]))

    assert (added.status_code, removed.status_code) == (302, 302)
    assert "https://buudien.vn/xoai" in page.content.decode()
    assert not Listing.objects.exists()


def test_refusal_stands_at_the_field(client, clerk, product, buudien):
    client.force_login(clerk)

    page = client.post(reverse("products:listing-list", args=[product.pk]), {"url": "https://evil.example/"})

    assert page.status_code == 422
    assert "Các sàn đang nhận: Buudien.vn" in page.content.decode()


def test_listings_of_others_are_not_found(client, neighbour_clerk, listing):
    client.force_login(neighbour_clerk)

    assert client.get(reverse("products:listing-list", args=[listing.product_id])).status_code == 404
    assert client.post(reverse("products:listing-remove", args=[listing.pk])).status_code == 404


def test_viewer_reads_the_figures_and_has_no_form(client, viewer, listing):
    client.force_login(viewer)
    url = reverse("products:listing-list", args=[listing.product_id])

    text = client.get(url).content.decode()
    sent = client.post(url, {"url": "https://buudien.vn/2"})

    assert "xoai-cat-chu" in text
    assert "Thêm trang bán" not in text
    assert sent.status_code in (302, 403)
    assert Listing.objects.count() == 1


def test_clicks_of_the_clerks_page(product, listing):
    ListingClick.objects.create(listing=listing, day=localdate(), count=3)
    ListingClick.objects.create(listing=listing, day=localdate() - timedelta(days=29), count=4)
    ListingClick.objects.create(listing=listing, day=localdate() - timedelta(days=30), count=5)

    found = listings_with_clicks(product).get()

    assert (found.recent_clicks, found.all_clicks) == (7, 12)


def test_producer_page_names_the_shop_and_counts_on_the_way(client, listing, product):
    text = client.get(product.cooperative.get_absolute_url()).content.decode()

    assert f'href="/go/{listing.pk}/"' in text
    assert "buudien.vn/xoai-cat-chu" not in text


# --- Statistics -----------------------------------------------------------------------------------------------


def test_share_of_producers_with_a_listing_by_commune(
    planner, province, commune, unit_factory, product, listing, product_factory, neighbour, neighbour_clerk
):
    ListingClick.objects.create(listing=listing, day=localdate(), count=6)
    product_factory(cooperative=neighbour, by=neighbour_clerk, name_vi="Ổi")
    make_cooperative(commune)  # verified, offers nothing
    make_cooperative(commune, kind="household", name="Hộ", short_name="")
    make_cooperative(commune, status="pending")
    elsewhere = make_cooperative(unit_factory(parent=province, code="99002", name_vi="Xã Khác"))

    shares = {share.commune: share for share in shop_shares(planner)}

    here = shares[commune.name_vi]
    assert (here.producers, here.offering, here.listed, here.clicks, here.share) == (3, 2, 1, 6, 0.5)
    assert shares[elsewhere.commune.name_vi].share is None
    assert (shares[""].producers, shares[""].listed) == (4, 1)


def test_shares_follow_the_officers_units(foreign_officer, outsider, listing):
    assert shop_shares(foreign_officer) == []
    assert shop_shares(outsider) == []


def test_page_of_shares(client, planner, officer, outsider, listing, commune, django_assert_max_num_queries):
    for person, status in ((planner, 200), (officer, 200), (outsider, 404)):
        client.force_login(person)
        assert client.get("/desk/shops/").status_code == status
    client.force_login(planner)

    with django_assert_max_num_queries(20):
        text = client.get("/desk/shops/").content.decode()

    assert commune.name_vi in text
    assert "100" in text


# --- Shops are data -------------------------------------------------------------------------------------------


def test_shipped_shops_are_added_once_and_changes_stay():
    ShopHost.objects.all().delete()
    first = add_shops()
    ShopHost.objects.filter(host="tiki.vn").update(is_active=False, name="Tiki cũ")

    assert (first, add_shops()) == (len(SHOPS), 0)
    assert ShopHost.objects.get(host="tiki.vn").name == "Tiki cũ"
    voso = ShopHost.objects.get(host="voso.vn")
    assert (voso.kind, voso.is_active, "2023" in voso.note) == (ShopKind.VOSO, False, True)
    assert ShopHost.objects.get(host="nongsan.buudien.vn").kind == ShopKind.BUUDIEN


@pytest.mark.parametrize("host", ["https://a.vn", "a.vn:443", "a.vn/x", "xn--a.vn", "127.0.0.1", "xoài.vn", "vn"])
def test_administration_takes_plain_hosts_only(host):
    form = ShopHostForm({"host": host, "name": "A", "kind": "other", "is_active": "on"})

    assert "host" in form.errors


def test_administration_lowers_the_host_and_keeps_listings_on_it(listing):
    assert ShopHostForm({"host": "Shop.VN", "name": "A", "kind": "other"}).is_valid()

    moved = ShopHostForm({"host": "other.vn", "name": "A", "kind": "other"}, instance=listing.shop)

    assert moved.errors["host"].as_data()[0].code == "listings_elsewhere"


def test_switching_a_shop_off_in_the_administration_renews_the_map(client, administrator, listing):
    client.force_login(administrator)
    before = version_of_products()

    answer = client.post(
        reverse("admin:products_shophost_change", args=[listing.shop_id]),
        {"host": "buudien.vn", "name": "Buudien.vn", "kind": "buudien", "note": "Nghỉ"},
    )

    assert answer.status_code == 302
    assert not Listing.objects.shown().exists()
    assert version_of_products() != before
    assert admin.site.is_registered(Listing)
