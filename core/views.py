"""Health, error pages, and the one place where a page turns a domain error into an answer."""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from core.errors import BadInput, DomainError, TooManyRequests
from core.problems import (
    RETRY_AFTER_SECONDS,
    STATUSES,
    current_error,
    is_database_down,
    is_machine_path,
    problem_response,
    unavailable,
)

logger = logging.getLogger(__name__)
View = Callable[..., HttpResponse]
WRITING_METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE"})


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process answers; asks nothing of the database."""
    return JsonResponse({"status": "ok"})


@require_safe
@never_cache
def readyz(request: HttpRequest) -> HttpResponse:
    """200 when the database answers and has every migration, else 503 with Retry-After."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return unavailable(request)
    if waiting:
        return problem_response(
            request,
            503,
            code="migrations_missing",
            detail=_("Cơ sở dữ liệu chưa được nâng cấp xong."),
            headers={"Retry-After": "30"},
        )
    return JsonResponse({"status": "ok"})


@require_safe
def problem_list(request: HttpRequest, code: str = "") -> HttpResponse:
    """The page behind `type` of every problem document: all general codes, the one asked for marked."""
    rows = [
        {"status": status, "code": known, "title": title, "what_to_do": what_to_do}
        for status, (known, title, what_to_do) in STATUSES.items()
    ]
    unlisted = "" if code in {row["code"] for row in rows} else code
    return render(request, "core/problems.html", {"rows": rows, "code": code, "unlisted": unlisted})


# --- Error pages: no database, no session, so that they also work when those are what failed -------------------


def error_page(request: HttpRequest, status: int, detail: Any = "") -> HttpResponse:
    """Return the page for people, from `<status>.html` or `error.html`, which must not need the database.

    The templates get `status, title, detail, request_id, is_demo, public_url, csp_nonce` and no request.
    """
    _code, title, what_to_do = STATUSES.get(status, STATUSES[500])
    context = {
        "status": status,
        "title": title,
        "detail": detail or what_to_do,
        "request_id": getattr(request, "id", ""),
        "is_demo": settings.DEMO,
        "public_url": settings.PUBLIC_URL,
        "csp_nonce": getattr(request, "csp_nonce", ""),
    }
    try:
        body = render_to_string([f"{status}.html", "error.html"], context)
    except TemplateDoesNotExist:
        body = format_html(
            '<!doctype html><meta charset="utf-8"><title>{title}</title>'
            "<h1>{title}</h1><p>{detail}</p><p>{request_id}</p>",
            **context,
        )
    response = HttpResponse(body, status=status)
    response["Cache-Control"] = "no-store"
    return response


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler400: also for a foreign Host and a form with too many fields."""
    return _error_answer(request, 400)


def permission_denied(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler403."""
    return _error_answer(request, 403)


def page_not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """handler404."""
    return _error_answer(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500; 503 with Retry-After when the database is what failed."""
    if not is_database_down(current_error()):
        return _error_answer(request, 500)
    response = _error_answer(request, 503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW: says what to do; the reason stays in the log."""
    detail = _("Phiên làm việc đã hết hạn hoặc yêu cầu đến từ trang khác. Hãy tải lại trang rồi gửi lại.")
    if is_machine_path(request.path):
        return problem_response(request, 403, code="csrf_failed", detail=detail)
    return error_page(request, 403, detail)


def _error_answer(request: HttpRequest, status: int) -> HttpResponse:
    if is_machine_path(request.path):
        return problem_response(request, status)
    return error_page(request, status)


# --- Domain errors on pages ------------------------------------------------------------------------------------


def show_domain_errors(view: View) -> View:
    """Show a DomainError that the view raises to the person who caused it.

    A form post goes back to the page it came from with the error as a message (htmx: the message fragment
    `includes/messages.html` with the error's status); a read shows the error page with the right status.
    """

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except DomainError as error:
            return domain_error_answer(request, error)

    return wrapped


def domain_error_answer(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page answer to `error`; see `show_domain_errors`."""
    if error.status == 404:
        raise Http404 from error
    if error.status == 403:  # a form goes back with a message, which Django itself would not log (ASVS §16.3.2)
        logger.warning("refused: %s %s, user %s: %s", request.method, request.path, request.user.pk, error.code)
    if request.method in WRITING_METHODS and not isinstance(error, TooManyRequests):
        for line in error_lines(error):
            messages.error(request, line)
        if getattr(request, "htmx", False):
            fragment = render_to_string("includes/messages.html", {"messages": messages.get_messages(request)})
            response = HttpResponse(fragment, status=error.status)
            response["HX-Retarget"] = "#messages"
            response["HX-Reswap"] = "innerHTML"
            return response
        return redirect(_where_from(request))
    return domain_error_page(request, error)


def domain_error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the error page of a domain error, with its status."""
    detail = " ".join(error_lines(error)) if isinstance(error, BadInput) else error.detail
    response = error_page(request, error.status, detail)
    if isinstance(error, TooManyRequests):
        response["Retry-After"] = str(error.retry_after)
    return response


def error_lines(error: DomainError) -> list[str]:
    """Return the error as lines for people: its detail, then one line for each finding."""
    return [str(error.detail), *(str(finding.message) for finding in error.findings)]


def _where_from(request: HttpRequest) -> str:
    came_from = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
    return came_from if is_ours else "/"
