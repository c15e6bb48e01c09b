"""Listings: where a product is sold on the web. Addresses lead to the hosts of the list and nowhere else."""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from core.changes import announce
from core.errors import RuleViolated
from core.permissions import require
from products import sql
from products.addresses import clean_address, host_of, is_within, longest_match
from products.changes import ProductsChanged
from products.models import Listing, ListingCheck, Product, ShopHost
from products.permissions import can_edit_products
from products.services.findings import finding

MAX_LISTINGS = 12  # of one product
DEAD_AFTER = 2  # failed checks in a row: one may be the shop's own bad day


@transaction.atomic
def add_listing(product: Product, *, url: str, by: Any) -> Listing:
    """Add the page of a shop where the product is sold.

    Raises NotAllowed; RuleViolated with a finding for `url`: those of `clean_address`, `host_not_listed`,
    `shop_closed`, `listing_known`, `too_many_listings`.
    """
    require(can_edit_products(by, product.cooperative))
    product = Product.objects.select_for_update(of=("self",), no_key=True).get(pk=product.pk)
    address = clean_address(url)
    shop = shop_of(address)
    if product.listings.filter(url=address).exists():
        raise _refused("listing_known", _("Sản phẩm đã có liên kết này."))
    if product.listings.count() >= MAX_LISTINGS:
        raise _refused("too_many_listings", _("Mỗi sản phẩm tối đa %(limit)s liên kết.") % {"limit": MAX_LISTINGS})
    listing = Listing.objects.create(product=product, shop=shop, url=address)
    _announce(product)
    return listing


@transaction.atomic
def remove_listing(listing: Listing, *, by: Any) -> None:
    """Take the listing off, with its counts. Raises NotAllowed."""
    product = listing.product
    require(can_edit_products(by, product.cooperative))
    listing.delete()
    _announce(product)


def shop_of(address: str) -> ShopHost:
    """Return the shop of a clean address; RuleViolated `host_not_listed` or `shop_closed`, told with what is taken."""
    shops = {shop.host: shop for shop in ShopHost.objects.all()}
    found = longest_match(host_of(address), shops)
    if found is None:
        names = ", ".join(sorted({shop.name for shop in shops.values() if shop.is_active}))
        raise _refused(
            "host_not_listed",
            _("Chưa nhận liên kết tới trang này. Các sàn đang nhận: %(names)s. Cần thêm sàn, hãy báo người quản trị.")
            % {"names": names or "—"},
        )
    shop = shops[found]
    if not shop.is_active:
        text = _("%(name)s không còn nhận liên kết.") % {"name": shop.name}
        raise _refused("shop_closed", f"{text} {shop.note}".strip())
    return shop


def leads_to_its_shop(listing: Listing) -> bool:
    """Whether the stored address still lies on its shop's host: the administrator may have changed the host since."""
    return is_within(host_of(listing.url), listing.shop.host) and listing.url.startswith("https://")


def count_click(listing: Listing, *, day: dt.date) -> None:
    """Count that somebody followed the listing on `day`; nothing about who."""
    with connection.cursor() as cursor:
        cursor.execute(sql.COUNT_CLICK, [listing.pk, day])


@transaction.atomic
def record_check(listing: Listing, *, is_open: bool | None) -> Listing:
    """Write down whether the page of the shop opened (None: the shop would not say, so nothing changes but the day).

    After DEAD_AFTER failures in a row the listing is no longer shown; when it opens again, it is.
    """
    listing = Listing.objects.select_for_update(of=("self",)).select_related("product").get(pk=listing.pk)
    before = listing.check_result
    if is_open:
        listing.check_result, listing.failures = ListingCheck.OK, 0
    elif is_open is not None:
        listing.failures = min(listing.failures + 1, 1_000)
        listing.check_result = ListingCheck.DEAD if listing.failures >= DEAD_AFTER else before
    listing.checked_at = timezone.now()
    listing.save(update_fields=["failures", "check_result", "checked_at"])
    if (before == ListingCheck.DEAD) != (listing.check_result == ListingCheck.DEAD):
        _announce(listing.product)
    return listing


@transaction.atomic
def shop_changed(shop: ShopHost) -> None:
    """Tell that the shop's listings are shown or no longer shown; the administration calls it after a change."""
    announce(ProductsChanged(products=Product.objects.filter(listings__shop=shop).distinct()))


def _announce(product: Product) -> None:
    announce(ProductsChanged(products=Product.objects.filter(pk=product.pk)))


def _refused(code: str, text: str) -> RuleViolated:
    return RuleViolated(code, text, findings=[finding(code, "url", text)])
