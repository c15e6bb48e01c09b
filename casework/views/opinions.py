"""The page of an opinion: who holds the link reads the request without persons, and answers once."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from casework import services
from casework.eligibility import examine, question_of
from casework.forms import OpinionAnswerForm
from casework.frames import request_frame
from casework.models import Opinion
from casework.services.opinions import is_open, opinion_of
from cooperatives.models import HolderKind
from core.errors import DomainError
from core.throttling import client_address, throttled
from core.views import error_lines, show_domain_errors

NOT_FOUND, GONE = 404, 410


# No CSRF token: nothing here comes from a cookie, the secret in the address is the whole right. And none would work:
# under `no-referrer` a browser sends `Origin: null` with a form (Fetch, section 3.2), which Django refuses.
@csrf_exempt
@require_http_methods(["GET", "POST"])
@show_domain_errors
@throttled("opinion")
def opinion_page(request: HttpRequest, token: str) -> HttpResponse:
    """Show the request and take the answer. Unknown, taken back and expired links get the same words (404, 410)."""
    opinion = opinion_of(token)
    if opinion is None:
        return _private(render(request, "casework/opinion_gone.html", status=NOT_FOUND))
    if request.method == "GET":
        opinion.visits.create(address=_address(request))
    if not is_open(opinion):
        return _private(render(request, "casework/opinion_gone.html", status=GONE))
    form = OpinionAnswerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            services.answer_opinion(opinion, **form.cleaned_data)
        except DomainError as error:
            for line in error_lines(error):
                form.add_error(None, line)
            opinion.refresh_from_db()
            return _private(_page(request, opinion, form, status=error.status))
        return _private(redirect(request.path))
    return _private(_page(request, opinion, form, status=422 if form.errors else 200))


def _page(request: HttpRequest, opinion: Opinion, form: OpinionAnswerForm, *, status: int) -> HttpResponse:
    code_request = opinion.code_request
    holder = code_request.cooperative
    context: dict[str, Any] = {
        "opinion": opinion,
        "form": form,
        "code_request": code_request,
        # The name of a household is a person's.
        "holder": "" if holder.kind == HolderKind.HOUSEHOLD else holder.name,
        "markets": code_request.markets.all(),
        "plots": code_request.area.plots.select_related("variety").order_by("ref"),
        "findings": examine(question_of(code_request, on=localdate())),
        "frame": request_frame(code_request, with_neighbours=False),
    }
    return render(request, "casework/opinion.html", context, status=status)


def _private(response: HttpResponse) -> HttpResponse:
    """The address is a secret: it is told to no other site, kept by no cache and no search engine."""
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _address(request: HttpRequest) -> str | None:
    address = client_address(request)
    try:
        validate_ipv46_address(address)
    except ValidationError:  # a socket of the system has none
        return None
    return address
