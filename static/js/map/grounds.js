/**
 * Basemaps of others under our layers, on the main map. One is loaded when it is chosen, not before; its layers go
 * under the layer `GROUND_END`, so that our data, names and the archipelagos always stand above it.
 */

import { addProtocol } from "maplibre-gl";
import { once } from "../lib/dom.js";
import { MAP_FONT } from "./style.js";

export const GROUND_END = "ground-end";
/** Our own layers that another ground takes the place of. */
const OWN_GROUND = [
  "unit-fill",
  "base-water",
  "base-river",
  "base-road-case",
  "base-road",
  "base-names-water",
  "base-names-road",
];
const PATIENCE_MS = 10000;

/**
 * Return `{ choose(id), failed(sourceId) }`. `choose` shows the basemap with this id, "" our own ground; it resolves to
 * the id that is shown. `onProblem(basemap)` is called once for a basemap that does not load.
 */
export function createGrounds(map, { basemaps, onProblem }) {
  const made = new Map(); // id -> { layers: [ids], hasDrawn }
  const tellers = new Map(basemaps.map((one) => [one.id, once(() => onProblem(one))]));
  let shown = "";

  const show = (id) => {
    shown = id;
    for (const [name, { layers }] of made) {
      for (const layer of layers) {
        map.setLayoutProperty(layer, "visibility", name === id ? "visible" : "none");
      }
    }
    for (const layer of OWN_GROUND.filter((one) => map.getLayer(one))) {
      map.setLayoutProperty(layer, "visibility", id ? "none" : "visible");
    }
    map.getContainer().dispatchEvent(new CustomEvent("map:basemap", { bubbles: true, detail: id }));
    return id;
  };

  // What comes from it shows that it is there: then a tile that fails later is a hole, not a reason to leave it.
  map.on("sourcedata", ({ sourceId, tile }) => {
    const known = tile && made.get(basemapOf(sourceId));
    if (known && tile.state === "loaded") {
      known.hasDrawn = true;
    }
  });

  return {
    async choose(id) {
      const basemap = basemaps.find((one) => one.id === id);
      if (!basemap) {
        return show("");
      }
      if (!made.has(id)) {
        try {
          made.set(id, { layers: await add(map, basemap), hasDrawn: false });
        } catch (problem) {
          console.info(`basemap ${id}:`, problem.message);
          tellers.get(id)();
          return show("");
        }
      }
      return show(id);
    },

    /** Tell of a failed request of `sourceId`; returns whether it belongs to a basemap. */
    failed(sourceId) {
      const id = basemapOf(sourceId);
      if (!tellers.has(id)) {
        return false;
      }
      tellers.get(id)();
      if (id === shown && !made.get(id)?.hasDrawn) {
        show("");
      }
      return true;
    },
  };
}

const nameOf = (id, part = "") => `basemap/${id}/${part}`;
const basemapOf = (sourceId) => (String(sourceId).startsWith("basemap/") ? sourceId.split("/")[1] : null);

async function add(map, basemap) {
  const { sources, layers, sprite } = await PARTS[basemap.kind](basemap);
  if (sprite) {
    map.addSprite(`basemap-${basemap.id}`, sprite);
  }
  for (const [name, source] of Object.entries(sources)) {
    map.addSource(nameOf(basemap.id, name), source);
  }
  return layers.map((layer) => {
    const id = nameOf(basemap.id, layer.id);
    const source = layer.source === undefined ? {} : { source: nameOf(basemap.id, layer.source) };
    map.addLayer({ ...layer, id, ...source }, GROUND_END);
    return id;
  });
}

const PARTS = { raster: rasterParts, style: styleParts, pmtiles: archiveParts };

function rasterParts(basemap) {
  return rasterOf({
    tiles: [basemap.url],
    maxzoom: basemap.max_zoom ?? 19,
    ...credited(basemap),
  });
}

function rasterOf(source) {
  return {
    sources: { tiles: { type: "raster", tileSize: 256, ...source } },
    layers: [{ id: "tiles", type: "raster", source: "tiles" }],
  };
}

const credited = ({ attribution }) => (attribution ? { attribution } : {});

