/**
 * Corner table of a land certificate: the sketch follows the typing, a pasted table fills the grid, rows are added
 * without leaving the page. Without script the buttons "Thêm dòng" and "Xem thử" do the same on the server, which
 * judges everything again; nothing here decides anything.
 */

import { debounce, svg } from "../lib/dom.js";

const SIZE = 400;
const MARGIN = 34;
const LABEL_AWAY = 16;
const SHORTEST_NAMED = 34;

for (const form of document.querySelectorAll("[data-certificate]")) {
  begin(form);
}

function begin(form) {
  const grid = form.querySelector("[data-corner-grid]");
  const sketch = form.querySelector("[data-sketch]");
  const redraw = debounce(() => draw(sketch, cornersOf(grid)), 150);
  grid.addEventListener("input", redraw);
  grid.addEventListener("paste", (event) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (/[\n\t]/.test(text.trim())) {
      event.preventDefault();
      fill(grid, event.target.closest("[data-corner-row]"), text);
      redraw();
    }
  });
  grid.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.matches("input")) {
      event.preventDefault();
      below(grid, event.target)?.focus();
    }
  });
  form.querySelector("[data-more-rows]").addEventListener("click", (event) => {
    event.preventDefault();
    addRow(grid).querySelector("input").focus();
  });
}

/** Rows as { label, x, y }: X is north. Rows without two numbers are left out. */
function cornersOf(grid) {
  const found = [];
  for (const row of rowsOf(grid)) {
    const [label, x, y] = [...row.querySelectorAll("input")].map((input) => input.value.trim());
    const [north, east] = [numberOf(x), numberOf(y)];
    if (north !== null && east !== null) {
      found.push({ label: label || String(found.length + 1), north, east });
    }
  }
  if (found.length && found.every((corner) => corner.north < corner.east)) {
    for (const corner of found) {
      [corner.north, corner.east] = [corner.east, corner.north];
    }
  }
  const [first, last] = [found[0], found[found.length - 1]];
  if (found.length > 3 && first.north === last.north && first.east === last.east) {
    found.pop();
  }
  return found;
}

/** A number as people write it: "1.156.800,12", "1 156 800.12", "1156800,12". Null for anything else. */
function numberOf(text) {
  let plain = text.replace(/[\s\u00a0]/g, "");
  const grouped = plain.match(/^(\d{1,3}(?:([.,])\d{3})(?:\2\d{3})+)([.,]\d+)?$/);
  if (grouped) {
    plain = grouped[1].replaceAll(grouped[2], "") + (grouped[3] ?? "").replace(",", ".");
  }
  plain = plain.replace(/^(\d{3})[.,](\d{3}),(\d+)$/, "$1$2.$3").replace(",", ".");
  return /^\d+(\.\d*)?$/.test(plain) ? Number(plain) : null;
}

function rowsOf(grid) {
  return [...grid.querySelectorAll("[data-corner-row]")];
}

function addRow(grid) {
  const rows = rowsOf(grid);
  const last = rows[rows.length - 1];
  const row = last.cloneNode(true);
  const number = rows.length + 1;
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, String(number)));
  }
  row.querySelector("input").placeholder = String(number);
  last.after(row);
  return row;
}

function below(grid, input) {
  const row = input.closest("[data-corner-row]");
  const next = row.nextElementSibling ?? addRow(grid);
  return next.querySelector(`input[name="${input.name}"]`);
}

/** Put a copied table into the grid from `row` on: columns as they stand, a heading line is passed over. */
function fill(grid, row, text) {
  let target = row;
  for (const line of text.split(/\r?\n/)) {
    const cells = line.includes("\t") ? line.split("\t").map((cell) => cell.trim()) : line.trim().split(/\s+/);
    if (cells.filter((cell) => (numberOf(cell) ?? 0) > 180).length < 2) {
      continue;
    }
    const first = cells.findIndex((cell) => (numberOf(cell) ?? 0) > 90_000);
    const values = [first > 0 ? cells[first - 1] : "", cells[first], cells[first + 1], cells[first + 2] ?? ""];
    target ??= addRow(grid);
    target.querySelectorAll("input").forEach((input, index) => {
      input.value = values[index];
    });
    target = target.nextElementSibling;
  }
}

function draw(sketch, corners) {
  const caption = sketch.querySelector("[data-sketch-caption]");
  const drawing = sketch.querySelector("svg");
  if (corners.length < 3) {
    drawing.replaceChildren();
    caption.textContent = sketch.dataset.textNone;
    return;
  }
  const places = placesOf(corners);
  const middle = { x: mean(places.map((place) => place.x)), y: mean(places.map((place) => place.y)) };
  const outline = svg("polygon", { points: places.map((place) => `${place.x},${place.y}`).join(" ") });
  drawing.replaceChildren(
    outline,
    ...edgeTexts(corners, places),
    ...places.flatMap((p, i) => mark(p, corners[i], middle)),
  );
  caption.textContent = sketch.dataset.textSome
    .replace("{count}", String(corners.length))
    .replace("{area}", area(corners).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));
}

function placesOf(corners) {
  const easts = corners.map((corner) => corner.east);
  const norths = corners.map((corner) => corner.north);
  const [west, east, south, north] = [Math.min(...easts), Math.max(...easts), Math.min(...norths), Math.max(...norths)];
  const scale = (SIZE - 2 * MARGIN) / (Math.max(east - west, north - south) || 1);
  const left = (SIZE - (east - west) * scale) / 2;
  const top = (SIZE - (north - south) * scale) / 2;
  return corners.map((corner) => ({
    x: left + (corner.east - west) * scale,
    y: top + (north - corner.north) * scale,
  }));
}

function mark(place, corner, middle) {
  const [dx, dy] = [place.x - middle.x, place.y - middle.y];
  const away = Math.max(Math.hypot(dx, dy), 1);
  const [x, y] = [place.x + (LABEL_AWAY * dx) / away, place.y + (LABEL_AWAY * dy) / away + 4];
  return [
    svg("circle", { cx: place.x, cy: place.y, r: 4 }),
    svg("text", { class: "sketch__label", x, y }, corner.label),
  ];
}

function edgeTexts(corners, places) {
  return corners.flatMap((corner, index) => {
    const after = (index + 1) % corners.length;
    const [a, b] = [places[index], places[after]];
    if (Math.hypot(a.x - b.x, a.y - b.y) <= SHORTEST_NAMED) {
      return [];
    }
    const length = Math.hypot(corner.north - corners[after].north, corner.east - corners[after].east);
    return [svg("text", { class: "sketch__edge", x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, length.toFixed(2))];
  });
}

/** Shoelace formula, measured from the first corner so that seven-digit products lose nothing. */
function area(corners) {
  const [first] = corners;
  let doubled = 0;
  corners.forEach((corner, index) => {
    const after = corners[(index + 1) % corners.length];
    doubled +=
      (corner.north - first.north) * (after.east - first.east) -
      (after.north - first.north) * (corner.east - first.east);
  });
  return Math.abs(doubled) / 2;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
