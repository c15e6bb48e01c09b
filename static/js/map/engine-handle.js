/** What pages may do with the main map; `fallback.js` gives the light map the same. */

import { LngLatBounds, MercatorCoordinate, Popup } from "maplibre-gl";
import { isTouch, wantsCalm } from "../lib/dom.js";
import { tileUrl } from "./catalogue.js";
import { dataLayers, selectionFilter, selectionLayers } from "./layers.js";
import { drawOwn } from "./own-features.js";
import { popupWithSource } from "./popup.js";
import { LABELS_START } from "./style.js";

const ABOVE = "east-sea-islands"; // the names of the East Sea stay above everything
// Pixels around a click or a finger's touch in which a feature counts as hit; a cross is aimed less finely.
const REACH = { mouse: 6, finger: 14, cross: 16 };

/** Return the handle of a drawn map (docs/frontend.md). `grounds`: see `createGrounds`; `params`: filters at the start. */
export function createHandle(map, { settings, grounds, params }) {
  const layers = [];
  const drawn = new Map(); // name of a layer -> { data: [ids], selection: [ids] }
  const listeners = [];
  let selected = null;
  let popup = null;
  let filters = params;

  const clickable = () => [...drawn.values()].flatMap(({ data }) => data.filter((id) => !id.endsWith("-text")));
  const layerOf = (styleId) => layers.find((layer) => styleId.startsWith(`${layer.name}:`));

  const hit = ({ x, y }, reach) => {
    const box = [
      [x - reach, y - reach],
      [x + reach, y + reach],
    ];
    const ids = clickable();
    const exact = map.queryRenderedFeatures([x, y], { layers: ids });
    return exact[0] ?? map.queryRenderedFeatures(box, { layers: ids })[0];
  };

  const openPopup = (kind, layer, feature, lngLat) => {
    popup?.remove();
    popup = null;
    const isWanted = () => content.isConnected;
    const content = popupWithSource(feature.properties, kind.popup ?? layer.popup, settings.texts, isWanted);
    if (content) {
      popup = new Popup({ maxWidth: "20rem" }).setLngLat(lngLat).setDOMContent(content).addTo(map);
      turnAsItGrows(popup, content, lngLat);
    }
  };

  const select = (name, id) => {
    selected = id === null ? null : { name, id: String(id) };
    for (const layer of layers) {
      for (const mark of drawn.get(layer.name).selection) {
        const chosen = selectionFilter(layer, selected?.name === layer.name ? selected.id : null);
        // A ring is for a point: on an outline it would stand at every corner.
        const isRing = map.getLayer(mark).type === "circle";
        map.setFilter(mark, isRing ? ["all", ["==", ["geometry-type"], "Point"], chosen] : chosen);
      }
    }
  };

  const pick = (point, lngLat, reach) => {
    const feature = hit(point, reach);
    const layer = feature && layerOf(feature.layer.id);
    if (!layer) {
      select(null, null);
      return false;
    }
    const kind = layer.kinds[Number(feature.layer.id.split(":")[1].replace("-text", ""))];
    if (kind.click === "zoom") {
      moveTo(map, { center: lngLat, zoom: Math.max(map.getZoom() + 2, kind.max_zoom ?? 0) });
      return true;
    }
    const id = feature.properties[layer.id_property ?? "id"];
    select(layer.name, id ?? null);
    openPopup(kind, layer, feature, lngLat);
    for (const tell of listeners) {
      tell({ layer: layer.name, id: id === undefined ? null : String(id), properties: feature.properties });
    }
    return true;
  };

  map.on("click", ({ point, lngLat }) => pick(point, lngLat, isTouch() ? REACH.finger : REACH.mouse));
  map.on("mousemove", ({ point }) => {
    map.getCanvas().style.cursor = hit(point, REACH.mouse) ? "pointer" : "";
  });

  return {
    engine: "maplibre",
    map,
    surface: map.getCanvas(),
    basemaps: settings.basemaps,

    /** Names of the layers drawn so far. */
    names: () => layers.map((layer) => layer.name),

    /** Draw `added` layers above the units and below their labels. */
    addLayers(added) {
      for (const layer of added) {
        const visibility = layer.visible === false ? "none" : "visible";
        map.addSource(layer.name, {
          type: "vector",
          tiles: [tileUrl(layer, filters)],
          minzoom: layer.min_zoom ?? 0,
          maxzoom: layer.max_zoom ?? 16,
          ...(layer.attribution ? { attribution: layer.attribution } : {}),
        });
        const data = dataLayers(layer);
        const selection = selectionLayers(layer);
        for (const one of [...data, ...selection]) {
          const isGround = one.type === "fill" || one.type === "line";
          const before = isGround && map.getLayer(LABELS_START) ? LABELS_START : ABOVE;
          map.addLayer({ ...one, layout: { ...one.layout, visibility } }, before);
        }
        drawn.set(layer.name, { data: data.map(({ id }) => id), selection: selection.map(({ id }) => id) });
        layers.push(layer);
      }
    },

    /** Draw fixed GeoJSON (the page's own plots or area) with a clear outline; replaces what was drawn so before. */
    showFeatures(collection) {
      drawOwn(map, collection, ABOVE);
    },

    /** Move to [west, south, east, north]. */
    fit(box, { padding = 40, maxZoom = 17 } = {}) {
      const [west, south, east, north] = box;
      map.fitBounds(new LngLatBounds([west, south], [east, north]), { padding, maxZoom, animate: !wantsCalm() });
    },

    /** Return a function that goes back to the view of now. */
    keepView() {
      const camera = { center: map.getCenter(), zoom: map.getZoom() };
      return () => moveTo(map, camera);
    },

    /** Ask the tiles of layer `name` with other filters. */
    setFilterParams(name, changed) {
      filters = changed;
      const layer = layers.find((one) => one.name === name);
      if (layer) {
        map.getSource(name).setTiles([tileUrl(layer, changed)]);
      }
    },

    /** Mark the feature `id` of layer `name`; null takes the mark away. */
    select,

    /** Open what lies in the middle of the map, as a click there would; returns whether there was something. */
    pickMiddle() {
      const { clientWidth, clientHeight } = map.getCanvas();
      return pick({ x: clientWidth / 2, y: clientHeight / 2 }, map.getCenter(), REACH.cross);
    },

    /** Close the popup; returns whether one was open. */
    closePopup() {
      const wasOpen = popup?.isOpen() === true;
      popup?.remove();
      return wasOpen;
    },

    /** Call `tell({layer, id, properties})` when a person picks a feature on the map. */
    onSelect(tell) {
      listeners.push(tell);
    },

    /**
     * Call `tell(count, values)` whenever the map has come to rest: the number of features in view, and by layer the
     * values that its colours stand for (a Set).
     */
    onView(tell) {
      map.on("idle", () => {
        const { count, values } = inView(map, clickable(), layerOf);
        tell(count, values);
      });
    },

    /** How many features a tile in view drew of more than it could hold (its layer `meta`); null when all are drawn. */
    shownOfMore() {
      const flags = layers
        .filter((layer) => drawn.get(layer.name).data.some((id) => map.getLayoutProperty(id, "visibility") !== "none"))
        .flatMap((layer) => map.querySourceFeatures(layer.name, { sourceLayer: "meta" }));
      return flags.length === 0 ? null : Math.max(...flags.map((flag) => Number(flag.properties.shown)));
    },

    /** Addresses of the tiles that the present view is made of, for what keeps it without signal. */
    addresses() {
      return ["units", "base", ...layers.map(({ name }) => name)].flatMap((name) =>
        tilesInView(map, map.getSource(name)),
      );
    },

    setVisible(name, isVisible) {
      const { data = [], selection = [] } = drawn.get(name) ?? {};
      for (const id of [...data, ...selection]) {
        map.setLayoutProperty(id, "visibility", isVisible ? "visible" : "none");
      }
    },

    /** Put a basemap (by id) under our layers, "" our own ground; resolves to the id of what is shown. */
    setBasemap: (id) => grounds.choose(id),

    remove() {
      map.remove();
    },
  };
}

