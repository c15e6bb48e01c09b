/** What the columns mean: the values under a choice follow the column chosen. */

import { el, readJson } from "../lib/dom.js";

const samples = readJson("column-samples") ?? {};
for (const line of document.querySelectorAll("[data-samples]")) {
  const choice = document.getElementById(line.dataset.samples);
  choice?.addEventListener("change", () => {
    line.replaceChildren(...(samples[choice.value] ?? []).map((text) => el("span", {}, text)));
  });
}
