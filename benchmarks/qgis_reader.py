"""What QGIS itself reads: run by the system's Python, which has QGIS; it knows nothing of this project.

Standard input: {"root", "token", "layers": [names], "tiles": {name: [z, x, y]}}. Standard output: one JSON object a
layer {"name", "is_valid", "error", "reported", "rows", "strings": {row of texts: times}}, and one a tile layer.
"""

import json
import sys
from collections import Counter

from qgis.core import QgsApplication, QgsTileXYZ, QgsVectorLayer, QgsVectorTileLayer
from qgis.PyQt.QtCore import QVariant


def read_layer(root, name, token):
    """Walk the whole layer by the OAPIF provider."""
    login = f" username='qgis' password='{token}'" if token else ""
    layer = QgsVectorLayer(f"typename='{name}' url='{root}' pagingEnabled='true' pageSize='500'{login}", name, "OAPIF")
    found = {"name": name, "is_valid": layer.isValid(), "error": layer.error().message()}
    if not layer.isValid():
        return found
    texts = sorted(field.name() for field in layer.fields() if field.type() == QVariant.String)
    rows, strings, with_shape = 0, Counter(), 0
    for feature in layer.getFeatures():
        rows += 1
        with_shape += feature.hasGeometry()
        strings[json.dumps([plain(feature[name]) for name in texts], ensure_ascii=False)] += 1
    reported = layer.featureCount()  # after the walk: before it QGIS may have asked for the first page only
    crs = layer.crs().authid()
    return found | {
        "reported": reported,
        "rows": rows,
        "shapes": with_shape,
        "texts": texts,
        "strings": strings,
        "crs": crs,
    }


def plain(value):
    """A text as Python has it; QGIS's NULL is None."""
    return None if value is None or (isinstance(value, QVariant) and value.isNull()) else str(value)


def read_tile(root, name, z, x, y):
    """Fetch one tile by the vector tile layer."""
    address = f"{root}/collections/{name}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    layer = QgsVectorTileLayer(f"type=xyz&url={address}&zmin=0&zmax=16", name)
    size = layer.getRawTile(QgsTileXYZ(x, y, z)).size() if layer.isValid() else 0
    return {"name": name, "is_valid": layer.isValid(), "tile_bytes": size}


def main():
    """Read everything that was asked for."""
    asked = json.load(sys.stdin)
    application = QgsApplication([], False)
    application.initQgis()
    for name in asked["layers"]:
        print(json.dumps(read_layer(asked["root"], name, asked["token"]), ensure_ascii=False), flush=True)
    for name, (z, x, y) in asked["tiles"].items():
        print(json.dumps(read_tile(asked["root"], name, z, x, y)), flush=True)
    application.exitQgis()


main()
