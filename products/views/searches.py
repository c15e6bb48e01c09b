"""Saved searches of a signed-in user, and the page that stops their mail without signing in."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.errors import BadInput, DomainError
from core.filters import without_blanks
from core.views import show_domain_errors
from products.forms_searches import SearchForm
from products.models import SavedSearch
from products.search_words import name_for, row_of, words_of
from products.services import searches


@login_required
@require_GET
def search_list(request: HttpRequest) -> HttpResponse:
    """GET /searches/: one's own searches with how much each finds today."""
    own = SavedSearch.objects.filter(user=request.user.pk).defer("seen").order_by("name")
    rows = [row_of(search) for search in own]
    return render(request, "products/search_list.html", {"rows": rows, "limit": searches.MAX_SEARCHES})


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def search_new(request: HttpRequest) -> HttpResponse:
    """GET, POST /searches/new/?<filters>: keep the filters of the product map under a name."""
    params = QueryDict(searches.read_query(without_blanks(request.GET)))
    form = SearchForm(request.POST or None, initial={"name": name_for(params)})
    if request.method == "POST" and form.is_valid() and _done(form, lambda data: _save(request, params, data)):
        messages.success(request, _("Đã lưu tìm kiếm."))
        return redirect("products:search-list")
    context = {"form": form, "asked": words_of(params), "map_url": _map_url(params)}
    return render(request, "products/search_new.html", context, status=422 if form.errors else 200)


def _save(request: HttpRequest, params: QueryDict, data: dict[str, Any]) -> None:
    searches.save_search(request.user, params=params, **data)  # type: ignore[arg-type]


@login_required
@require_http_methods(["GET", "POST"])
@show_domain_errors
def search_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """GET, POST /searches/<pk>/: another name, mail on or off."""
    search = get_object_or_404(SavedSearch, pk=pk, user=request.user)
    form = SearchForm(request.POST or None, initial={"name": search.name, "is_mailed": search.is_mailed})
    if request.method == "POST" and form.is_valid():

        def change(data: dict[str, Any]) -> None:
            searches.change_search(search, by=request.user, **data)  # type: ignore[arg-type]

        if _done(form, change):
            messages.success(request, _("Đã lưu thay đổi."))
            return redirect("products:search-list")
    context = {"form": form, "row": row_of(search), "map_url": _map_url(searches.search_params(search))}
    return render(request, "products/search_edit.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def search_delete(request: HttpRequest, pk: int) -> HttpResponse:
    """POST /searches/<pk>/delete/."""
    search = get_object_or_404(SavedSearch, pk=pk, user=request.user)
    searches.delete_search(search, by=request.user)  # type: ignore[arg-type]
    messages.success(request, _("Đã xóa tìm kiếm."))
    return redirect("products:search-list")


# No cookie comes with the post of a mail program (RFC 8058); the signed token is the right to do this one thing.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def search_stop(request: HttpRequest, token: str) -> HttpResponse:
    """GET, POST /searches/stop/<token>/: stop the mail of a search. Opening it only asks: mail scanners open links."""
    is_done = request.method == "POST"
    if not (searches.stop_mail(token) if is_done else searches.is_stop_token(token)):
        raise Http404
    response = render(request, "products/search_stop.html", {"is_done": is_done})
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Referrer-Policy"] = "no-referrer"
    response["Cache-Control"] = "private, no-store"
    return response


def _map_url(params: QueryDict) -> str:
    query = params.urlencode(safe=",")
    return f"{reverse('home')}?{query}" if query else reverse("home")


def _done(form: SearchForm, act: Any) -> bool:
    """Do it; put what a rule refuses beside its field."""
    try:
        act(form.cleaned_data)
    except BadInput:
        raise
    except DomainError as error:
        for finding in error.findings:
            name = finding.pointer.strip("/")
            form.add_error(name if name in form.fields else None, str(finding.message))
        return False
    return True
