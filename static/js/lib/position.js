/** Positions of the device: followed while somebody walks, averaged while somebody stands. */

const OPTIONS = { enableHighAccuracy: true, timeout: 30_000, maximumAge: 0 };
const BETWEEN_LOOKS_MS = 250;
const GIVE_UP_MS = 30_000;
export const WORST_M = 30; // a position worse than this says nothing of a boundary

/**
 * Follow the device: `onFix({ lon, lat, accuracy, at })` for every position, `onError("denied" | "lost" | "slow")` where
 * there is none; "slow": none that is new, as when nobody moves. Returns a function that ends it.
 */
export function follow({ onFix, onError }) {
  if (!navigator.geolocation) {
    onError("denied");
    return () => {};
  }
  const watch = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) =>
      onFix({ lon: coords.longitude, lat: coords.latitude, accuracy: coords.accuracy, at: timestamp }),
    (error) => onError({ [error.PERMISSION_DENIED]: "denied", [error.TIMEOUT]: "slow" }[error.code] ?? "lost"),
    OPTIONS,
  );
  return () => navigator.geolocation.clearWatch(watch);
}

/**
 * Stand still and return the mean of the positions of at least `ms` milliseconds, `{ lon, lat, accuracy, fixes }`: each
 * weighs by its error. `accuracy` is the mean of the errors told, not less: within seconds they do not cancel out.
 * `latest()` is the last position of `follow`, or null; `onStep(share)` tells how far it is, 0 to 1. Returns null when no
 * usable position came, or `signal` was aborted.
 */
export async function standAndAverage({ ms, latest, onStep = () => {}, signal }) {
  const fixes = [];
  const start = performance.now();
  for (;;) {
    const fix = latest();
    if (fix && fix.accuracy <= WORST_M && fix.at !== fixes.at(-1)?.at) {
      fixes.push(fix); // a receiver that tells nothing new still stands where it stood: counted once
    }
    const gone = performance.now() - start;
    onStep(Math.min(1, gone / ms));
    if (signal?.aborted || (gone >= GIVE_UP_MS && fixes.length === 0)) {
      return null;
    }
    if (gone >= ms && fixes.length > 0) {
      return mean(fixes);
    }
    await new Promise((resolve) => setTimeout(resolve, BETWEEN_LOOKS_MS));
  }
}

/** Return `{ lon, lat, accuracy, fixes }` of positions `{ lon, lat, accuracy }`, the better ones weighing more. */
export function mean(fixes) {
  let [weights, lon, lat, errors] = [0, 0, 0, 0];
  for (const fix of fixes) {
    const weight = 1 / Math.max(fix.accuracy, 1) ** 2;
    weights += weight;
    lon += (fix.lon - fixes[0].lon) * weight; // differences: the sum of large numbers loses centimetres
    lat += (fix.lat - fixes[0].lat) * weight;
    errors += fix.accuracy;
  }
  return {
    lon: fixes[0].lon + lon / weights,
    lat: fixes[0].lat + lat / weights,
    accuracy: errors / fixes.length,
    fixes: fixes.length,
  };
}

/** "best" ≤ 5 m, "good" ≤ 10 m, "fair" ≤ `limit`, "poor" ≤ 30 m, "useless" above, "none" without a position. */
export function gradeOf(accuracy, limit) {
  const grades = [
    [5, "best"],
    [10, "good"],
    [limit, "fair"],
    [WORST_M, "poor"],
  ];
  if (accuracy === null || accuracy === undefined) {
    return "none";
  }
  return grades.find(([most]) => accuracy <= most)?.[1] ?? "useless";
}

/** Keep the screen on while somebody walks; returns a function that lets it go dark again. */
export function keepAwake() {
  let lock = null;
  let isWanted = true;
  const ask = async () => {
    try {
      lock = isWanted && document.visibilityState === "visible" ? await navigator.wakeLock.request("screen") : null;
      if (!isWanted) {
        lock?.release();
      }
    } catch {
      lock = null; // an old browser, or a battery that is nearly empty: the walk goes on
    }
  };
  // The system takes the lock away with the page; it is asked for again when the page is back.
  document.addEventListener("visibilitychange", ask);
  ask();
  return () => {
    isWanted = false;
    document.removeEventListener("visibilitychange", ask);
    lock?.release();
  };
}
