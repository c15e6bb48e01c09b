/** List beside the map: a button in the list marks the feature, a click on the map marks the list's entry. */

import { el, wantsCalm } from "../lib/dom.js";

/**
 * Tie `list` to the map `handle`. Entries carry `data-feature-id`, `data-layer` and, for moving there,
 * `data-bbox="w,s,e,n"`; a `[data-show-on-map]` button in them asks the map. Works by delegation, so that the
 * list's content may be exchanged at any time. The popup of an entry in the list leads back to it (`texts.to_list`).
 */
export function syncList(handle, list, { mapElement = null, texts = {} } = {}) {
  list.addEventListener("click", (event) => {
    const entry = event.target.closest("[data-show-on-map]")?.closest("[data-feature-id]");
    if (!entry) {
      return;
    }
    event.preventDefault();
    mark(list, entry);
    handle.select(entry.dataset.layer, entry.dataset.featureId);
    if (entry.dataset.bbox) {
      handle.fit(entry.dataset.bbox.split(",").map(Number));
    }
    mapElement?.scrollIntoView({ block: "nearest", behavior: wantsCalm() ? "auto" : "smooth" });
  });
  handle.onSelect(({ layer, id }) => {
    const entry = [...list.querySelectorAll("[data-feature-id]")].find(
      (one) => one.dataset.featureId === id && one.dataset.layer === layer,
    );
    mark(list, entry ?? null);
    entry?.scrollIntoView({ block: "nearest", behavior: wantsCalm() ? "auto" : "smooth" });
    if (entry && texts.to_list) {
      mapElement?.querySelector(".map-popup")?.append(backTo(entry, texts.to_list));
    }
  });
}

function backTo(entry, label) {
  const go = () => (entry.querySelector("a, button") ?? entry).focus();
  return el("button", { type: "button", class: "button-plain map-popup__back", onclick: go }, label);
}

function mark(list, entry) {
  for (const other of list.querySelectorAll(".is-selected")) {
    other.classList.remove("is-selected");
    other.removeAttribute("aria-current");
  }
  entry?.classList.add("is-selected");
  entry?.setAttribute("aria-current", "true");
}
