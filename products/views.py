"""Pages of producers, products and enquiries."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from cooperatives.models import Cooperative
from cooperatives.views import cooperative_of
from core.errors import DomainError, TooManyRequests
from core.throttling import caller_of, count_request
from core.views import show_domain_errors
from products import services
from products.forms import EnquiryForm, MessageForm, OfferForm, ProductForm
from products.models import Enquiry, Offer, Product
from products.permissions import can_answer_enquiry
from products.summaries import producer_page


@require_GET
def producer(request: HttpRequest, slug: str) -> HttpResponse:
    """The public page of one cooperative."""
    cooperative = get_object_or_404(Cooperative.objects.public().select_related("commune"), slug=slug)
    page = producer_page(cooperative)
    frame = {
        "show": [],
        "bounds": page.bounds,
        "features": page.outlines,
        "hash": False,
        "legend": False,
        "count": False,
    }
    # Not for shared caches: the language form in the header carries the visitor's own CSRF token.
    return render(request, "products/producer.html", {"page": page, "frame": frame})


@require_http_methods(["GET", "POST"])
@show_domain_errors
def enquiry_new(request: HttpRequest, slug: str) -> HttpResponse:
    """The form by which a buyer asks a cooperative."""
    cooperative = get_object_or_404(Cooperative.objects.public(), slug=slug)
    if request.method == "GET":
        chosen = Product.objects.public().filter(cooperative=cooperative, slug=request.GET.get("product", "")).first()
        form = EnquiryForm(cooperative=cooperative, initial={"product": chosen})
        return render(request, "products/enquiry_new.html", {"form": form, "cooperative": cooperative})
    form = EnquiryForm(request.POST, cooperative=cooperative)
    if form.is_valid():
        _spend(request)
        sent = _send(form, cooperative)
        if sent is not None:
            messages.success(request, _("Đã gửi yêu cầu. Hãy lưu địa chỉ trang này để xem trả lời."))
            return redirect("products:enquiry", token=sent.token)
    return render(request, "products/enquiry_new.html", {"form": form, "cooperative": cooperative}, status=422)


def _spend(request: HttpRequest) -> None:
    """Count a message against the sender's budget; raise TooManyRequests over it."""
    wait = count_request("enquiry", caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)


def _send(form: EnquiryForm, cooperative: Cooperative) -> Enquiry | None:
    data = dict(form.cleaned_data)
    try:
        return services.send_enquiry(cooperative, has_consented=data.pop("consent"), **data)
    except DomainError as error:
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        return None


@require_http_methods(["GET", "POST"])
@show_domain_errors
def enquiry(request: HttpRequest, token: str) -> HttpResponse:
    """The buyer's private page: the conversation, without either side's contact."""
    found = get_object_or_404(Enquiry.objects.select_related("cooperative", "product", "market"), token=token)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and request.POST.get("do") == "close":
        services.close_enquiry(found)
        return redirect("products:enquiry", token=token)
    if request.method == "POST" and form.is_valid():
        _spend(request)
        services.write_back(found, text=form.cleaned_data["text"])
        return redirect("products:enquiry", token=token)
    context = {"enquiry": found, "lines": found.messages.all(), "form": form, "is_open": _is_open(found)}
    return _unlisted(render(request, "products/enquiry.html", context))


def _is_open(found: Enquiry) -> bool:
    return found.status in ("sent", "read", "answered")


def _unlisted(response: HttpResponse) -> HttpResponse:
    """A private address must stay out of search engines, caches and referrers."""
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


@login_required
@require_GET
def enquiry_inbox(request: HttpRequest) -> HttpResponse:
    """Enquiries to the user's cooperatives, those that wait first."""
    found = (
        Enquiry.objects.visible_to(request.user)
        .select_related("cooperative", "product", "market")
        .order_by("answered_at", "-created_at")
    )
    return render(request, "products/enquiry_inbox.html", {"enquiries": found[:200]})


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def enquiry_inbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One enquiry with the form to answer."""
    visible = Enquiry.objects.visible_to(request.user).select_related("cooperative", "product", "market")
    found = get_object_or_404(visible, pk=pk)
    form = MessageForm(request.POST or None)
    if request.method == "POST" and request.POST.get("do") == "close":
        services.close_enquiry(found, by=request.user)
        return redirect(found)
    if request.method == "POST" and form.is_valid():
        services.answer_enquiry(found, text=form.cleaned_data["text"], by=request.user)
        messages.success(request, _("Đã gửi trả lời cho người mua."))
        return redirect(found)
    services.open_enquiry(found, by=request.user)
    found.refresh_from_db(fields=["status", "read_at"])
    context = {
        "enquiry": found,
        "lines": found.messages.select_related("by"),
        "form": form,
        "may_answer": can_answer_enquiry(request.user, found) and _is_open(found),
    }
    return render(request, "products/enquiry_inbox_detail.html", context)


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
