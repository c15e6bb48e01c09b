/** Our own map style: sea, land, administrative units from our tiles; no glyph files, no foreign hosts. */

import { tileUrl } from "./catalogue.js";
import { eastSea, eastSeaLayers } from "./east-sea.js";

/** CSS font family of all map labels; load it before the map draws text. */
export const MAP_FONT = ["Be Vietnam Pro"];

export const COLOURS = {
  sea: "#cfe4ec",
  land: "#efe8d6",
  unit: "#faf6ea",
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
 * `code, name, level` and `unit_labels`, points with the same), or null; `landUrl` a GeoJSON of land polygons;
 * `basemaps` are `{id, name, url, attribution, max_zoom}` raster sources of the installation's own choice, hidden.
 */
export function buildStyle({ units, landUrl, basemaps = [], attribution = "" }) {
  const sources = {
    land: { type: "geojson", data: landUrl ?? EMPTY, attribution },
    "east-sea": { type: "geojson", data: eastSea() },
    ...(units ? { units: unitSource(units) } : {}),
  };
  for (const basemap of basemaps) {
    sources[`basemap-${basemap.id}`] = {
      type: "raster",
      tiles: [basemap.url],
      tileSize: 256,
      maxzoom: basemap.max_zoom ?? 19,
      attribution: basemap.attribution,
    };
  }
  return {
    version: 8,
    sources,
    layers: [
      { id: "sea", type: "background", paint: { "background-color": COLOURS.sea } },
      { id: "land", type: "fill", source: "land", paint: { "fill-color": COLOURS.land } },
      ...basemaps.map(({ id }) => ({
        id: `basemap-${id}`,
        type: "raster",
        source: `basemap-${id}`,
        layout: { visibility: "none" },
      })),
      ...(units ? unitLayers() : []),
      ...eastSeaLayers(MAP_FONT),
    ],
  };
}

function unitSource(units) {
  return {
    type: "vector",
    tiles: [tileUrl(units, new URLSearchParams())],
    minzoom: units.min_zoom ?? 0,
    maxzoom: units.max_zoom ?? 14,
    promoteId: "code",
  };
}

function unitLayers() {
  const source = "units";
  const isProvince = ["==", ["get", "level"], "province"];
  const isCommune = ["==", ["get", "level"], "commune"];
  const base = { source, "source-layer": "units" };
  return [
    { id: "unit-fill", type: "fill", ...base, filter: isCommune, paint: { "fill-color": COLOURS.unit } },
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
    },
    paint: { "text-color": COLOURS.label, "text-halo-color": COLOURS.halo, "text-halo-width": 1.5 },
  };
}
