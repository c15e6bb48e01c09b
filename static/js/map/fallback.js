/** The light map for devices without WebGL2, with data saving on or by choice: Leaflet with GeoJSON of the view. */

import "leaflet";
import { el, once, wantsCalm } from "../lib/dom.js";
import { fill } from "../lib/text.js";
import { createGround, drawEastSea, drawLand } from "./fallback-ground.js";
import { createHandle } from "./fallback-handle.js";

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
    inertia: !wantsCalm(),
  });
  map.attributionControl.setPrefix("Leaflet").setPosition("bottomleft"); // the inset stands at the right
  if (catalogue.attribution) {
    map.attributionControl.addAttribution(el("span", {}, catalogue.attribution).innerHTML);
  }
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
  const view = viewInAddress();
  if (view) {
    map.setView([view.lat, view.lon], view.zoom, { animate: false });
  } else {
    fitTo(map, bounds);
  }
  const tellOnce = once(() => onProblem?.(settings.texts.partly_loaded));
  drawLand(L, map, settings.land_url, tellOnce);
  drawEastSea(L, map);
  const ground = createGround(L, map, catalogue, tellOnce);
  return createHandle(L, map, {
    settings,
    ground,
    basemap: rasterGround(L, map, settings, ground, onProblem),
    params,
    fitTo: (box) => fitTo(map, box),
    onProblem: tellOnce,
  });
}

// The main map keeps its view in the address (#map=zoom/lat/lon, zooms of 512 pixels a tile); one follows the other.
function viewInAddress() {
  const [zoom, lat, lon] = new URLSearchParams(window.location.hash.slice(1)).get("map")?.split("/").map(Number) ?? [];
  return [zoom, lat, lon].every(Number.isFinite) ? { zoom: Math.round(zoom + 1), lat, lon } : null;
}

/** Only pictures can lie under the light map; styles and archives need the main one. */
function rasterGround(L, map, settings, ground, onProblem) {
  const choices = settings.basemaps.filter(({ kind }) => kind === "raster");
  const tellers = new Map(
    choices.map(({ id, name }) => [id, once(() => onProblem?.(fill(settings.texts.basemap_failed, { name })))]),
  );
  let shown = null;
  return {
    choices,
    choose(id) {
      shown?.remove();
      const basemap = choices.find((one) => one.id === id);
      shown = null;
      if (basemap) {
        shown = L.tileLayer(basemap.url, {
          attribution: el("span", {}, basemap.attribution ?? "").innerHTML,
          maxZoom: 19,
          maxNativeZoom: basemap.max_zoom ?? 19,
          zIndex: 1,
        }).on("tileerror", tellers.get(id));
        shown.addTo(map);
      }
      ground.setShown(basemap === undefined);
      return basemap?.id ?? "";
    },
  };
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
