"""The public check of a code: for anybody, without script, cookies or sign-in; a shared cache may keep it a minute."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from codes.certificates.seal import Seal, looks_sealed, read_seal
from codes.numbering import MAX_TYPED_LENGTH, find_code, suggestions
from codes.summaries import SKETCH_SIZE, check_code
from codes.views.language import in_asked_language, language_query
from core.throttling import throttled
from core.views import show_domain_errors

PUBLIC_SECONDS = 60


@require_safe
@in_asked_language
@show_domain_errors
@throttled("verify")
def check_form(request: HttpRequest) -> HttpResponse:
    """The form; with `?code=` on to the code's own address."""
    typed = request.GET.get("code", "").strip()[:MAX_TYPED_LENGTH]
    if typed and typed.strip("/ ."):
        found = find_code(typed)
        return HttpResponseRedirect(reverse("codes:check", args=[found.code if found else typed.strip("/ .")]))
    return _page(request, "codes/check_form.html", {})


@require_safe
@in_asked_language
@show_domain_errors
def check(request: HttpRequest, code: str) -> HttpResponse:
    """What holds for this code today; other spellings lead to the right one, unknown codes to the nearest.

    A sealed address (from a certificate or a plate) is tested first, without the database: forged ones end here.
    """
    if not looks_sealed(code):
        return _checked(request, code, None)
    seal = read_seal(code)
    if seal is None:
        typed = code[:MAX_TYPED_LENGTH].partition(".")[0]
        return _page(request, "codes/check_forged.html", {"typed": typed}, status=404)
    return _checked(request, seal.code, seal)


@throttled("verify")
def _checked(request: HttpRequest, code: str, seal: Seal | None) -> HttpResponse:
    found = find_code(code)
    if found is None:
        typed = code[:MAX_TYPED_LENGTH]
        return _page(request, "codes/check_unknown.html", {"typed": typed, "nearest": suggestions(typed)}, status=404)
    canonical = found.get_absolute_url()
    if seal is None and request.path != canonical:
        return HttpResponseRedirect(canonical)
    return _page(request, "codes/check.html", {"check": check_code(found, seal), "size": SKETCH_SIZE})


def _page(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """Render without the request: nothing of the visitor may get into a page that a shared cache keeps.

    But for the language: it stands in the address, or in the cookie by which the answer varies.
    """
    more = {"is_demo": settings.DEMO, "lang_query": language_query(request)}
    body = render_to_string(template, context | more)
    response = HttpResponse(body, status=status)
    patch_cache_control(response, public=True, max_age=PUBLIC_SECONDS)
    return response
