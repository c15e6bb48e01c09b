"""EUDR geolocation files (Regulation (EU) 2023/1115): rules of the GeoJSON that TRACES takes, a check, a correction.

Source of the rules: the Commission's "EUDR GeoJSON File Description" 1.4, read second-hand (docs/domain.md §4); where a
rule is the law's and not known to be the system's, the finding is a notice. Files of strangers are checked through
``geofiles.sandbox.check_eudr`` only.
"""

from geofiles.eudr.checks import check
from geofiles.eudr.corrections import correct
from geofiles.eudr.rules import (
    COUNTRY,
    DECIMALS,
    GRID,
    MAX_BYTES,
    MAX_FEATURES,
    POINT_MAX_HA,
    PROPERTIES,
    SEVERITIES,
)

__all__ = [
    "COUNTRY", "DECIMALS", "GRID", "MAX_BYTES", "MAX_FEATURES", "POINT_MAX_HA", "PROPERTIES", "SEVERITIES", "check",
    "correct",
]  # fmt: skip
