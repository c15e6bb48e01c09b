"""D21: photos and signatures from strangers, read in the fenced process and written anew."""

import io
import tempfile
import zlib

import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from geofiles import confined, pictures, sandbox
from geofiles.errors import GeoFileError
from tests.geofiles import builders, corpus

CANARY = b"CANARY-Nguyen-Van-Sau"


@pytest.fixture(params=["limits only", "bubblewrap"], autouse=True)
def fence(request, monkeypatch, tmp_path):
    if request.param == "bubblewrap":
        if not sandbox.has_bubblewrap():
            pytest.skip("bubblewrap is not installed or may not make namespaces here")
    else:
        monkeypatch.setattr(confined, "has_bubblewrap", lambda: False)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert list(tmp_path.iterdir()) == []


def picture(width=64, height=48, kind="JPEG", **options):
    file = io.BytesIO()
    drawn = Image.new("RGB", (width, height), "green")
    ImageDraw.Draw(drawn).rectangle((0, 0, width // 2, height // 2), fill="red")
    drawn.save(file, kind, **options)
    return file.getvalue()


def position():
    """EXIF with a place and an author."""
    exif = Image.Exif()
    exif[0x013B] = CANARY.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (10.0, 27.0, 36.0), 3: "E", 4: (105.0, 37.0, 48.0)})
    return exif.tobytes()


def promised(width, height):
    """A PNG whose header promises more pixels than it has bytes for."""
    raw = bytearray(picture(1, 1, "PNG"))
    raw[16:24] = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    raw[29:33] = zlib.crc32(bytes(raw[12:29])).to_bytes(4, "big")
    return bytes(raw)


def bomb():
    """A whole PNG of 8,000 x 8,000 black pixels in some kilobytes."""
    file = io.BytesIO()
    Image.new("1", (8_000, 8_000)).save(file, "PNG")
    return file.getvalue()


def commented():
    info = PngInfo()
    info.add_text("Comment", CANARY.decode())
    return picture(kind="PNG", pnginfo=info) + CANARY


@pytest.mark.parametrize(
    ("kind", "make"),
    [
        ("exif", lambda: picture(exif=position())), ("comment", commented),
        ("trailing bytes", lambda: picture() + CANARY), ("webp", lambda: picture(kind="WEBP", exif=position())),
    ],
)  # fmt: skip
def test_d21_only_the_pixels_come_back(kind, make):
    found = sandbox.clean_photo(make())

    assert found.startswith(b"\xff\xd8\xff")
    assert not any(word in found for word in (CANARY, b"Exif", b"GPS"))
    with Image.open(io.BytesIO(found)) as read:
        assert (read.format, read.size, dict(read.getexif())) == ("JPEG", (64, 48), {})


@pytest.mark.parametrize(
    ("kind", "make", "code"),
    [
        ("50,000 x 50,000 PNG", lambda: promised(50_000, 50_000), pictures.TOO_LARGE),
        ("8,000 x 8,000 in kilobytes", bomb, pictures.TOO_LARGE),
        ("bytes", lambda: b"\xff" * (pictures.MAX_PHOTO_BYTES + 1), pictures.TOO_LARGE),
        ("svg", lambda: corpus.SVG.encode(), pictures.UNREADABLE),
        ("gif", lambda: picture(kind="GIF"), pictures.UNREADABLE),
        ("tiff", lambda: picture(kind="TIFF"), pictures.UNREADABLE),
        ("cut", lambda: picture()[:80], pictures.UNREADABLE),
        ("empty", lambda: b"", pictures.UNREADABLE),
        ("page", lambda: b"<html><script>alert(1)</script></html>", pictures.UNREADABLE),
        ("postscript", lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", pictures.UNREADABLE),
    ],
)  # fmt: skip
def test_d21_what_is_no_photo_is_refused(kind, make, code):
    with pytest.raises(GeoFileError) as caught:
        sandbox.clean_photo(make())

    assert caught.value.code == code


def test_d21_an_svg_calls_nobody():
    with builders.listening() as listener:
        with pytest.raises(GeoFileError):
            sandbox.clean_photo(corpus.SVG.replace("{url}", listener.url()).encode())

        assert listener.connections == 0


def test_a_photo_is_turned_upright_and_made_smaller():
    exif = Image.Exif()
    exif[0x0112] = 6  # taken upright with a phone: pixels lie on their side

    with Image.open(io.BytesIO(sandbox.clean_photo(picture(3_000, 2_000, exif=exif.tobytes())))) as found:
        assert found.size == (1_365, 2_048)
        assert found.getpixel((1_300, 50))[0] > 200  # the red corner went from the left to the right


def test_a_signature_is_black_on_white():
    drawn = io.BytesIO()
    Image.new("RGBA", (64, 24), (0, 0, 0, 0)).save(drawn, "PNG")

    with Image.open(io.BytesIO(sandbox.clean_signature(drawn.getvalue()))) as found:
        assert (found.format, found.mode, found.getpixel((3, 3))) == ("PNG", "L", 255)
    with pytest.raises(GeoFileError):
        sandbox.clean_signature(picture())


def test_d22_a_decoder_over_its_limits_is_a_photo_that_cannot_be_read():
    with pytest.raises(GeoFileError) as caught:
        sandbox.clean_photo(picture(5_000, 5_000), limits=sandbox.Limits(memory_bytes=96 * 1024**2))

    assert caught.value.code == pictures.UNREADABLE
