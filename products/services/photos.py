"""Photos of a producer and of its products: written anew without EXIF, put in order, hidden, removed."""

from typing import Any

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.translation import gettext as _

from cooperatives.models import Cooperative
from core.errors import RuleViolated
from core.permissions import require
from core.text import clean_line
from office.models import Document
from office.photos import clean_photo, jpeg_size
from office.services import store_upload
from products.models import ProducerPhoto, Product
from products.models.shops import LARGE_SIDE, SMALL_SIDE
from products.permissions import can_edit_products
from products.services.findings import finding

MAX_PHOTOS = 24  # of one producer, its products' included


@transaction.atomic
def add_photo(
    cooperative: Cooperative,
    *,
    image: bytes,
    caption: str = "",
    product: Product | None = None,
    has_consent: bool,
    by: Any,
) -> ProducerPhoto:
    """Put a photo on the producer's page, last in order.

    `has_consent`: whoever puts it up says that the persons to be seen agreed, or that there are none (Civil Code
    2015 art. 32; Law 91/2025/QH15). Raises NotAllowed; RuleViolated `consent_missing`, `too_many_photos`,
    `foreign_product`, `photo_too_large`, `photo_unreadable`.
    """
    require(can_edit_products(by, cooperative))
    Cooperative.objects.select_for_update(of=("self",), no_key=True).get(pk=cooperative.pk)
    if not has_consent:
        text = _("Hãy xác nhận người trong ảnh đã đồng ý, hoặc ảnh không có người.")
        raise RuleViolated(findings=[finding("consent_missing", "has_consent", text)])
    if product is not None and product.cooperative_id != cooperative.pk:
        raise RuleViolated(findings=[finding("foreign_product", "product", _("Sản phẩm không phải của đơn vị."))])
    last = cooperative.photos.order_by("position").last()
    if cooperative.photos.count() >= MAX_PHOTOS:
        text = _("Mỗi đơn vị tối đa %(limit)s ảnh. Hãy xóa bớt ảnh cũ.") % {"limit": MAX_PHOTOS}
        raise RuleViolated(findings=[finding("too_many_photos", "image", text)])
    large = clean_photo(image, side=LARGE_SIDE)
    width, height = jpeg_size(large)
    return ProducerPhoto.objects.create(
        cooperative=cooperative,
        product=product,
        document=_stored(large, f"anh-{cooperative.slug}.jpg", by),
        small=_stored(clean_photo(large, side=SMALL_SIDE), f"anh-{cooperative.slug}-{SMALL_SIDE}.jpg", by),
        width=width,
        height=height,
        caption=clean_line(caption),
        position=last.position + 1 if last else 0,
    )


@transaction.atomic
def change_photo(photo: ProducerPhoto, *, caption: str | None = None, is_shown: bool | None = None, by: Any) -> None:
    """Change the caption, show or hide the photo (None: as it is). Raises NotAllowed."""
    require(can_edit_products(by, photo.cooperative))
    photo = ProducerPhoto.objects.select_for_update(of=("self",)).get(pk=photo.pk)
    photo.caption = photo.caption if caption is None else clean_line(caption)
    photo.is_shown = photo.is_shown if is_shown is None else is_shown
    photo.save(update_fields=["caption", "is_shown"])


@transaction.atomic
def move_photo(photo: ProducerPhoto, *, by_places: int, by: Any) -> None:
    """Move the photo by so many places (-1: one up); at either end it stays. Raises NotAllowed."""
    require(can_edit_products(by, photo.cooperative))
    rows = list(ProducerPhoto.objects.select_for_update(of=("self",)).filter(cooperative=photo.cooperative))
    here = next(index for index, row in enumerate(rows) if row.pk == photo.pk)
    rows.insert(max(here + by_places, 0), rows.pop(here))
    for position, row in enumerate(rows):
        row.position = position
    ProducerPhoto.objects.bulk_update(rows, ["position"])


@transaction.atomic
def remove_photo(photo: ProducerPhoto, *, by: Any) -> None:
    """Take the photo out, its files too: a person in it may have asked for that. Raises NotAllowed."""
    require(can_edit_products(by, photo.cooperative))
    documents = [photo.document, photo.small]
    photo.delete()
    for document in documents:
        file = document.file
        document.delete()
        transaction.on_commit(lambda file=file: file.delete(save=False))  # type: ignore[misc]


def _stored(picture: bytes, name: str, by: Any) -> Document:
    return store_upload(ContentFile(picture, name=name), by=by)