function inView(map, ids, layerOf) {
  const seen = new Set();
  const values = new Map();
  let count = 0;
  for (const feature of map.queryRenderedFeatures({ layers: ids })) {
    const layer = layerOf(feature.layer.id);
    const id = feature.properties[layer.id_property ?? "id"] ?? JSON.stringify(feature.properties);
    const key = `${layer.name} ${id}`;
    if (!seen.has(key)) {
      seen.add(key);
      count += Number(feature.properties.count ?? 1); // cells and communes say how many they stand for
    }
    const value = feature.properties[layer.colour_by] ?? feature.properties.kind;
    if (value !== undefined) {
      values.set(layer.name, (values.get(layer.name) ?? new Set()).add(String(value)));
    }
  }
  return { count, values };
}

const MOST_TILES = 60;

// Vector tiles are 512 pixels wide, so that a tile's level is the zoom rounded down.
function tilesInView(map, source) {
  const { tiles, minzoom, maxzoom } = source ?? {};
  const z = Math.min(Math.floor(map.getZoom()), maxzoom);
  if (!tiles || z < minzoom) {
    return [];
  }
  const side = 2 ** z;
  const at = ({ lng, lat }) => {
    const { x, y } = MercatorCoordinate.fromLngLat([lng, lat]);
    return [x, y].map((part) => Math.min(side - 1, Math.max(0, Math.floor(part * side))));
  };
  const bounds = map.getBounds();
  const [west, north] = at(bounds.getNorthWest());
  const [east, south] = at(bounds.getSouthEast());
  const found = [];
  for (let x = west; x <= east; x++) {
    for (let y = north; y <= south; y++) {
      found.push(tiles[0].replace("{z}", z).replace("{x}", x).replace("{y}", y));
    }
  }
  return found.slice(0, MOST_TILES);
}

/** What is asked for or added later makes a popup grow: it is put anew to the side of its place where there is room. */
function turnAsItGrows(popup, content, lngLat) {
  const watch = new ResizeObserver(() => popup.setLngLat(lngLat));
  watch.observe(content);
  popup.on("close", () => watch.disconnect());
}

function moveTo(map, camera) {
  if (wantsCalm()) {
    map.jumpTo(camera);
  } else {
    map.easeTo(camera);
  }
}
