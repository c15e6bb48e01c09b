/** Plots around, exact to the last digit: to be seen, and to take corners over from. */

import { fetchJson } from "../map/catalogue.js";

const ROOM = 0.003; // degrees asked for around the view, so that a small move asks nothing
const WIDEST = 0.45; // of a view; further out nobody draws

/** Name of a position at the precision that the drawing library keeps (9 decimals, 0.1 mm). */
export function cornerKey([lon, lat]) {
  return `${lon.toFixed(9)},${lat.toFixed(9)}`;
}

/**
 * `createNeighbours({ url, besides })` → `{ load(box), features(), snap(point, project, own), exact(position) }`.
 * `exact` gives a corner back as it is stored, where drawing has rounded it.
 */
export function createNeighbours({ url, besides }) {
  const corners = new Map();
  let features = [];
  let isCut = false;
  let loaded = null;
  let running = null;

  const remember = (rings) => {
    for (const position of rings.flat()) {
      corners.set(cornerKey(position), position);
    }
  };

  return {
    features: () => features,
    isCut: () => isCut,

    /** Corners of the plot itself: those that are not moved stay the very same numbers. */
    remember,

    /** Load what lies in [west, south, east, north]; true when something new came. */
    async load([west, south, east, north]) {
      if (east - west > WIDEST || north - south > WIDEST) {
        return false;
      }
      if (loaded && west >= loaded[0] && south >= loaded[1] && east <= loaded[2] && north <= loaded[3]) {
        return false;
      }
      const box = [west - ROOM, south - ROOM, east + ROOM, north + ROOM];
      running?.abort();
      running = new AbortController();
      const query = new URLSearchParams({ bbox: box.map((number) => number.toFixed(6)).join(",") });
      if (besides) {
        query.set("besides", besides);
      }
      const answer = await fetchJson(`${url}?${query}`, { signal: running.signal });
      features = answer.features;
      isCut = answer.is_cut;
      loaded = isCut ? null : box;
      for (const feature of features) {
        remember(ringsOf(feature.geometry));
      }
      return true;
    },

    /**
     * The corner of a neighbour (or of `own`, a list of rings) within `reach` pixels of `point` ({x, y}), else the
     * nearest place on an edge within two thirds of it; undefined when nothing is near.
     */
    snap(point, project, own, reach) {
      const rings = [...features.flatMap((feature) => ringsOf(feature.geometry)), ...own];
      return nearestCorner(rings, point, project, reach) ?? nearestOnEdge(rings, point, project, (reach * 2) / 3);
    },

    exact: (position) => corners.get(cornerKey(position)) ?? position,
  };
}

function ringsOf(geometry) {
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}

function nearestCorner(rings, { x, y }, project, reach) {
  let best;
  let nearest = reach;
  for (const position of rings.flat()) {
    const at = project(position);
    const away = Math.hypot(at.x - x, at.y - y);
    if (away < nearest) {
      nearest = away;
      best = position;
    }
  }
  return best;
}

function nearestOnEdge(rings, { x, y }, project, reach) {
  let best;
  let nearest = reach;
  for (const ring of rings) {
    for (let i = 0; i < ring.length; i += 1) {
      const from = ring[i];
      const to = ring[(i + 1) % ring.length];
      const a = project(from);
      const b = project(to);
      const long = (b.x - a.x) ** 2 + (b.y - a.y) ** 2;
      if (long === 0) {
        continue;
      }
      const t = Math.min(1, Math.max(0, ((x - a.x) * (b.x - a.x) + (y - a.y) * (b.y - a.y)) / long));
      const away = Math.hypot(a.x + t * (b.x - a.x) - x, a.y + t * (b.y - a.y) - y);
      if (away < nearest) {
        nearest = away;
        best = [from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1])];
      }
    }
  }
  return best;
}
