"""Makes static/geo/land.json, the land under our maps, from Natural Earth's 1:10m land (public domain).

    npm pack world-atlas@2.0.2 && tar xf world-atlas-2.0.2.tgz
    .venv/bin/python data/land/make_land.py package/land-10m.json

The source is the land layer of the npm package world-atlas (ISC; its data is Natural Earth's): coastlines only, no
border of any country is in it. It is cut to the region, finer around Viet Nam's south than elsewhere, in EPSG:4326.
"""

import json
import sys
from pathlib import Path

import shapely
from pyogrio.raw import read

REGION = (90.0, -5.0, 131.0, 31.0)  # west, south, east, north in degrees
FINE = (104.0, 8.0, 108.5, 11.5)  # the Mekong delta and the coast beside it
COARSE_TOLERANCE = 0.05  # degrees, about 5 km
FINE_TOLERANCE = 0.002
SMALLEST = 0.01  # square degrees; smaller islets are left out outside the fine part
DIGITS = 3
OUT = Path(__file__).resolve().parents[2] / "static" / "geo" / "land.json"


def main(source: str) -> None:
    """Read the TopoJSON file `source`, write the GeoJSON Feature collection, say its size."""
    geometries = shapely.from_wkb(read(source)[2])
    land = shapely.union_all(shapely.make_valid(geometries))
    fine_box = shapely.box(*FINE)
    near = shapely.simplify(shapely.intersection(land, fine_box), FINE_TOLERANCE)
    far = shapely.intersection(land, shapely.difference(shapely.box(*REGION), fine_box))
    far_parts = [part for part in shapely.get_parts(shapely.simplify(far, COARSE_TOLERANCE)) if part.area > SMALLEST]
    parts = [*shapely.get_parts(near), *far_parts]
    # Rounded points may make neighbours touch wrongly; a set precision keeps every ring valid.
    rounded = [shapely.set_precision(part, 10**-DIGITS) for part in parts]
    features = [
        {"type": "Feature", "properties": {}, "geometry": _rounded(json.loads(shapely.to_geojson(part)))}
        for part in rounded
        if not part.is_empty
    ]
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":")) + "\n")
    print(f"{OUT}: {len(features)} polygons, {OUT.stat().st_size} bytes")


def _rounded(geometry: dict) -> dict:
    def shorten(value: object) -> object:
        return [shorten(one) for one in value] if isinstance(value, list | tuple) else round(float(str(value)), DIGITS)

    return {**geometry, "coordinates": shorten(geometry["coordinates"])}


if __name__ == "__main__":
    main(sys.argv[1])
