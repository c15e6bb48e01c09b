/** The corners as numbers: every one can be typed, added and taken away, in degrees or in a system of VN-2000. */

import { el } from "../lib/dom.js";
import { fill } from "../lib/text.js";
import { typedNumber } from "./geo.js";

const PAGE = 100;
const DEGREES = "EPSG:4326";

/**
 * `createVertexTable(body, options)`: `body` is the tbody; `convert(points, source, target)` answers converted
 * [x, y]; `onChange(ring)` gets the corners as [lon, lat] whenever all rows are complete. Returns
 * `{ show(ring), setSystem(id), add() }`.
 */
export function createVertexTable(body, { texts, convert, onChange, onProblem, pager }) {
  let system = DEGREES;
  let rows = []; // { first, second: as typed; position: [lon, lat] or null; was: as shown }
  let page = 0;
  let turn = 0;

  const isDegrees = () => system === DEGREES;
  const shown = ([x, y]) => (isDegrees() ? [y.toFixed(8), x.toFixed(8)] : [y.toFixed(3), x.toFixed(3)]);

  const take = async () => {
    const isEmpty = (row) => row.first.trim() === "" && row.second.trim() === "";
    const kept = rows.filter((row) => !isEmpty(row));
    if (kept.some((row) => Number.isNaN(typedNumber(row.first)) || Number.isNaN(typedNumber(row.second)))) {
      onProblem(texts.row_unreadable);
      return;
    }
    const changed = kept.filter((row) => row.position === null);
    if (changed.length) {
      const points = changed.map((row) => [typedNumber(row.second), typedNumber(row.first)]);
      try {
        const found = isDegrees() ? points : await convert(points, system, DEGREES);
        changed.forEach((row, i) => {
          row.position = found[i];
        });
      } catch (problem) {
        onProblem(problem.message);
        return;
      }
    }
    onProblem("");
    if (kept.length >= 3 || kept.length === 0) {
      onChange(kept.map((row) => row.position));
    }
  };

  const cell = (row, name, label) =>
    el("input", {
      type: "text",
      inputmode: "decimal",
      autocomplete: "off",
      value: row[name],
      "aria-label": label,
      onchange: (event) => {
        row[name] = event.target.value;
        row.position = null;
        take();
      },
    });

  const draw = () => {
    const first = isDegrees() ? texts.lat : texts.north;
    const second = isDegrees() ? texts.lon : texts.east;
    const from = page * PAGE;
    body.replaceChildren(
      ...rows.slice(from, from + PAGE).map((row, i) => {
        const n = from + i + 1;
        return el(
          "tr",
          {},
          el("th", { scope: "row" }, String(n)),
          el("td", {}, cell(row, "first", fill(texts.cell, { n, axis: first }))),
          el("td", {}, cell(row, "second", fill(texts.cell, { n, axis: second }))),
          el(
            "td",
            { class: "draw-table__acts" },
            button("+", fill(texts.add_after, { n }), () => add(n)),
            button("×", fill(texts.remove, { n }), () => remove(n - 1)),
          ),
        );
      }),
    );
    pager.hidden = rows.length <= PAGE;
    pager.querySelector("[data-page-text]").textContent = fill(texts.page, {
      from: Math.min(from + 1, rows.length),
      to: Math.min(from + PAGE, rows.length),
      n: rows.length,
    });
    for (const [name, text] of [
      ["first", first],
      ["second", second],
    ]) {
      body.closest("table").querySelector(`[data-axis=${name}]`).textContent = text;
    }
  };

  const button = (sign, label, onclick) =>
    el("button", { type: "button", class: "button-plain draw-table__act", "aria-label": label, onclick }, sign);

  const add = (at = rows.length) => {
    rows.splice(at, 0, { first: "", second: "", position: null });
    page = Math.floor(at / PAGE);
    draw();
    body.rows[at - page * PAGE]?.querySelector("input").focus();
  };

  const remove = (at) => {
    rows.splice(at, 1);
    page = Math.min(page, Math.floor(Math.max(rows.length - 1, 0) / PAGE));
    draw();
    body.rows[Math.min(at - page * PAGE, body.rows.length - 1)]?.querySelector("button:last-child")?.focus();
    take();
  };

  const turnPage = (by) => {
    page = Math.min(Math.max(page + by, 0), Math.floor(Math.max(rows.length - 1, 0) / PAGE));
    draw();
  };
  pager.querySelector("[data-page-back]").addEventListener("click", () => turnPage(-1));
  pager.querySelector("[data-page-on]").addEventListener("click", () => turnPage(1));

  return {
    /** Show the corners [lon, lat] of a ring. Rows that are still being typed are kept when nothing else changed. */
    async show(ring) {
      const complete = rows.filter((row) => row.position);
      if (complete.length === ring.length && ring.every((position, i) => position === complete[i].position)) {
        return;
      }
      turn += 1;
      const mine = turn;
      let points = ring;
      if (!isDegrees() && ring.length) {
        try {
          points = await convert(ring, DEGREES, system);
        } catch (problem) {
          onProblem(problem.message);
          return;
        }
        if (mine !== turn) {
          return; // another shape came meanwhile
        }
      }
      rows = ring.map((position, i) => {
        const [first, second] = shown(points[i]);
        return { first, second, position };
      });
      page = Math.min(page, Math.floor(Math.max(rows.length - 1, 0) / PAGE));
      draw();
    },

    /** Show the numbers in another system. */
    setSystem(id) {
      const ring = rows.filter((row) => row.position).map((row) => row.position);
      system = id;
      rows = [];
      if (ring.length) {
        this.show(ring);
      } else {
        draw();
      }
    },

    system: () => system,
    add: () => add(),
  };
}
