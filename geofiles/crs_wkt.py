"""Names of coordinate reference systems: VN-2000's zones, ids, WKT, and what people write about them.

VN-2000 is told by datum, meridian and scale, since surveying software writes names and codes as it pleases.
"""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from geofiles.errors import CrsInDoubt, UnsupportedCrs

WGS84 = "EPSG:4326"
VN2000_GEOGRAPHIC = "EPSG:4756"


@dataclass(frozen=True, slots=True)
class Zone:
    """One VN-2000 map projection: transverse Mercator, false easting 500 km, on the WGS 84 ellipsoid."""

    crs: str
    meridian: float  # degrees east
    scale: float  # 0.9999 in 3-degree zones, 0.9996 in 6-degree (UTM) zones

    @property
    def name(self) -> str:
        """``VN-2000 105°45'`` for cadastral zones, ``VN-2000 UTM 48N`` for the others."""
        if self.scale == UTM_SCALE:
            return f"VN-2000 UTM {int(self.meridian + 180) // 6 + 1}N"
        minutes = round(self.meridian * 60)
        return f"VN-2000 {minutes // 60}°{minutes % 60:02d}'"


CADASTRAL_SCALE, UTM_SCALE = 0.9999, 0.9996

_CADASTRAL = {
    102.0: 5896, 103.0: 9205, 104.0: 9206, 104.5: 9207, 104.75: 9208, 105.0: 5897, 105.5: 9209, 105.75: 9210,
    106.0: 9211, 106.25: 9212, 106.5: 9213, 107.0: 9214, 107.25: 9215, 107.5: 9216, 107.75: 5899, 108.0: 5898,
    108.25: 9217, 108.5: 9218,
}  # fmt: skip

ZONES: dict[str, Zone] = {
    **{f"EPSG:{code}": Zone(f"EPSG:{code}", meridian, CADASTRAL_SCALE) for meridian, code in _CADASTRAL.items()},
    "EPSG:3405": Zone("EPSG:3405", 105.0, UTM_SCALE),
    "EPSG:3406": Zone("EPSG:3406", 111.0, UTM_SCALE),
}
_ALIASES = {
    "OGC:CRS84": WGS84,
    "CRS84": WGS84,
    "WGS84": WGS84,
    "WGS 84": WGS84,
    "EPSG:4979": WGS84,
    "VN2000": VN2000_GEOGRAPHIC,
}
HANOI_1972 = frozenset({"EPSG:4147", "EPSG:2044", "EPSG:2045"})
_VN2000_OTHER = frozenset({"EPSG:4755", "EPSG:4757"})


def is_vn2000(crs: str) -> bool:
    """Whether this id is one of the VN-2000 systems of the table."""
    return crs in ZONES or crs == VN2000_GEOGRAPHIC


def is_geographic(crs: str) -> bool:
    """Whether coordinates are degrees."""
    if crs in (WGS84, VN2000_GEOGRAPHIC):
        return True
    return crs not in ZONES and bool(pyproj_crs(crs).is_geographic)


def name_of(crs: str) -> str:
    """A short name for people, the same in every language."""
    if crs in ZONES:
        return ZONES[crs].name
    if crs == WGS84:
        return "WGS 84"
    if crs == VN2000_GEOGRAPHIC:
        return "VN-2000"
    return str(pyproj_crs(crs).name)


def normalise(crs: str) -> str:
    """The id we use for a CRS given as ``EPSG:5897``, ``epsg:5897``, an OGC URN or WKT.

    Raises UnsupportedCrs for Hanoi 1972, for text that no one can read, and for a reference by link.
    """
    text = crs.strip()
    if _looks_like_wkt(text):
        return identify_wkt(text)
    urn = re.fullmatch(r"urn:ogc:def:crs:(EPSG|OGC):[\d.]*:(\w+)", text, re.IGNORECASE)
    short = re.fullmatch(r"(EPSG|OGC)::?(\w+)", text, re.IGNORECASE)
    if found := urn or short:
        text = f"{found[1]}:{found[2]}".upper()
    text = _ALIASES.get(text.upper(), text)
    if text in HANOI_1972:
        raise UnsupportedCrs(crs=text, reason="hanoi_1972")
    if text in _VN2000_OTHER:
        return VN2000_GEOGRAPHIC
    if text == WGS84 or is_vn2000(text):
        return text
    if not re.fullmatch(r"EPSG:\d{4,6}", text):
        raise UnsupportedCrs(crs=crs[:200], reason="unknown")
    pyproj_crs(text)
    return text


