"""Timed work on listings: do the shops' pages still open?"""

import datetime as dt
import time
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from accounts.models import User
from office.sentences import Sentence
from office.services import notify, tell_progress
from products.link_check import LinkChecker, LinkState
from products.models import Listing, ListingCheck, Product, ShopHost
from products.services import record_check

PAUSE_SECONDS = 1.0  # between two requests: a shop must not feel that it is checked
EVERY_DAYS = 7  # each listing; the job runs every night, so that a part of them is due
MAX_RUN_SECONDS = 300  # the worker has other things to do; who was not reached is first the next night


def check_listings(job: Any, *, checker: LinkChecker | None = None, pause_s: float = PAUSE_SECONDS) -> dict[str, Any]:
    """Check the due listings of public products in shops that take links; nothing while LISTING_CHECK is off.

    Returns counts of `open`, `gone` and `unknown`. Who works for the cooperative is told when a page is given up.
    """
    if not settings.LISTING_CHECK:
        return {"skipped": "LISTING_CHECK"}
    checker = checker or LinkChecker(hosts=frozenset(_hosts()))
    due = _due()
    counts = dict.fromkeys((state.value for state in LinkState), 0)
    until = time.monotonic() + MAX_RUN_SECONDS
    for number, listing in enumerate(due):
        if number:
            time.sleep(pause_s)
        if time.monotonic() > until:
            break
        state = checker.check(listing.url)
        counts[state.value] += 1
        _record(listing, is_open=None if state is LinkState.UNKNOWN else state is LinkState.OPEN)
        tell_progress(job, round(100 * (number + 1) / len(due)))
    return counts


def _hosts() -> Any:
    return ShopHost.objects.filter(is_active=True).values_list("host", flat=True)


def _due() -> list[Listing]:
    """Dead ones too: a shop may have been mended. Never checked ones first, then those checked longest ago."""
    # Half a day of slack: the night's job does not begin at the same second.
    before = timezone.now() - dt.timedelta(days=EVERY_DAYS - 0.5)
    public = Product.objects.public().values("pk")
    rows = Listing.objects.filter(Q(checked_at=None) | Q(checked_at__lt=before), shop__is_active=True)
    rows = rows.filter(product__in=public).order_by(F("checked_at").asc(nulls_first=True), "pk")
    return list(rows.select_related("product"))


@transaction.atomic
def _record(listing: Listing, *, is_open: bool | None) -> None:
    before = listing.check_result
    try:
        after = record_check(listing, is_open=is_open)
    except Listing.DoesNotExist:  # taken off while the shop was asked; the others are still due
        return
    if after.check_result == ListingCheck.DEAD and before != ListingCheck.DEAD:
        _tell_dead(after)  # in the same transaction: hidden and told, or neither


def _tell_dead(listing: Listing) -> None:
    users = User.objects.filter(memberships__cooperative=listing.product.cooperative_id).distinct()
    text = Sentence(
        gettext_lazy("Trang bán “%(product)s” trên %(shop)s không mở được nữa; người mua không còn thấy liên kết."),
        {"product": listing.product.name_vi, "shop": listing.shop.name},
    )
    url = reverse("products:listing-list", args=[listing.product_id])
    notify(users, "products.listing_dead", text, url, once_key=f"listing_dead:{listing.pk}:{listing.checked_at:%Y%m%d}")
