/** Lines and rings of GPS positions `{ lon, lat }`: metres, area, simplifying, crossing. WGS 84; good to 0.1 % at farm size. */

const EQUATOR_M = 6_378_137;
const FLATNESS = 0.006_694_379_990_141; // first eccentricity squared
const RADIANS = Math.PI / 180;

/** Return metres per degree of longitude and latitude at this latitude. */
export function metresPerDegree(lat) {
  const sine2 = Math.sin(lat * RADIANS) ** 2;
  const normal = EQUATOR_M / Math.sqrt(1 - FLATNESS * sine2);
  const meridian = (EQUATOR_M * (1 - FLATNESS)) / (1 - FLATNESS * sine2) ** 1.5;
  return [normal * Math.cos(lat * RADIANS) * RADIANS, meridian * RADIANS];
}

/** Return `[x, y]` in metres east and north of `origin`, for each point. */
export function inMetres(points, origin = points[0]) {
  if (points.length === 0) {
    return [];
  }
  const [east, north] = metresPerDegree(origin.lat);
  return points.map((point) => [(point.lon - origin.lon) * east, (point.lat - origin.lat) * north]);
}

/** Metres between two points. */
export function distance(a, b) {
  const [x, y] = inMetres([b], a)[0];
  return Math.hypot(x, y);
}

/** Square metres inside the ring through `points`, open or closed. */
export function areaOf(points) {
  const flat = inMetres(points);
  let twice = 0;
  for (const [index, [x, y]] of flat.entries()) {
    const [nextX, nextY] = flat[(index + 1) % flat.length];
    twice += x * nextY - nextX * y;
  }
  return Math.abs(twice) / 2;
}

/** Metres along the ring through `points`, closed. */
export function lengthAround(points) {
  return points.reduce((sum, point, index) => sum + distance(point, points[(index + 1) % points.length]), 0);
}

/**
 * Return the points of a ring without those that lie within `tolerance` metres of the line through the others
 * (Douglas-Peucker). Points with `isCorner` always stay, and so does the first.
 */
export function simplified(points, tolerance) {
  if (points.length < 4) {
    return points;
  }
  const closed = [...points, points[0]];
  const flat = inMetres(closed);
  const kept = new Set([0, closed.length - 1]);
  const fixed = closed.flatMap((point, index) =>
    point.isCorner || index === 0 || index === closed.length - 1 ? [index] : [],
  );
  if (fixed.length === 2) {
    fixed.splice(1, 0, farthest(flat)); // a ring needs two ends to be cut between
  }
  for (const [place, start] of fixed.slice(0, -1).entries()) {
    thin(flat, start, fixed[place + 1], tolerance, kept);
  }
  return closed.slice(0, -1).filter((_point, index) => kept.has(index));
}

function farthest(flat) {
  let best = 1;
  for (let index = 1; index < flat.length - 1; index += 1) {
    if (Math.hypot(...flat[index]) > Math.hypot(...flat[best])) {
      best = index;
    }
  }
  return best;
}

function thin(flat, start, end, tolerance, kept) {
  kept.add(start).add(end);
  const waiting = [[start, end]];
  while (waiting.length > 0) {
    const [from, to] = waiting.pop();
    let worst = 0;
    let at = -1;
    for (let index = from + 1; index < to; index += 1) {
      const off = offLine(flat[index], flat[from], flat[to]);
      if (off > worst) {
        [worst, at] = [off, index];
      }
    }
    if (worst > tolerance) {
      kept.add(at);
      waiting.push([from, at], [at, to]);
    }
  }
}

/** Metres from a point to a stretch of line. */
function offLine([x, y], [fromX, fromY], [toX, toY]) {
  const [dx, dy] = [toX - fromX, toY - fromY];
  const length2 = dx * dx + dy * dy;
  const share = length2 === 0 ? 0 : Math.min(1, Math.max(0, ((x - fromX) * dx + (y - fromY) * dy) / length2));
  return Math.hypot(x - fromX - share * dx, y - fromY - share * dy);
}

/** Whether the ring through `points` crosses itself; the server checks this again, and more. */
export function crossesItself(points) {
  const flat = inMetres(points);
  const count = flat.length;
  for (let first = 0; first < count; first += 1) {
    for (let second = first + 2; second < count; second += 1) {
      const areNeighbours = first === 0 && second === count - 1;
      if (!areNeighbours && cross(flat[first], flat[first + 1], flat[second], flat[(second + 1) % count])) {
        return true;
      }
    }
  }
  return false;
}

function cross(a, b, c, d) {
  const side = ([px, py], [qx, qy], [rx, ry]) => Math.sign((qx - px) * (ry - py) - (qy - py) * (rx - px));
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
