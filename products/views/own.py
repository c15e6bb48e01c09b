"""A cooperative's own products and offers."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import DomainError
from core.views import show_domain_errors
from products import services
from products.forms import OfferForm, ProductForm
from products.models import Offer, Product


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def product_list(request: HttpRequest) -> HttpResponse:
    """The cooperative's own products, with the form for a new one."""
    cooperative = cooperative_of(request)
    form = ProductForm(request.POST or None, cooperative=cooperative)
    if request.method == "POST" and form.is_valid():
        made = _publish(form, cooperative, request.user)
        if made is not None:
            messages.success(request, _("Đã đưa “%(name)s” lên bản đồ.") % {"name": made.name_vi})
            return redirect("products:product-detail", pk=made.pk)
    products = Product.objects.filter(cooperative=cooperative).select_related("crop", "area").order_by("name_vi")
    context = {"cooperative": cooperative, "products": products, "form": form}
    return render(request, "products/product_list.html", context, status=422 if form.errors else 200)


def _publish(form: ProductForm, cooperative: Cooperative, user: Any) -> Product | None:
    try:
        return services.publish_product(cooperative, by=user, **form.cleaned_data)
    except DomainError as error:
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        if not error.findings:
            form.add_error(None, str(error))
        return None


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def product_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One of the cooperative's own products with its offers."""
    own = Product.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    product = get_object_or_404(own.select_related("cooperative", "crop", "area"), pk=pk)
    form = OfferForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        services.add_offer(product, by=request.user, **form.cleaned_data)
        messages.success(request, _("Đã thêm chào bán."))
        return redirect("products:product-detail", pk=pk)
    context = {"product": product, "offers": product.offers.order_by("-valid_from"), "form": form}
    return render(request, "products/product_detail.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@show_domain_errors
def product_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Show or hide a product."""
    own = Product.objects.filter(cooperative__in=Cooperative.objects.worked_for_by(request.user))
    product = get_object_or_404(own.select_related("cooperative"), pk=pk)
    services.set_published(product, is_published=request.POST.get("is_published") == "yes", by=request.user)
    return redirect("products:product-detail", pk=pk)


@login_required
@require_POST
@show_domain_errors
def offer_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an offer off."""
    own = Offer.objects.filter(product__cooperative__in=Cooperative.objects.worked_for_by(request.user))
    offer = get_object_or_404(own.select_related("product__cooperative"), pk=pk)
    services.end_offer(offer, by=request.user)
    messages.success(request, _("Đã ngừng chào bán."))
    return redirect("products:product-detail", pk=offer.product_id)
