"""Factories of shops, listings and photos."""

import hashlib
import io
from typing import Any

from django.core.files.base import ContentFile
from PIL import Image

from cooperatives.models import Cooperative
from office.services import store_upload
from products.addresses import host_of
from products.models import Listing, ProducerPhoto, Product, ShopHost


def make_shop(host: str, **fields: Any) -> ShopHost:
    """Create a shop that takes links, or return the one there is."""
    return ShopHost.objects.get_or_create(host=host, defaults={"name": host.partition(".")[0].title(), **fields})[0]


def make_listing(product: Product, url: str, **fields: Any) -> Listing:
    """List the product at `url`; the shop of its host is made when it is missing."""
    fields.setdefault("shop", None)
    fields["shop"] = fields["shop"] or make_shop(host_of(url))
    return Listing.objects.create(product=product, url=url, **fields)


def picture(width: int = 300, height: int = 200, *, kind: str = "JPEG", exif: bytes = b"") -> bytes:
    """Return an image file of one colour."""
    file = io.BytesIO()
    Image.new("RGB", (width, height), (200, 140, 30)).save(file, kind, **({"exif": exif} if exif else {}))
    return file.getvalue()


def make_photo(cooperative: Cooperative, **fields: Any) -> ProducerPhoto:
    """Put up a photo without the fenced process (which only takes time): our own pixels in both sizes."""
    by = fields.pop("by", None)
    for name, size in (("document", (300, 200)), ("small", (120, 80))):
        content = picture(*size)
        file = ContentFile(content, name=f"{hashlib.sha256(content).hexdigest()[:8]}.jpg")
        fields.setdefault(name, store_upload(file, by=by))
    fields.setdefault("width", 300)
    fields.setdefault("height", 200)
    fields.setdefault("caption", "Vườn xoài")
    fields.setdefault("position", cooperative.photos.count())
    return ProducerPhoto.objects.create(cooperative=cooperative, **fields)
