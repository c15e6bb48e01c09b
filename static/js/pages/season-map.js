/**
 * The season map: months follow each other on the map and in the tables. The server draws the tables (the twelve links
 * work without script); here the same answer is fetched and the circles are drawn from the numbers in it.
 */

import { readJson, wantsCalm } from "../lib/dom.js";
import { status } from "../lib/status.js";
import { bubbles } from "../map/bubbles.js";

const STEP_MS = 2200;
const YEAR = 12;
const SMALLEST = 3;
const LARGEST = 24;

const results = document.getElementById("results");
const field = document.getElementById("season-month");
const form = document.getElementById("filters");
const player = document.getElementById("season-player");
const playButton = player.querySelector("[data-play]");
let circles = null;
let running = null;
let timer = null;

document.querySelector("[data-map]").addEventListener("map:ready", async (event) => {
  circles = await bubbles(event.detail, { texts: readJson("map-settings").texts });
  document.querySelector("[data-map]").dataset.bubbles = "ready";
  drawCircles();
});
// Filters are followed by layer-map.js, which puts new results in; whoever does, the circles follow.
new MutationObserver(drawCircles).observe(results, { childList: true });
results.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-month]");
  if (link && !(event.ctrlKey || event.metaKey || event.shiftKey)) {
    event.preventDefault();
    pause();
    showMonth(Number(link.dataset.month));
  }
});
player.addEventListener("click", (event) => {
  const step = event.target.closest("[data-step]");
  if (step) {
    pause();
    move(Number(step.dataset.step));
  } else if (event.target.closest("[data-play]")) {
    timer === null ? play() : pause();
  }
});
player.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (step) {
    event.preventDefault();
    pause();
    move(step);
  }
});
document.addEventListener("visibilitychange", pause);
form.addEventListener("change", pause);
// Before layer-map.js reads the form: the month stands in no field that it fills.
window.addEventListener("popstate", () => {
  pause();
  field.value = new URLSearchParams(window.location.search).get("month") ?? String(new Date().getMonth() + 1);
});
player.hidden = false;
playButton.hidden = wantsCalm(); // who asked for less motion steps by hand

function month() {
  return Number(field.value);
}

function move(by) {
  return showMonth(((month() - 1 + by + YEAR) % YEAR) + 1);
}

function play() {
  let left = YEAR;
  const next = async () => {
    await move(1);
    left -= 1;
    if (timer !== null) {
      timer = left > 0 ? setTimeout(next, STEP_MS) : null;
    }
    nameButton();
  };
  timer = setTimeout(next, 0);
  nameButton();
}

function pause() {
  clearTimeout(timer);
  timer = null;
  nameButton();
}

function nameButton() {
  playButton.textContent = timer === null ? player.dataset.paused : player.dataset.playing;
  playButton.setAttribute("aria-pressed", String(timer !== null));
}

async function showMonth(wanted) {
  field.value = String(wanted);
  drawCircles(); // all months are on the page already
  const address = addressOf();
  window.history.replaceState(null, "", `${address}${window.location.hash}`);
  running?.abort();
  running = new AbortController();
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      headers: { Accept: "text/html", "HX-Request": "true", "HX-Target": "results" },
      signal: running.signal,
    });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = answer.getElementById("results");
    if (!fresh) {
      throw new Error(`no results in the answer (${response.status})`);
    }
    const hadFocus = results.contains(document.activeElement);
    results.replaceChildren(...fresh.childNodes);
    if (hadFocus) {
      results.querySelector("a[data-month][aria-current]")?.focus();
    }
    status(results.querySelector(".count-line")?.textContent ?? "");
  } catch (problem) {
    if (problem.name !== "AbortError") {
      pause();
      window.location.assign(address); // the page itself says what is wrong
    }
  } finally {
    results.removeAttribute("aria-busy");
  }
}

function addressOf() {
  const params = new URLSearchParams(new FormData(form));
  for (const [name, value] of [...params]) {
    if (value === "") {
      params.delete(name, value);
    }
  }
  params.sort();
  return `${window.location.pathname}?${params}`;
}

function drawCircles() {
  const data = readJson("season-data");
  circles?.draw(data ? itemsOf(data) : []);
}

function itemsOf({ communes, largest, colours, label_colours, popup }) {
  const at = month() - 1;
  return communes
    .filter((commune) => commune.tonnes[at] > 0)
    .map((commune) => {
      const share = Math.sqrt(commune.tonnes[at] / largest);
      const level = Math.min(colours.length, Math.max(1, Math.ceil(colours.length * share))) - 1;
      return {
        id: commune.code,
        lon: commune.lon,
        lat: commune.lat,
        radius: SMALLEST + (LARGEST - SMALLEST) * share,
        colour: colours[level],
        labelColour: label_colours[level],
        value: commune.tonnes[at],
        popup: {
          ...popup,
          properties: {
            name: commune.name,
            tonnes: commune.tonnes[at],
            producers: commune.producers[at],
            url: commune.url.replace(/\bmonth=\d+/, `month=${at + 1}`),
          },
        },
      };
    });
}
