/** The light map for devices without WebGL2 or with data saving on: Leaflet with GeoJSON of the present view. */

import "leaflet";
import { debounce, el, wantsCalm } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { fill } from "../lib/text.js";
import { fetchJson, layerParams } from "./catalogue.js";
import { eastSea } from "./east-sea.js";
import { DASHES } from "./patterns.js";
import { popupContent } from "./popup.js";
import { COLOURS } from "./style.js";

const LIMIT = 5000;
const DEFAULT_COLOUR = "#3d8a63";

/** Draw the light map in `container`; same options and handle as `createMap` of `engine.js`. */
export async function createMap(container, { settings, catalogue, bounds, params, onProblem }) {
  document.head.append(el("link", { rel: "stylesheet", href: settings.leaflet_css }));
  const L = window.L;
  const map = L.map(container, {
    preferCanvas: true,
    zoomControl: false,
    minZoom: 4,
    maxZoom: 19,
    zoomAnimation: !wantsCalm(),
    fadeAnimation: !wantsCalm(),
  });
  map.attributionControl.setPrefix("Leaflet").setPosition("bottomleft"); // the inset stands at the right
  L.control
    .zoom({
      position: "topright",
      zoomInTitle: settings.locale["NavigationControl.ZoomIn"],
      zoomOutTitle: settings.locale["NavigationControl.ZoomOut"],
    })
    .addTo(map);
  L.control.scale({ imperial: false }).addTo(map);
  map.getContainer().setAttribute("aria-label", settings.locale["Map.Title"]);
  map.getContainer().setAttribute("role", "region");
  fitTo(map, bounds);
  drawGround(L, map, settings.land_url, onProblem);
  drawEastSea(L, map);
  return createHandle(L, map, { settings, catalogue, params, onProblem });
}

function createHandle(L, map, { settings, catalogue, params, onProblem }) {
  const drawn = new Map();
  const selectListeners = [];
  const viewListeners = [];
  let selected = null;
  let own = null;

  const units = catalogue.units?.geojson ? { ...catalogue.units, name: "units" } : null;
  if (units) {
    drawn.set("units", newEntry(L, map, units, null, { isGround: true }));
  }

  const refresh = async (entry) => {
    entry.request?.abort();
    if (!entry.isVisible) {
      return;
    }
    entry.request = new AbortController();
    const query = layerParams(entry.layer, entry.params);
    query.set("bbox", boxOf(map).join(","));
    query.set("limit", String(LIMIT));
    try {
      const answer = await fetchJson(`${entry.layer.geojson}?${query}`, { signal: entry.request.signal });
      entry.group.clearLayers();
      entry.group.addData(answer);
      if (answer.features.length >= LIMIT) {
        onProblem?.(fill(settings.texts.too_many, { n: number(LIMIT) }));
      }
      entry.count = answer.features.length;
      tellView();
    } catch (problem) {
      if (problem.name !== "AbortError" && !entry.hasFailed) {
        entry.hasFailed = true;
        onProblem?.(settings.texts.partly_loaded);
      }
    }
  };
  const tellView = () => {
    const total = [...drawn.values()].reduce((sum, entry) => sum + (entry.isGround ? 0 : entry.count), 0);
    for (const tell of viewListeners) {
      tell(total);
    }
  };
  const refreshAll = () => Promise.all([...drawn.values()].map(refresh));
  map.on("moveend", debounce(refreshAll, 250));
  if (units) {
    refresh(drawn.get("units"));
  }

  const select = (name, id) => {
    selected = id === null ? null : `${name} ${id}`;
    for (const entry of drawn.values()) {
      if (!entry.isGround) {
        entry.group.setStyle((feature) => styleOf(entry.layer, feature, selected));
      }
    }
  };

  return {
    engine: "leaflet",
    map,
    names: () => [...drawn.keys()].filter((name) => name !== "units"),
    addLayers(added) {
      for (const layer of added.filter((one) => one.geojson)) {
        const entry = newEntry(L, map, layer, params, {
          isVisible: layer.visible !== false,
          style: (feature) => styleOf(layer, feature, selected),
          onPick: (feature, where) => {
            const id = idOf(layer, feature);
            select(layer.name, id);
            const content = popupContent({ id, ...feature.properties }, layer.popup, settings.texts);
            if (content) {
              L.popup({ maxWidth: 320, closeButton: true }).setLatLng(where).setContent(content).openOn(map);
            }
            for (const tell of selectListeners) {
              tell({ layer: layer.name, id, properties: feature.properties });
            }
          },
        });
        drawn.set(layer.name, entry);
        refresh(entry);
      }
    },
    showFeatures(collection) {
      own?.remove();
      own = L.geoJSON(collection, {
        style: (feature) => ({
          color: COLOURS.selection,
          weight: feature.properties?.pattern ? 4 : 2,
          dashArray: DASHES[feature.properties?.pattern] ?? null,
          fillColor: feature.properties?.colour ?? COLOURS.selectionGlow,
          fillOpacity: 0.35,
        }),
        pointToLayer: (_feature, where) => L.circleMarker(where, { radius: 7 }),
      }).addTo(map);
    },
    fit(box) {
      fitTo(map, box);
    },
    setFilterParams(name, changed) {
      const entry = drawn.get(name);
      if (entry) {
        entry.params = changed;
        refresh(entry);
      }
    },
    select,
    onSelect(tell) {
      selectListeners.push(tell);
    },
    onView(tell) {
      viewListeners.push(tell);
    },
    setVisible(name, isVisible) {
      const entry = drawn.get(name);
      if (entry) {
        entry.isVisible = isVisible;
        entry.group.clearLayers();
        entry.count = 0;
        refresh(entry);
        tellView();
      }
    },
    setBasemap(id) {
      this.ground?.remove();
      const basemap = settings.basemaps.find((one) => one.id === id);
      this.ground = basemap
        ? L.tileLayer(basemap.url, { attribution: basemap.attribution, maxZoom: basemap.max_zoom ?? 19 }).addTo(map)
        : null;
    },
    remove() {
      map.remove();
    },
  };
}

