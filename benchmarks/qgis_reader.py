"""What QGIS itself reads: run by the system's Python, which has QGIS; it knows nothing of this project.

Standard input: {"root", "token", "layers": [names], "tiles": {name: box in degrees}}. Standard output: one JSON object
a layer {"name", "is_valid", "error", "reported", "rows", "shapes", "texts", "strings": {row of texts: times}, "crs"},
and one a layer of tiles {"name", "is_valid", "pixels": how many are coloured}.
"""

import json
import sys
from collections import Counter

from qgis.core import (
    QgsApplication,
    QgsCoordinateReferenceSystem,
    QgsCoordinateTransform,
    QgsMapRendererSequentialJob,
    QgsMapSettings,
    QgsProject,
    QgsRectangle,
    QgsSymbol,
    QgsVectorLayer,
    QgsVectorTileBasicRenderer,
    QgsVectorTileBasicRendererStyle,
    QgsVectorTileLayer,
    QgsWkbTypes,
)
from qgis.PyQt.QtCore import QSize, QVariant
from qgis.PyQt.QtGui import QColor


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


def draw_tiles(root, name, box):
    """Draw the box by the vector tile layer, each kind of shape in one colour; count the pixels that are coloured."""
    address = f"{root}/collections/{name}/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    layer = QgsVectorTileLayer(f"type=xyz&url={address}&zmin=0&zmax=16", name)
    if not layer.isValid():
        return {"name": name, "is_valid": False, "pixels": 0}
    layer.setRenderer(renderer_of_everything())
    settings = QgsMapSettings()
    settings.setLayers([layer])
    settings.setDestinationCrs(QgsCoordinateReferenceSystem("EPSG:3857"))
    to_mercator = QgsCoordinateTransform(
        QgsCoordinateReferenceSystem("EPSG:4326"), settings.destinationCrs(), QgsProject.instance()
    )
    settings.setExtent(to_mercator.transformBoundingBox(QgsRectangle(*box)))
    settings.setOutputSize(QSize(512, 512))
    settings.setBackgroundColor(QColor(255, 255, 255))
    job = QgsMapRendererSequentialJob(settings)
    job.start()
    job.waitForFinished()
    image = job.renderedImage()
    white = QColor(255, 255, 255).rgb()
    pixels = sum(image.pixel(x, y) != white for x in range(0, 512, 2) for y in range(0, 512, 2))
    return {"name": name, "is_valid": True, "pixels": pixels}


def renderer_of_everything():
    """Points, lines and polygons of every source layer in black."""
    renderer = QgsVectorTileBasicRenderer()
    styles = []
    for kind in (QgsWkbTypes.PointGeometry, QgsWkbTypes.LineGeometry, QgsWkbTypes.PolygonGeometry):
        style = QgsVectorTileBasicRendererStyle(str(kind), "", kind)
        symbol = QgsSymbol.defaultSymbol(kind)
        symbol.setColor(QColor(0, 0, 0))
        style.setSymbol(symbol)
        style.setEnabled(True)
        styles.append(style)
    renderer.setStyles(styles)
    return renderer


def main():
    """Read everything that was asked for."""
    asked = json.load(sys.stdin)
    application = QgsApplication([], True)
    application.initQgis()
    for name in asked["layers"]:
        print(json.dumps(read_layer(asked["root"], name, asked["token"]), ensure_ascii=False), flush=True)
    for name, box in asked["tiles"].items():
        print(json.dumps(draw_tiles(asked["root"], name, box)), flush=True)
    application.exitQgis()


main()
