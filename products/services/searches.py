"""Saved searches: the product map's filters under a name, and a weekly mail of what is new among them."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import transaction
from django.db.models import BigIntegerField, F, Func, QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from core.errors import BadInput, RuleViolated
from core.filters import as_query_dict, without_blanks
from core.text import clean_line
from products.layers import PRODUCTS
from products.models import Product, SavedSearch
from products.services.findings import finding

MAX_SEARCHES = 20
MAX_QUERY = 600
# Where one stands in the list, and what other sites add to a link: no part of what is looked for.
PASSING = frozenset({"page", "sort", "view", "print", "fbclid", "gclid", "zarsrc", "mibextid"})
_SALT = "products.searches.stop"
_NOBODY = AnonymousUser()


def read_query(params: Mapping[str, Any]) -> str:
    """Return filters in one spelling (sorted, without blanks); raise BadInput for what the product map refuses."""
    asked = without_blanks(as_query_dict(params))
    for name in [name for name in asked if name in PASSING or name.startswith("utm_")]:
        del asked[name]
    PRODUCTS.filtered(_NOBODY, asked)
    kept = as_query_dict({name: sorted(asked.getlist(name)) for name in sorted(asked)})
    query = kept.urlencode(safe=",")
    if len(query) > MAX_QUERY:
        detail = _("Bộ lọc dài quá, không lưu được. Hãy bỏ bớt điều kiện.")
        raise RuleViolated(findings=[finding("query_too_long", "query", detail)])
    return query


def matches(search: SavedSearch) -> QuerySet[Product]:
    """Return the public products that match today; raise BadInput when the filters hold no longer (a crop is gone)."""
    return PRODUCTS.filtered(_NOBODY, search_params(search))


def search_params(search: SavedSearch) -> QueryDict:
    """Return the filters of the search as query parameters."""
    return QueryDict(search.query)


def new_matches(search: SavedSearch) -> QuerySet[Product]:
    """Return the products that match today and did not when the search was last looked through."""
    own = SavedSearch.objects.filter(pk=search.pk)
    seen = own.annotate(one=Func(F("seen"), function="unnest", output_field=BigIntegerField())).values("one")
    return matches(search).exclude(pk__in=seen)


@transaction.atomic
def save_search(user: User, *, name: str, params: Mapping[str, Any], is_mailed: bool = True) -> SavedSearch:
    """Keep the filters under a name. What matches now is known: only what comes later will be mailed.

    Raises BadInput for filters that the product map refuses; RuleViolated beyond 20 searches and for a name in use.
    """
    query = read_query(params)
    # One row that all of the user's saves wait for: two at once cannot both be the twentieth.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    own = SavedSearch.objects.filter(user=user)
    if own.count() >= MAX_SEARCHES:
        detail = _("Mỗi tài khoản lưu được %(n)s tìm kiếm. Hãy xóa bớt tìm kiếm cũ.") % {"n": MAX_SEARCHES}
        raise RuleViolated(findings=[finding("too_many_searches", "name", detail)])
    name = _free_name(own, name)
    search = SavedSearch(user=user, name=name, query=query, is_mailed=is_mailed)
    search.seen = _match_ids(search)
    search.save()
    return search


@transaction.atomic
def change_search(
    search: SavedSearch, *, by: User, name: str | None = None, is_mailed: bool | None = None
) -> SavedSearch:
    """Give the search another name, or switch its mail; who switches it on again hears only of what comes later."""
    search = SavedSearch.objects.select_for_update(of=("self",)).get(pk=search.pk, user=by)
    if name is not None:
        search.name = _free_name(SavedSearch.objects.filter(user=by).exclude(pk=search.pk), name)
    if is_mailed is not None:
        if is_mailed and not search.is_mailed:
            search.seen = _match_ids(search)
        search.is_mailed = is_mailed
    search.save(update_fields=["name", "is_mailed", "seen"])
    return search


def delete_search(search: SavedSearch, *, by: User) -> None:
    """Forget the search."""
    SavedSearch.objects.filter(pk=search.pk, user=by).delete()


def stop_token(search: SavedSearch) -> str:
    """Return the signed token by which whoever holds the mail can stop it; it names no person."""
    return signing.dumps(search.pk, salt=_SALT)


def stop_mail(token: str) -> bool:
    """Stop the weekly mail of the search that the token names; False for a token that we did not sign.

    True also when the search is gone or its mail stopped before: the wish is fulfilled either way.
    """
    try:
        pk = signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return False
    SavedSearch.objects.filter(pk=pk).update(is_mailed=False)
    return True


def is_stop_token(token: str) -> bool:
    """Whether we signed this token."""
    try:
        signing.loads(token, salt=_SALT)
    except signing.BadSignature:
        return False
    return True


@transaction.atomic
def look_through(search: SavedSearch) -> list[int]:
    """Take note of what matches now; return the ids of the products that are new, the newest first.

    Two runs at once tell nothing twice: the row is locked, and the second finds nothing new. [] for filters that hold
    no longer, and for a search that its user has deleted meanwhile.
    """
    found = SavedSearch.objects.select_for_update(of=("self",)).filter(pk=search.pk).first()
    if found is None:
        return []
    search = found
    try:
        new = list(new_matches(search).order_by("-updated_at", "pk").values_list("pk", flat=True))
        search.seen = _match_ids(search)
    except BadInput:
        return []
    if new:
        search.mailed_at = timezone.now()
    search.save(update_fields=["seen", "mailed_at"])
    return new


def _match_ids(search: SavedSearch) -> list[int]:
    return sorted(matches(search).order_by().values_list("pk", flat=True))


def _free_name(others: QuerySet[SavedSearch], name: str) -> str:
    name = clean_line(name)
    if not name:
        raise RuleViolated(findings=[finding("name_missing", "name", _("Hãy đặt tên cho tìm kiếm."))])
    if others.filter(name=name).exists():
        raise RuleViolated(findings=[finding("name_taken", "name", _("Bạn đã có tìm kiếm mang tên này."))])
    return name
