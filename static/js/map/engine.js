/** The main map: MapLibre GL with vector tiles. Same handle as `fallback.js`. */

import {
  AttributionControl,
  GeolocateControl,
  Map as MapLibreMap,
  NavigationControl,
  ScaleControl,
  setWorkerUrl,
} from "maplibre-gl";
import { isTouch, once, wantsCalm } from "../lib/dom.js";
import { fill } from "../lib/text.js";
import { createHandle } from "./engine-handle.js";
import { createGrounds } from "./grounds.js";
import { buildStyle } from "./style.js";

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
      base: catalogue.base,
      landUrl: settings.land_url,
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
  const grounds = createGrounds(map, {
    basemaps: settings.basemaps,
    onProblem: ({ name }) => onProblem?.(fill(settings.texts.basemap_failed, { name })),
  });
  map.on("error", ({ sourceId, error }) => {
    console.info("map:", error?.message);
    if (!grounds.failed(sourceId)) {
      tellOnce();
    }
  });
  await Promise.all([styled, fontReady()]);
  return createHandle(map, { settings, grounds, params: params ?? new URLSearchParams() });
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
