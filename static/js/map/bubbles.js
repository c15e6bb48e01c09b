/** Circles whose size and colour say how much: drawn by either engine, changed in place without asking the server. */

import { number } from "../lib/format.js";
import { popupContent } from "./popup.js";
import { COLOURS, MAP_FONT } from "./style.js";

const ABOVE = "east-sea-islands"; // the names of the East Sea stay above everything
const LABEL_FROM = 11; // pixels of radius from which a number fits in

/**
 * Return `{ draw(items) }` for the map behind `handle`. An item is `{ id, lon, lat, radius, colour, labelColour, value,
 * popup: { properties, fields, title, link } }`; drawing again moves nothing else, so that months can follow each other.
 */
export async function bubbles(handle, { texts }) {
  return handle.engine === "leaflet" ? lightBubbles(handle.map, texts) : await mainBubbles(handle.map, texts);
}

async function mainBubbles(map, texts) {
  const library = "maplibre-gl"; // the manifest storage takes a quoted name in a dynamic import for a file of ours
  const { Popup } = await import(library);
  let shown = new Map();
  let open = null;
  map.addSource("bubbles", { type: "geojson", data: collection([]) });
  map.addLayer(
    {
      id: "bubbles-circle",
      type: "circle",
      source: "bubbles",
      layout: { "circle-sort-key": ["-", ["get", "radius"]] },
      paint: {
        "circle-radius": ["get", "radius"],
        "circle-color": ["get", "colour"],
        "circle-opacity": 0.9,
        "circle-stroke-color": COLOURS.selection,
        "circle-stroke-width": 1.2,
      },
    },
    ABOVE,
  );
  map.addLayer(
    {
      id: "bubbles-text",
      type: "symbol",
      source: "bubbles",
      filter: [">=", ["get", "radius"], LABEL_FROM],
      layout: { "text-field": ["get", "label"], "text-font": MAP_FONT, "text-size": 12, "text-allow-overlap": true },
      paint: { "text-color": ["get", "labelColour"] },
    },
    ABOVE,
  );
  const show = (item) => {
    open?.remove();
    const content = item && popupContent(item.popup.properties, item.popup, texts);
    open = content ? new Popup({ maxWidth: "18rem" }).setLngLat([item.lon, item.lat]).setDOMContent(content) : null;
    open?.addTo(map);
  };
  map.on("click", "bubbles-circle", (event) => show(shown.get(event.features[0].properties.id)));
  map.on("mouseenter", "bubbles-circle", () => {
    map.getCanvas().style.cursor = "pointer";
  });
  return {
    draw(items) {
      open?.remove();
      shown = new Map(items.map((item) => [item.id, item]));
      map.getSource("bubbles").setData(collection(items));
    },
  };
}

function lightBubbles(map, texts) {
  const group = window.L.layerGroup().addTo(map);
  return {
    draw(items) {
      group.clearLayers();
      for (const item of items.toSorted((one, other) => other.radius - one.radius)) {
        window.L.circleMarker([item.lat, item.lon], {
          radius: item.radius,
          color: COLOURS.selection,
          weight: 1.2,
          fillColor: item.colour,
          fillOpacity: 0.9,
        })
          .bindPopup(() => popupContent(item.popup.properties, item.popup, texts))
          .addTo(group);
      }
    },
  };
}

function collection(items) {
  return {
    type: "FeatureCollection",
    features: items.map(({ id, lon, lat, radius, colour, labelColour, value }) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [lon, lat] },
      properties: { id, radius, colour, labelColour, label: number(value, { digits: value < 10 ? 1 : 0 }) },
    })),
  };
}
