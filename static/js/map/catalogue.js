/** The list of layers, as `/maps/layers.json` or the page itself gives it. */

/**
 * Return `{layers, units, bounds, attribution}` from an address or from the object itself; only the layers that
 * `show` names (all when it is not given), in that order. Throws Error when the address answers with an error.
 */
export async function loadCatalogue(source, show = null) {
  const catalogue = typeof source === "string" ? await fetchJson(source) : source;
  const layers = catalogue.layers ?? [];
  const wanted = show ? show.map((name) => layers.find((layer) => layer.name === name)) : layers;
  return { ...catalogue, layers: wanted.filter(Boolean) };
}

/** GET JSON from our own server; throws Error with the status when the answer is not 2xx, and what a problem document
 * says of it in `detail`. */
export async function fetchJson(url, { signal } = {}) {
  const response = await fetch(url, { headers: { Accept: "application/json" }, signal });
  if (!response.ok) {
    const said = await response.json().catch(() => null);
    throw Object.assign(new Error(`${response.status} ${url}`), { detail: said?.detail });
  }
  return response.json();
}

/** The filters that `layer` understands, out of `params`; blanks and unknown names do not reach the server. */
export function layerParams(layer, params) {
  const kept = new URLSearchParams();
  for (const [name, value] of params) {
    if (value !== "" && (layer.filters ?? []).includes(name)) {
      kept.append(name, value);
    }
  }
  kept.sort();
  return kept;
}

/** Absolute tile address of `layer` with the filters of `params` (workers know no relative addresses). */
export function tileUrl(layer, params) {
  const query = layerParams(layer, params).toString();
  const joined = query ? `${layer.tiles.includes("?") ? "&" : "?"}${query}` : "";
  return `${layer.tiles.startsWith("/") ? window.location.origin : ""}${layer.tiles}${joined}`;
}
