/** Cutting a plot: a line on the map, the parts as the server would make them. Markup: templates/farms/plot_split.html. */

import { distance, fromGeometry } from "../draw/geo.js";
import { openStage } from "../draw/stage.js";
import { readJson } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { status } from "../lib/status.js";

const settings = readJson("map-settings");
const root = document.querySelector("[data-splitter]");
if (root) {
  begin(root);
}

async function begin(root) {
  const config = readJson(root.dataset.splitter);
  const { texts } = config;
  const shape = fromGeometry(config.shape);
  const form = root.querySelector("[data-draw-form]");
  let stage = null;
  let line = [];

  const refresh = () => {
    const metres = line.slice(1).reduce((sum, position, i) => sum + distance(line[i], position), 0);
    root.querySelector("[data-measure]").textContent = metres ? `${number(metres, { digits: 1 })} m` : "";
    stage.overlay.lengths([], line);
    stage.allow({
      undo: stage.surface.canUndo(),
      redo: stage.surface.isDrawing() && stage.surface.canRedo(),
      finish: stage.surface.isDrawing(),
      clear: stage.surface.isDrawing() || line.length > 0,
    });
  };
  const restart = () => {
    line = [];
    form.elements.line.value = "";
    stage.handle.showFeatures({ type: "FeatureCollection", features: [] });
    stage.setTool("line");
    stage.cross.restart();
    stage.surface.draw("linestring");
    stage.hint(texts.drawing_line);
    refresh();
  };
  const acts = {
    tool: restart,
    undo() {
      stage.surface.undo();
      refresh();
    },
    redo() {
      stage.surface.redo();
      refresh();
    },
    finish: () => stage.surface.finish(),
    clear: restart,
  };
  const on = {
    onDrawn(_mode, positions) {
      line = positions;
      const geometry = { type: "LineString", coordinates: positions };
      form.elements.line.value = JSON.stringify(geometry);
      form.elements.system.value = "EPSG:4326";
      stage.handle.showFeatures({
        type: "FeatureCollection",
        features: [{ type: "Feature", properties: {}, geometry }],
      });
      stage.surface.rest();
      stage.setTool("");
      stage.hint("");
      refresh();
      preview(form);
    },
    onMoved() {},
    onLive(_kind, positions) {
      line = positions;
      refresh();
    },
  };

  try {
    stage = await openStage(root, { config, settings, acts, shape: () => shape, on });
  } catch (problem) {
    console.error(problem);
    root.querySelector("[data-draw-map]").textContent = settings.texts.no_map;
  }
  if (stage?.surface) {
    stage.neighbours.remember(shape.flat());
    stage.overlay.shape(shape);
    restart();
  } else if (stage) {
    const feature = { type: "Feature", properties: { colour: "#1c6247" }, geometry: config.shape };
    stage.handle.showFeatures({ type: "FeatureCollection", features: [feature] });
  }
  root.dataset.ready = stage?.surface ? "map" : "table";
}

/** The server draws the parts; its page is asked and the preview taken over. */
async function preview(form) {
  const data = new FormData(form);
  data.set("preview", "1");
  const response = await fetch(window.location.href, { method: "POST", body: data, headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("split-preview");
  if (fresh) {
    document.getElementById("split-preview").replaceChildren(...fresh.childNodes);
    status(document.getElementById("split-preview").textContent.trim().replace(/\s+/g, " "));
  }
}
