/** A small drawing of a walked line in an SVG element: needs no network, no tiles, no library. North is up. */

import { svg } from "./dom.js";
import { inMetres } from "./ring.js";

const SIDE = 320; // of the drawing, in its own units
const EDGE = 44;
const LEAST_M = 20; // across: nearer, the drawing would show the receiver's wandering only
const ROUND_LENGTHS = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/** Draw `points` (`{ lon, lat, isCorner }`), and where the device is (`here`: `{ lon, lat, accuracy }` or null); `north`: its letter. */
export function drawSketch(root, { points, here, isClosed, north }) {
  root.setAttribute("viewBox", `0 0 ${SIDE} ${SIDE}`);
  root.replaceChildren();
  const all = here ? [...points, here] : points;
  if (all.length === 0) {
    return;
  }
  const flat = inMetres(all);
  const place = placing(flat);
  const line = flat.slice(0, points.length).map(place.at);
  root.append(...paper(place.unitsPerMetre, north));
  if (line.length > 1) {
    const d = `M${line.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}${isClosed ? "Z" : ""}`;
    root.append(svg("path", { d, class: isClosed ? "sketch__ground" : "sketch__line" }));
    if (!isClosed && line.length > 2) {
      root.append(svg("path", { d: `M${line.at(-1).join(" ")}L${line[0].join(" ")}`, class: "sketch__closing" }));
    }
  }
  for (const [index, [x, y]] of line.entries()) {
    const isEnd = index === 0 || index === line.length - 1;
    if (points[index].isCorner || isEnd) {
      const name = points[index].isCorner ? "sketch__corner" : "sketch__end";
      root.append(svg("circle", { cx: x, cy: y, r: points[index].isCorner ? 5 : 3.5, class: name }));
    }
  }
  if (here) {
    const [x, y] = place.at(flat.at(-1));
    const radius = Math.min(SIDE, here.accuracy * place.unitsPerMetre);
    root.append(svg("circle", { cx: x, cy: y, r: Math.max(8, radius), class: "sketch__error" }));
    root.append(svg("circle", { cx: x, cy: y, r: 6, class: "sketch__here" }));
  }
}

function placing(flat) {
  const xs = flat.map(([x]) => x);
  const ys = flat.map(([, y]) => y);
  const [west, east, south, north] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const unitsPerMetre = (SIDE - 2 * EDGE) / Math.max(LEAST_M, east - west, north - south);
  const [middleX, middleY] = [(west + east) / 2, (south + north) / 2];
  const at = ([x, y]) => [SIDE / 2 + (x - middleX) * unitsPerMetre, SIDE / 2 - (y - middleY) * unitsPerMetre];
  return { unitsPerMetre, at };
}

/** A scale bar with a round length, and north. */
function paper(unitsPerMetre, north) {
  const metres = ROUND_LENGTHS.filter((one) => one * unitsPerMetre <= SIDE / 3).at(-1) ?? ROUND_LENGTHS[0];
  const end = 12 + metres * unitsPerMetre;
  return [
    svg("path", { d: `M12 ${SIDE - 16}v4H${end.toFixed(1)}v-4`, class: "sketch__scale" }),
    svg("text", { x: 12, y: SIDE - 20, class: "sketch__text" }, `${metres} m`),
    svg("path", { d: `M${SIDE - 18} 30V12l-4 6m4-6 4 6`, class: "sketch__scale" }),
    svg("text", { x: SIDE - 24, y: 44, class: "sketch__text" }, north),
  ];
}
