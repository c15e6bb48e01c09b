"""Pictures from a phone are read with limits and written anew: no EXIF, no position, nothing behind the pixels."""

import io
import warnings

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import RuleViolated

MAX_PHOTO_BYTES = 9 * 1024 * 1024
MAX_PIXELS = 40_000_000  # a 40-megapixel phone; a decoded picture takes 3 bytes a pixel
PHOTO_SIDE = 2048  # pixels of the longer side that are kept
SIGNATURE_SIDE = 1200
MAX_SIGNATURE_BYTES = 400 * 1024
_FORMATS = ("JPEG", "PNG", "WEBP")


def clean_photo(raw: bytes) -> bytes:
    """Return the photo as a JPEG of at most PHOTO_SIDE pixels, turned upright, without metadata.

    Raises RuleViolated: `photo_too_large` (bytes or pixels), `photo_unreadable`.
    """
    picture = ImageOps.exif_transpose(_read(raw, MAX_PHOTO_BYTES, _FORMATS)).convert("RGB")
    picture.thumbnail((PHOTO_SIDE, PHOTO_SIDE))
    return _written(picture, "JPEG", quality=82)


def clean_signature(raw: bytes) -> bytes:
    """Return a signature as a PNG in black on white. Raises as `clean_photo`."""
    drawn = _read(raw, MAX_SIGNATURE_BYTES, ("PNG",)).convert("RGBA")
    drawn.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE))
    paper = Image.new("RGBA", drawn.size, "white")
    return _written(Image.alpha_composite(paper, drawn).convert("L"), "PNG")


def _read(raw: bytes, max_bytes: int, formats: tuple[str, ...]) -> Image.Image:
    if len(raw) > max_bytes:
        raise RuleViolated(
            "photo_too_large", _("Ảnh lớn hơn %(limit)s MB. Hãy chụp nhỏ hơn.") % {"limit": max_bytes // 1024**2}
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(raw), formats=formats)
            if picture.width * picture.height > MAX_PIXELS:  # known from the header, before a pixel is decoded
                raise _too_many_pixels()
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise RuleViolated("photo_unreadable", _("Không đọc được ảnh. Hãy gửi ảnh JPEG, PNG hoặc WebP.")) from error
    return picture


def _too_many_pixels() -> RuleViolated:
    return RuleViolated("photo_too_large", _("Ảnh có quá nhiều điểm ảnh (tối đa 40 megapixel)."))


def _written(picture: Image.Image, kind: str, **options: int) -> bytes:
    # A new picture of the same pixels: what else the file carried (EXIF, XMP, comments, trailing data) stays behind.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    file = io.BytesIO()
    clean.save(file, kind, **options)
    return file.getvalue()
