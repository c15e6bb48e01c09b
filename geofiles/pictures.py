"""Pictures from a phone are read with limits and written anew: no EXIF, no position, nothing behind the pixels.

Run it in ``geofiles.sandbox`` only: pictures come from strangers.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING

from geofiles.errors import GeoFileError

if TYPE_CHECKING:
    from PIL import Image

TOO_LARGE, UNREADABLE = "photo_too_large", "photo_unreadable"
MAX_PHOTO_BYTES = 9 * 1024 * 1024
MAX_PIXELS = 40_000_000  # a 40-megapixel phone; a decoded picture takes 3 bytes a pixel
PHOTO_SIDE = 2048  # pixels of the longer side that are kept
SIGNATURE_SIDE = 1200
MAX_SIGNATURE_BYTES = 400 * 1024
_FORMATS = ("JPEG", "PNG", "WEBP")


def clean_photo(raw: bytes, side: int = PHOTO_SIDE) -> bytes:
    """The photo as a JPEG of at most ``side`` pixels either way, turned upright, without metadata.

    Raises GeoFileError ``photo_too_large`` (params: ``limit`` in bytes or ``pixels``) or ``photo_unreadable``.
    """
    from PIL import ImageOps

    picture = ImageOps.exif_transpose(_read(raw, MAX_PHOTO_BYTES, _FORMATS)).convert("RGB")
    picture.thumbnail((side, side))
    return _written(picture, "JPEG", quality=82)


def clean_signature(raw: bytes) -> bytes:
    """A signature as a PNG in black on white. Raises as ``clean_photo``."""
    from PIL import Image

    drawn = _read(raw, MAX_SIGNATURE_BYTES, ("PNG",)).convert("RGBA")
    drawn.thumbnail((SIGNATURE_SIDE, SIGNATURE_SIDE))
    paper = Image.new("RGBA", drawn.size, "white")
    return _written(Image.alpha_composite(paper, drawn).convert("L"), "PNG")


def require_bytes(raw: bytes, limit: int) -> None:
    """Raise ``photo_too_large`` for more than ``limit`` bytes."""
    if len(raw) > limit:
        raise GeoFileError(TOO_LARGE, limit=limit)


def _read(raw: bytes, max_bytes: int, formats: tuple[str, ...]) -> Image.Image:
    from PIL import Image, UnidentifiedImageError

    require_bytes(raw, max_bytes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(raw), formats=formats)
            if picture.width * picture.height > MAX_PIXELS:  # known from the header, before a pixel is decoded
                raise GeoFileError(TOO_LARGE, pixels=MAX_PIXELS)
            picture.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise GeoFileError(TOO_LARGE, pixels=MAX_PIXELS) from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError) as error:
        raise GeoFileError(UNREADABLE) from error
    return picture


def _written(picture: Image.Image, kind: str, **options: int) -> bytes:
    from PIL import Image

    # A new picture of the same pixels: what else the file carried (EXIF, XMP, comments, trailing data) stays behind.
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    file = io.BytesIO()
    clean.save(file, kind, **options)
    return file.getvalue()
