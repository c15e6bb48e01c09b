"""Our own style and script inside the take-away map; both are constants, no value is ever put into them."""

STYLE = """
html, body { height: 100%; margin: 0; }
body { display: flex; flex-direction: column; font: 16px/1.4 system-ui, sans-serif; color: #1b241b; }
header { padding: .5rem .75rem; border-bottom: 1px solid #c9d3c9; background: #fff; }
header h1 { font-size: 1.15rem; margin: 0; } header p { margin: .1rem 0 0; font-size: .9rem; }
.demo { background: #7a1f1f; color: #fff; padding: .2rem .5rem; font-weight: 700; }
.folium-map { flex: 1 1 auto; min-height: 240px; height: auto !important; background: #e8eee9; }
aside { order: 1; padding: .5rem .75rem; border-top: 1px solid #c9d3c9; background: #fff; max-height: 35%; overflow:
auto; } aside h2 { font-size: 1rem; margin: 0 0 .25rem; } aside h3 { font-size: .85rem; margin: .5rem 0 0; }
aside ul { list-style: none; margin: 0; padding: 0; display: flex; flex-wrap: wrap; gap: .25rem .9rem; }
aside p { margin: .25rem 0; font-size: .85rem; } aside pre { font-size: .7rem; white-space: pre-wrap; }
.swatch { display: inline-block; width: .9rem; height: .9rem; margin-right: .35rem; vertical-align: -2px;
  border: 1px solid #555; }
.sea-label { font: italic 600 13px/1.2 system-ui, sans-serif; color: #1c4a63; white-space: nowrap;
text-align: center; } .feature-popup { border-collapse: collapse; font-size: .85rem; } .feature-popup th {
text-align: left;
  font-weight: 600; padding-right: .5rem; vertical-align: top; }
.leaflet-container .leaflet-control-search .search-input { font-size: 1rem; height: 1.6rem; }
@media (min-width: 60rem) { aside { position: absolute; right: .75rem; bottom: 1.5rem; z-index: 1000;
  max-width: 19rem; border: 1px solid #c9d3c9; border-radius: 6px; max-height: 60%; }
  aside ul { flex-direction: column; } }
"""

MAP_SCRIPT = """
const takeaway = (() => {
  'use strict';
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  let cached;
  const config = () => (cached ??= read('map-config'));
  const layers = [];
  const fold = (text) => String(text).normalize('NFD').replace(/[\\u0300-\\u036f]/g, '')
    .replace(/[\\u0111\\u0110]/g, 'd').toLowerCase();
  const colourOf = (settings, feature) => {
    const value = settings.colorBy === null ? undefined : feature.properties[settings.colorBy];
    return Object.hasOwn(settings.colors, String(value)) ? settings.colors[String(value)] : settings.color;
  };
  const styleOf = (settings) => (feature) => ({
    color: colourOf(settings, feature), weight: settings.weight, fill: settings.fill, fillOpacity: 0.55,
  });
  const shown = (settings, property, value) => {
    if (property === settings.colorBy && Object.hasOwn(settings.labels, String(value))) {
      return settings.labels[String(value)];
    }
    return value === null || value === undefined ? '' : String(value);
  };
  const popup = (settings, feature) => {
    const table = document.createElement('table');
    table.className = 'feature-popup';
    for (const [property, label] of settings.popup) {
      const row = table.insertRow();
      const head = document.createElement('th');
      head.textContent = label;
      row.append(head);
      row.insertCell().textContent = shown(settings, property, feature.properties[property]);
    }
    return table;
  };
  const layer = (index) => {
    const settings = config().layers[index];
    const titles = new Map();
    const made = L.geoJSON(read(`map-data-${index}`), {
      style: styleOf(settings),
      pointToLayer: (feature, at) => L.circleMarker(at, {radius: 6, ...styleOf(settings)(feature)}),
      onEachFeature: (feature, shape) => {
        if (settings.popup.length) {
          shape.bindPopup(() => popup(settings, feature));
        }
        const title = settings.searchBy === null ? null : feature.properties[settings.searchBy];
        if (title !== null && title !== undefined && title !== '') {
          const count = (titles.get(title) ?? 0) + 1;
          titles.set(title, count);
          shape.options.searchTitle = count === 1 ? String(title) : `${title} (${count})`;
        }
      },
    });
    layers[index] = made;
    return made;
  };
  const frame = (map) => {
    map.attributionControl.setPrefix('Leaflet');
    L.control.scale({imperial: false}).addTo(map);
  };
  const seaLabel = (map, number, latitude, longitude) => {
    const text = document.createElement('span');
    text.textContent = config().seaLabels[number];
    const icon = L.divIcon({className: 'sea-label', html: text, iconSize: [230, 18]});
    L.marker([latitude, longitude], {icon, interactive: false, keyboard: false}).addTo(map);
  };
  const layerControl = (map) => {
    // Open, it would lie over the search box of a narrow screen.
    const control = L.control.layers(null, null, {collapsed: map.getSize().x < 640});
    layers.forEach((made, index) => {
      const name = document.createElement('span');
      name.textContent = config().layers[index].name;
      control.addOverlay(made, name.innerHTML);
    });
    control.addTo(map);
    const toggle = control.getContainer().querySelector('.leaflet-control-layers-toggle');
    toggle.title = config().switch;
    toggle.setAttribute('aria-label', config().switch);
  };
  const search = (map) => {
    const control = new L.Control.Search({
      layer: L.layerGroup(layers),
      propertyName: 'searchTitle',
      textPlaceholder: config().search,
      textErr: config().notFound,
      marker: false,
      initial: false,
      collapsed: false,
      buildTip: (text) => {
        const tip = document.createElement('li');
        tip.textContent = text;
        return tip;
      },
      filterData: (text, records) => Object.fromEntries(
        Object.entries(records).filter(([title]) => fold(title).includes(fold(text)))),
      moveToLocation: (at) => {
        if (at.layer.getBounds) {
          map.fitBounds(at.layer.getBounds(), {maxZoom: 17});
        } else {
          map.setView(at, 16);
        }
        if (at.layer.getPopup()) {
          at.layer.openPopup();
        }
      },
    });
    map.addControl(control);
    control.getContainer().querySelector('input').setAttribute('aria-label', config().search);
  };
  return {frame, layer, layerControl, seaLabel, search};
})();
"""
