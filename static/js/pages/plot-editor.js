/**
 * Drawing a plot or drawing it anew. Markup: `[data-editor="#id"]` around the map, the table of corners and the form
 * (templates/farms/plot_draw.html); `#id` is the page's JSON. The form's field `boundary` always holds what is drawn.
 */

import { keepDraft } from "../draw/draft.js";
import {
  bounds,
  crossings,
  fromGeometry,
  fromText,
  isInside,
  perimeter,
  ringArea,
  shapeArea,
  toGeometry,
} from "../draw/geo.js";
import { createHistory } from "../draw/history.js";
import { createServer } from "../draw/server.js";
import { openStage } from "../draw/stage.js";
import { createVertexTable } from "../draw/vertex-table.js";
import { debounce, el, isTouch, readJson } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { status } from "../lib/status.js";
import { fill } from "../lib/text.js";

const CHECK_AFTER = 500; // ms without a change before the server is asked
const settings = readJson("map-settings");
const root = document.querySelector("[data-editor]");
if (root) {
  begin(root);
}

async function begin(root) {
  const config = readJson(root.dataset.editor);
  const { texts } = config;
  const find = (name) => root.querySelector(`[data-${name}]`);
  const form = find("draw-form");
  const field = form.elements.boundary;
  const system = form.elements.system;
  const server = createServer({ urls: config.urls, token: form.elements.csrfmiddlewaretoken.value, texts });
  const stored = config.shape ? fromGeometry(config.shape) : [];
  const draft = keepDraft(form, config.draft, config.version);
  const history = createHistory(stored);
  let chosen = [0, 0];
  let tool = "";
  let stage = null;

  // --- the shape -------------------------------------------------------------------------------------------------

  const shape = () => history.current();

  const commit = (next) => {
    history.push(next.filter(([outer]) => outer.length >= 3));
    draft.save(shape());
    refresh();
  };

  const replaceRing = ([part, ring], positions) => {
    const next = shape().map((rings) => [...rings]);
    if (positions.length === 0 && next[part]) {
      next[part].splice(ring, ring === 0 ? next[part].length : 1);
    } else if (next[part]) {
      next[part][ring] = positions;
    } else {
      next.push([positions]);
    }
    commit(next);
  };

  const refresh = ({ isMoved = false, isFirst = false } = {}) => {
    const geometry = toGeometry(shape());
    if (geometry || !isFirst) {
      field.value = geometry ? JSON.stringify(geometry) : ""; // what was typed and not understood stays to be corrected
    }
    if (!shape()[chosen[0]]?.[chosen[1]]) {
      chosen = [0, 0];
    }
    listRings();
    table.show(shape()[chosen[0]]?.[chosen[1]] ?? []);
    measure(shape());
    const found = troubles();
    tellFindings(geometry ? [...found, { text: texts.checking }] : []);
    if (stage?.surface) {
      stage.overlay.shape(shape());
      if (tool === "edit" && !isMoved) {
        stage.surface.edit(shape(), chosen);
      }
      allow();
    } else if (stage) {
      const features = stage.neighbours
        .features()
        .map((one) => ({ ...one, properties: { ...one.properties, colour: "#3f8fb3" } }));
      const own = geometry ? [{ type: "Feature", properties: { colour: "#1c6247" }, geometry }] : [];
      stage.handle.showFeatures({ type: "FeatureCollection", features: [...features, ...own] });
    }
    find("findings").dataset.m2 = ""; // of the shape before
    ask();
  };

  // --- what is known of it ---------------------------------------------------------------------------------------

  const measure = (now, live = null) => {
    const m2 = live ? ringArea(live) : shapeArea(now);
    const line = find("measure");
    line.textContent = m2
      ? fill(texts.measured, {
          ha: number(m2 / 10_000, { digits: 4 }),
          m2: number(m2),
          m: number(perimeter(live ? [[live]] : now)),
        })
      : texts.nothing;
    line.dataset.m2 = String(m2);
    stage?.overlay?.lengths(live ? [...now.flat(), live] : now.flat());
  };

  const tellFindings = (list) => {
    find("findings").replaceChildren(...list.map(({ text, tone = "" }) => el("li", { class: tone }, text)));
  };

  const troubles = () => {
    const found = crossings(shape());
    stage?.overlay?.trouble(found);
    return found.length ? [{ text: fill(texts.crossing, { n: found.length }), tone: "is-bad" }] : [];
  };

  const askNow = async () => {
    const geometry = toGeometry(shape());
    const own = troubles();
    if (!geometry) {
      tellFindings([]);
      stage?.mark?.([]);
      return;
    }
    tellFindings([...own, { text: texts.checking }]);
    try {
      const answer = await server.check({ geometry, cooperative: config.cooperative, plot: config.plot });
      if (answer) {
        tellFindings([...own, ...sentences(answer, texts)]);
        find("findings").dataset.m2 = String(answer.area_m2 ?? "");
        stage?.mark?.((answer.own ?? []).map(({ id }) => id));
        const places = answer.findings.map(({ at }) => at).filter(Boolean);
        if (places.length && !own.length) {
          stage?.overlay?.trouble(places);
        }
      }
    } catch (problem) {
      tellFindings([...own, { text: problem.message, tone: "is-warning" }]);
    }
  };
  const ask = debounce(askNow, CHECK_AFTER);

  // --- table and text --------------------------------------------------------------------------------------------

  const table = createVertexTable(find("vertices"), {
    texts,
    pager: find("pager"),
    convert: server.convert,
    onChange: (ring) => {
      replaceRing(chosen, ring);
      show();
    },
    onProblem: (text) => {
      find("table-problem").textContent = text;
    },
  });

  const listRings = () => {
    const list = find("ring");
    const options = shape().flatMap((part, p) =>
      part.map((_ring, r) =>
        el(
          "option",
          { value: `${p}.${r}`, selected: p === chosen[0] && r === chosen[1] },
          r === 0 ? fill(texts.ring_outer, { part: p + 1 }) : fill(texts.ring_hole, { n: r, part: p + 1 }),
        ),
      ),
    );
    find("ring-box").hidden = options.length < 2;
    list.replaceChildren(...options);
  };

  find("ring").addEventListener("change", (event) => {
    chosen = event.target.value.split(".").map(Number);
    refresh();
  });
  system.addEventListener("change", () => table.setSystem(system.value));
  find("add-vertex").addEventListener("click", () => table.add());
  find("paste").addEventListener("click", async () => {
    try {
      const { shape: given, points } = fromText(field.value);
      commit(given ?? [[await placed(points)]]);
      status(texts.pasted);
      if (stage?.surface) {
        take("edit");
      }
      show();
    } catch (problem) {
      find("table-problem").textContent = "";
      tellFindings([
        { text: problem.message === texts.no_answer ? problem.message : texts.not_pasted, tone: "is-bad" },
      ]);
    }
  });
  // Typed corners: latitude or X (north) stands first.
  const placed = (points) => {
    const turned = points.map(([first, second]) => [second, first]);
    return system.value === "EPSG:4326" ? turned : server.convert(turned, system.value, "EPSG:4326");
  };
  const show = () => {
    const box = bounds(shape());
    if (box && stage) {
      stage.handle.fit(box, { padding: 60, maxZoom: 18 });
    }
  };

  // --- tools -----------------------------------------------------------------------------------------------------

  const allow = () => {
    const isDrawing = stage.surface.isDrawing();
    stage.allow({
      undo: stage.surface.canUndo() || history.canUndo(),
      redo: history.canRedo() || (isDrawing && stage.surface.canRedo()),
      finish: isDrawing || tool === "edit",
      clear: isDrawing || shape().length > 0,
    });
  };

  const take = (name) => {
    tool = name;
    stage.setTool(name);
    stage.cross.restart();
    if (name === "edit") {
      stage.surface.edit(shape(), chosen);
    } else if (name) {
      stage.surface.draw("polygon");
    } else {
      stage.surface.rest();
    }
    stage.hint(
      { draw: texts.drawing, hole: texts.drawing_hole, edit: isTouch() ? texts.editing_touch : texts.editing }[name] ??
        texts.resting,
    );
    measure(shape());
    allow();
  };

  const acts = {
    tool: (name) => take(tool === name ? "" : name),
    undo() {
      if (stage.surface.canUndo()) {
        stage.surface.undo();
        allow();
        return;
      }
      if (history.canUndo()) {
        history.undo();
        draft.save(shape());
        refresh();
      }
    },
    redo() {
      if (stage.surface.isDrawing() && stage.surface.canRedo()) {
        stage.surface.redo();
      } else if (history.canRedo()) {
        history.redo();
        draft.save(shape());
        refresh();
      }
      allow();
    },
    finish() {
      if (stage.surface.isDrawing()) {
        stage.surface.finish();
        if (stage.surface.isDrawing()) {
          stage.hint(texts.too_few);
        }
      } else {
        take("");
      }
    },
    clear() {
      if (shape().length) {
        commit([]);
      }
      take("draw");
      stage.hint(texts.cleared);
    },
  };

  const drawn = (_mode, positions) => {
    if (positions.length < 3) {
      stage.hint(texts.too_few);
      take(tool);
      return;
    }
    if (tool === "hole") {
      const part = shape().findIndex(([outer]) => positions.every((position) => isInside(position, outer)));
      if (part < 0) {
        take("hole");
        stage.hint(texts.hole_outside);
        return;
      }
      chosen = [part, shape()[part].length];
      commit(shape().map((rings, p) => (p === part ? [...rings, positions] : rings)));
    } else {
      chosen = [shape().length, 0];
      commit([...shape(), [positions]]);
    }
    take("edit");
  };

  const moved = (part, ring, positions) => {
    chosen = [part, ring];
    history.push(
      shape().map((rings, p) => (p === part ? rings.map((one, r) => (r === ring ? positions : one)) : rings)),
    );
    draft.save(shape());
    refresh({ isMoved: true });
  };

  const live = (kind, positions, properties) => {
    if (kind === "edit") {
      const { part, ring } = properties;
      const now = shape().map((rings, p) =>
        p === part ? rings.map((one, r) => (r === ring ? positions : one)) : rings,
      );
      stage.overlay.shape(now);
      measure(now);
    } else {
      measure(shape(), positions);
    }
    allow();
  };

  // --- start -----------------------------------------------------------------------------------------------------

  find("table-box").hidden = false;
  find("paste").hidden = false;
  const kept = config.is_posted ? null : draft.restore();
  if (kept) {
    history.push(kept);
    find("draft").hidden = false;
    find("draft-text").textContent = texts.draft;
  } else if (config.is_posted) {
    draft.save(stored);
  }
  find("draft-drop").addEventListener("click", () => {
    draft.forget();
    window.location.reload();
  });

  try {
    const on = { onDrawn: drawn, onMoved: moved, onLive: live };
    stage = await openStage(root, { config, settings, acts, shape, on });
  } catch (problem) {
    console.error(problem);
    const box = find("draw-map");
    box.textContent = settings.texts.no_map;
    box.classList.add("map--missing");
  }
  stage?.neighbours.remember(stored.flat());
  if (stage?.surface) {
    find("preview").hidden = true;
    root.querySelector(".draw__preview")?.remove(); // the map shows the same, and more
    find("paste-box").open = Boolean(field.value) && !shape().length;
    take(shape().length ? "edit" : "draw");
  } else {
    find("table-box").open = true;
  }
  refresh({ isFirst: true });
  if (kept) {
    show();
  }
  root.dataset.ready = stage?.surface ? "map" : "table";
}

function sentences(answer, texts) {
  if (!answer.is_valid) {
    return answer.findings.map(({ detail }) => ({ text: detail, tone: "is-bad" }));
  }
  const m2 = (value) => number(value, { digits: 0 });
  const area = { ha: number(answer.area_m2 / 10_000, { digits: 4 }), m2: m2(answer.area_m2) };
  const list = [{ text: fill(texts.server_area, area) }];
  list.push(
    answer.commune ? { text: fill(texts.commune, answer.commune) } : { text: texts.no_commune, tone: "is-bad" },
  );
  for (const { ref, shared_m2: shared } of answer.own) {
    list.push({ text: fill(texts.own, { ref, m2: m2(shared) }), tone: "is-bad" });
  }
  if (answer.others_m2) {
    list.push({ text: fill(texts.others, { m2: m2(answer.others_m2) }), tone: "is-warning" });
  }
  if (!answer.own.length && !answer.others_m2) {
    list.push({ text: texts.fine });
  }
  return list;
}
