"""Files of plots for tests of the import."""

import json

from tests.factories.office import make_upload


def geojson_bytes(*rows):
    """GeoJSON of (geometry or None, properties)."""
    shapes = [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape.geojson) if shape else None}
        for shape, properties in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": shapes}).encode()


def geojson_file(*rows, name="thua.geojson"):
    """The same as an uploaded file."""
    return make_upload(name, geojson_bytes(*rows))


def codes_of(plot_import, row=1):
    """Codes of what was found at a row."""
    return [finding["code"] for finding in plot_import.rows.get(row=row).findings]
