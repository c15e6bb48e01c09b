/** The main map: MapLibre GL with vector tiles. Same handle as `fallback.js`. */

import {
  AttributionControl,
  GeolocateControl,
  LngLatBounds,
  Map as MapLibreMap,
  NavigationControl,
  Popup,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import { isTouch, once, wantsCalm } from "../lib/dom.js";
import { tileUrl } from "./catalogue.js";
import { dataLayers, selectionFilter, selectionLayers } from "./layers.js";
import { addPatterns } from "./patterns.js";
import { popupContent } from "./popup.js";
import { buildStyle, COLOURS, LABELS_START } from "./style.js";

const CLICK_REACH = 6; // pixels around a click or a finger's touch in which a feature counts as hit

/**
 * Draw a map in `container` and return its handle. `settings` are the page's map settings (`map-settings`),
 * `catalogue` what `loadCatalogue` gave, `bounds` [west, south, east, north] shown within `padding` (pixels), `params`
 * the filters at the start,
 * `hash` whether the address keeps the view. Throws Error where WebGL2 is missing: use the fallback then.
 */
export async function createMap(container, { settings, catalogue, bounds, params, padding, hash = true, onProblem }) {
  setWorkerUrl(new URL(settings.worker_url, window.location.href).href);
  const map = new MapLibreMap({
    container,
    style: buildStyle({
      units: catalogue.units,
      landUrl: settings.land_url,
      basemaps: settings.basemaps,
      attribution: catalogue.attribution,
    }),
    bounds,
    fitBoundsOptions: { padding },
    hash: hash ? "map" : false,
    locale: settings.locale,
    minZoom: 4,
    maxZoom: 19,
    renderWorldCopies: false,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    fadeDuration: wantsCalm() ? 0 : 150,
    cooperativeGestures: isTouch(),
    attributionControl: false,
  });
  // Listened for at once, since it comes but once; `style.load`, not `load`: a basemap that never answers must not
  // keep our own layers from being drawn.
  const styled = new Promise((resolve) => map.once("style.load", resolve));
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new NavigationControl({ showCompass: false }), "top-right");
  map.addControl(new GeolocateControl({ positionOptions: { enableHighAccuracy: true } }), "top-right");
  nameLocateButton(container, settings.locale);
  map.addControl(new ScaleControl({ unit: "metric" }), "bottom-left");
  map.addControl(new AttributionControl({ compact: true }), "bottom-left");
  const tellOnce = once(() => onProblem?.(settings.texts.partly_loaded));
  map.on("error", tellOnce);
  await Promise.all([styled, fontReady()]);
  return createHandle(map, { settings, params: params ?? new URLSearchParams() });
}

// Text is drawn by the browser from the CSS font: without it loaded, the first labels would come in another face.
// The sample holds Vietnamese letters because the font's subsets load by the letters used.
function fontReady() {
  const load = document.fonts.load('400 16px "Be Vietnam Pro"', "Việt");
  return Promise.race([load, new Promise((resolve) => setTimeout(resolve, 2500))]);
}

/** The control names its button only once the browser has said whether it can locate; until then it has no name. */
function nameLocateButton(container, locale) {
  const button = container.querySelector(".maplibregl-ctrl-geolocate");
  button?.setAttribute("aria-label", locale["GeolocateControl.FindMyLocation"]);
}

