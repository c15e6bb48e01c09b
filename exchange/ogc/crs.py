"""Coordinate reference systems by reference (OGC API Features Part 2, OGC 18-058r1).

The default and stored system is CRS84 (longitude, latitude). EPSG:4326 by its address means latitude first, as its
authority says; the zones of VN-2000 have the easting first. VN-2000 is converted by `geofiles.crs` only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.gis.db.models.functions import AsGeoJSON
from django.db.models import F, Func, TextField
from django.utils.translation import gettext_lazy as _

from core.errors import BadInput
from core.filters import SHOWN_VALUE
from core.layers import Layer
from core.problems import parameter_finding
from core.sql import COORDINATE_DIGITS
from exchange.crs import OGC_CRS84, SYSTEMS
from geofiles.crs import WGS84, points_to_wgs84
from geofiles.errors import GeoFileError
from geofiles.shape_texts import geojson_texts

EPSG_4326 = "http://www.opengis.net/def/crs/EPSG/0/4326"
MARK = b"\x01"  # stands around hexadecimal WKB in the text of a page; JSON from PostgreSQL holds no such sign


@dataclass(frozen=True, slots=True)
class Crs:
    """A system in which features are asked for and boxes are given.

    uri            its name in addresses and in the header Content-Crs
    crs            "EPSG:4326" or a zone of VN-2000
    latitude_first the order of its two numbers, as the authority of the system has it
    """

    uri: str
    crs: str
    name: str
    latitude_first: bool = False

    @property
    def is_stored(self) -> bool:
        return self.uri == OGC_CRS84

    @property
    def is_vn2000(self) -> bool:
        return self.crs != WGS84


def _written_out() -> dict[str, Crs]:
    systems = [Crs(OGC_CRS84, WGS84, "WGS 84 (CRS84)"), Crs(EPSG_4326, WGS84, "WGS 84", latitude_first=True)]
    systems += [Crs(found.uri, found.crs, found.name) for found in SYSTEMS.values() if found.crs != WGS84]
    return {found.uri: found for found in systems}


CRSS: Mapping[str, Crs] = _written_out()
CRS84 = CRSS[OGC_CRS84]


def read_crs(name: str, text: str | None) -> Crs:
    """Return the system named by the parameter `name`, by default CRS84; BadInput for any other name.

    Names are compared, never looked up: no address is called.
    """
    if text is None:
        return CRS84
    found = CRSS.get(text.strip())
    if found is None:
        detail = _("Không có hệ tọa độ %(crs)s. Các hệ dùng được nằm ở “crs” của lớp, ví dụ %(known)s.") % {
            "crs": text[:SHOWN_VALUE],
            "known": EPSG_4326,
        }
        raise BadInput(findings=[parameter_finding(name, "unknown_crs", detail)])
    return found


class _Flipped(Func):
    """The geometry with its two axes exchanged."""

    function = "ST_FlipCoordinates"


class _MarkedWkb(Func):
    """Hexadecimal WKB between two marks, for `written_in`."""

    template = "chr(1) || encode(ST_AsBinary(%(expressions)s), 'hex') || chr(1)"
    output_field = TextField()


def geometry_writer(layer: Layer, crs: Crs) -> Any | None:
    """Return the expression that writes the geometry of `layer` for `crs`; None for the stored system.

    For VN-2000 it is marked WKB: the text of the page then goes through `written_in`.
    """
    if crs.is_stored or layer.geometry is None:
        return None
    if crs.is_vn2000:
        return _MarkedWkb(F(layer.geometry))
    path = F(layer.geometry)
    return AsGeoJSON(_Flipped(path, output_field=_shape_field()), precision=COORDINATE_DIGITS)


def _shape_field() -> Any:
    from django.contrib.gis.db.models import GeometryField

    return GeometryField(srid=4326)


def written_in(crs: Crs, features: bytes) -> bytes:
    """Return the text of features with marked WKB written as GeoJSON in `crs`, all of the page at once."""
    if not crs.is_vn2000 or MARK not in features:
        return features
    parts = features.split(MARK)
    texts = geojson_texts([part.decode() for part in parts[1::2]], crs.crs, digits=SYSTEMS[crs.crs].digits)
    parts[1::2] = [text.encode() for text in texts]
    return b"".join(parts)


def to_longitude_latitude(crs: Crs, points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return points given in `crs` as longitude and latitude; raises ValueError for what has no place on Earth."""
    if crs.is_stored:
        return points
    if crs.latitude_first:
        return [(second, first) for first, second in points]
    try:
        longitudes, latitudes = points_to_wgs84([x for x, _y in points], [y for _x, y in points], crs.crs)
    except GeoFileError as error:
        raise ValueError(error) from error
    return list(zip(longitudes.tolist(), latitudes.tolist(), strict=True))
