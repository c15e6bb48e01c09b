"""The coordinate systems in which layers go out: WGS 84, and the map zones of VN-2000."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from geofiles.crs import WGS84, ZONES

OGC_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_EPSG_ADDRESS = re.compile(r"https?://www\.opengis\.net/def/crs/EPSG/0/(\d{4,6})", re.ASCII)
_EPSG_NAME = re.compile(r"(?:EPSG:{1,2}|urn:ogc:def:crs:EPSG:[\d.]{0,10}:)?(\d{4,6})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class System:
    """A coordinate system; coordinates are written longitude (easting) first in every one of them.

    `digits` after the point: a centimetre in degrees, a millimetre in metres.
    """

    crs: str
    name: str
    is_projected: bool

    @property
    def digits(self) -> int:
        return 3 if self.is_projected else 7

    @property
    def uri(self) -> str:
        """The OGC's name; for WGS 84 that of longitude before latitude."""
        return _uri(self.crs)


def _uri(crs: str) -> str:
    return OGC_CRS84 if crs == WGS84 else f"http://www.opengis.net/def/crs/EPSG/0/{crs.removeprefix('EPSG:')}"


SYSTEMS: Mapping[str, System] = {
    WGS84: System(WGS84, "WGS 84", is_projected=False),
    **{
        zone.crs: System(zone.crs, zone.name, is_projected=True)
        for zone in sorted(ZONES.values(), key=lambda zone: (-zone.scale, zone.meridian))
    },
}


def system_of(text: str) -> System | None:
    """Return the system that `EPSG:5897`, `5897`, an OGC URN or an OGC address names; None where we have none such."""
    text = text.strip()
    if len(text) > 80:
        return None
    if text.upper() in ("CRS84", "OGC:CRS84") or text == OGC_CRS84:
        return SYSTEMS[WGS84]
    found = _EPSG_ADDRESS.fullmatch(text) or _EPSG_NAME.fullmatch(text)
    return SYSTEMS.get(f"EPSG:{found[1]}") if found else None


def choices() -> list[tuple[str, Any]]:
    """Return the systems as choices of a form."""
    return [(crs, _("{name} ({crs})").format(name=system.name, crs=crs)) for crs, system in SYSTEMS.items()]
