/** What pages may do with the light map: the same as with the main one (`engine-handle.js`). */

import { debounce } from "../lib/dom.js";
import { fetchJson, layerParams } from "./catalogue.js";
import { DASHES } from "./patterns.js";
import { inMiddle } from "./picking.js";
import { popupContent } from "./popup.js";
import { COLOURS } from "./style.js";

const LIMIT = 5000;
const DEFAULT_COLOUR = "#3d8a63";

/** Return the handle. `ground`: see `createGround`; `basemap`: `{choices, choose(id)}`; `onProblem()` tells a failure. */
export function createHandle(L, map, { settings, ground, basemap, params, fitTo, onProblem }) {
  const drawn = new Map();
  const selectListeners = [];
  const viewListeners = [];
  let selected = null;
  let popup = null;
  let own = null;

  const tellView = () => {
    const total = [...drawn.values()].reduce((sum, entry) => sum + entry.count, 0);
    for (const tell of viewListeners) {
      tell(total);
    }
  };
  const refresh = async (entry) => {
    entry.request?.abort();
    if (!entry.isVisible) {
      return;
    }
    entry.request = new AbortController();
    const query = layerParams(entry.layer, entry.params);
    query.set("bbox", boxOf(map));
    query.set("limit", String(LIMIT));
    try {
      const answer = await fetchJson(`${entry.layer.geojson}?${query}`, { signal: entry.request.signal });
      entry.group.clearLayers();
      entry.group.addData(answer);
      entry.count = answer.features.length;
      entry.isCut = Boolean(answer.next);
      tellView();
    } catch (problem) {
      if (problem.name !== "AbortError") {
        onProblem();
      }
    }
  };
  const refreshAll = () => Promise.all([ground.refresh(boxOf(map)), ...[...drawn.values()].map(refresh)]);
  map.on("moveend", debounce(refreshAll, 250));
  ground.refresh(boxOf(map));

  const select = (name, id) => {
    selected = id === null ? null : `${name} ${id}`;
    for (const { layer, group } of drawn.values()) {
      group.setStyle((feature) => styleOf(layer, feature, selected));
    }
  };
  const pick = (layer, feature, where) => {
    const id = idOf(layer, feature);
    select(layer.name, id);
    const content = popupContent({ id, ...feature.properties }, layer.popup, settings.texts);
    if (content) {
      popup = L.popup({ maxWidth: 320, autoPanPaddingTopLeft: [8, 56] })
        .setLatLng(where)
        .setContent(content)
        .openOn(map);
      popup
        .getElement()
        .querySelector(".leaflet-popup-close-button")
        ?.setAttribute("aria-label", settings.locale["Popup.Close"]);
    }
    for (const tell of selectListeners) {
      tell({ layer: layer.name, id, properties: feature.properties });
    }
  };

  return {
    engine: "leaflet",
    map,
    surface: map.getContainer(),
    basemaps: basemap.choices,
    names: () => [...drawn.keys()],
    addLayers(added) {
      for (const layer of added.filter((one) => one.geojson)) {
        const group = L.geoJSON(null, {
          style: (feature) => styleOf(layer, feature, selected),
          pointToLayer: (_feature, where) => L.circleMarker(where, { radius: 6 }),
          onEachFeature: (feature, shape) => shape.on("click", (event) => pick(layer, feature, event.latlng)),
        }).addTo(map);
        const entry = { layer, group, isVisible: layer.visible !== false, isCut: false, count: 0, params };
        drawn.set(layer.name, entry);
        refresh(entry);
      }
    },
    showFeatures(collection) {
      own?.remove();
      own = L.geoJSON(collection, {
        style: (feature) => ({
          color: COLOURS.selection,
          weight: feature.properties?.pattern ? 4 : 2,
          dashArray: DASHES[feature.properties?.pattern] ?? null,
          fillColor: feature.properties?.colour ?? COLOURS.selectionGlow,
          fillOpacity: 0.35,
        }),
        pointToLayer: (_feature, where) => L.circleMarker(where, { radius: 7 }),
      }).addTo(map);
    },
    fit: fitTo,
    keepView() {
      const [centre, zoom] = [map.getCenter(), map.getZoom()];
      return () => map.setView(centre, zoom, { animate: false });
    },
    setFilterParams(name, changed) {
      const entry = drawn.get(name);
      if (entry) {
        entry.params = changed;
        refresh(entry);
      }
    },
    select,
    pickMiddle() {
      const groups = [...drawn.values()].filter((entry) => entry.isVisible);
      const found = inMiddle(
        map,
        groups.flatMap(({ layer, group }) => group.getLayers().map((shape) => ({ layer, shape }))),
      );
      if (!found) {
        select(null, null);
        return false;
      }
      pick(found.layer, found.shape.feature, map.getCenter());
      popup?.getElement()?.querySelector("a, button")?.focus();
      return true;
    },
    closePopup() {
      const wasOpen = popup?.isOpen() === true;
      popup?.remove();
      return wasOpen;
    },
    onSelect(tell) {
      selectListeners.push(tell);
    },
    onView(tell) {
      viewListeners.push(tell);
    },
    /** How many features are drawn where the server has more in view than it gives at once; null when all are drawn. */
    shownOfMore() {
      const cut = [...drawn.values()].filter((entry) => entry.isCut && entry.isVisible);
      return cut.length === 0 ? null : Math.max(...cut.map((entry) => entry.count));
    },
    setVisible(name, isVisible) {
      const entry = drawn.get(name);
      if (entry) {
        entry.isVisible = isVisible;
        entry.group.clearLayers();
        entry.count = 0;
        refresh(entry);
        tellView();
      }
    },
    async setBasemap(id) {
      const shown = basemap.choose(id);
      await ground.refresh(boxOf(map));
      return shown;
    },
    remove() {
      map.remove();
    },
  };
}

// Vector-tile paint holds expressions; here the colour comes from the legend by the layer's `colour_by` property, or by
// its kind where that is empty.
function styleOf(layer, feature, selected) {
  const { properties } = feature;
  const value = String(properties?.[layer.colour_by] ?? properties?.kind);
  const entry = layer.colour_by ? layer.legend?.find((one) => String(one.value) === value) : layer.legend?.[0];
  const colour = entry?.colour ?? DEFAULT_COLOUR;
  const isSelected = selected === `${layer.name} ${idOf(layer, feature)}`;
  return {
    color: isSelected ? COLOURS.selection : colour,
    weight: isSelected ? 4 : 1.5,
    fillColor: colour,
    fillOpacity: 0.6,
    dashArray: entry?.dash ? entry.dash.map((length) => length * 2).join(" ") : null,
    radius: isSelected ? 9 : 6,
  };
}

function idOf(layer, feature) {
  return String(feature.properties?.[layer.id_property ?? "id"] ?? feature.id ?? "");
}

function boxOf(map) {
  const box = map.getBounds();
  const edges = [
    Math.max(box.getWest(), -180),
    Math.max(box.getSouth(), -90),
    Math.min(box.getEast(), 180),
    Math.min(box.getNorth(), 90),
  ];
  return edges.map((degrees) => degrees.toFixed(6)).join(",");
}
