"""Plates for the orchard: code, crop, holder and a sealed QR code, drawn as SVG in millimetres.

A household is not named on a plate that everybody reads. Fonts are those of fonts-noto-core; the PDF embeds them.
"""

import textwrap
from dataclasses import dataclass

from django.utils.html import escape
from django.utils.translation import gettext as _

from codes.certificates.render import qr_svg
from codes.models import ProductionAreaCode

FONT = "Noto Sans, DejaVu Sans, sans-serif"
GLYPH = 0.66  # width of a bold letter in parts of its size, on the safe side
GREEN = "#12402f"


@dataclass(frozen=True, slots=True)
class PlateSize:
    """A plate in millimetres."""

    width: int
    height: int


SIZES = {"a4": PlateSize(297, 210), "a5": PlateSize(210, 148), "30x20": PlateSize(300, 200)}


def plate_svg(code: ProductionAreaCode, url: str, size: PlateSize, *, is_demo: bool) -> str:
    """Return the drawing of a code's plate; `url` is the sealed address. All text is escaped."""
    width, height = size.width, size.height
    margin = height * 0.06
    qr_side = height * 0.42
    qr_x, qr_y = width - margin - qr_side, height - margin - qr_side - height * 0.07
    room = qr_x - 2 * margin
    holder = code.holder_name if code.holder and code.holder.is_organisation else ""
    crop = f"{code.crop_name} ({code.variety_name})" if code.variety_name else code.crop_name
    top = height * 0.2
    parts = [
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<rect x="2" y="2" width="{width - 4}" height="{height - 4}" fill="none" stroke="{GREEN}" stroke-width="2"/>',
        f'<rect x="2" y="2" width="{width - 4}" height="{top - 2:g}" fill="{GREEN}"/>',
        _text(_("MÃ SỐ VÙNG TRỒNG"), width / 2, top * 0.66, top * 0.38, fill="#ffffff", middle=True),
        _text(code.code, width / 2, height * 0.41, _fitting(code.code, width - 2 * margin, height * 0.16), middle=True),
        *_facts([crop, code.area_name, holder, f"{code.commune_name}, {code.province_name}"], margin, height, room),
        _qr(url, qr_x, qr_y, qr_side),
        _text(_("Quét để kiểm tra"), qr_x + qr_side / 2, height - margin, height * 0.036, middle=True, weight="400"),
    ]
    if is_demo:
        parts.append(_text("DEMO", margin, height - margin, height * 0.05, fill="#a02c1b"))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'
    )


def _facts(texts: list[str], x: float, height: float, room: float) -> list[str]:
    """Lines below the code, left of the QR code; what is too long is broken in two and made smaller."""
    lines: list[tuple[str, float]] = []
    for number, text in enumerate(text for text in texts if text):
        wanted = height * (0.07 if number == 0 else 0.05)
        broken = [text]
        if _fitting(text, room, wanted) < wanted * 0.75:
            broken = textwrap.wrap(text, max(8, -(-len(text) * 11 // 20)))[:2]
        lines += [(part, min(_fitting(part, room, wanted) for part in broken)) for part in broken]
    step = min(height * 0.082, height * 0.44 / max(len(lines), 1))
    return [
        _text(text, x, height * 0.52 + step * number, min(size, step * 0.9), weight="700" if number == 0 else "400")
        for number, (text, size) in enumerate(lines)
    ]


def _fitting(text: str, room: float, wanted: float) -> float:
    return min(wanted, room / (GLYPH * max(len(text), 1)))


def _text(
    text: str, x: float, y: float, size: float, *, fill: str = "#000000", middle: bool = False, weight: str = "700"
) -> str:
    anchor = ' text-anchor="middle"' if middle else ""
    return (
        f'<text x="{x:.2f}" y="{y:.2f}" font-family="{FONT}" font-weight="{weight}" font-size="{size:.2f}" '
        f'fill="{fill}"{anchor}>{escape(text)}</text>'
    )


def _qr(url: str, x: float, y: float, side: float) -> str:
    drawing = qr_svg(url)
    return drawing.replace("<svg ", f'<svg x="{x:.2f}" y="{y:.2f}" width="{side:.2f}" height="{side:.2f}" ', 1)