/** The sources and layers of a style document. Text is drawn by the browser's own font, so its glyphs are not needed. */
async function styleParts(basemap) {
  const response = await fetch(basemap.url, { signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!response.ok) {
    throw new Error(`${response.status} ${basemap.url}`);
  }
  const style = await response.json();
  const absolute = (address) => new URL(address, basemap.url).href.replaceAll("%7B", "{").replaceAll("%7D", "}");
  const sources = Object.fromEntries(
    Object.entries(style.sources ?? {}).map(([name, source]) => [
      name,
      {
        ...source,
        ...(source.url ? { url: absolute(source.url) } : {}),
        ...(source.tiles ? { tiles: source.tiles.map(absolute) } : {}),
        ...credited(basemap),
      },
    ]),
  );
  const sprite = typeof style.sprite === "string" ? absolute(style.sprite) : null;
  const layers = (style.layers ?? []).filter((layer) => !layer.ref).map((layer) => inOurStyle(layer, basemap, sprite));
  return { sources, layers, sprite };
}

const PATTERNS = { layout: ["icon-image"], paint: ["fill-pattern", "line-pattern", "background-pattern"] };

function inOurStyle(layer, basemap, sprite) {
  const changed = { ...layer, layout: { ...layer.layout }, paint: { ...layer.paint } };
  if (changed.layout["text-field"] !== undefined) {
    changed.layout["text-font"] = MAP_FONT;
  }
  for (const [group, names] of Object.entries(PATTERNS)) {
    for (const name of names.filter((one) => changed[group][one] !== undefined)) {
      const sign = signOf(changed[group][name], `basemap-${basemap.id}:`, sprite);
      if (sign === null) {
        delete changed[group][name]; // a sign that cannot be named anew: the layer is drawn without it
      } else {
        changed[group][name] = sign;
      }
    }
  }
  return changed;
}

// Signs of a second sheet are named "<sheet>:<sign>".
function signOf(value, prefix, sprite) {
  if (!sprite) {
    return null;
  }
  if (typeof value === "string") {
    return value ? `${prefix}${value}` : value;
  }
  const isPlain = Array.isArray(value) && !JSON.stringify(value).includes('"image"');
  return isPlain ? ["concat", prefix, value] : null;
}

// By a name of its own: the manifest storage takes quoted text in a dynamic import for a file of ours.
const ARCHIVE_LIBRARY = "pmtiles";
let archives = null;

/** A PMTiles archive: pictures as they are, vector tiles in our own colours with the Vietnamese names in them. */
async function archiveParts(basemap) {
  const { PMTiles, Protocol } = await import(ARCHIVE_LIBRARY);
  if (!archives) {
    archives = new Protocol();
    addProtocol("pmtiles", archives.tile);
  }
  const url = new URL(basemap.url, window.location.href).href;
  const archive = new PMTiles(url);
  archives.add(archive);
  const header = await archive.getHeader();
  const source = {
    tiles: [`pmtiles://${url}/{z}/{x}/{y}`],
    minzoom: header.minZoom,
    maxzoom: header.maxZoom,
    bounds: [header.minLon, header.minLat, header.maxLon, header.maxLat],
    ...credited(basemap),
  };
  if (header.tileType !== 1) {
    return rasterOf(source);
  }
  const names = ((await archive.getMetadata())?.vector_layers ?? []).map((layer) => layer.id);
  return { sources: { tiles: { type: "vector", ...source } }, layers: names.flatMap(lookOf) };
}

// By the names that the two usual schemas of street maps use. Boundaries are left to our own.
const LOOKS = [
  [/^(earth|land)$/, "fill", { "fill-color": "#f6f1e3" }],
  [/^(landcover|landuse|park|natural)/, "fill", { "fill-color": "#dfe8cd", "fill-opacity": 0.6 }],
  [/^(water|ocean|waterway|physical_line)/, "line", { "line-color": "#9cc6d8", "line-width": 1 }],
  [/^(water|ocean)/, "fill", { "fill-color": "#cfe4ec" }],
  [/^(road|transport)/, "line", { "line-color": "#c9bfa6", "line-width": zoomed(6, 0.5, 14, 3) }],
  [/^building/, "fill", { "fill-color": "#e3dac4" }],
  [/^place/, "symbol", { "text-color": "#5a533f", "text-halo-color": "#fffdf7", "text-halo-width": 1.4 }],
];
const GEOMETRY = { fill: "Polygon", line: "LineString", symbol: "Point" };

function lookOf(name) {
  return LOOKS.filter(([pattern]) => pattern.test(name)).map(([, type, paint]) => ({
    id: `${name}-${type}`,
    type,
    source: "tiles",
    "source-layer": name,
    filter: ["==", ["geometry-type"], GEOMETRY[type]],
    paint,
    layout:
      type === "symbol"
        ? {
            "text-field": ["coalesce", ["get", "name:vi"], ["get", "name"], ""],
            "text-font": MAP_FONT,
            "text-size": 12,
          }
        : {},
  }));
}

function zoomed(from, least, to, most) {
  return ["interpolate", ["linear"], ["zoom"], from, least, to, most];
}
