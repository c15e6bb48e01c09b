/** Legend and layer switches: signs are drawn from the same entries as the map. */

import { el, svg } from "../lib/dom.js";

/**
 * Fill `container` with a switch per layer and its legend. `onToggle(layer, isVisible)` is called on a change,
 * `onOpen()` before it opens;
 * `basemaps` (with `basemap`, the one shown, and `onBasemap(id)`, which resolves to the id then shown) adds a choice of
 * grounds, `onLight(isLight)` (with `isLight`, and `isForced` where the device decides) one of the light map. All are
 * form controls with labels, so that keys and screen readers have them too. Returns the root element.
 */
export function legend(container, layers, { texts, onToggle, onOpen, isOpen = true, ...ground }) {
  const root = el(
    "details",
    { class: "map-legend", open: isOpen },
    el("summary", {}, texts.legend),
    el(
      "fieldset",
      { class: "map-legend__layers" },
      el("legend", { class: "visually-hidden" }, texts.layers),
      ...layers.map((layer) => layerEntry(layer, layers.length > 1 ? onToggle : null)),
    ),
    groundChoice(texts, ground),
  );
  // Not the event "toggle": it also tells of a legend that stands open from the start.
  root.querySelector("summary").addEventListener("click", () => !root.open && onOpen());
  container.append(root);
  return root;
}

function layerEntry(layer, onToggle) {
  const title = onToggle
    ? el(
        "label",
        { class: "map-legend__switch" },
        el("input", {
          type: "checkbox",
          checked: layer.visible !== false,
          onchange: (event) => onToggle(layer, event.target.checked),
        }),
        el("span", {}, layer.title),
      )
    : el("p", { class: "map-legend__title" }, layer.title);
  const entries = (layer.legend ?? []).map((entry) =>
    el(
      "li",
      { "data-value": entry.value ?? null },
      sign(entry),
      el("span", {}, entry.code ? `${entry.code} · ${entry.label}` : entry.label),
    ),
  );
  return el(
    "div",
    { class: "map-legend__layer", "data-layer": layer.name },
    title,
    entries.length ? el("ul", {}, entries) : null,
  );
}

/**
 * Leave in the legend `root` only what is in view: `values` has, by layer name, the Set of values drawn. A layer without
 * any (nothing in view, or counts only) keeps its whole legend.
 */
export function narrowLegend(root, values) {
  for (const part of root.querySelectorAll("[data-layer]")) {
    const drawn = values.get(part.dataset.layer);
    for (const entry of part.querySelectorAll("li[data-value]")) {
      entry.hidden = drawn !== undefined && !drawn.has(entry.dataset.value);
    }
  }
}

/** A small sign for `{colour, shape: "fill" | "line" | "circle" | "ring", sign, dash}`; the last two tell without colour. */
export function sign({ colour, shape = "fill", sign: mark = "", dash = null }) {
  const edge = { stroke: "rgb(29 41 34 / 55%)", "stroke-width": 1 };
  const shapes = {
    fill: () => (dash || mark ? outlined(colour, dash) : svg("rect", { ...BOX, fill: colour, ...edge })),
    line: () => svg("path", { d: "M1 12 L7 5 L13 10 L19 4", fill: "none", stroke: colour, "stroke-width": 3 }),
    circle: () => svg("circle", { cx: 10, cy: 8, r: 6, fill: colour, ...edge }),
    ring: () => svg("circle", { cx: 10, cy: 8, r: 6, fill: "none", stroke: colour, "stroke-width": 2.5 }),
  };
  return svg(
    "svg",
    { viewBox: "0 0 20 16", width: 20, height: 16, "aria-hidden": "true" },
    (shapes[shape] ?? shapes.fill)(),
    ...(mark ? [svg("text", { x: 10, y: 12, "text-anchor": "middle", "font-size": 11, fill: "#1d2922" }, mark)] : []),
  );
}

const BOX = { x: 1, y: 2, width: 18, height: 12, rx: 2 };

function outlined(colour, dash) {
  const dashes = dash ? { "stroke-dasharray": dash.map((length) => length * 2).join(" ") } : {};
  return svg("rect", { ...BOX, fill: colour, "fill-opacity": 0.35, stroke: colour, "stroke-width": 2, ...dashes });
}

function groundChoice(texts, { basemaps = [], basemap = "", onBasemap, isLight = false, isForced = false, onLight }) {
  if (basemaps.length === 0 && !onLight) {
    return null;
  }
  const select = el(
    "select",
    {
      onchange: async (event) => {
        event.target.value = await onBasemap(event.target.value);
      },
    },
    [{ id: "", name: texts.own_basemap }, ...basemaps].map(({ id, name }) =>
      el("option", { value: id, selected: id === basemap }, name),
    ),
  );
  return el(
    "div",
    { class: "map-legend__basemap" },
    basemaps.length ? el("label", {}, texts.basemap, select) : null,
    onLight && !isForced
      ? el(
          "label",
          { class: "map-legend__switch" },
          el("input", { type: "checkbox", checked: isLight, onchange: (event) => onLight(event.target.checked) }),
          el("span", {}, texts.light_map),
        )
      : null,
  );
}