function createHandle(map, { settings, params }) {
  const layers = [];
  const listeners = [];
  let selected = null;
  let popup = null;
  let filters = params;

  const clickable = () => layers.flatMap((layer) => drawnIds(map, layer).filter((id) => !id.endsWith("-text")));
  const layerOf = (styleId) => layers.find((layer) => styleId.startsWith(`${layer.name}:`));

  const hit = ({ x, y }) => {
    const box = [
      [x - CLICK_REACH, y - CLICK_REACH],
      [x + CLICK_REACH, y + CLICK_REACH],
    ];
    const exact = map.queryRenderedFeatures([x, y], { layers: clickable() });
    return exact[0] ?? map.queryRenderedFeatures(box, { layers: clickable() })[0];
  };

  const openPopup = (kind, layer, feature, lngLat) => {
    popup?.remove();
    const content = popupContent(feature.properties, kind.popup ?? layer.popup, settings.texts);
    if (content) {
      popup = new Popup({ maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
    }
  };

  const select = (name, id) => {
    selected = id === null ? null : { name, id: String(id) };
    for (const layer of layers) {
      for (const drawn of map.getStyle().layers.filter((one) => one.id.startsWith(`${layer.name}:selected`))) {
        const chosen = selectionFilter(layer, selected?.name === layer.name ? selected.id : null);
        // A ring is for a point: on an outline it would stand at every corner.
        map.setFilter(drawn.id, drawn.type === "circle" ? ["all", ["==", ["geometry-type"], "Point"], chosen] : chosen);
      }
    }
  };

  map.on("click", (event) => {
    const feature = hit(event.point);
    const layer = feature && layerOf(feature.layer.id);
    if (!layer) {
      select(null, null);
      return;
    }
    const kind = layer.kinds[Number(feature.layer.id.split(":")[1])];
    if (kind.click === "zoom") {
      moveTo(map, { center: event.lngLat, zoom: Math.max(map.getZoom() + 2, kind.max_zoom ?? 0) });
      return;
    }
    const id = feature.properties[layer.id_property ?? "id"];
    select(layer.name, id ?? null);
    openPopup(kind, layer, feature, event.lngLat);
    for (const tell of listeners) {
      tell({ layer: layer.name, id: id === undefined ? null : String(id), properties: feature.properties });
    }
  });
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = hit(point) ? "pointer" : "";
  });

  return {
    engine: "maplibre",
    map,

    /** Names of the layers drawn so far. */
    names: () => layers.map((layer) => layer.name),

    /** Draw `added` layers above the units and below their labels. */
    addLayers(added) {
      for (const layer of added) {
        const visibility = layer.visible === false ? "none" : "visible";
        map.addSource(layer.name, {
          type: "vector",
          tiles: [tileUrl(layer, filters)],
          minzoom: layer.min_zoom ?? 0,
          maxzoom: layer.max_zoom ?? 16,
          ...(layer.attribution ? { attribution: layer.attribution } : {}),
        });
        for (const drawn of [...dataLayers(layer), ...selectionLayers(layer)]) {
          const before = drawn.type === "symbol" ? "east-sea-islands" : LABELS_START;
          map.addLayer(
            { ...drawn, layout: { ...drawn.layout, visibility } },
            map.getLayer(before) ? before : "east-sea-islands",
          );
        }
        layers.push(layer);
      }
    },

    /** Draw fixed GeoJSON (the page's own plots or area) with a clear outline; replaces what was drawn so before. */
    showFeatures(collection) {
      const source = map.getSource("own");
      if (source) {
        source.setData(collection);
        return;
      }
      addPatterns(map);
      map.addSource("own", { type: "geojson", data: collection });
      for (const drawn of ownLayers()) {
        map.addLayer(drawn, "east-sea-islands");
      }
    },

    /** Move to [west, south, east, north]. */
    fit(box, { padding = 40, maxZoom = 17 } = {}) {
      const [west, south, east, north] = box;
      map.fitBounds(new LngLatBounds([west, south], [east, north]), { padding, maxZoom, animate: !wantsCalm() });
    },

    /** Ask the tiles of layer `name` with other filters. */
    setFilterParams(name, changed) {
      filters = changed;
      const layer = layers.find((one) => one.name === name);
      if (layer) {
        map.getSource(name).setTiles([tileUrl(layer, changed)]);
      }
    },

    /** Mark the feature `id` of layer `name`; null takes the mark away. */
    select,

    /** Call `tell({layer, id, properties})` when a person picks a feature on the map. */
    onSelect(tell) {
      listeners.push(tell);
    },

    /**
     * Call `tell(count, values)` whenever the map has come to rest: the number of features in view, and by layer the
     * values that its colours stand for (a Set).
     */
    onView(tell) {
      map.on("idle", () => {
        const { count, values } = inView(map, clickable(), layerOf);
        tell(count, values);
      });
    },

    /** How many features a tile in view drew of more than it could hold (its layer `meta`); 0 when all are drawn. */
    shownOfMore() {
      const flags = layers.flatMap((layer) => map.querySourceFeatures(layer.name, { sourceLayer: "meta" }));
      return Math.max(0, ...flags.map((flag) => Number(flag.properties.shown)));
    },

    setVisible(name, isVisible) {
      const layer = layers.find((one) => one.name === name);
      for (const id of layer ? drawnIds(map, layer, true) : []) {
        map.setLayoutProperty(id, "visibility", isVisible ? "visible" : "none");
      }
    },

    /** Put an external basemap (by id) under our layers; "" brings back our own ground. */
    setBasemap(id) {
      for (const basemap of settings.basemaps) {
        map.setLayoutProperty(`basemap-${basemap.id}`, "visibility", basemap.id === id ? "visible" : "none");
      }
      if (map.getLayer("unit-fill")) {
        map.setPaintProperty("unit-fill", "fill-opacity", id ? 0 : 1);
      }
    },

    remove() {
      map.remove();
    },
  };
}

function drawnIds(map, layer, withSelection = false) {
  return map
    .getStyle()
    .layers.map((drawn) => drawn.id)
    .filter((id) => id.startsWith(`${layer.name}:`) && (withSelection || !id.startsWith(`${layer.name}:selected`)));
}

function inView(map, ids, layerOf) {
  const seen = new Set();
  const values = new Map();
  let count = 0;
  for (const feature of map.queryRenderedFeatures({ layers: ids })) {
    const layer = layerOf(feature.layer.id);
    const id = feature.properties[layer.id_property ?? "id"] ?? JSON.stringify(feature.properties);
    const key = `${layer.name} ${id}`;
    if (!seen.has(key)) {
      seen.add(key);
      count += Number(feature.properties.count ?? 1); // cells and communes say how many they stand for
    }
    const value = feature.properties[layer.colour_by] ?? feature.properties.kind;
    if (value !== undefined) {
      values.set(layer.name, (values.get(layer.name) ?? new Set()).add(String(value)));
    }
  }
  return { count, values };
}

function moveTo(map, camera) {
  if (wantsCalm()) {
    map.jumpTo(camera);
  } else {
    map.easeTo(camera);
  }
}

function ownLayers() {
  const isPoint = ["==", ["geometry-type"], "Point"];
  return [
    {
      id: "own-fill",
      type: "fill",
      source: "own",
      filter: ["!", isPoint],
      paint: { "fill-color": ["coalesce", ["get", "colour"], COLOURS.selectionGlow], "fill-opacity": 0.35 },
    },
    {
      id: "own-pattern",
      type: "fill",
      source: "own",
      filter: ["has", "pattern"],
      paint: { "fill-pattern": ["concat", "pattern-", ["get", "pattern"]] },
    },
    {
      id: "own-line",
      type: "line",
      source: "own",
      filter: ["!", isPoint],
      paint: { "line-color": COLOURS.selection, "line-width": 2 },
    },
    {
      id: "own-point",
      type: "circle",
      source: "own",
      filter: isPoint,
      paint: {
        "circle-radius": 7,
        "circle-color": ["coalesce", ["get", "colour"], COLOURS.selectionGlow],
        "circle-stroke-color": COLOURS.selection,
        "circle-stroke-width": 2,
      },
    },
  ];
}
