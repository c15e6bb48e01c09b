/** From a catalogue's layer to MapLibre's layers. Ids are `<layer>:<kind>`, so that a click finds its way back. */

import { COLOURS, MAP_FONT } from "./style.js";

/** The drawn layers of `layer`, in the order of its `kinds`. */
export function dataLayers(layer) {
  return layer.kinds.map((kind, index) => ({
    id: `${layer.name}:${index}${kind.type === "symbol" ? "-text" : ""}`,
    type: kind.type,
    source: layer.name,
    "source-layer": kind.source_layer,
    ...zooms(kind),
    ...(kind.filter ? { filter: kind.filter } : {}),
    layout: kind.type === "symbol" ? { "text-font": MAP_FONT, "text-size": 12, ...kind.layout } : { ...kind.layout },
    paint: kind.paint ?? {},
  }));
}

/** Two lines (dark over yellow) or a ring that mark the selected feature; they start with nothing selected. */
export function selectionLayers(layer) {
  const marked = layer.kinds.filter((kind) => kind.type === "fill" || kind.type === "circle");
  return marked.flatMap((kind, index) => {
    const common = {
      source: layer.name,
      "source-layer": kind.source_layer,
      ...zooms(kind),
      filter: selectionFilter(layer, null),
    };
    return kind.type === "circle"
      ? [{ id: `${layer.name}:selected-${index}`, type: "circle", ...common, paint: ring(kind.paint) }]
      : [
          {
            id: `${layer.name}:selected-${index}-glow`,
            type: "line",
            ...common,
            paint: { "line-color": COLOURS.selectionGlow, "line-width": 7 },
          },
          {
            id: `${layer.name}:selected-${index}`,
            type: "line",
            ...common,
            paint: { "line-color": COLOURS.selection, "line-width": 2.5 },
          },
        ];
  });
}

/** A filter that passes the feature with `id` of `layer`, or nothing when `id` is null. */
export function selectionFilter(layer, id) {
  return ["==", ["to-string", ["coalesce", ["get", layer.id_property ?? "id"], ""]], id ?? " "];
}

function ring(paint) {
  return {
    "circle-radius": paint?.["circle-radius"] ?? 6,
    "circle-color": "rgba(0,0,0,0)",
    "circle-stroke-color": COLOURS.selection,
    "circle-stroke-width": 4,
  };
}

function zooms(kind) {
  return {
    ...(kind.min_zoom === undefined || kind.min_zoom === null ? {} : { minzoom: kind.min_zoom }),
    ...(kind.max_zoom === undefined || kind.max_zoom === null ? {} : { maxzoom: kind.max_zoom }),
  };
}