def identify_wkt(wkt: str) -> str:
    """The id of the CRS that a ``.prj`` (WKT 1, ESRI flavour or WKT 2) describes.

    VN-2000 is told by datum, meridian and scale, since surveying software writes names and codes as it
    pleases. Raises CrsInDoubt (without candidates: those need the data) for a transverse Mercator of
    VN-2000's scale on another datum or on a meridian outside the table, UnsupportedCrs for what cannot be
    read or Hanoi 1972.
    """
    import pyproj
    from pyproj.exceptions import CRSError

    if not _looks_like_wkt(wkt.strip()) or len(wkt) > 20_000:
        raise UnsupportedCrs(crs=wkt[:200], reason="not_wkt")
    quiet_proj()
    try:
        parsed = pyproj.CRS.from_wkt(wkt.strip())
    except CRSError as error:
        raise UnsupportedCrs(crs=wkt[:200], reason="not_wkt") from error
    while parsed.is_compound or parsed.is_bound:
        inner = parsed.source_crs if parsed.is_bound else parsed.sub_crs_list[0]
        if inner is None:
            break
        parsed = inner
    datum = _datum_of(parsed)
    if datum == "hanoi1972":
        raise UnsupportedCrs(crs=str(parsed.name), reason="hanoi_1972")
    if parsed.is_geographic and datum in ("vn2000", "wgs84"):
        return VN2000_GEOGRAPHIC if datum == "vn2000" else WGS84
    if parsed.is_projected and (zone := _zone_of(parsed, datum)):
        return zone
    if datum == "vn2000":
        raise CrsInDoubt(reason="unknown_meridian", crs=str(parsed.name), candidates=[])
    authority = parsed.to_authority(min_confidence=70)
    if authority and authority[0] == "EPSG" and not is_vn2000(f"EPSG:{authority[1]}"):
        return normalise(f"EPSG:{authority[1]}")
    raise CrsInDoubt(reason="unknown_crs", crs=str(parsed.name), candidates=[])


def from_words(text: str) -> str | None:
    """The system that a title or heading states: ``Hệ tọa độ VN-2000, kinh tuyến trục 105°00', múi chiếu 3°``.

    None where nothing, or not enough, is said (VN-2000 without a meridian). Raises UnsupportedCrs for Hanoi 1972.
    """
    plain = _plain(text)
    if re.search(r"\bhn ?-? ?72\b|\b(?:ha ?noi|hanoi) ?-? ?(?:19)?72\b", plain):
        raise UnsupportedCrs(crs="HN-72", reason="hanoi_1972")
    code = re.search(r"\bepsg ?:? ?(\d{4,5})\b", plain)
    if code:
        try:
            return normalise(f"EPSG:{code[1]}")
        except UnsupportedCrs as error:
            if error.params["reason"] == "hanoi_1972":
                raise
            return None
    is_vn2000_named = names_vn2000(text)
    if re.search(r"\bwgs ?-? ?(?:19)?84\b", plain) and not is_vn2000_named:
        utm = re.search(r"\b(4[89]) ?n\b", plain)
        return f"EPSG:326{utm[1]}" if utm else WGS84
    if not is_vn2000_named:
        return None
    if utm := re.search(r"\butm\b.{0,20}?\b(4[89]) ?n?\b", plain):
        return f"EPSG:34{'05' if utm[1] == '48' else '06'}"
    found = re.search(
        r"(?:kinh tuyen(?: truc| trung uong)?|kttw|ktt|meridian|truc)\D{0,12}(10[2-8])"
        r"(?:[.,](\d{1,2})(?!\d)| ?[°o ]? ?(?:(\d{1,2}) ?['’′p])?)",
        plain,
    )
    if found is None:
        return None
    meridian = float(found[1]) + float(f"0.{found[2]}") if found[2] else int(found[1]) + int(found[3] or 0) / 60
    wide = re.search(r"mui(?: chieu)? ?6", plain) is not None
    scale = UTM_SCALE if wide else CADASTRAL_SCALE
    zones = [zone.crs for zone in ZONES.values() if zone.meridian == meridian and zone.scale == scale]
    return zones[0] if zones else None


