/**
 * Shapes on the ground, without a map: a shape is a list of parts, a part a list of rings (the first is the outer one),
 * a ring a list of [lon, lat] that is not closed. Degrees are WGS 84; lengths and areas are metres on its ellipsoid,
 * good to 0.01 % for plots.
 */

const A = 6378137;
const E2 = 0.00669437999014;
const RAD = Math.PI / 180;

/** Metres that one degree of longitude and of latitude span at `lat`. */
export function metresPerDegree(lat) {
  const sine = Math.sin(lat * RAD);
  const w = 1 - E2 * sine * sine;
  return { lon: RAD * (A / Math.sqrt(w)) * Math.cos(lat * RAD), lat: (RAD * A * (1 - E2)) / w ** 1.5 };
}

/** Length of the straight line between two positions, in metres. */
export function distance([lon, lat], [otherLon, otherLat]) {
  const scale = metresPerDegree((lat + otherLat) / 2);
  return Math.hypot((otherLon - lon) * scale.lon, (otherLat - lat) * scale.lat);
}

/** Area inside a ring in m², whatever its direction. */
export function ringArea(ring) {
  if (ring.length < 3) {
    return 0;
  }
  const [lon0, lat0] = ring[0];
  const middle = ring.reduce((sum, [, lat]) => sum + lat, 0) / ring.length;
  const scale = metresPerDegree(middle);
  let twice = 0;
  for (let i = 0; i < ring.length; i += 1) {
    const [x1, y1] = ring[i];
    const [x2, y2] = ring[(i + 1) % ring.length];
    twice += (x1 - lon0) * (y2 - lat0) - (x2 - lon0) * (y1 - lat0);
  }
  return (Math.abs(twice) / 2) * scale.lon * scale.lat;
}

/** Area of a shape in m²: outer rings less their holes. */
export function shapeArea(shape) {
  return shape.reduce(
    (sum, [outer, ...holes]) => sum + ringArea(outer) - holes.reduce((hole, ring) => hole + ringArea(ring), 0),
    0,
  );
}

/** Length of all edges of a shape in metres. */
export function perimeter(shape) {
  return shape.flat().reduce((sum, ring) => sum + edges(ring).reduce((length, edge) => length + edge.metres, 0), 0);
}

/** The edges of a ring: `{ middle, metres }`, from each vertex to the next. */
export function edges(ring) {
  return ring.map((here, i) => {
    const next = ring[(i + 1) % ring.length];
    return { middle: [(here[0] + next[0]) / 2, (here[1] + next[1]) / 2], metres: distance(here, next) };
  });
}

/** Where edges of a shape cross each other: positions, at most `most`. Neighbouring edges share a vertex, no crossing. */
export function crossings(shape, most = 5) {
  const all = shape.flatMap((part, p) =>
    part.flatMap((ring, r) =>
      ring.map((from, i) => ({ from, to: ring[(i + 1) % ring.length], i, n: ring.length, key: `${p}.${r}` })),
    ),
  );
  const found = [];
  if (all.length > 1500) {
    return found; // the server looks at shapes this long
  }
  for (let i = 0; i < all.length; i += 1) {
    for (let j = i + 1; j < all.length && found.length < most; j += 1) {
      const one = all[i];
      const other = all[j];
      const gap = Math.abs(one.i - other.i);
      if (one.key === other.key && (gap === 1 || gap === one.n - 1)) {
        continue;
      }
      const at = meeting(one, other);
      if (at) {
        found.push(at);
      }
    }
  }
  return found;
}

function meeting({ from: [ax, ay], to: [bx, by] }, { from: [cx, cy], to: [dx, dy] }) {
  const across = (bx - ax) * (dy - cy) - (by - ay) * (dx - cx);
  if (across === 0) {
    return null;
  }
  const t = ((cx - ax) * (dy - cy) - (cy - ay) * (dx - cx)) / across;
  const u = ((cx - ax) * (by - ay) - (cy - ay) * (bx - ax)) / across;
  return t > 0 && t < 1 && u > 0 && u < 1 ? [ax + t * (bx - ax), ay + t * (by - ay)] : null;
}

/** Whether a position lies inside a ring. */
export function isInside([x, y], ring) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i, i += 1) {
    const [xi, yi] = ring[i];
    const [xj, yj] = ring[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) {
      inside = !inside;
    }
  }
  return inside;
}

/** [west, south, east, north] of a shape; null of none. */
export function bounds(shape) {
  const all = shape.flat(2);
  if (!all.length) {
    return null;
  }
  const lons = all.map(([lon]) => lon);
  const lats = all.map(([, lat]) => lat);
  return [Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)];
}

/** A GeoJSON MultiPolygon of a shape; null of none. */
export function toGeometry(shape) {
  const parts = shape.filter(([outer]) => outer.length >= 3);
  return parts.length
    ? { type: "MultiPolygon", coordinates: parts.map((part) => part.map((ring) => [...ring, ring[0]])) }
    : null;
}

/** The shape of a GeoJSON Polygon or MultiPolygon, of a Feature or of a FeatureCollection; throws Error for others. */
export function fromGeometry(value) {
  if (value?.type === "FeatureCollection") {
    return value.features.flatMap((feature) => fromGeometry(feature));
  }
  if (value?.type === "Feature") {
    return fromGeometry(value.geometry);
  }
  const parts = { Polygon: [value?.coordinates], MultiPolygon: value?.coordinates }[value?.type];
  if (!Array.isArray(parts)) {
    throw new Error("no polygon");
  }
  return parts.map((part) => part.map((ring) => open(ring.map(([lon, lat]) => pair(lon, lat)))));
}

function pair(lon, lat) {
  if (!Number.isFinite(lon) || !Number.isFinite(lat)) {
    throw new Error("no number");
  }
  return [lon, lat];
}

function open(ring) {
  const last = ring.at(-1);
  const isClosed = ring.length > 1 && ring[0][0] === last[0] && ring[0][1] === last[1];
  return isClosed ? ring.slice(0, -1) : ring;
}

/** A number as people type it: "10,45" and "10.45" are the same; NaN for anything else. */
export function typedNumber(text) {
  const plain = String(text).trim().replace(/\s/g, "").replace(",", ".");
  return /^[+-]?\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
}

/** What is pasted: `{ shape }` of GeoJSON or WKT, or `{ points }` ([first, second] of each line); throws Error. */
export function fromText(text) {
  const trimmed = text.trim();
  if (trimmed.startsWith("{")) {
    return { shape: fromGeometry(JSON.parse(trimmed)) };
  }
  const wkt = /^(?:SRID=4326;)?\s*(MULTI)?POLYGON\s*(\(.*\))\s*$/is.exec(trimmed);
  if (wkt) {
    const lists = wkt[2]
      .replace(/([+-]?[\d.eE+-]+)\s+([+-]?[\d.eE+-]+)(\s+[+-]?[\d.eE+-]+)*/g, "[$1,$2]")
      .replaceAll("(", "[")
      .replaceAll(")", "]");
    return { shape: fromGeometry({ type: wkt[1] ? "MultiPolygon" : "Polygon", coordinates: JSON.parse(lists) }) };
  }
  const points = trimmed
    .split(/\r?\n/)
    .filter((line) => line.trim())
    .map(lineNumbers);
  return { points: open(points) };
}

function lineNumbers(line) {
  const byBlank = line
    .trim()
    .split(/[;\t ]+/)
    .filter(Boolean);
  const parts = byBlank.length >= 2 ? byBlank : line.split(",");
  const [first, second] = parts.slice(-2).map((part) => typedNumber(part.replace(/,$/, "")));
  return pair(first, second);
}
