/**
 * Any page's map. Markup:
 *   <div data-map data-config="#frame-id" [data-filters="#form-id"] [data-results="#results-id"]></div>
 * `#frame-id` is a json_script with the frame (docs/frontend.md). The form is a GET form that works without script;
 * with script its changes move the map, the results and the address together.
 */

import { debounce, readJson, whenIdle } from "../lib/dom.js";
import { status } from "../lib/status.js";
import { openMap } from "../map/open.js";
import { syncList } from "../map/selection.js";

const settings = readJson("map-settings");
for (const container of document.querySelectorAll("[data-map]")) {
  whenNear(container, () => whenIdle(() => begin(container)));
}

/** A map far down the page costs nothing before somebody comes near it. */
function whenNear(container, action) {
  const watch = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting)) {
        watch.disconnect();
        action();
      }
    },
    { rootMargin: "300px" },
  );
  watch.observe(container);
}

async function begin(container) {
  const form = container.dataset.filters ? document.querySelector(container.dataset.filters) : null;
  const results = container.dataset.results ? document.querySelector(container.dataset.results) : null;
  const frame = readJson(container.dataset.config) ?? {};
  try {
    const handle = await openMap(container, { settings, frame, params: paramsOf(form) });
    if (results) {
      syncList(handle, results, { mapElement: container, texts: settings.texts });
    }
    if (form) {
      followForm({ form, results, handle });
    }
    container.dispatchEvent(new CustomEvent("map:ready", { bubbles: true, detail: handle }));
  } catch (problem) {
    console.error(problem);
    container.textContent = settings.texts.no_map;
    container.classList.add("map--missing");
  }
}

function paramsOf(form) {
  const params = new URLSearchParams(form ? new FormData(form) : window.location.search);
  for (const [name, value] of [...params]) {
    if (value === "") {
      params.delete(name, value);
    }
  }
  params.sort();
  return params;
}

function followForm({ form, results, handle }) {
  const apply = async ({ push }) => {
    const params = paramsOf(form);
    const query = params.toString();
    const address = `${window.location.pathname}${query ? `?${query}` : ""}`;
    if (push && `${window.location.pathname}${window.location.search}` !== address) {
      window.history.pushState(null, "", `${address}${window.location.hash}`);
    }
    for (const name of handle.names()) {
      handle.setFilterParams(name, params);
    }
    if (results) {
      await refresh(results, address);
    }
  };
  let applied = paramsOf(form).toString();
  const applyChanged = () => {
    const asked = paramsOf(form).toString();
    if (asked !== applied) {
      applied = asked;
      apply({ push: true });
    }
  };
  // A choice is made at once; who types is not done yet.
  const applyNow = debounce(applyChanged, 10);
  const applySoon = debounce(applyChanged, 300);
  form.addEventListener("change", applyNow);
  form.addEventListener("input", (event) => {
    if (event.target.matches("input[type=search], input[type=text], input[type=number]")) {
      applySoon();
    }
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    applied = paramsOf(form).toString();
    apply({ push: true });
  });
  form.addEventListener("reset", () => setTimeout(applyNow));
  window.addEventListener("popstate", () => {
    fillForm(form, new URLSearchParams(window.location.search));
    applied = paramsOf(form).toString();
    apply({ push: false });
  });
}

function fillForm(form, params) {
  for (const field of form.elements) {
    if (!field.name) {
      continue;
    }
    const values = params.getAll(field.name);
    if (field.type === "checkbox" || field.type === "radio") {
      field.checked = values.length ? values.includes(field.value) : field.type === "radio" && field.value === "";
    } else if (field.type !== "hidden") {
      field.value = values[0] ?? "";
    }
  }
}

let running = null;

// The server draws the list: the page's own answer is asked again and its results taken over, so that the list
// with script and the list without script are the same markup.
async function refresh(results, address) {
  running?.abort();
  running = new AbortController();
  results.setAttribute("aria-busy", "true");
  try {
    const response = await fetch(address, {
      headers: { Accept: "text/html", "HX-Request": "true", "HX-Target": results.id },
      signal: running.signal,
    });
    const answer = new DOMParser().parseFromString(await response.text(), "text/html");
    const fresh = answer.getElementById(results.id) ?? answer.body;
    results.replaceChildren(...fresh.childNodes);
    status(results.querySelector(".count-line")?.textContent ?? "");
  } catch (problem) {
    if (problem.name !== "AbortError") {
      results.prepend(errorLine());
    }
  } finally {
    results.removeAttribute("aria-busy");
  }
}

function errorLine() {
  const line = document.createElement("p");
  line.className = "notice notice--error";
  line.setAttribute("role", "alert");
  line.textContent = settings.texts.list_failed;
  return line;
}
