"""What can be wrong with a file: machine codes and parameters; the apps write the texts.

``code`` is stable English snake_case, ``params`` is JSON-able. An ``InDoubt`` error is not a refusal: its
``params["candidates"]`` are the answers the caller may give back as ``layer=``, ``crs=``, ``encoding=`` or
``geometry=``.
"""

from __future__ import annotations

from typing import Any


class GeoFileError(Exception):
    """A file, or something in it, that cannot be used as it is."""

    code = "unreadable_file"

    def __init__(self, code: str | None = None, **params: Any) -> None:
        self.code = code or type(self).code
        self.params = params
        super().__init__(f"{self.code} {params}" if params else self.code)

    def as_dict(self) -> dict[str, Any]:
        """``{"code": ..., "params": {...}}``, ready for JSON."""
        return {"code": self.code, "params": self.params}


class UnreadableFile(GeoFileError):
    """Not a file of the format, damaged, or empty. Params: ``reason``, often ``detail``."""

    code = "unreadable_file"


class UnsupportedFormat(GeoFileError):
    """A format we do not read. Params: ``found`` (what it looks like), ``accepted``."""

    code = "unsupported_format"


class UnsafeArchive(GeoFileError):
    """An archive that must not be unpacked. Params: ``reason`` and, where known, ``entry`` and ``limit``.

    Reasons: ``path_outside``, ``link``, ``too_many_entries``, ``ratio``, ``too_large``, ``encrypted``,
    ``nested_archive``, ``duplicate_entry``.
    """

    code = "unsafe_archive"


class MissingPart(GeoFileError):
    """A part of a shapefile is not there. Params: ``layer``, ``part`` (such as ``.shx``)."""

    code = "missing_part"


class CrsInDoubt(GeoFileError):
    """No CRS, or one we can't trust. Params: ``reason``, ``candidates`` (``crs.Candidate.as_dict``)."""

    code = "crs_in_doubt"


class UnsupportedCrs(GeoFileError):
    """A CRS we know and refuse (Hanoi 1972), or do not know. Params: ``crs``, ``reason``."""

    code = "unsupported_crs"


class EncodingInDoubt(GeoFileError):
    """No reading of the text stands out. Params: ``candidates``: ``encoding``, ``samples``, ``score``."""

    code = "encoding_in_doubt"


class LayerInDoubt(GeoFileError):
    """Several layers and none chosen, or an unknown one named. Params: ``candidates`` (layer names), ``layers``.

    ``layers``: for each, ``name``, ``features`` and ``geometry_types``, to choose by.
    """

    code = "layer_in_doubt"


class GeometryColumnsInDoubt(GeoFileError):
    """A table that does not say where its plots are. Params: ``headings``, ``candidates``.

    A candidate is what may be given back as ``geometry=``: ``{"kind": "wkt" | "corners" | "point",
    "columns": {...}}`` with the headings of ``wkt``, of ``plot, point, x, y`` or of ``lat, lon``.
    """

    code = "geometry_in_doubt"


class WrongGeometryType(GeoFileError):
    """Not polygons where polygons are needed. Params: ``found``, ``accepted``."""

    code = "wrong_geometry_type"


class TooManyFeatures(GeoFileError):
    """More features than the limit. Params: ``found``, ``limit``."""

    code = "too_many_features"


class TooComplex(GeoFileError):
    """The parser ran out of its time, memory or output allowance. Params: ``reason``, ``limit``."""

    code = "too_complex"


class CoordinatesOutOfRange(GeoFileError):
    """Coordinates that no point on Earth has in this CRS. Params: ``crs``, ``row`` when known."""

    code = "coordinates_out_of_range"


class MapTooLarge(GeoFileError):
    """The take-away map would exceed its limit. Params: ``size`` and ``limit`` in bytes."""

    code = "map_too_large"


class UnsafeMap(GeoFileError):
    """The take-away map still points outside itself. Params: ``references``."""

    code = "unsafe_map"
