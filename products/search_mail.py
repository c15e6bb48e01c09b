"""The weekly mail of saved searches: only what is new, never a person's data, one link that stops it."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from office.services.messages import preferences_of
from office.services.outbox import queue
from products.models import Offer, Product, SavedSearch
from products.services.searches import look_through, stop_token

SHOWN = 15  # products named in one mail; the link shows all


def mail_searches(job: Any) -> dict[str, int]:
    """Job: look through every search whose user wants mail, and put a mail on its way where something is new.

    Each search in a transaction of its own: what was noted as told and the mail are stored together or not at all.
    """
    looked = mailed = 0
    due = SavedSearch.objects.filter(is_mailed=True, user__is_active=True).exclude(user__email="")
    for search in due.exclude(user__message_preference__by_mail=False).order_by("pk").iterator(chunk_size=200):
        with transaction.atomic():
            new = look_through(search)
            if new:
                queue("products.search_mail", {"search": search.pk, "products": new[:SHOWN], "count": len(new)})
        looked += 1
        mailed += bool(new)
    return {"searches": looked, "mails": mailed}


def deliver_search_mail(payload: dict[str, Any]) -> None:
    """Mail one user what is new; called by the outbox. Nothing goes when it was stopped or hidden in the meantime."""
    search = SavedSearch.objects.select_related("user").filter(pk=payload["search"], is_mailed=True).first()
    if search is None or not (search.user.is_active and search.user.email):
        return
    new = Product.objects.public().filter(pk__in=payload["products"]).select_related("cooperative", "commune", "crop")
    products = list(new.defer("commune__boundary", "commune__boundary_3857").order_by("name_vi", "pk"))
    if not products:
        return
    with override(preferences_of([search.user_id])[search.user_id].language):
        subject, body = _words(search, products, int(payload["count"]))
    stop = _address("products:search-stop", stop_token(search))
    # RFC 8058: mail programs show their own button, which posts; opening the link alone stops nothing.
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [search.user.email], headers=headers).send()


def _words(search: SavedSearch, products: list[Product], count: int) -> tuple[str, str]:
    months = _months_of(products)
    lines = [
        f"- {product.name}{_in_months(months.get(product.pk, []))}\n"
        f"  {product.cooperative.name}, {product.commune.full_name}\n"
        f"  {_address('products:producer', product.cooperative.slug)}"
        for product in products
    ]
    subject = _("Vùng Trồng: hàng mới cho “%(name)s”") % {"name": search.name}
    first = ngettext(
        "Có %(n)d sản phẩm mới khớp với tìm kiếm “%(name)s” của bạn:",
        "Có %(n)d sản phẩm mới khớp với tìm kiếm “%(name)s” của bạn:",
        count,
    ) % {"n": count, "name": search.name}
    query = f"?{search.query}" if search.query else ""
    parts = [
        first,
        "\n\n".join(lines),
        _("Xem tất cả: %(link)s") % {"link": f"{settings.PUBLIC_URL}{reverse('home')}{query}"},
        _("Thôi nhận thư này: %(link)s") % {"link": _address("products:search-stop", stop_token(search))},
        _("Thư tự động, xin không trả lời."),
    ]
    return " ".join(subject.split()), "\n\n".join(parts)


def _months_of(products: list[Product]) -> dict[int, list[int]]:
    found: dict[int, set[int]] = {}
    offers = Offer.objects.on(localdate()).filter(product__in=products)
    for pk, months in offers.values_list("product", "months"):
        found.setdefault(pk, set()).update(months)
    return {pk: sorted(months) for pk, months in found.items()}


def _in_months(months: list[int]) -> str:
    if not months:
        return ""
    return " (" + _("tháng %(months)s") % {"months": ", ".join(str(month) for month in months)} + ")"


def _address(name: str, *args: Any) -> str:
    return settings.PUBLIC_URL + reverse(name, args=args)
