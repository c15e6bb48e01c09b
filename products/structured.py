"""The producer page for search engines: schema.org Organization and its offers as JSON-LD, without persons."""

import json
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe

from products.summaries import ProducerPage

MAX_DESCRIPTION = 500
# What could end a script element or open a comment in it; in a JSON string an escape says the same (as json_script).
_ESCAPES = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


def producer_json_ld(page: ProducerPage, address: str) -> SafeString:
    """Return the JSON text for a `script type="application/ld+json"`; safe inside the element.

    It names the organisation, its commune and its products: no phone, mail, street, member or representative.
    """
    cooperative = page.cooperative
    commune = cooperative.commune
    data: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Organization",
        "@id": address,
        "url": address,
        "name": cooperative.name,
        "address": {
            "@type": "PostalAddress",
            "addressLocality": str(commune),
            "addressRegion": str(commune.parent) if commune.parent else "",
            "addressCountry": "VN",
        },
    }
    if cooperative.story:
        data["description"] = cooperative.story[:MAX_DESCRIPTION]
    if page.photos:
        data["image"] = [_photo_url(cooperative.slug, photo.pk) for photo in page.photos[:3]]
    if page.products:
        data["makesOffer"] = [_offer(product, cooperative.slug) for product in page.products]
    return mark_safe(json.dumps(data, ensure_ascii=False).translate(_ESCAPES))  # noqa: S308  (escaped above)


def _offer(product: Any, slug: str) -> dict[str, Any]:
    item: dict[str, Any] = {"@type": "Product", "name": product.name, "category": product.get_kind_display()}
    if product.description:
        item["description"] = product.description[:MAX_DESCRIPTION]
    if product.shown_photos:
        item["image"] = _photo_url(slug, product.shown_photos[0].pk)
    availability = "InStock" if product.offers_today else "OutOfStock"
    return {"@type": "Offer", "itemOffered": item, "availability": f"https://schema.org/{availability}"}


def _photo_url(slug: str, pk: int) -> str:
    return settings.PUBLIC_URL + reverse("products:photo", args=[slug, pk])
