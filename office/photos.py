"""Photos and signatures from a browser, read in the fenced process and written anew; refusals are texts for people."""

from django.utils.translation import gettext as _

from core.errors import RuleViolated
from geofiles import pictures, sandbox
from geofiles.errors import GeoFileError

MAX_PHOTO_BYTES = pictures.MAX_PHOTO_BYTES


def clean_photo(raw: bytes, *, side: int = pictures.PHOTO_SIDE) -> bytes:
    """Return the photo as a JPEG of at most `side` pixels either way (2,048), upright, without EXIF and position.

    Raises RuleViolated: `photo_too_large` (bytes or pixels), `photo_unreadable`.
    """
    try:
        return sandbox.clean_photo(raw, side=side)
    except GeoFileError as error:
        raise _refused(error) from error


def jpeg_size(photo: bytes) -> tuple[int, int]:
    """Return width and height in pixels of a JPEG of `clean_photo`, from its frame header (ITU-T T.81 B.2.2)."""
    position = 2
    while photo[position] == 0xFF:
        marker, length = photo[position + 1], int.from_bytes(photo[position + 2 : position + 4], "big")
        if marker in (0xC0, 0xC1, 0xC2):
            height, width = photo[position + 5 : position + 7], photo[position + 7 : position + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        position += 2 + length
    raise RuleViolated(pictures.UNREADABLE, _("Không đọc được ảnh. Hãy gửi ảnh JPEG, PNG hoặc WebP."))


def clean_signature(raw: bytes) -> bytes:
    """Return a signature as a PNG in black on white. Raises as `clean_photo`."""
    try:
        return sandbox.clean_signature(raw)
    except GeoFileError as error:
        raise _refused(error) from error


def _refused(error: GeoFileError) -> RuleViolated:
    if error.code != pictures.TOO_LARGE:
        return RuleViolated(pictures.UNREADABLE, _("Không đọc được ảnh. Hãy gửi ảnh JPEG, PNG hoặc WebP."))
    if "pixels" in error.params:
        return RuleViolated(error.code, _("Ảnh có quá nhiều điểm ảnh (tối đa 40 megapixel)."))
    if error.params["limit"] < MAX_PHOTO_BYTES:
        kilobytes = error.params["limit"] // 1024
        return RuleViolated(error.code, _("Chữ ký lớn hơn %(limit)s kB. Hãy ký lại gọn hơn.") % {"limit": kilobytes})
    megabytes = error.params["limit"] // 1024**2
    return RuleViolated(error.code, _("Ảnh lớn hơn %(limit)s MB. Hãy chụp nhỏ hơn.") % {"limit": megabytes})
