/**
 * Choosing the plots of an area: the list, the map and the sum stay together. Without script the list alone works.
 * Markup: a form `[data-area-form]` with checkboxes `name=plots` that carry data-ha and data-crop, `[data-sum]`,
 * a select `[data-crop-choice]` and, elsewhere on the page, the map of `layer-map.js` with one feature for each plot.
 */

import { readJson } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { fill } from "../lib/text.js";

const CHOSEN = "#f0ac2b";
const FREE = "#9fb6a8";

for (const form of document.querySelectorAll("[data-area-form]")) {
  begin(form);
}

function begin(form) {
  const boxes = [...form.querySelectorAll("input[name=plots]")];
  const sum = form.querySelector("[data-sum]");
  const crop = form.querySelector("[data-crop-choice]");
  const plots = readJson("area-frame")?.features ?? { type: "FeatureCollection", features: [] };
  let handle = null;

  const fits = (box) => !crop?.value || box.dataset.crop === crop.value;
  const draw = () => {
    const chosen = new Set(boxes.filter((box) => box.checked).map((box) => Number(box.value)));
    const features = plots.features.map((feature) => ({
      ...feature,
      properties: { ...feature.properties, colour: chosen.has(feature.properties.id) ? CHOSEN : FREE },
    }));
    handle?.showFeatures({ ...plots, features });
  };
  const update = () => {
    for (const box of boxes) {
      const isFitting = fits(box);
      box.checked = box.checked && isFitting;
      box.disabled = !isFitting;
      box.closest("[data-plot]").hidden = !isFitting;
    }
    const chosen = boxes.filter((box) => box.checked);
    const hectares = chosen.reduce((total, box) => total + Number(box.dataset.ha), 0);
    sum.textContent = fill(sum.dataset.text, { n: number(chosen.length), ha: number(hectares, { digits: 2 }) });
    draw();
  };

  form.addEventListener("change", update);
  form.querySelector("[data-choose-all]")?.addEventListener("click", () => {
    const open = boxes.filter(fits);
    const isAll = open.every((box) => box.checked);
    for (const box of open) {
      box.checked = !isAll;
    }
    update();
  });
  document.addEventListener("map:ready", (event) => {
    handle = event.detail;
    handle.map?.on?.("click", "own-fill", (click) => toggle(boxes, click.features?.[0]?.properties.id, update));
    draw();
  });
  update();
}

function toggle(boxes, id, update) {
  const box = boxes.find((one) => Number(one.value) === id && !one.disabled);
  if (box) {
    box.checked = !box.checked;
    box.scrollIntoView({ block: "nearest" });
    update();
  }
}
