/**
 * A boundary that is being walked: the line so far and what may be done next. Knows nothing of the page; the state is
 * plain data, so that it can be kept on the device and taken up again.
 *
 * A point: `{ lon, lat, accuracy, fixes, at, isCorner, how }`; `how` of a corner is the page's own. States: "idle" (nothing yet), "walking", "paused", "closed".
 */

import { mean, WORST_M } from "./position.js";
import { areaOf, crossesItself, distance, lengthAround, simplified } from "./ring.js";

const STEP_M = 3; // a point of the line each three metres
const NOISE_M = 1.5; // nearer to the last point it is the receiver that wanders, not the person
const TOLERANCE_M = 0.5;
const DIGITS = 7; // a centimetre

/** Return a walk, from `kept` (an earlier `state()`) where given. `onChange(walk)` is told of every change. */
export function createWalk({ kept = null, onChange = () => {} } = {}) {
  const state = { status: "idle", points: [], dropped: 0, startedAt: null, finishedAt: null, ...kept };
  if (state.status === "walking") {
    state.status = "paused"; // the page was away meanwhile: nobody knows which way the person went
  }
  let since = []; // positions since the last point

  const changed = () => onChange(walk);
  const push = (point) => {
    state.startedAt ??= new Date().toISOString();
    state.points.push({ ...point, lon: rounded(point.lon), lat: rounded(point.lat), at: Date.now() });
    since = [];
    changed();
  };
  const last = () => state.points.at(-1) ?? null;

  const walk = {
    state: () => structuredClone(state),
    status: () => state.status,
    points: () => state.points,
    dropped: () => state.dropped,

    start() {
      state.status = "walking";
      since = [];
      changed();
    },
    pause() {
      if (state.status === "walking") {
        state.status = "paused";
        changed();
      }
    },
    /** A position while walking: worse than 30 m is dropped; a point is the mean of those of its three metres. */
    accept(fix) {
      if (state.status !== "walking") {
        return;
      }
      if (fix.accuracy > WORST_M) {
        state.dropped += 1;
        changed();
        return;
      }
      const from = last();
      const gone = from ? distance(from, fix) : STEP_M;
      if (gone >= NOISE_M) {
        since.push(fix);
      }
      if (gone >= STEP_M) {
        push({ ...mean(since), isCorner: false });
      }
    },
    /** A corner where somebody stood, or pointed at. */
    addCorner(point) {
      if (state.status === "idle") {
        state.status = "paused";
      }
      push({ ...point, isCorner: true });
    },
    undo() {
      state.points.pop();
      since = [];
      if (state.status === "closed") {
        state.status = "paused";
        state.finishedAt = null;
      }
      changed();
    },
    close() {
      state.status = "closed";
      state.finishedAt = new Date().toISOString();
      changed();
    },
    /** Open again, to go on with the line. */
    reopen() {
      state.status = "paused";
      state.finishedAt = null;
      changed();
    },
    clear() {
      Object.assign(state, { status: "idle", points: [], dropped: 0, startedAt: null, finishedAt: null });
      since = [];
      changed();
    },

    /** The line without what adds nothing to its shape. */
    ring: () => simplified(state.points, TOLERANCE_M),
    areaM2: () => (state.points.length < 3 ? 0 : areaOf(walk.ring())),
    aroundM: () => (state.points.length < 2 ? 0 : lengthAround(state.points)),
    fixes: () => state.points.reduce((sum, point) => sum + point.fixes, 0),
    /** Mean error of all positions used, in metres; null without any. */
    errorM() {
      const fixes = walk.fixes();
      return fixes ? state.points.reduce((sum, point) => sum + point.accuracy * point.fixes, 0) / fixes : null;
    },
    /** What stands in the way of sending: "few", "small", "crossing", "inaccurate"; null for nothing. */
    problem(limitM) {
      const ring = walk.ring();
      if (ring.length < 3 || walk.fixes() < 4) {
        return "few";
      }
      if (crossesItself(ring)) {
        return "crossing";
      }
      if (areaOf(ring) < 1) {
        return "small";
      }
      return walk.errorM() > limitM ? "inaccurate" : null;
    },
    /** The line as recorded: `[lon, lat, error in m, seconds since the start]`. */
    track() {
      const start = Date.parse(state.startedAt);
      return state.points.map((point) => [
        point.lon,
        point.lat,
        Math.round(point.accuracy * 10) / 10,
        Math.max(0, Math.round((point.at - start) / 1000)),
      ]);
    },
    startedAt: () => state.startedAt,
    finishedAt: () => state.finishedAt,
  };
  return walk;
}

function rounded(degrees) {
  return Number(degrees.toFixed(DIGITS));
}
