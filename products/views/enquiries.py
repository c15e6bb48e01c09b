"""Pages of enquiries: the buyer's form and private page, the cooperative's inbox."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.models import Cooperative
from core.errors import DomainError, TooManyRequests
from core.throttling import caller_of, count_request
from core.views import show_domain_errors
from products import services
from products.forms import EnquiryForm, MessageForm
from products.models import Enquiry, Product
from products.permissions import can_answer_enquiry


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
