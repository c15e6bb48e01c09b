/** Our own map style: sea, land, units, water and roads from our tiles; no glyph files, no foreign hosts. */

import { tileUrl } from "./catalogue.js";
import { eastSea, eastSeaLayers } from "./east-sea.js";

/** CSS font family of all map labels; load it before the map draws text. */
export const MAP_FONT = ["Be Vietnam Pro"];

export const COLOURS = {
  sea: "#cfe4ec",
  land: "#efe8d6",
  unit: "#faf6ea",
  water: "#cfe4ec",
  river: "#a9cfdf",
  road: "#fffdf7",
  roadEdge: "#cbbf9f",
  waterName: "#175f80",
  unitLine: "#b7a988",
  provinceLine: "#7d6f4d",
  label: "#5a533f",
  halo: "#fffdf7",
  selection: "#12241b",
  selectionGlow: "#f0ac2b",
};

/** The layer under which data layers are put, so that names and outlines of units stay readable. */
export const LABELS_START = "unit-labels";
const EMPTY = { type: "FeatureCollection", features: [] };

/**
 * Return a MapLibre style. `units` is the catalogue's entry for administrative units (source layers `units` with
 * `code, name, level` and `unit_labels`, points with the same), or null; `base` that for water and roads (source layers
 * `water`, `road`), or null; `landUrl` a GeoJSON of land polygons. Basemaps of others come under `ground-end` (grounds.js).
 */
export function buildStyle({ units, base = null, landUrl, attribution = "" }) {
  const sources = {
    land: { type: "geojson", data: landUrl ?? EMPTY, attribution },
    "east-sea": { type: "geojson", data: eastSea() },
    ...(units ? { units: tileSource(units, { promoteId: "code" }) } : {}),
    ...(base ? { base: tileSource(base, base.attribution ? { attribution: base.attribution } : {}) } : {}),
  };
  return {
    version: 8,
    sources,
    layers: [
      { id: "sea", type: "background", paint: { "background-color": COLOURS.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": COLOURS.land } },
      { id: "ground-end", type: "background", layout: { visibility: "none" } },
      ...(units ? [unitFill()] : []),
      ...(base ? baseLayers() : []),
      ...(units ? unitLayers() : []),
      ...(base ? baseNames() : []),
      ...eastSeaLayers(MAP_FONT),
    ],
  };
}

function tileSource(entry, more = {}) {
  return {
    type: "vector",
    tiles: [tileUrl(entry, new URLSearchParams())],
    minzoom: entry.min_zoom ?? 0,
    maxzoom: entry.max_zoom ?? 14,
    ...more,
  };
}

function unitFill() {
  return {
    id: "unit-fill",
    type: "fill",
    source: "units",
    "source-layer": "units",
    filter: ["==", ["get", "level"], "commune"],
    paint: { "fill-color": COLOURS.unit },
  };
}

const widths = (...stops) => ["interpolate", ["exponential", 1.5], ["zoom"], ...stops];

// Roads of the far view (small `min_zoom`) are the broad ones.
function baseLayers() {
  const water = { source: "base", "source-layer": "water" };
  const road = { source: "base", "source-layer": "road" };
  const isMain = ["<=", ["get", "min_zoom"], 9];
  return [
    {
      id: "base-water",
      type: "fill",
      ...water,
      filter: ["==", ["geometry-type"], "Polygon"],
      paint: { "fill-color": COLOURS.water },
    },
    {
      id: "base-river",
      type: "line",
      ...water,
      filter: ["==", ["geometry-type"], "LineString"],
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": COLOURS.river, "line-width": widths(6, 0.8, 12, 1.6, 17, 6) },
    },
    {
      id: "base-road-case",
      type: "line",
      ...road,
      minzoom: 9,
      layout: { "line-join": "round" },
      paint: { "line-color": COLOURS.roadEdge, "line-width": widths(9, 1.2, 13, ["case", isMain, 5, 2.6], 18, 16) },
    },
    {
      id: "base-road",
      type: "line",
      ...road,
      layout: { "line-join": "round" },
      paint: {
        "line-color": ["step", ["zoom"], COLOURS.roadEdge, 10, COLOURS.road],
        "line-width": widths(6, 0.6, 9, 0.8, 13, ["case", isMain, 3.4, 1.4], 18, 12),
      },
    },
  ];
}

/** Names along rivers and roads, once per line, in letters of the page's own font. */
function baseNames() {
  return ["water", "road"].map((part) => ({
    id: `base-names-${part}`,
    type: "symbol",
    source: "base",
    "source-layer": part,
    minzoom: 12,
    filter: ["all", ["has", "name"], ["==", ["geometry-type"], "LineString"]],
    layout: {
      "symbol-placement": "line",
      "symbol-spacing": 400,
      "text-field": ["get", "name"],
      "text-font": MAP_FONT,
      "text-size": 11,
    },
    paint: {
      "text-color": part === "water" ? COLOURS.waterName : COLOURS.label,
      "text-halo-color": COLOURS.halo,
      "text-halo-width": 1.2,
    },
  }));
}

function unitLayers() {
  const source = "units";
  const isProvince = ["==", ["get", "level"], "province"];
  const isCommune = ["==", ["get", "level"], "commune"];
  const base = { source, "source-layer": "units" };
  return [
    {
      id: "unit-line",
      type: "line",
      ...base,
      filter: isCommune,
      paint: {
        "line-color": COLOURS.unitLine,
        "line-width": ["interpolate", ["linear"], ["zoom"], 8, 0.6, 12, 1.4, 16, 2.4],
        "line-dasharray": [3, 2],
      },
    },
    {
      id: "province-line",
      type: "line",
      ...base,
      filter: isProvince,
      paint: { "line-color": COLOURS.provinceLine, "line-width": ["interpolate", ["linear"], ["zoom"], 6, 1, 12, 3] },
    },
    unitLabels("unit-labels", isCommune, { minzoom: 10, size: [10, 11, 14, 15] }),
    unitLabels("province-labels", isProvince, { maxzoom: 10, size: [5, 12, 9, 16] }),
  ];
}

function unitLabels(id, filter, { minzoom = 0, maxzoom = 24, size }) {
  return {
    id,
    type: "symbol",
    source: "units",
    "source-layer": "unit_labels",
    filter,
    minzoom,
    maxzoom,
    layout: {
      "text-field": ["get", "name"],
      "text-font": MAP_FONT,
      "text-size": ["interpolate", ["linear"], ["zoom"], ...size],
      "text-max-width": 7,
      "text-padding": 4,
      // A circle with a number stands at the same place: then the name goes under or beside it.
      "text-variable-anchor": ["center", "top", "bottom", "left", "right"],
      "text-radial-offset": 1.5,
    },
    paint: { "text-color": COLOURS.label, "text-halo-color": COLOURS.halo, "text-halo-width": 1.5 },
  };
}
