"""Geographic files in: ``inspect`` says what is there, ``read`` and ``read_batches`` give the features.

Formats: zipped shapefile (folders inside, several layers, any letter case), GeoJSON, GeoPackage, KML, KMZ,
GeoParquet. What a file is, is told by its content and must agree with its name. Where the layer, the CRS or
the encoding is in doubt an error with the candidates is raised and nothing is guessed; pass the answer as
``layer=``, ``crs=`` (a candidate's ``id``) or ``encoding=``. No network, no writing beside the file:
everything is read from a private temporary copy. Untrusted files go through ``geofiles.sandbox``, which
calls these in a fenced process.
"""

from geofiles.readers.api import (
    FieldSummary,
    FileSummary,
    LayerSummary,
    inspect,
    read,
    read_batches,
    read_with_total,
)

__all__ = ["FieldSummary", "FileSummary", "LayerSummary", "inspect", "read", "read_batches", "read_with_total"]
