"""The system that a file declares, judged by ``geofiles.crs``: our id, or the problem with it."""

from __future__ import annotations

from geofiles import crs
from geofiles.errors import CrsInDoubt, GeoFileError


def judge(declared: str | None) -> tuple[str | None, GeoFileError | None]:
    """(id, None), or (None, why not): nothing declared, a system we do not know, or one that we refuse."""
    if not declared:
        return None, CrsInDoubt(reason="no_crs", candidates=[])
    try:
        return crs.normalise(declared), None
    except GeoFileError as error:
        return None, error
