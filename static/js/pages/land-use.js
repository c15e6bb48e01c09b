/**
 * Two versions of a map under a divider. Markup:
 *   <div data-swipe data-config="#frame" data-left="slug" data-right="slug" ... hidden></div>
 * Needs WebGL2; without it nothing is shown here, and the tables below, which the server drew, say the same.
 */

import { el, readJson, whenIdle } from "../lib/dom.js";
import { openMap } from "../map/open.js";

const STEP = 2; // percent per arrow key
const LEAP = 10;

const settings = readJson("map-settings");
for (const container of document.querySelectorAll("[data-swipe]")) {
  whenIdle(() => begin(container));
}

async function begin(container) {
  if (!document.createElement("canvas").getContext("webgl2")) {
    return;
  }
  const frame = readJson(container.dataset.config);
  container.hidden = false;
  const sides = ["left", "right"].map((name) => el("div", { class: `swipe__side swipe__side--${name}` }));
  const labels = ["left", "right"].map((name) =>
    el("p", { class: `swipe__label swipe__label--${name}` }, container.dataset[`${name}Label`]),
  );
  container.replaceChildren(...sides, ...labels);
  try {
    const handles = await Promise.all(
      sides.map((side, index) =>
        openMap(side, {
          settings,
          frame: { ...frame, hash: false, legend: false, count: false },
          params: new URLSearchParams({ layer: container.dataset[index === 0 ? "left" : "right"] }),
        }),
      ),
    );
    if (handles.some((handle) => handle.engine !== "maplibre")) {
      giveUp(container); // two light maps cannot be kept together
      return;
    }
    keepTogether(...handles.map((handle) => handle.map));
    container.append(divider(container));
    container.dataset.ready = "true";
  } catch (problem) {
    console.error(problem);
    giveUp(container);
  }
}

/** The tables stay, and a line says so. */
function giveUp(container) {
  container.hidden = true;
  document.querySelector("[data-swipe-missing]").hidden = false;
}

/** Move either map with the other one. */
function keepTogether(one, other) {
  let isFollowing = false;
  const follow = (source, target) => () => {
    if (isFollowing) {
      return;
    }
    isFollowing = true;
    target.jumpTo({ center: source.getCenter(), zoom: source.getZoom() });
    isFollowing = false;
  };
  one.on("move", follow(one, other));
  other.on("move", follow(other, one));
}

/** The divider: a slider by keyboard, dragged by mouse, pen or finger. */
function divider(container) {
  const { sliderLabel, valueText } = container.dataset;
  const bar = el("div", {
    class: "swipe__bar",
    role: "slider",
    tabindex: 0,
    "aria-label": sliderLabel,
    "aria-orientation": "horizontal",
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  });
  let at = 50;
  const put = (percent) => {
    at = Math.min(100, Math.max(0, percent));
    const shown = Math.round(at);
    container.style.setProperty("--at", `${at}%`);
    bar.setAttribute("aria-valuenow", String(shown));
    bar.setAttribute("aria-valuetext", valueText.replace("%n", String(shown)));
  };
  const moves = {
    ArrowLeft: () => at - STEP,
    ArrowDown: () => at - STEP,
    ArrowRight: () => at + STEP,
    ArrowUp: () => at + STEP,
    PageDown: () => at - LEAP,
    PageUp: () => at + LEAP,
    Home: () => 0,
    End: () => 100,
  };
  bar.addEventListener("keydown", (event) => {
    const move = moves[event.key];
    if (move) {
      event.preventDefault();
      put(move());
    }
  });
  bar.addEventListener("pointerdown", (event) => {
    bar.setPointerCapture(event.pointerId);
    bar.focus({ preventScroll: true });
  });
  bar.addEventListener("pointermove", (event) => {
    if (bar.hasPointerCapture(event.pointerId)) {
      const box = container.getBoundingClientRect();
      put(((event.clientX - box.left) / box.width) * 100);
    }
  });
  put(at);
  return bar;
}
