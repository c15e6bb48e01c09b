"""Numbers as people type coordinates: decimal commas, grouped digits, degrees with minutes and seconds.

Vietnamese and English letters for the sides of the world are both understood: B (Bắc) and N are north, Đ
(Đông) and E are east, T (Tây) and W west. N is always north: Nam, south, has no place in Vietnam; S is south.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

LATITUDE, LONGITUDE = "lat", "lon"

_BLANK = re.compile("[\\s\u00a0\u2000-\u200f\u202f\u2060\u3000\ufeff]+")
_SIDES = {
    "n": (LATITUDE, 1), "b": (LATITUDE, 1), "bac": (LATITUDE, 1), "north": (LATITUDE, 1), "s": (LATITUDE, -1),
    "nam": (LATITUDE, -1), "south": (LATITUDE, -1), "e": (LONGITUDE, 1), "d": (LONGITUDE, 1), "dong": (LONGITUDE, 1),
    "east": (LONGITUDE, 1), "w": (LONGITUDE, -1), "t": (LONGITUDE, -1), "tay": (LONGITUDE, -1), "west": (LONGITUDE, -1),
}  # fmt: skip
_SIDE = "|".join(sorted(_SIDES, key=len, reverse=True))
_NUMBER = r"\d+(?:[.,]\d+)?"
# Degrees, minutes, seconds: signs of any kind, words, colons, hyphens or just blanks between them.
_ANGLE = re.compile(
    rf"(?:(?P<before>{_SIDE})[ .:]*)?(?P<sign>-)?\s*(?P<d>{_NUMBER})\s*"
    rf"(?:(?P<dsign>°|do|deg|d(?=\s*\d)|:|-|\s)\s*"
    rf"(?:(?P<m>{_NUMBER})\s*(?:'|phut|min|m(?=\s*\d|$)|:|-|\s)?\s*"
    rf"(?:(?P<s>{_NUMBER})\s*(?:\"|''|giay|sec|s(?![a-z]))?)?)?)?\s*(?P<after>{_SIDE})?"
)
_PLAIN = re.compile(r"[-+]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][-+]?\d{1,3})?")
_GROUPED = re.compile(r"[-+]?\d{1,3}(?:(?P<sign>[ .,'])\d{3})(?:(?P=sign)\d{3})*(?P<rest>[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Coordinate:
    """A number of a coordinate. ``axis``: ``lat`` or ``lon`` where a letter told it; ``is_angle``: written as one."""

    value: float
    axis: str | None = None
    is_angle: bool = False


def number_of(cell: Any) -> float | None:
    """The finite number in a cell, with a decimal point or comma, digits in groups of three or not; None for none.

    ``1.156.800,12``, ``1 156 800.12`` and ``1156800,12`` are the same. One group alone (``25.300``) is a decimal.
    """
    if isinstance(cell, bool) or cell is None:
        return None
    if isinstance(cell, int | float):
        return float(cell) if math.isfinite(cell) else None
    text = str(cell)
    if not _PLAIN.fullmatch(text):  # a corner table has thousands of plain ones
        text = _simple(text).removesuffix("m").rstrip()
    if _PLAIN.fullmatch(text):
        number = float(text.replace(",", "."))
        return number if math.isfinite(number) else None
    found = _GROUPED.fullmatch(text)
    if found is None or (found["rest"] and found["rest"][0] == found["sign"]):
        return None
    rest = found["rest"] or ""
    whole = text.removesuffix(rest) if rest else text
    return float(re.sub(r"[ .,']", "", whole) + rest.replace(",", "."))


def angle_of(cell: Any) -> Coordinate | None:
    """An angle written with degrees (and minutes, seconds) or with a letter; None for a plain number and the rest.

    Minutes and seconds stay below 60, only the last part has decimals.
    """
    if not isinstance(cell, str):
        return None
    found = _ANGLE.fullmatch(_simple(cell))
    if found is None or not (found["dsign"] or found["before"] or found["after"]):
        return None
    if found["before"] and found["after"]:
        return None
    parts = [found[name] for name in ("d", "m", "s")]
    filled = [part for part in parts if part is not None]
    if found["dsign"] and found["dsign"].strip() == "-" and len(filled) < 3:
        return None  # "10-27" may be anything
    if found["dsign"] is not None and not found["dsign"].strip() and len(filled) < 2:
        return None
    if any(set(",.") & set(part) for part in filled[:-1]):
        return None
    degrees, minutes, seconds = (float((part or "0").replace(",", ".")) for part in parts)
    if minutes >= 60 or seconds >= 60 or degrees > 180:
        return None
    axis, factor = _SIDES.get(found["before"] or found["after"] or "", (None, 1))
    factor = -factor if found["sign"] else factor
    return Coordinate(factor * (degrees + minutes / 60 + seconds / 3600), axis, is_angle=True)


def coordinate_of(cell: Any) -> Coordinate | None:
    """The coordinate in a cell, an angle or a plain number; None for none.

    A single group of three digits (``569.000``) is thousands where degrees cannot be meant.
    """
    number = number_of(cell)
    if number is None:
        return angle_of(cell) if isinstance(cell, str) else None
    if isinstance(cell, str) and 180 < abs(number) < 1000 and re.fullmatch(r"\d{3}[.,]\d{3}", _simple(cell)):
        number *= 1000
    return Coordinate(number)


def dms(value: float, axis: str, *, decimals: int = 2) -> str:
    """Degrees as ``10°27'36.50"B`` / ``...Đ``, for showing."""
    total = round(abs(value) * 3600, decimals)
    degrees, rest = divmod(total, 3600)
    minutes, seconds = divmod(rest, 60)
    side = {LATITUDE: ("B", "N"), LONGITUDE: ("Đ", "T")}[axis][value < 0]
    return f"{int(degrees)}°{int(minutes):02d}'{seconds:0{3 + decimals}.{decimals}f}\"{side}"


def _simple(text: str) -> str:
    """One spelling for blanks, signs of minutes and seconds, minus; no marks on letters."""
    text = re.sub("[º˚ᵒ⁰]", "°", text)
    text = re.sub("[’‘′´`ʹʼ]", "'", text)
    text = re.sub("[”“″ʺ]", '"', text).replace("''", '"')
    text = re.sub("[−–‐‑]", "-", text)
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    plain = "".join(sign for sign in decomposed if not unicodedata.combining(sign))
    return _BLANK.sub(" ", plain).strip()
