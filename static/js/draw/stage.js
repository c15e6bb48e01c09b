/** The map of a drawing page with its toolbar, the cross in the middle, the keyboard and the plots around. */

import { el, isTouch, readJson } from "../lib/dom.js";
import { status } from "../lib/status.js";
import { fill } from "../lib/text.js";
import { openMap } from "../map/open.js";
import { createNeighbours } from "./neighbours.js";

const LOOK_FROM_ZOOM = 12.5; // further out plots are too small to snap to
const NEAR = 14; // pixels within which a corner is taken over
const NEAR_FINGER = 22;

/**
 * Open the map in `root`. `acts` are called by the toolbar: `{ tool(name), undo(), redo(), finish(), clear() }`;
 * `shape()` is the shape so far (its corners are snapped to while a hole or a line is drawn); `on` the surface's
 * `onDrawn`, `onMoved`, `onLive`. Resolves to the stage; its `surface` is null where the main engine does not run
 * (then the map only shows).
 */
export async function openStage(root, { config, settings, acts, shape, on }) {
  const container = root.querySelector("[data-draw-map]");
  const frame = readJson(container.dataset.config);
  const handle = await openMap(container, { settings, frame });
  container.dispatchEvent(new CustomEvent("map:ready", { bubbles: true, detail: handle }));
  const neighbours = createNeighbours({ url: config.urls.neighbours, besides: config.plot });
  if (handle.engine !== "maplibre") {
    return { handle, neighbours, surface: null, overlay: null, ...voiceOf(root) };
  }
  const { map } = handle;
  map.cooperativeGestures?.disable(); // one finger draws; the page is scrolled beside the map
  const [{ createOverlay }, { createSurface }] = await Promise.all([import("./overlay.js"), import("./surface.js")]);
  const overlay = createOverlay(map);
  const marked = new Set(config.in_way);
  let tool = "";
  const surface = createSurface(map, {
    ...on,
    exact: neighbours.exact,
    snap: (point) =>
      neighbours.snap(
        point,
        ([lon, lat]) => map.project([lon, lat]),
        tool === "edit" ? [] : shape().flat(),
        isTouch() ? NEAR_FINGER : NEAR,
      ),
  });
  const voice = voiceOf(root);

  const drawNeighbours = () => overlay.neighbours(neighbours.features(), marked);
  const look = async () => {
    if (map.getZoom() < LOOK_FROM_ZOOM) {
      return;
    }
    const box = map.getBounds();
    try {
      if (await neighbours.load([box.getWest(), box.getSouth(), box.getEast(), box.getNorth()])) {
        drawNeighbours();
        if (neighbours.isCut()) {
          voice.hint(config.texts.neighbours_cut);
        }
        root.dataset.neighbours = String(neighbours.features().length);
      }
    } catch (problem) {
      if (problem.name !== "AbortError") {
        voice.hint(config.texts.no_answer);
      }
    }
  };
  map.on("moveend", look);
  await look();

  const toolbar = root.querySelector("[data-toolbar]");
  toolbar.hidden = false;
  root.querySelector("[data-keys]").hidden = false;
  map.resize();
  const cross = crossOf(root, container, map, surface);
  toolbar.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.tool) {
      acts.tool(button.dataset.tool);
    } else if (button?.dataset.act === "centre") {
      cross.toggle();
    } else if (button?.dataset.act === "place") {
      cross.place();
    } else if (button) {
      acts[button.dataset.act]();
    }
  });
  keysOf(container, { acts, cross, surface });

  return {
    handle,
    map,
    neighbours,
    overlay,
    surface,
    cross,
    ...voice,

    /** Say which tool is in hand: its button looks pressed. */
    setTool(name) {
      tool = name;
      for (const button of toolbar.querySelectorAll("[data-tool]")) {
        button.setAttribute("aria-pressed", String(button.dataset.tool === name));
      }
      const isDrawing = name !== "" && name !== "edit";
      root.classList.toggle("draw--drawing", isDrawing);
      cross.setDrawing(isDrawing);
    },

    /** Which acts are possible: `{ undo, redo, finish, clear }`. */
    allow(possible) {
      for (const [name, isPossible] of Object.entries(possible)) {
        const button = toolbar.querySelector(`[data-act=${name}]`);
        // A button that has the focus keeps it: the keyboard would lose its place else.
        button.disabled = !isPossible && document.activeElement !== button;
        button.setAttribute("aria-disabled", String(!isPossible));
      }
    },

    /** Mark the neighbours (ids) that stand in the way. */
    mark(ids) {
      marked.clear();
      for (const id of ids) {
        marked.add(id);
      }
      drawNeighbours();
    },
  };
}

function voiceOf(root) {
  const line = root.querySelector("[data-hint]");
  return {
    /** Show a sentence under the toolbar and say it. */
    hint(text) {
      line.hidden = !text;
      if (text && line.textContent !== text) {
        status(text);
      }
      line.textContent = text;
    },
  };
}

/** The cross in the middle of the map: points are put there by a button or by keys. */
function crossOf(root, container, map, surface) {
  const texts = JSON.parse(document.getElementById("editor").textContent).texts;
  const sign = el("div", { class: "draw-cross", hidden: true });
  container.append(sign);
  const switchButton = root.querySelector("[data-act=centre]");
  const placeButton = root.querySelector("[data-act=place]");
  let count = 0;
  let isDrawing = false;
  map.on("move", () => {
    if (!sign.hidden && surface.isDrawing()) {
      surface.followCentre();
    }
  });
  const set = (isOn) => {
    sign.hidden = !isOn || !isDrawing;
    placeButton.hidden = sign.hidden;
    switchButton.setAttribute("aria-pressed", String(isOn));
  };
  const isWanted = () => switchButton.getAttribute("aria-pressed") === "true";
  return {
    isOn: () => !sign.hidden,
    show() {
      if (isDrawing) {
        set(true);
      }
    },
    toggle: () => set(!isWanted()),
    /** The cross shows only while points can be put. */
    setDrawing(is) {
      isDrawing = is;
      set(isWanted());
    },
    restart: () => {
      count = 0;
    },
    place() {
      surface.placeAtCentre();
      count += 1;
      status(fill(texts.placed, { n: count }));
    },
  };
}

/** Arrow keys move the map (the engine does that) and show the cross; Enter or Space put a point there; F finishes. */
function keysOf(container, { acts, cross, surface }) {
  container.addEventListener(
    "keydown",
    (event) => {
      if (!event.target.closest(".maplibregl-canvas")) {
        return;
      }
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "z") {
        event.preventDefault();
        acts[event.shiftKey ? "redo" : "undo"]();
      } else if (event.key.startsWith("Arrow")) {
        cross.show();
      } else if (cross.isOn() && (event.key === "Enter" || event.key === " ")) {
        event.preventDefault();
        cross.place();
      } else if (event.key.toLowerCase() === "f" && surface.isDrawing()) {
        acts.finish();
      }
    },
    true,
  );
  // The drawing library finishes at Enter: not while Enter puts points. What the buttons send is not trusted input.
  container.addEventListener(
    "keyup",
    (event) => {
      if (event.isTrusted && event.key === "Enter" && cross.isOn()) {
        event.stopPropagation();
      }
    },
    true,
  );
}
