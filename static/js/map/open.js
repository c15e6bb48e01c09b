/** Opens a map with the engine that suits the device, with legend, notes and the names of the East Sea. */

import { el } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { status } from "../lib/status.js";
import { fill } from "../lib/text.js";
import { loadCatalogue } from "./catalogue.js";
import { chosenBasemap, keepBasemap, keepLight, whyLight } from "./choices.js";
import { eastSeaInset } from "./east-sea.js";
import { keyboardPicking } from "./keyboard.js";
import { legend, narrowLegend } from "./legend.js";

const PHONE = "(max-width: 56rem)";

/**
 * Open a map in `container` (an empty element) and return its handle (see `engine.js`).
 *
 * `settings`: the page's `map-settings`; `frame`: `{layers: address or object, show: [names], bounds, features,
 * hash, legend, count}`; `params`: URLSearchParams of the filters. Rejects only when the layer list can't be had.
 */
export async function openMap(container, { settings, frame, params = new URLSearchParams() }) {
  const catalogue = await loadCatalogue(frame.layers ?? settings.layers_url, frame.show);
  const hidden = new Set(frame.hidden ?? []);
  catalogue.layers = catalogue.layers.map((layer) => (hidden.has(layer.name) ? { ...layer, visible: false } : layer));
  const canvas = el("div", { class: "map__canvas" });
  const notes = el("div", { class: "map__notes" });
  const corner = el("div", { class: "map__corner" }); // what is to be said of the map, one line above the other
  container.replaceChildren(canvas, notes, corner);
  container.classList.add("map");
  const onProblem = (text) => tell(corner, text);
  const bounds = frame.bounds ?? catalogue.bounds ?? settings.bounds;
  const options = {
    settings,
    catalogue,
    bounds,
    params,
    padding: roomFor(container, frame, bounds),
    hash: frame.hash !== false,
    onProblem,
  };
  const why = settings.engine === "light" ? "device" : whyLight();
  const handle = await start(canvas, options, why);
  handle.addLayers(catalogue.layers);
  if (frame.features) {
    handle.showFeatures(frame.features);
  }
  decorate({
    handle,
    container,
    notes,
    corner,
    catalogue,
    frame,
    settings,
    why: handle.engine === "leaflet" ? why || "device" : "",
  });
  keyboardPicking({
    surface: handle.surface,
    container,
    pick: () => handle.pickMiddle(),
    close: () => handle.closePopup(),
    texts: settings.texts,
  });
  container.dataset.engine = handle.engine;
  return handle;
}

async function start(canvas, options, why) {
  if (!why) {
    try {
      const { createMap } = await import("./engine.js");
      return await createMap(canvas, options);
    } catch (problem) {
      console.info("The main map engine does not run here, taking the light one:", problem.message);
      canvas.replaceChildren();
    }
  }
  const { createMap } = await import("./fallback.js");
  return createMap(canvas, options);
}

// Keeps the first view clear of what lies over the map: an open legend at the left, buttons at the right, and the inset
// in the lower right corner, which broad shapes pass above and tall ones to its left.
function roomFor(container, frame, [west, south, east, north]) {
  if (container.clientWidth < 500) {
    return { top: 64, right: 16, bottom: container.clientHeight > 320 ? 150 : 24, left: 16 };
  }
  const isWide = frame.legend !== false && container.clientWidth > 700;
  const hasOpenLegend = isWide && frame.legend !== "closed";
  const isBroad = east - west > 1.3 * (north - south);
  const left = hasOpenLegend ? 170 : 24;
  if (isBroad && container.clientHeight > 560) {
    return { top: 56, right: isWide ? 56 : 24, bottom: 196, left };
  }
  return { top: 56, right: isWide ? 176 : 24, bottom: 24, left };
}

function decorate({ handle, container, notes, corner, catalogue, frame, settings, why }) {
  const { texts } = settings;
  let key = null;
  if (frame.legend !== false && (catalogue.layers.length > 0 || handle.basemaps.length > 0)) {
    key = legend(container, catalogue.layers, {
      texts,
      onOpen: () => handle.closePopup(),
      isOpen: frame.legend !== "closed" && !window.matchMedia(PHONE).matches,
      onToggle(layer, isVisible) {
        handle.setVisible(layer.name, isVisible);
        status(fill(isVisible ? texts.layer_on : texts.layer_off, { name: layer.title }));
      },
      ...ground(handle, texts, why),
    });
  }
  container.addEventListener("map:basemap", ({ detail }) => {
    const choice = key?.querySelector(".map-legend__basemap select");
    if (choice) {
      choice.value = detail; // one that does not load gives way to our own ground
    }
  });
  if (handle.basemaps.some(({ id }) => id === chosenBasemap())) {
    handle.setBasemap(chosenBasemap());
  }
  if (why) {
    const said = { chosen: texts.light_on, data: texts.light_why_data, device: texts.light_why_device }[why];
    corner.append(el("p", { class: "map__light" }, said));
  }
  notes.append(eastSeaInset(texts, settings.inset_url));
  if (catalogue.units?.is_schematic) {
    corner.append(el("p", { class: "map__note" }, texts.schematic));
  }
  if (frame.count !== false && catalogue.layers.length > 0) {
    const line = el("p", { class: "map__count" });
    container.append(line);
    const more = el("p", { class: "map__more", role: "status", hidden: true });
    notes.prepend(more);
    handle.onView((count, values) => {
      if (key && values) {
        narrowLegend(key, values);
      }
      const shown = handle.shownOfMore?.() ?? null; // 0: a tile whose rows could not even be counted in time
      more.hidden = shown === null;
      more.textContent = shown === null ? "" : fill(texts.too_many, { n: number(shown) });
      const said = fill(texts.in_view, { n: number(count) });
      if (line.textContent !== said) {
        line.textContent = said;
        status(said);
      }
    });
  }
}

/** The choice of the ground: kept for the next page, told when it changes. */
function ground(handle, texts, why) {
  const choose = async (id) => {
    const shown = await handle.setBasemap(id);
    const basemap = handle.basemaps.find((one) => one.id === shown);
    keepBasemap(shown);
    status(fill(texts.basemap_on, { name: basemap?.name ?? texts.own_basemap }));
    return shown;
  };
  const kept = handle.basemaps.some((one) => one.id === chosenBasemap()) ? chosenBasemap() : "";
  return {
    basemaps: handle.basemaps,
    basemap: kept,
    onBasemap: choose,
    isLight: why !== "",
    isForced: why === "data" || why === "device",
    onLight(isLight) {
      keepLight(isLight);
      window.location.reload(); // the other engine draws into a page of its own
    },
  };
}

/** One note per text, however often it is told. */
function tell(corner, text) {
  if (![...corner.querySelectorAll(".map__problem")].some((note) => note.textContent === text)) {
    corner.append(el("p", { class: "map__problem", role: "status" }, text));
  }
}
