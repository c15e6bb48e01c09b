/** Drawing with pointer, finger or keyboard: terra-draw on MapLibre. It holds one ring at a time in each feature. */

import {
  TerraDraw,
  TerraDrawLineStringMode,
  TerraDrawModeUndoRedo,
  TerraDrawPolygonMode,
  TerraDrawSelectMode,
} from "terra-draw";
import { TerraDrawMapLibreGLAdapter } from "terra-draw-maplibre-gl-adapter";
import { isTouch } from "../lib/dom.js";

const DIGITS = 9;
const FINISH_KEY = "Enter";
const GREEN = "#154d38";
const MANGO = "#f0ac2b";

/**
 * `createSurface(map, options)`: `snap({x, y})` gives a position or undefined; `exact(position)` undoes rounding;
 * `onDrawn(kind, positions)` when a ring ("polygon") or line ("linestring") is finished; `onMoved(part, ring,
 * positions)` when a vertex was moved, added or taken away; `onLive(kind, positions)` while either goes on.
 */
export function createSurface(map, { snap, exact, onDrawn, onMoved, onLive }) {
  const toCustom = (event) => {
    const found = snap({ x: event.containerX, y: event.containerY });
    return found?.map((number) => Number(number.toFixed(DIGITS)));
  };
  const pointerDistance = isTouch() ? 26 : 14;
  const keys = { keyEvents: { cancel: "Escape", finish: FINISH_KEY } };
  const draw = new TerraDraw({
    adapter: new TerraDrawMapLibreGLAdapter({ map, coordinatePrecision: DIGITS, prefixId: "draw-td" }),
    modes: [
      new TerraDrawPolygonMode({
        pointerDistance,
        snapping: { toCustom },
        showCoordinatePoints: true,
        ...keys,
        styles: { fillColor: MANGO, fillOpacity: 0.15, outlineColor: GREEN, outlineWidth: 3, ...POINTS },
      }),
      new TerraDrawLineStringMode({
        pointerDistance,
        snapping: { toCustom },
        ...keys,
        styles: { lineStringColor: "#a02c1b", lineStringWidth: 4, ...CLOSING },
      }),
      new TerraDrawSelectMode({
        pointerDistance,
        keyEvents: { deselect: null, delete: null, rotate: null, scale: null },
        flags: {
          polygon: {
            feature: {
              draggable: false,
              coordinates: { midpoints: true, draggable: true, deletable: true, snappable: { toCustom } },
            },
          },
        },
        styles: {
          selectedPolygonColor: MANGO,
          selectedPolygonFillOpacity: 0.12,
          selectedPolygonOutlineColor: GREEN,
          selectedPolygonOutlineWidth: 3,
          selectionPointColor: "#ffffff",
          selectionPointWidth: isTouch() ? 9 : 6,
          selectionPointOutlineColor: GREEN,
          selectionPointOutlineWidth: 3,
          midPointColor: MANGO,
          midPointWidth: isTouch() ? 7 : 4,
          midPointOutlineColor: GREEN,
          midPointOutlineWidth: 1,
        },
      }),
    ],
    undoRedo: { modeLevel: new TerraDrawModeUndoRedo() },
  });
  draw.start();

  const feature = (id) => draw.getSnapshotFeature(id);
  const positionsOf = ({ geometry }) => {
    const list = geometry.type === "Polygon" ? geometry.coordinates[0].slice(0, -1) : geometry.coordinates;
    const exactly = list.map((position) => exact(position));
    return exactly.filter((position, i) => i === 0 || !same(position, exactly[i - 1]));
  };
  const current = () =>
    draw.getSnapshot().find((one) => one.properties.currentlyDrawing && one.geometry.type !== "Point");

  draw.on("finish", (id, { action, mode }) => {
    const done = feature(id);
    if (!done) {
      return;
    }
    if (action === "draw") {
      const positions = positionsOf(done);
      // Only after the library has left its own step.
      setTimeout(() => {
        if (draw.hasFeature(id)) {
          draw.removeFeatures([id]);
        }
        onDrawn(mode, positions);
      });
      return;
    }
    onMoved(done.properties.part, done.properties.ring, positionsOf(done));
  });
  draw.on("change", (ids) => {
    const drawn = current();
    if (drawn) {
      onLive(drawn.geometry.type, positionsOf(drawn));
      return;
    }
    const moved = ids.map(feature).find((one) => one?.geometry.type === "Polygon" && one.properties.selected);
    if (moved) {
      onLive("edit", positionsOf(moved), moved.properties);
    }
  });

  const centre = () => {
    const box = map.getCanvas().getBoundingClientRect();
    return { clientX: box.left + box.width / 2, clientY: box.top + box.height / 2 };
  };
  const pointer = (type, button) =>
    map
      .getCanvas()
      .dispatchEvent(new PointerEvent(type, { ...centre(), button, isPrimary: true, pointerType: "mouse" }));

  return {
    /** Begin to draw a "polygon" or a "linestring". */
    draw(mode) {
      draw.clear();
      draw.setMode(mode);
    },

    /** Let the vertices of the rings of `shape` be moved; `chosen` is [part, ring]. */
    edit(shape, chosen = [0, 0]) {
      if (draw.getMode() === "select") {
        draw.clear();
      }
      draw.setMode("select");
      draw.clear();
      const rings = shape.flatMap((part, p) => part.map((ring, r) => ({ ring, p, r })));
      const made = draw.addFeatures(
        rings.map(({ ring, p, r }) => ({
          type: "Feature",
          properties: { mode: "polygon", part: p, ring: r },
          geometry: { type: "Polygon", coordinates: [[...ring, ring[0]].map((position) => position.map(short))] },
        })),
      );
      const index = rings.findIndex(({ p, r }) => p === chosen[0] && r === chosen[1]);
      const picked = made[Math.max(index, 0)];
      if (picked?.valid) {
        draw.selectFeature(picked.id);
      }
    },

    /** Neither drawing nor editing. */
    rest() {
      draw.clear();
      draw.setMode("static");
    },

    isDrawing: () => current() !== undefined,
    canUndo: () => current() !== undefined && draw.canUndo(),
    undo: () => draw.undo(),
    redo: () => draw.redo(),
    canRedo: () => draw.canRedo(),

    /** Finish what is being drawn, as a click on its first point does. */
    finish() {
      map.getCanvas().dispatchEvent(new KeyboardEvent("keyup", { key: FINISH_KEY }));
    },

    /** Put a point where the middle of the map is. */
    placeAtCentre() {
      pointer("pointermove", -1);
      pointer("pointerdown", 0);
      pointer("pointerup", 0);
    },

    /** Let the loose end of what is being drawn follow the middle of the map. */
    followCentre: () => pointer("pointermove", -1),
  };
}

const CLOSING = { closingPointColor: MANGO, closingPointOutlineColor: GREEN, closingPointOutlineWidth: 2 };
const POINTS = {
  ...CLOSING,
  closingPointWidth: 7,
  coordinatePointColor: "#ffffff",
  coordinatePointOutlineColor: GREEN,
  coordinatePointOutlineWidth: 2,
  snappingPointColor: "#175f80",
  snappingPointWidth: 7,
  snappingPointOutlineColor: "#ffffff",
  snappingPointOutlineWidth: 2,
};

function short(number) {
  return Number(number.toFixed(DIGITS));
}

function same(one, other) {
  return one[0] === other[0] && one[1] === other[1];
}
