"""What producers show of themselves: drawn photos, shop links with clicks, certificates on their way."""

import datetime as dt
import io
from typing import Any

from django.core.files.base import ContentFile
from django.utils.timezone import localdate
from PIL import Image, ImageDraw

from cooperatives import services as cooperatives_services
from cooperatives.models import Cooperative
from products import services
from products.models import ListingClick, Product
from products.reference_shops import add_shops

PHOTOS = (
    ("Vườn xoài giữa vụ, hình vẽ DEMO", (126, 170, 96)),
    ("Trái vào túi bao, hình vẽ DEMO", (232, 176, 62)),
)
SHOPS = ("https://nongsan.buudien.vn/demo-", "https://shopee.vn/demo-", "https://foodmap.asia/products/demo-")
LISTED_COOPERATIVES = 5
PAPER = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [3 0 R] /Count 1>> endobj
3 0 obj <</Type /Page /Parent 2 0 R /MediaBox [0 0 300 200] /Contents 4 0 R
/Resources <</Font <</F1 <</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>>>>>>> endobj
4 0 obj <</Length 49>> stream
BT /F1 24 Tf 40 100 Td (DEMO CERTIFICATE) Tj ET
endstream endobj
trailer <</Root 1 0 R>>
%%EOF
"""


def tell_showcase(cooperatives: dict[str, Cooperative], *, clerk: Any, officer: Any) -> str:
    """Dress the public pages of the first holders. Returns a line that says how much there is."""
    add_shops()
    shown = [one for one in cooperatives.values() if one.is_organisation and one.status == "verified"]
    for caption, colour in PHOTOS:
        services.add_photo(shown[0], image=_drawing(colour), caption=caption, has_consent=True, by=clerk)
    listings = _list_products(shown[:LISTED_COOPERATIVES], clerk)
    return (
        f"{len(PHOTOS)} photos, {listings} shop links, {_check_papers(shown, clerk, officer)} certificates with papers"
    )


def _list_products(cooperatives: list[Cooperative], clerk: Any) -> int:
    today, count = localdate(), 0
    for number, cooperative in enumerate(cooperatives):
        product = Product.objects.filter(cooperative=cooperative, is_published=True).order_by("pk").first()
        if product is None:
            continue
        for address in SHOPS[: 1 + number % len(SHOPS)]:
            listing = services.add_listing(product, url=f"{address}{product.slug}", by=clerk)
            ListingClick.objects.bulk_create(
                ListingClick(listing=listing, day=today - dt.timedelta(days=day), count=1 + (day * 7 + number) % 9)
                for day in range(0, 28, 3)
            )
            count += 1
    return count


def _check_papers(cooperatives: list[Cooperative], clerk: Any, officer: Any) -> int:
    """Of three certificates with papers one is checked, one refused, one waits."""
    today = localdate()
    papers = 0
    for cooperative in cooperatives:
        certificate = cooperative.certificates.valid_on(today).first()  # type: ignore[attr-defined]
        if certificate is None:
            continue
        cooperatives_services.attach_file(certificate, file=ContentFile(PAPER, name="giay-demo.pdf"), by=clerk)
        if papers == 0:
            cooperatives_services.check_certificate(certificate, by=officer)
        elif papers == 1:
            reason = "Số trên giấy khác số đã khai (DEMO)."
            cooperatives_services.refuse_certificate(certificate, reason=reason, by=officer)
        papers += 1
        if papers == 3:
            break
    return papers


def _drawing(colour: tuple[int, int, int]) -> bytes:
    """A simple picture of an orchard: nothing of it is anybody's photo."""
    picture = Image.new("RGB", (1200, 900), (205, 226, 235))
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 560, 1200, 900), fill=(150, 122, 84))
    for row, size in enumerate((90, 130, 180)):
        ground = 560 + row * 130
        for column in range(-1, 8 - row):
            x = column * (size + 70) + row * 40
            pen.rectangle((x + size // 2 - 8, ground - 20, x + size // 2 + 8, ground + 40), fill=(92, 66, 40))
            pen.ellipse((x, ground - size, x + size, ground), fill=(52, 104 - 14 * row, 58))
            for fruit in range(5):
                left, top = x + (fruit * 37) % size, ground - size + 20 + (fruit * 53) % (size - 30)
                pen.ellipse((left, top, left + 18, top + 24), fill=colour)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=85)
    return file.getvalue()
