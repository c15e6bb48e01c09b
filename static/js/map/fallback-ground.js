/** What lies under and over the data of the light map: land, units, water, roads; the names of the East Sea. */

import { el, once } from "../lib/dom.js";
import { fetchJson } from "./catalogue.js";
import { eastSea } from "./east-sea.js";
import { COLOURS } from "./style.js";

const COMMUNES_FROM = 10; // below, the outlines of a hundred communes would be most of the bytes
const WATER_FROM = 9;
const ROADS_FROM = 12;
const MOST = 1500;

/** Draw the land of the region under everything; `onProblem()` where it can't be had. */
export async function drawLand(L, map, url, onProblem) {
  pane(map, "ground", 150);
  try {
    const land = await fetchJson(url);
    L.geoJSON(land, {
      pane: "ground",
      interactive: false,
      style: { stroke: false, fillColor: COLOURS.land, fillOpacity: 1 },
    }).addTo(map);
  } catch (problem) {
    console.info("land:", problem.message);
    onProblem();
  }
}

/**
 * Units, water and roads of the present view. Returns `{ refresh(box), setShown(isShown) }`; `box` is
 * "west,south,east,north". `onProblem()` is called once when some of it can't be had.
 */
export function createGround(L, map, { units, base }, onProblem) {
  const parts = [
    units?.geojson && {
      url: units.geojson,
      group: group(L, map, "units", 160, {
        color: COLOURS.unitLine,
        weight: 1,
        fillColor: COLOURS.unit,
        fillOpacity: 1,
      }),
      query: (zoom) => ({ level: zoom < COMMUNES_FROM ? "province" : "commune" }),
    },
    base?.geojson && {
      url: base.geojson,
      group: group(L, map, "base", 170, ({ properties, geometry }) => lookOf(properties.kind, geometry.type)),
      query: (zoom) => (zoom < WATER_FROM ? null : { zoom, ...(zoom < ROADS_FROM ? { kind: "water" } : {}) }),
      attribution: base.attribution,
    },
  ].filter(Boolean);
  const tellOnce = once(onProblem);
  let isShown = true;
  for (const { attribution } of parts.filter((part) => part.attribution)) {
    map.attributionControl.addAttribution(attribution);
  }

  const refreshPart = async (part, box) => {
    part.request?.abort();
    const asked = part.query(Math.floor(map.getZoom()));
    if (!isShown || !asked) {
      part.group.clearLayers();
      return;
    }
    part.request = new AbortController();
    try {
      const query = new URLSearchParams({ ...asked, bbox: box, limit: String(MOST) });
      const answer = await fetchJson(`${part.url}?${query}`, { signal: part.request.signal });
      part.group.clearLayers();
      part.group.addData(answer);
    } catch (problem) {
      if (problem.name !== "AbortError") {
        tellOnce();
      }
    }
  };

  return {
    refresh: (box) => Promise.all(parts.map((part) => refreshPart(part, box))),
    setShown(is) {
      isShown = is;
    },
  };
}

function lookOf(kind, type) {
  if (kind === "road") {
    return { color: COLOURS.roadEdge, weight: 1.5, fill: false };
  }
  return type.endsWith("Polygon")
    ? { stroke: false, fillColor: COLOURS.water, fillOpacity: 1 }
    : { color: COLOURS.river, weight: 1.5, fill: false };
}

function group(L, map, name, zIndex, style) {
  pane(map, name, zIndex);
  return L.geoJSON(null, { interactive: false, pane: name, style }).addTo(map);
}

function pane(map, name, zIndex) {
  const made = map.createPane(name);
  made.style.zIndex = String(zIndex);
  made.style.pointerEvents = "none";
  return made;
}

/** The names of the archipelagos and the sea, in a pane above every other. */
export function drawEastSea(L, map) {
  pane(map, "east-sea", 640);
  for (const feature of eastSea().features) {
    const [lon, lat] = feature.geometry.coordinates;
    if (feature.properties.kind === "island") {
      L.circleMarker([lat, lon], { radius: 2, color: "#8a6d2f", interactive: false, pane: "east-sea" }).addTo(map);
      continue;
    }
    const name = el(
      "span",
      { class: `east-sea-label east-sea-label--${feature.properties.kind}`, lang: "vi" },
      feature.properties.name,
    );
    L.marker([lat, lon], {
      icon: L.divIcon({ html: name, className: "east-sea-anchor", iconSize: null }),
      interactive: false,
      keyboard: false,
      pane: "east-sea",
    }).addTo(map);
  }
}
