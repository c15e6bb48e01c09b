/**
 * The names every Vietnamese map carries: the archipelagos and the sea, as points of our own. They lie above all
 * other layers, external basemaps included, and a small inset carries them where the view never reaches them.
 */

import { el } from "../lib/dom.js";

const PLACES = [
  { name: "Quần đảo Hoàng Sa\n(Việt Nam)", lon: 112.0, lat: 16.5, kind: "islands" },
  { name: "Quần đảo Trường Sa\n(Việt Nam)", lon: 113.4, lat: 9.6, kind: "islands" },
  { name: "BIỂN ĐÔNG", lon: 112.6, lat: 13.1, kind: "sea" },
];

// Some of the islands and reefs, so that the names stand beside land that the coast's scale leaves out.
const ISLANDS = [
  [112.338, 16.836],
  [111.606, 16.533],
  [111.61, 16.447],
  [112.731, 16.667],
  [111.202, 15.783],
  [111.512, 16.051],
  [111.92, 8.645],
  [114.366, 10.38],
  [114.33, 9.884],
  [114.476, 10.371],
  [114.282, 11.429],
  [115.803, 10.73],
  [113.838, 7.38],
  [112.916, 8.859],
  [114.802, 11.054],
];

const point = (coordinates, properties) => ({
  type: "Feature",
  properties,
  geometry: { type: "Point", coordinates },
});

/** Names and islands as one GeoJSON FeatureCollection; property `kind` is "islands", "sea" or "island". */
export function eastSea() {
  return {
    type: "FeatureCollection",
    features: [
      ...PLACES.map(({ name, lon, lat, kind }) => point([lon, lat], { name, kind })),
      ...ISLANDS.map((coordinates) => point(coordinates, { kind: "island" })),
    ],
  };
}

/** MapLibre layers for a source named `east-sea` that holds `eastSea()`. */
export function eastSeaLayers(font) {
  const always = { "text-allow-overlap": true, "text-ignore-placement": true };
  return [
    {
      id: "east-sea-islands",
      type: "circle",
      source: "east-sea",
      filter: ["==", ["get", "kind"], "island"],
      paint: { "circle-radius": 2, "circle-color": "#8a6d2f" },
    },
    {
      id: "east-sea-names",
      type: "symbol",
      source: "east-sea",
      filter: ["==", ["get", "kind"], "islands"],
      layout: { "text-field": ["get", "name"], "text-font": font, "text-size": 13, ...always },
      paint: { "text-color": "#7a1f12", "text-halo-color": "#fffdf7", "text-halo-width": 1.6 },
    },
    {
      id: "east-sea-sea",
      type: "symbol",
      source: "east-sea",
      filter: ["==", ["get", "kind"], "sea"],
      layout: {
        "text-field": ["get", "name"],
        "text-font": font,
        "text-size": 15,
        "text-letter-spacing": 0.3,
        ...always,
      },
      paint: { "text-color": "#175f80", "text-halo-color": "#d8eaf1", "text-halo-width": 1.2 },
    },
  ];
}

/** The inset: a small picture of the country with both archipelagos, and their names as text. */
export function eastSeaInset(texts, imageUrl) {
  return el(
    "figure",
    { class: "east-sea", "aria-label": texts.east_sea },
    el("img", { src: imageUrl, alt: "", width: 150, height: 178 }),
    el(
      "figcaption",
      {},
      el("span", { class: "east-sea__sea", lang: "vi" }, "Biển Đông"),
      el("span", { class: "east-sea__north", lang: "vi" }, "Quần đảo Hoàng Sa ", el("b", {}, "(Việt Nam)")),
      el("span", { class: "east-sea__south", lang: "vi" }, "Quần đảo Trường Sa ", el("b", {}, "(Việt Nam)")),
    ),
  );
}
