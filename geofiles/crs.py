"""Coordinate reference systems: VN-2000 with the official datum shift, recognition, candidates.

One name for three modules: ``crs_wkt`` (names, zones, WKT), ``crs_shift`` (conversion by the pinned pipeline) and
``crs_candidates`` (where raw numbers could fall).
"""

from geofiles.crs_candidates import COUNTRY_BOX, NEAR_ENOUGH_KM, Candidate, rank_candidates, split_choice
from geofiles.crs_shift import (
    from_wgs84,
    pipeline_of,
    points_from_wgs84,
    points_to_wgs84,
    swap_axes,
    to_wgs84,
)
from geofiles.crs_wkt import (
    CADASTRAL_SCALE,
    UTM_SCALE,
    VN2000_GEOGRAPHIC,
    WGS84,
    ZONES,
    Zone,
    from_words,
    identify_wkt,
    is_geographic,
    is_vn2000,
    name_of,
    names_vn2000,
    normalise,
    projjson,
    wkt_for_prj,
)

__all__ = [
    "CADASTRAL_SCALE",
    "COUNTRY_BOX",
    "NEAR_ENOUGH_KM",
    "UTM_SCALE",
    "VN2000_GEOGRAPHIC",
    "WGS84",
    "ZONES",
    "Candidate",
    "Zone",
    "from_wgs84",
    "from_words",
    "identify_wkt",
    "is_geographic",
    "is_vn2000",
    "name_of",
    "names_vn2000",
    "normalise",
    "pipeline_of",
    "points_from_wgs84",
    "points_to_wgs84",
    "projjson",
    "rank_candidates",
    "split_choice",
    "swap_axes",
    "to_wgs84",
    "wkt_for_prj",
]
