"""The buyer's pages of enquiries: the form, the proof of the contact, the private page."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cooperatives.models import Cooperative
from core.errors import DomainError, TooManyRequests
from core.form_errors import add_errors
from core.throttling import caller_of, client_address, count_request, throttled
from core.views import error_lines, show_domain_errors
from products import services
from products.contacts import CODES_PER_ENQUIRY, MAX_ATTEMPTS, NOT_SOONER, VALID_FOR, masked, was_proved_by
from products.forms_enquiries import CodeForm, EnquiryForm, LinksForm, MessageForm
from products.known_contacts import known_contacts, remember_contact
from products.models import Enquiry, EnquiryStatus, Product
from products.services.enquiries import is_open
from products.timelines import timeline_of


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
        sent = _send(request, form, cooperative)
        if sent is not None:
            return redirect("products:enquiry", token=sent.token)
    return render(request, "products/enquiry_new.html", {"form": form, "cooperative": cooperative}, status=422)


def _spend(request: HttpRequest) -> None:
    """Count a message against the sender's budget; raise TooManyRequests over it."""
    wait = count_request("enquiry", caller_of(request))
    if wait:
        raise TooManyRequests(retry_after=wait)


def _send(request: HttpRequest, form: EnquiryForm, cooperative: Cooperative) -> Enquiry | None:
    data = dict(form.cleaned_data)
    try:
        sent, code = services.ask(
            cooperative,
            has_consented=data.pop("consent"),
            known=known_contacts(request),
            address=client_address(request),
            **data,
        )
    except TooManyRequests:
        raise
    except DomainError as error:
        add_errors(form, error)
        return None
    if sent.status == EnquiryStatus.UNCONFIRMED:
        _tell_code(request, code)
    else:
        messages.success(request, _("Đã gửi yêu cầu. Hãy lưu địa chỉ trang này để xem trả lời."))
    return sent


def _tell_code(request: HttpRequest, code: str) -> None:
    if code:
        told = _("Bản trình diễn: không gửi thư hay tin nhắn thật. Mã của bạn là %(code)s.")
        messages.info(request, told % {"code": code})


@require_http_methods(["GET", "POST"])
@throttled("enquiry_code", methods=("POST",))
def _confirm_page(request: HttpRequest, token: str) -> HttpResponse:
    found = get_object_or_404(Enquiry.objects.select_related("cooperative", "product", "market"), token=token)
    if found.status != EnquiryStatus.UNCONFIRMED:
        return redirect("products:enquiry", token=token)
    if request.method == "POST" and request.POST.get("do") == "resend":
        return _resend(request, found)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            found = services.confirm_enquiry(found, code=form.cleaned_data["code"])
        except DomainError as error:
            add_errors(form, error)
        else:
            messages.success(request, _("Đã xác nhận và gửi yêu cầu tới hợp tác xã. Hãy lưu địa chỉ trang này."))
            response = redirect("products:enquiry", token=token)
            # Another browser may have confirmed it in between; then this one typed anything.
            if was_proved_by(found, form.cleaned_data["code"]):
                remember_contact(request, response, found.contact_digest)
            return response
    context = {
        "enquiry": found,
        "form": form,
        "contact": masked(found.contact),
        "minutes": VALID_FOR.seconds // 60,
        "wait_seconds": NOT_SOONER.seconds,
        "attempts": MAX_ATTEMPTS,
        "most_codes": CODES_PER_ENQUIRY,
    }
    return render(request, "products/enquiry_confirm.html", context, status=422 if form.errors else 200)


def _resend(request: HttpRequest, found: Enquiry) -> HttpResponse:
    try:
        code = services.request_code(found, address=client_address(request))
    except TooManyRequests as error:
        told = _("Chưa gửi lại được: hãy đợi %(n)s giây rồi thử lại.") % {"n": error.retry_after}
        messages.error(request, told)
    except DomainError as error:
        _show_lines(request, error)
    else:
        messages.success(request, _("Đã gửi mã mới; mã cũ không còn dùng được."))
        _tell_code(request, code)
    return redirect("products:enquiry-confirm", token=found.token)


def _show_lines(request: HttpRequest, error: DomainError) -> None:
    for line in error_lines(error):
        messages.error(request, line)


@show_domain_errors
def enquiry_confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Proof of the contact: the code that went to it; the enquiry reaches the cooperative only then."""
    return unlisted(_confirm_page(request, token))


@require_http_methods(["GET", "POST"])
@show_domain_errors
def enquiry(request: HttpRequest, token: str) -> HttpResponse:
    """The buyer's private page: states and lines in time; contacts only where their owner gave them."""
    found = get_object_or_404(Enquiry.objects.select_related("cooperative", "product", "market"), token=token)
    if found.status == EnquiryStatus.UNCONFIRMED:
        return unlisted(redirect("products:enquiry-confirm", token=token))
    form = MessageForm(request.POST or None if request.POST.get("do", "") == "" else None)
    if request.method == "POST":
        answer = _act(request, found, form)
        if answer is not None:
            return unlisted(answer)
    context: dict[str, Any] = {
        "enquiry": found,
        "events": timeline_of(found),
        "form": form,
        "is_open": is_open(found),
        "shows_contact": found.cooperative.has_public_contact or found.cooperative_contact_at is not None,
    }
    return unlisted(render(request, "products/enquiry.html", context, status=422 if form.errors else 200))


def _act(request: HttpRequest, found: Enquiry, form: MessageForm) -> HttpResponse | None:
    """Do what the buyer pressed and lead back to the page; None when the form has to be shown with its errors."""
    do = request.POST.get("do", "")
    try:
        if do == "close":
            services.close_enquiry(found)
        elif do in ("share", "withhold"):
            services.share_contact(found, is_shared=do == "share")
        elif do == "link":
            services.send_link(found)
            messages.success(request, _("Đã gửi địa chỉ trang này tới liên hệ của bạn."))
        elif not form.is_valid():
            return None
        else:
            _spend(request)
            services.write_back(found, text=form.cleaned_data["text"])
    except TooManyRequests as error:
        if do != "link":
            raise
        told = _("Đã gửi rồi: hãy đợi %(n)s phút nữa rồi thử lại.")
        messages.error(request, told % {"n": (error.retry_after + 59) // 60})
    except DomainError as error:
        if do == "" and error.findings:
            add_errors(form, error)
            return None
        _show_lines(request, error)
    return redirect("products:enquiry", token=found.token)


@require_http_methods(["GET", "POST"])
@show_domain_errors
@throttled("enquiry", methods=("POST",))
def enquiry_links(request: HttpRequest) -> HttpResponse:
    """Lost the private address? It goes again to the contact; the page never says whether there was one."""
    form = LinksForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.send_links(form.cleaned_data["contact"])
        except DomainError as error:
            add_errors(form, error)
        else:
            told = _("Nếu liên hệ này đã gửi yêu cầu trong 90 ngày qua, địa chỉ các trang riêng sẽ tới trong ít phút.")
            messages.success(request, told)
            return redirect("products:enquiry-links")
    return render(request, "products/enquiry_links.html", {"form": form}, status=422 if form.errors else 200)


def unlisted(response: HttpResponse) -> HttpResponse:
    """A private address must stay out of search engines, caches and other sites' referrers.

    Not `no-referrer`: under it a browser sends `Origin: null` with a form (Fetch, section 3.2), which Django refuses.
    """
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    return response
