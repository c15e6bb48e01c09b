"""Photos and signatures from a browser, read in the fenced process and written anew; refusals are texts for people."""

from django.utils.translation import gettext as _

from core.errors import RuleViolated
from geofiles import pictures, sandbox
from geofiles.errors import GeoFileError

MAX_PHOTO_BYTES = pictures.MAX_PHOTO_BYTES


def clean_photo(raw: bytes) -> bytes:
    """Return the photo as a JPEG of at most 2,048 pixels, turned upright, without metadata (no EXIF, no position).

    Raises RuleViolated: `photo_too_large` (bytes or pixels), `photo_unreadable`.
    """
    try:
        return sandbox.clean_photo(raw)
    except GeoFileError as error:
        raise _refused(error) from error


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
