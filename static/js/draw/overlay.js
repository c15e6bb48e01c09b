/** What the editor draws besides the ring at hand: neighbours, the shape with its holes, lengths, places of trouble. */

import { number } from "../lib/format.js";
import { MAP_FONT } from "../map/style.js";
import { edges, toGeometry } from "./geo.js";

const EMPTY = { type: "FeatureCollection", features: [] };
const BELOW = "east-sea-islands";
const MOST_LABELS = 400;

/** `createOverlay(map)` → `{ neighbours(features, marked), shape(shape), lengths(rings), trouble(positions) }`. */
export function createOverlay(map) {
  for (const name of ["neighbours", "shape", "lengths", "trouble"]) {
    map.addSource(`draw-${name}`, { type: "geojson", data: EMPTY });
  }
  for (const layer of layers()) {
    map.addLayer(layer, map.getLayer(BELOW) ? BELOW : undefined);
  }
  const put = (name, features) => map.getSource(`draw-${name}`).setData({ type: "FeatureCollection", features });

  return {
    /** Plots around; those whose id is in `marked` (a Set) stand in the way. */
    neighbours(features, marked) {
      put(
        "neighbours",
        features.map((one) => ({ ...one, properties: { ...one.properties, in_way: marked.has(one.id) } })),
      );
    },

    shape(shape) {
      const geometry = toGeometry(shape);
      put("shape", geometry ? [{ type: "Feature", properties: {}, geometry }] : []);
    },

    /** Keep lengths and trouble above what the drawing library adds. */
    raise() {
      if (map.getLayersOrder().at(-1) !== "draw-lengths-text") {
        map.moveLayer("draw-trouble-ring");
        map.moveLayer("draw-lengths-text");
      }
    },

    /** Metres along each edge of closed `rings` and of an open `line`. */
    lengths(rings, line = []) {
      const all = [...rings.flatMap(edges), ...edges(line).slice(0, -1)].filter(({ metres }) => metres >= 0.5);
      put("lengths", all.slice(0, MOST_LABELS).map(label));
      this.raise();
    },

    trouble(positions) {
      put(
        "trouble",
        positions.map((coordinates) => ({ type: "Feature", properties: {}, geometry: { type: "Point", coordinates } })),
      );
    },
  };
}

function label({ middle, metres }) {
  const text = `${number(metres, { digits: metres < 100 ? 1 : 0 })} m`;
  return { type: "Feature", properties: { text }, geometry: { type: "Point", coordinates: middle } };
}

function layers() {
  const inWay = ["==", ["get", "in_way"], true];
  const text = (source, name, size, colour) => ({
    id: `draw-${source}-text`,
    type: "symbol",
    source: `draw-${source}`,
    layout: {
      "text-field": ["get", name],
      "text-font": MAP_FONT,
      "text-size": size,
      "text-padding": 1,
      "text-offset": source === "lengths" ? [0, 1.2] : [0, 0], // clear of the point in the middle of the edge
    },
    paint: { "text-color": colour, "text-halo-color": "#fffdf7", "text-halo-width": 2 },
  });
  return [
    {
      id: "draw-neighbours-fill",
      type: "fill",
      source: "draw-neighbours",
      paint: { "fill-color": ["case", inWay, "#c92a2a", "#3f8fb3"], "fill-opacity": ["case", inWay, 0.45, 0.2] },
    },
    {
      id: "draw-neighbours-line",
      type: "line",
      source: "draw-neighbours",
      paint: { "line-color": ["case", inWay, "#8f1d12", "#175f80"], "line-width": ["case", inWay, 3, 1.5] },
    },
    {
      id: "draw-shape-fill",
      type: "fill",
      source: "draw-shape",
      paint: { "fill-color": "#3d8a63", "fill-opacity": 0.35 },
    },
    {
      id: "draw-shape-line",
      type: "line",
      source: "draw-shape",
      paint: { "line-color": "#154d38", "line-width": 2.5 },
    },
    text("neighbours", "ref", 13, "#175f80"),
    text("lengths", "text", 12, "#12241b"),
    {
      id: "draw-trouble-ring",
      type: "circle",
      source: "draw-trouble",
      paint: {
        "circle-radius": 11,
        "circle-color": "rgba(201, 42, 42, 0.25)",
        "circle-stroke-color": "#a02c1b",
        "circle-stroke-width": 3,
      },
    },
  ];
}
