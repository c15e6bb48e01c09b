/** Which feature of the light map lies in its middle, for keys. */

const REACH = 16; // pixels around the cross

/** Return the one of `shapes` (`{shape: Leaflet layer with its feature}`) in the middle of the map: points before areas. */
export function inMiddle(map, shapes) {
  const centre = map.getCenter();
  const middle = map.latLngToContainerPoint(centre);
  const near = shapes
    .filter(({ shape }) => shape.getLatLng)
    .map((one) => ({ ...one, far: middle.distanceTo(map.latLngToContainerPoint(one.shape.getLatLng())) }))
    .filter(({ far }) => far <= REACH)
    .sort((a, b) => a.far - b.far);
  const around = shapes.find(
    ({ shape }) => shape.getBounds?.().contains(centre) && isInside(shape.feature.geometry, centre.lng, centre.lat),
  );
  return near[0] ?? around ?? null;
}

function isInside({ type, coordinates }, x, y) {
  const parts = { Polygon: [coordinates], MultiPolygon: coordinates }[type] ?? [];
  return parts.some((rings) => rings.filter((ring) => crosses(ring, x, y)).length % 2 === 1);
}

// Even-odd rule: a ray to the east crosses the ring an odd number of times.
function crosses(ring, x, y) {
  let isIn = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [ax, ay] = ring[i];
    const [bx, by] = ring[j];
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) {
      isIn = !isIn;
    }
  }
  return isIn;
}