def names_vn2000(text: str) -> bool:
    """Whether a title or heading says VN-2000, with or without a meridian."""
    return re.search(r"\bvn ?-? ?2000\b", _plain(text)) is not None


def wkt_for_prj(crs: str) -> str:
    """WKT 1 in the ESRI flavour, for a shapefile's ``.prj``."""
    return str(pyproj_crs(crs).to_wkt("WKT1_ESRI"))


def projjson(crs: str) -> dict[str, Any]:
    """PROJJSON of the system, as GeoParquet's metadata holds it."""
    return dict(pyproj_crs(crs).to_json_dict())


# --- inside ---


def _plain(text: str) -> str:
    """Lower case, no marks on letters, single blanks; underscores part words."""
    decomposed = unicodedata.normalize("NFD", text.lower().replace("đ", "d").replace("_", " "))
    return re.sub(r"\s+", " ", "".join(sign for sign in decomposed if not unicodedata.combining(sign)))


def _looks_like_wkt(text: str) -> bool:
    return bool(re.match(r"(PROJCS|GEOGCS|COMPD_CS|PROJCRS|GEOGCRS|GEODCRS|COMPOUNDCRS|BOUNDCRS)\s*\[", text))


def quiet_proj() -> None:
    import pyproj.network

    if pyproj.network.is_network_enabled():
        pyproj.network.set_network_enabled(False)


def pyproj_crs(crs: str) -> Any:
    import pyproj
    from pyproj.exceptions import CRSError

    quiet_proj()
    try:
        return pyproj.CRS.from_user_input(crs)
    except CRSError as error:
        raise UnsupportedCrs(crs=crs[:200], reason="unknown") from error


def _datum_of(parsed: Any) -> str:
    geodetic = parsed.geodetic_crs
    names = " ".join(
        str(part.name) for part in (geodetic, getattr(geodetic, "datum", None)) if part is not None
    ).lower()
    squeezed = re.sub(r"[^a-z0-9]", "", names)
    if "vn2000" in squeezed or "vietnam2000" in squeezed:
        return "vn2000"
    if "hanoi1972" in squeezed or "hn72" in squeezed:
        return "hanoi1972"
    wgs84 = any(name in squeezed for name in ("wgs84", "worldgeodeticsystem1984", "wgs1984"))
    return "wgs84" if wgs84 else "other"


def _zone_of(parsed: Any, datum: str) -> str | None:
    """The zone with these parameters; CrsInDoubt for VN-2000's own scale on the datum WGS 84."""
    operation = parsed.coordinate_operation
    if operation is None or not _is_transverse_mercator(str(operation.method_name)):
        return None
    values = {_parameter_key(p.name): float(p.value) for p in operation.params}
    meridian, scale = values.get("meridian", math.nan), values.get("scale", math.nan)
    usual = abs(values.get("easting", 0) - 500_000) < 1e-6 and abs(values.get("northing", 0)) < 1e-6
    metres = all(abs(axis.unit_conversion_factor - 1) < 1e-9 for axis in parsed.axis_info)
    for zone in ZONES.values():
        if usual and metres and abs(zone.meridian - meridian) < 1e-6 and abs(zone.scale - scale) < 1e-7:
            if datum == "vn2000":
                return zone.crs
            # Survey software often writes VN-2000 as "WGS 84 with k 0.9999", losing the shift: ask, do not
            # guess.
            if datum == "wgs84" and zone.scale == CADASTRAL_SCALE:
                raise CrsInDoubt(reason="vn2000_zone_on_wgs84", crs=str(parsed.name), candidates=[])
    return None


def _is_transverse_mercator(method: str) -> bool:
    return re.sub(r"[^a-z]", "", method.lower()) in ("transversemercator", "gausskruger")


def _parameter_key(name: str) -> str:
    lowered = name.lower().replace("_", " ")
    if "longitude" in lowered or "meridian" in lowered:
        return "meridian"
    for key in ("scale", "easting", "northing"):
        if key in lowered:
            return key
    return lowered
