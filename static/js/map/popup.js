/** What a click shows, built from text nodes only. */

import { el } from "../lib/dom.js";
import { property } from "../lib/format.js";
import { status } from "../lib/status.js";
import { fetchJson } from "./catalogue.js";

/**
 * Return the node for a feature's `properties` after `popup` = `{title, link, fields: [[property, label], ...]}`;
 * null when there is nothing to say. `link` names a property that holds a path of our own site, `path` says how it is
 * made where that property is missing ("/p/{producer}/"); `values` puts the values of a property into words:
 * `{status: {active: "..."}}`. The property `codes` (a list) becomes links to the codes' pages.
 */
export function popupContent(properties, popup, texts) {
  if (!popup) {
    return null;
  }
  const title = properties[popup.title];
  const words = (name) => popup.values?.[name]?.[properties[name]] ?? property(properties[name]);
  const rows = (popup.fields ?? []).filter(([name]) => hasValue(properties[name]));
  if (!hasValue(title) && rows.length === 0) {
    return null;
  }
  const path = ownPath(properties[popup.link] ?? made(popup.path, properties));
  const codes = codesOf(properties.codes);
  return el(
    "div",
    { class: "map-popup" },
    hasValue(title) ? el("p", { class: "map-popup__title" }, words(popup.title)) : null,
    rows.length
      ? el(
          "dl",
          { class: "map-popup__facts" },
          rows.flatMap(([name, label]) => [el("dt", {}, label), el("dd", {}, words(name))]),
        )
      : null,
    codes.length
      ? el(
          "p",
          { class: "map-popup__codes" },
          codes.map((code) => el("a", { class: "code", href: `/v/${encodeURIComponent(code)}/` }, code)),
        )
      : null,
    path ? el("a", { href: path, class: "map-popup__link" }, texts.open) : null,
  );
}

/**
 * The same for a feature that may not carry all its properties: where its title is missing and `popup.source` names an
 * address ("/api/v1/plots/{id}/", GeoJSON), a note stands in its place until the answer is there, or says that none
 * came and why. `isWanted()` tells whether the popup is still open then.
 */
export function popupWithSource(properties, popup, texts, isWanted) {
  const address = hasValue(properties[popup?.title]) ? null : ownPath(made(popup?.source, properties));
  if (!address) {
    return popupContent(properties, popup, texts);
  }
  const note = el("p", { class: "map-popup__note" }, texts.loading);
  const box = el("div", { class: "map-popup" }, note);
  const fill = (feature, why) => {
    const content = popupContent({ ...properties, ...feature?.properties }, popup, texts);
    note.textContent = why ?? texts.details_failed;
    status(content?.firstChild.textContent ?? note.textContent);
    if (content) {
      note.replaceWith(...content.childNodes);
    }
  };
  fetchJson(address).then(
    (feature) => isWanted() && fill(feature),
    (problem) => isWanted() && fill(null, problem.detail),
  );
  return box;
}

function hasValue(value) {
  return value !== null && value !== undefined && value !== "";
}

// Only paths on this site: a property can never carry a script or lead elsewhere.
function ownPath(value) {
  return typeof value === "string" && /^\/(?![/\\])/.test(value) ? value : null;
}

/** `pattern` with its {properties} filled in; null when one is missing. */
function made(pattern, properties) {
  const names = [...(pattern ?? "").matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  if (!pattern || !names.every((name) => hasValue(properties[name]))) {
    return null;
  }
  return pattern.replace(/\{(\w+)\}/g, (_all, name) => encodeURIComponent(properties[name]));
}

// GeoJSON has a list, a tile the text of one.
function codesOf(value) {
  if (typeof value !== "string") {
    return Array.isArray(value) ? value : [];
  }
  try {
    return codesOf(JSON.parse(value));
  } catch {
    return [];
  }
}