function newEntry(L, map, layer, params, { isVisible = true, isGround = false, style, onPick }) {
  const group = L.geoJSON(null, {
    interactive: !isGround,
    style: style ?? (() => ({ color: "#b7a988", weight: 1, fillColor: "#faf6ea", fillOpacity: 1 })),
    pointToLayer: (_feature, where) => L.circleMarker(where, { radius: 6 }),
    onEachFeature: (feature, shape) => {
      if (onPick) {
        shape.on("click", (event) => onPick(feature, event.latlng));
      }
    },
    pane: isGround ? "tilePane" : "overlayPane",
  }).addTo(map);
  return { layer, group, isVisible, isGround, count: 0, params: params ?? new URLSearchParams() };
}

// Vector-tile paint holds expressions; here the colour comes from the legend by the layer's `colour_by` property.
function styleOf(layer, feature, selected) {
  const value = String(feature.properties?.[layer.colour_by]);
  const entry = layer.colour_by ? layer.legend?.find((one) => String(one.value) === value) : layer.legend?.[0];
  const colour = entry?.colour ?? DEFAULT_COLOUR;
  const isSelected = selected === `${layer.name} ${idOf(layer, feature)}`;
  return {
    color: isSelected ? COLOURS.selection : colour,
    weight: isSelected ? 4 : 1.5,
    fillColor: colour,
    fillOpacity: 0.6,
    dashArray: entry?.dash ? entry.dash.map((length) => length * 2).join(" ") : null,
    radius: isSelected ? 9 : 6,
  };
}

function idOf(layer, feature) {
  return String(feature.properties?.[layer.id_property ?? "id"] ?? feature.id ?? "");
}

function boxOf(map) {
  const box = map.getBounds();
  return [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()].map((degrees) => degrees.toFixed(6));
}

function fitTo(map, [west, south, east, north]) {
  map.fitBounds(
    [
      [south, west],
      [north, east],
    ],
    { animate: !wantsCalm(), maxZoom: 17 },
  );
}

async function drawGround(L, map, landUrl, onProblem) {
  map.createPane("ground").style.zIndex = "150";
  map.getPane("ground").style.pointerEvents = "none";
  try {
    const land = await fetchJson(landUrl);
    L.geoJSON(land, {
      pane: "ground",
      interactive: false,
      style: { stroke: false, fillColor: COLOURS.land, fillOpacity: 1 },
    }).addTo(map);
  } catch (problem) {
    onProblem?.(problem.message);
  }
}

function drawEastSea(L, map) {
  const pane = map.createPane("east-sea");
  pane.style.zIndex = "640";
  pane.style.pointerEvents = "none";
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
