/** A page's own features on the main map: a preview, one area, what changed. They lie above all other layers. */

import { addPatterns } from "./patterns.js";
import { COLOURS } from "./style.js";

/** Draw the FeatureCollection with a clear outline under the layer `before`; replaces what was drawn so before. */
export function drawOwn(map, collection, before) {
  const source = map.getSource("own");
  if (source) {
    source.setData(collection);
    return;
  }
  addPatterns(map);
  map.addSource("own", { type: "geojson", data: collection });
  for (const drawn of ownLayers()) {
    map.addLayer(drawn, before);
  }
}

function ownLayers() {
  const isPoint = ["==", ["geometry-type"], "Point"];
  return [
    {
      id: "own-fill",
      type: "fill",
      source: "own",
      filter: ["!", isPoint],
      paint: { "fill-color": ["coalesce", ["get", "colour"], COLOURS.selectionGlow], "fill-opacity": 0.35 },
    },
    {
      id: "own-pattern",
      type: "fill",
      source: "own",
      filter: ["has", "pattern"],
      paint: { "fill-pattern": ["concat", "pattern-", ["get", "pattern"]] },
    },
    {
      id: "own-line",
      type: "line",
      source: "own",
      filter: ["!", isPoint],
      paint: { "line-color": COLOURS.selection, "line-width": 2 },
    },
    {
      id: "own-point",
      type: "circle",
      source: "own",
      filter: isPoint,
      paint: {
        "circle-radius": 7,
        "circle-color": ["coalesce", ["get", "colour"], COLOURS.selectionGlow],
        "circle-stroke-color": COLOURS.selection,
        "circle-stroke-width": 2,
      },
    },
  ];
}
