"""The cooperative's pages of enquiries: inbox, one enquiry, ready answers."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from cooperatives.models import Cooperative
from core.errors import DomainError
from core.form_errors import add_errors
from core.views import show_domain_errors
from products import services
from products.forms_enquiries import AnswerForm, AnswerTemplateForm, CloseForm
from products.models import AnswerTemplate, Enquiry, EnquiryStatus
from products.permissions import can_answer_enquiry
from products.services.answers import PLACES, fill_template
from products.services.enquiries import is_open
from products.tasks import EXPIRES_AFTER_DAYS
from products.timelines import timeline_of

PAGE_SIZE = 50
TABS = {
    "waiting": gettext_lazy("Chờ trả lời"),
    "answered": gettext_lazy("Đã trả lời"),
    "closed": gettext_lazy("Đã đóng, hết hạn"),
    "spam": gettext_lazy("Thư rác"),
}


@login_required
@require_GET
def enquiry_inbox(request: HttpRequest) -> HttpResponse:
    """Enquiries to the user's cooperatives in tabs; those that wait longest stand first."""
    mine = Cooperative.objects.worked_for_by(request.user).order_by("name")
    chosen = mine.filter(slug=request.GET.get("cooperative", "")).first()
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in TABS else "waiting"
    query = " ".join(request.GET.get("q", "").replace("\x00", "").split())[:100]
    found = Enquiry.objects.visible_to(request.user)
    if chosen is not None:
        found = found.filter(cooperative=chosen)
    if query:
        found = found.search(query)
    counts = _counts(found)
    rows = found.in_tab(tab).select_related("cooperative", "product", "market")
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "tabs": [(name, title, counts[name]) for name, title in TABS.items()],
        "tab": tab,
        "rows": [(row, _days(row)) for row in page.object_list],
        "unread": counts["unread"],
        "cooperatives": mine,
        "cooperative": chosen,
        "q": query,
        "kept": _kept(chosen, query),
        "page": page,
        "may_edit": Cooperative.objects.managed_by(request.user).exists(),
        "expires_after": EXPIRES_AFTER_DAYS,
    }
    return render(request, "products/enquiry_inbox.html", context)


def _counts(found: Any) -> dict[str, int]:
    shown = Q(spam_at=None)
    return found.aggregate(
        waiting=Count("pk", filter=shown & Q(status__in=("sent", "read"))),
        answered=Count("pk", filter=shown & Q(status="answered")),
        closed=Count("pk", filter=shown & Q(status__in=("closed", "expired"))),
        spam=Count("pk", filter=~shown),
        unread=Count("pk", filter=shown & Q(status=EnquiryStatus.SENT)),
    )


def _days(enquiry: Enquiry) -> int:
    """Return how many whole days the enquiry has waited, or has been there when it no longer waits."""
    since = enquiry.waiting_since or enquiry.sent_at or enquiry.created_at
    return max(0, (timezone.now() - since).days)


