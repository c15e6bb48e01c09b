"""Listings: a cooperative's own, the buyer's way to the shop, and the officers' figures."""

import datetime as dt
import re

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import holds
from cooperatives.models import Cooperative
from core.form_errors import saved
from core.views import show_domain_errors
from products import services
from products.forms_shops import ListingForm
from products.models import Listing, Product, ShopHost
from products.permissions import can_edit_products
from products.services.shops import leads_to_its_shop
from products.summaries_shops import CLICK_DAYS, listings_with_clicks, shop_shares

# Programs that say what they are. Who hides it is counted; the figures are a hint for the clerk, not a bill.
_ROBOTS = re.compile(
    r"bot|crawl|spider|slurp|preview|facebookexternalhit|zalo|curl|wget|python|java/|okhttp|headless|monitor|lighthouse",
    re.IGNORECASE,
)
_PREFETCH_HEADERS = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


@require_safe
@show_domain_errors
def go(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the shop's page and count the day's click; only to an address that lies on its listed host still."""
    listing = get_object_or_404(Listing.objects.shown().select_related("shop"), pk=pk)
    if not leads_to_its_shop(listing):
        raise Http404
    if request.method == "GET" and not _is_machine(request):
        services.count_click(listing, day=localdate())
    response = HttpResponseRedirect(listing.url)
    response["Referrer-Policy"] = "no-referrer"  # the shop need not know which page the buyer read
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "private, no-store"
    return response


def _is_machine(request: HttpRequest) -> bool:
    if any("prefetch" in request.headers.get(name, "").lower() for name in _PREFETCH_HEADERS):
        return True
    agent = request.headers.get("User-Agent", "")
    return not agent or bool(_ROBOTS.search(agent))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@show_domain_errors
def listing_list(request: HttpRequest, pk: int) -> HttpResponse:
    """Where one of the cooperative's own products is sold, how often buyers went there, and the form for one more."""
    own = Product.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    product = get_object_or_404(own.select_related("cooperative"), pk=pk)
    form = ListingForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        url = form.cleaned_data["url"]
        if saved(form, lambda: services.add_listing(product, url=url, by=request.user)) is not None:
            messages.success(request, _("Đã thêm liên kết."))
            return redirect("products:listing-list", pk=pk)
    context = {
        "product": product,
        "listings": listings_with_clicks(product),
        "click_days": CLICK_DAYS,
        "shops": ShopHost.objects.filter(is_active=True),
        "form": form,
        "may_edit": can_edit_products(request.user, product.cooperative),
    }
    return render(request, "products/listing_list.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def listing_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a listing off."""
    own = Listing.objects.filter(product__cooperative__in=Cooperative.objects.worked_for_by(request.user))
    listing = get_object_or_404(own.select_related("product__cooperative"), pk=pk)
    services.remove_listing(listing, by=request.user)
    messages.success(request, _("Đã bỏ liên kết."))
    return redirect("products:listing-list", pk=listing.product_id)


@login_required
@require_safe
def shop_share_list(request: HttpRequest) -> HttpResponse:
    """Which share of producers sells on the web, by commune: for those who may view cooperatives there."""
    if not holds(request.user, "cooperatives.view_cooperative"):
        raise Http404
    shares = shop_shares(request.user)
    context = {"shares": shares, "since": localdate() - dt.timedelta(days=CLICK_DAYS - 1), "click_days": CLICK_DAYS}
    return render(request, "products/shop_share_list.html", context)
