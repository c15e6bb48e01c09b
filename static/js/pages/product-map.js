/**
 * What the product map adds to `layer-map.js`: suggestions while one types, "near me", counts beside the choices,
 * sharing. In the list view, which has no map, it also follows the form. All of it works without script, by links and
 * the form's own address.
 */

import { combobox } from "../lib/combobox.js";
import { debounce, readJson } from "../lib/dom.js";
import { chooseInMenu, showFacets } from "../lib/facets.js";
import { pairNearAndKm } from "../lib/nearby.js";
import { shareAddress } from "../lib/share.js";
import { status } from "../lib/status.js";

const form = document.getElementById("filters");
const results = document.getElementById("results");
const served = form && asServed(form);

if (form && results) {
  suggestInto(form.elements.q, () => true);
  suggestInto(form.elements.commune, (item) => item.kind === "commune");
  pairNearAndKm(form, form.querySelector("[data-locate]"), status);
  new MutationObserver(() => showFacets(form, readJson("facet-counts") ?? {})).observe(results, { childList: true });
  window.addEventListener("popstate", takeHiddenFromAddress);
  if (!document.querySelector("[data-map]")) {
    followInList();
  }
  results.addEventListener("click", share);
  document.addEventListener("map:ready", ({ detail: handle }) => {
    catchUp();
    goWherePlaceIsAsked(handle);
  });
  document.addEventListener("click", narrowToCommune);
}

// `layer-map.js` follows the form once the map is there; what was asked before that is not lost. What the address
// holds is no measure: a filter that the server refused is in no field, and what it said of it has to stay.
function catchUp() {
  if (filledIn(form) !== served) {
    form.requestSubmit();
  }
}

// Who asks for a commune or for what is near wants to see it, not the whole province with one circle in it; who takes
// that back is where they were before, or sees the whole where the page began with the place.
function goWherePlaceIsAsked(handle) {
  const whole = readJson("frame")?.layers?.bounds;
  let shown = readJson("place-bounds");
  let goBack = () => whole && handle.fit(whole);
  new MutationObserver(() => {
    const bounds = readJson("place-bounds");
    if (JSON.stringify(bounds) === JSON.stringify(shown)) {
      return;
    }
    if (!bounds) {
      goBack();
    } else {
      goBack = shown ? goBack : handle.keepView();
      handle.fit(bounds, { maxZoom: 13 });
    }
    shown = bounds;
  }).observe(results, { childList: true });
}

// The link of a commune's circle asks for that commune; the other filters, by which the circle was counted, stay.
function narrowToCommune(event) {
  const link = event.target.closest?.(".map-popup a");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  const { pathname, searchParams } = new URL(link.href);
  if (pathname === window.location.pathname && searchParams.has("commune")) {
    event.preventDefault();
    form.elements.commune.value = searchParams.get("commune");
    form.requestSubmit();
  }
}

function filledIn(fields) {
  return new URLSearchParams(new FormData(fields)).toString();
}

function asServed(fields) {
  const copy = fields.cloneNode(true);
  copy.reset();
  return filledIn(copy);
}

function suggestInto(input, isWanted) {
  combobox(input, {
    label: form.dataset.suggestHint,
    ask: async (text, signal) => {
      const response = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: text })}`, {
        headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang },
        signal,
      });
      const { suggestions } = response.ok ? await response.json() : { suggestions: [] };
      return suggestions.filter(isWanted);
    },
    choose: (item) => {
      input.value = "";
      for (const [name, value] of Object.entries(item.parameters)) {
        const field = form.elements[name];
        if (field instanceof HTMLSelectElement) {
          chooseInMenu(field, value, item.label);
        } else if (field) {
          field.value = value;
        }
      }
      input.dispatchEvent(new Event("change", { bubbles: true }));
    },
  });
}

function takeHiddenFromAddress() {
  const params = new URLSearchParams(window.location.search);
  for (const field of form.querySelectorAll("input[type=hidden]")) {
    field.value = params.get(field.name) ?? "";
  }
}

function share(event) {
  const link = event.target.closest("[data-share]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) {
    return;
  }
  event.preventDefault();
  const address = link.href + window.location.hash;
  shareAddress(address, document.title).then((outcome) => {
    if (outcome === "copied") {
      status(link.dataset.done);
      const told = document.createElement("span");
      told.className = "result-actions__done";
      told.textContent = link.dataset.done;
      link.parentElement.querySelector(".result-actions__done")?.remove();
      link.after(told);
    } else if (outcome === "refused") {
      window.location.assign(address); // the address line then holds what is to be copied
    }
  });
}

function followInList() {
  let running = null;
  const refresh = async ({ push }) => {
    const params = new URLSearchParams(new FormData(form));
    for (const [name, value] of [...params]) {
      if (value === "") {
        params.delete(name, value);
      }
    }
    params.sort();
    const address = `${window.location.pathname}?${params}`;
    if (push) {
      window.history.pushState(null, "", address);
    }
    running?.abort();
    running = new AbortController();
    results.setAttribute("aria-busy", "true");
    try {
      const response = await fetch(address, {
        headers: { Accept: "text/html", "HX-Request": "true" },
        signal: running.signal,
      });
      const answer = new DOMParser().parseFromString(await response.text(), "text/html");
      results.replaceChildren(...(answer.getElementById("results") ?? answer.body).childNodes);
      status(results.querySelector(".count-line")?.textContent.trim() ?? "");
      results.removeAttribute("aria-busy");
    } catch (problem) {
      if (problem.name !== "AbortError") {
        window.location.assign(address); // the page itself says what is wrong
      }
    }
  };
  const soon = debounce(() => refresh({ push: true }), 300);
  form.addEventListener("change", soon);
  form.addEventListener("input", soon);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refresh({ push: true });
  });
  window.addEventListener("popstate", () => window.location.reload());
}