def _kept(chosen: Cooperative | None, query: str) -> str:
    """Return the filters as the tail of a query string, for the tabs."""
    kept = {"cooperative": chosen.slug if chosen else "", "q": query}
    tail = urlencode({name: value for name, value in kept.items() if value})
    return f"&{tail}" if tail else ""


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def enquiry_inbox_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One enquiry with the forms to answer, close, or mark it as spam."""
    visible = Enquiry.objects.visible_to(request.user).select_related("cooperative", "product", "market")
    found = get_object_or_404(visible, pk=pk)
    do = request.POST.get("do", "")
    form = AnswerForm(
        request.POST if request.method == "POST" and not do else None,
        cooperative=found.cooperative,
        initial={"text": _ready_text(request, found)},
    )
    if request.method == "POST" and (do or form.is_valid()):
        answer = _act(request, found, do, form)
        if answer is not None:
            return answer
    if not form.errors:
        services.open_enquiry(found, by=request.user)
        found.refresh_from_db(fields=["status", "read_at"])
    may_answer = can_answer_enquiry(request.user, found)
    context = {
        "enquiry": found,
        "events": timeline_of(found),
        "form": form,
        "close_form": CloseForm(),
        "days": _days(found),
        "days_left": EXPIRES_AFTER_DAYS - _days(found) if found.waiting_since else None,
        "templates": found.cooperative.answer_templates.all() if may_answer else [],
        "may_edit": may_answer,
        "may_answer": may_answer and is_open(found) and found.spam_at is None,
        "contact": found.contact if found.contact_shared_at and found.answered_at and may_answer else "",
    }
    return render(request, "products/enquiry_inbox_detail.html", context, status=422 if form.errors else 200)


def _ready_text(request: HttpRequest, found: Enquiry) -> str:
    """Return the ready answer that `?template=` names, filled for this buyer; "" for none."""
    key = request.GET.get("template", "")
    if not (key.isascii() and key.isdigit() and len(key) < 10):
        return ""
    template = found.cooperative.answer_templates.filter(pk=int(key)).first()
    return fill_template(template.text, found) if template else ""


def _act(request: HttpRequest, found: Enquiry, do: str, form: AnswerForm) -> HttpResponse | None:
    if do == "close":
        services.close_enquiry(found, by=request.user, reason=request.POST.get("reason", ""))
        messages.success(request, _("Đã đóng yêu cầu và báo cho người mua."))
        return redirect(found)
    if do in ("spam", "not_spam"):
        services.mark_spam(found, is_spam=do == "spam", by=request.user)
        told = _("Đã ẩn yêu cầu vào thư rác.") if do == "spam" else _("Đã đưa yêu cầu trở lại hộp thư.")
        messages.success(request, told)
        return redirect("products:enquiry-inbox") if do == "spam" else redirect(found)
    try:
        services.answer_enquiry(
            found,
            text=form.cleaned_data["text"],
            by=request.user,
            shows_contact=form.cleaned_data["shows_contact"],
            **form.attachment(),
        )
    except DomainError as error:
        if not error.findings:
            raise
        add_errors(form, error)
        return None
    messages.success(request, _("Đã gửi trả lời cho người mua."))
    return redirect(found)


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def template_list(request: HttpRequest) -> HttpResponse:
    """The ready answers of the cooperatives for which the user enters data, with the form for a new one."""
    mine = Cooperative.objects.managed_by(request.user).order_by("name")
    form = AnswerTemplateForm(request.POST or None, cooperatives=mine)
    if request.method == "POST" and form.is_valid():
        cooperative = form.cleaned_data.get("cooperative") or get_object_or_404(mine)
        if _save(form, cooperative, request.user):
            messages.success(request, _("Đã lưu mẫu trả lời."))
            return redirect("products:answer-template-list")
    found = AnswerTemplate.objects.filter(cooperative__in=mine).select_related("cooperative")
    context = {
        "templates": found.order_by("cooperative__name", "title"),
        "form": form,
        "places": PLACES,
        "may_edit": mine.exists(),
    }
    return render(request, "products/answer_template_list.html", context, status=422 if form.errors else 200)


def _save(
    form: AnswerTemplateForm, cooperative: Cooperative, user: Any, template: AnswerTemplate | None = None
) -> bool:
    title, text = form.cleaned_data["title"], form.cleaned_data["text"]
    try:
        services.save_template(cooperative, title=title, text=text, by=user, template=template)
    except DomainError as error:
        if not error.findings:
            raise
        add_errors(form, error)
        return False
    return True


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def template_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one ready answer, or throw it away."""
    mine = Cooperative.objects.managed_by(request.user)
    template = get_object_or_404(AnswerTemplate.objects.filter(cooperative__in=mine), pk=pk)
    if request.POST.get("do") == "delete":
        services.delete_template(template, by=request.user)
        messages.success(request, _("Đã xóa mẫu trả lời."))
        return redirect("products:answer-template-list")
    form = AnswerTemplateForm(
        request.POST or None,
        cooperatives=mine,
        template=template,
        initial={"title": template.title, "text": template.text},
    )
    if request.method == "POST" and form.is_valid() and _save(form, template.cooperative, request.user, template):
        messages.success(request, _("Đã lưu mẫu trả lời."))
        return redirect("products:answer-template-list")
    context = {"template": template, "form": form, "places": PLACES}
    return render(request, "products/answer_template_detail.html", context, status=422 if form.errors else 200)
