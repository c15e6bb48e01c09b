"""Draws certificates and plates: Django template → WeasyPrint → PDF/A-3b → empty signature fields (pyHanko).

Nothing is fetched: the templates hold everything they need, fonts come from the system and are embedded. The font is
Noto Serif (package fonts-noto-core): Decree 30/2020 asks for Times New Roman, which nobody may ship.
"""

import io
import logging
from dataclasses import dataclass
from functools import cache
from typing import Any

import segno
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe

PDF_VARIANT = "pdf/a-3b"
POINTS_PER_PIXEL = 0.75  # CSS: 96 pixels to the inch, PDF: 72 points
# Anchor in the template -> (name of the signature field, what a viewer calls it)
SIGNATURE_PLACES = {
    "sign-person": ("NguoiCoThamQuyen", "Chữ ký của người có thẩm quyền"),
    "sign-office": ("CoQuanToChuc", "Chữ ký số của cơ quan, tổ chức"),
}


@dataclass(frozen=True, slots=True)
class _Place:
    page: int
    box: tuple[int, int, int, int]  # points from the page's lower left corner


def render_certificate(context: dict[str, Any]) -> bytes:
    """Return a certificate as PDF/A-3b with empty signature fields where the template leaves room for them.

    `context["seal_url"]` goes into the QR code, into the document's keywords and so, readable, into the file itself:
    the check of files finds by it which certificate an altered copy wants to be.
    """
    html = render_to_string("codes/certificate.html", context | {"qr": qr_svg(context["seal_url"])})
    document = _document(html)
    places = [_place(document, anchor) for anchor in SIGNATURE_PLACES]
    return _with_fields(_plain_metadata(document.write_pdf(pdf_variant=PDF_VARIANT)), places)


def render_plate(svg: str, width_mm: float, height_mm: float, title: str) -> bytes:
    """Return a plate's drawing as PDF/A-3b of one page of that size."""
    html = render_to_string(
        "codes/plate_sheet.html",
        {"svg": mark_safe(svg), "width": width_mm, "height": height_mm, "title": title},  # noqa: S308
    )
    return _document(html).write_pdf(pdf_variant=PDF_VARIANT)


def qr_svg(text: str, *, css_class: str = "qr") -> SafeString:
    """Return the text as a QR code: one SVG, error correction M, quiet zone of two modules."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out,
        kind="svg",
        xmldecl=False,
        svgns=True,
        omitsize=True,
        border=2,
        svgclass=css_class,
        lineclass=None,
        nl=False,
    )
    return mark_safe(out.getvalue().decode())  # noqa: S308  (made by segno: a path and numbers)


@cache
def _fetcher() -> Any:
    """WeasyPrint's door to the outside, shut: any address at all stops the rendering."""
    from weasyprint.urls import FatalURLFetchingError, URLFetcher

    class NoFetcher(URLFetcher):
        def fetch(self, url: str, headers: Any = None) -> Any:
            raise FatalURLFetchingError(f"a certificate may not fetch {url[:80]}")

    return NoFetcher()


def _document(html: str) -> Any:
    from weasyprint import HTML

    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # a dozen lines for every page else
    # The base must be an address, or relative links would be dropped silently instead of being refused.
    return HTML(string=html, base_url="about:", url_fetcher=_fetcher()).render(pdf_variant=PDF_VARIANT)


def _place(document: Any, anchor: str) -> _Place:
    for number, page in enumerate(document.pages):
        if anchor in page.anchors:
            left, top, right, bottom = page.anchors[anchor]
            height = page.height
            corners = (left, height - bottom, right, height - top)
            return _Place(number, tuple(round(one * POINTS_PER_PIXEL) for one in corners))  # type: ignore[arg-type]
    raise ValueError(f"the certificate's template has no place {anchor}")


def _plain_metadata(pdf: bytes) -> bytes:
    """Store XMP and object tables uncompressed: programs (and our search for the seal) can read them as they are."""
    import pikepdf

    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        metadata = document.Root.Metadata
        document.Root.Metadata = document.make_stream(
            metadata.read_bytes(), Type=pikepdf.Name.Metadata, Subtype=pikepdf.Name.XML
        )
        document.save(
            out,
            compress_streams=False,
            stream_decode_level=pikepdf.StreamDecodeLevel.none,
            object_stream_mode=pikepdf.ObjectStreamMode.disable,
        )
    return out.getvalue()


def _with_fields(pdf: bytes, places: list[_Place]) -> bytes:
    from pyhanko.pdf_utils import generic
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign.fields import SigFieldSpec, append_signature_field

    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    for place, (name, label) in zip(places, SIGNATURE_PLACES.values(), strict=True):
        field = SigFieldSpec(name, on_page=place.page, box=place.box, readable_field_name=label)
        append_signature_field(writer, field)
    # Signing sets both flags (SignaturesExist, AppendOnly); set now, signing changes nothing but the field signed.
    writer.root["/AcroForm"]["/SigFlags"] = generic.NumberObject(3)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()
