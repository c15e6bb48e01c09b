/** The analysis' map: its colours are the message, and a unit that is clicked shows its line in the table. */

document.addEventListener("map:ready", ({ target, detail: handle }) => {
  if (!("choropleth" in target.dataset) || handle.engine !== "maplibre") {
    return; // the light map draws the same colours; its table stands below
  }
  const { map } = handle;
  const fill = "own-fill";
  whenDrawn(map, fill, () => {
    map.setPaintProperty(fill, "fill-opacity", 0.8);
    map.setPaintProperty("own-line", "line-width", 1);
  });
  map.on("click", (event) => {
    if (map.getLayer(fill)) {
      const [found] = map.queryRenderedFeatures(event.point, { layers: [fill] });
      showLine(found?.properties.code);
    }
  });
});

function whenDrawn(map, id, action) {
  if (map.getLayer(id)) {
    action();
    return;
  }
  const look = () => {
    if (map.getLayer(id)) {
      map.off("styledata", look);
      action();
    }
  };
  map.on("styledata", look);
}

function showLine(code) {
  const line = code ? document.getElementById(`unit-${code}`) : null;
  for (const other of document.querySelectorAll("#analysis-table .is-chosen")) {
    other.classList.remove("is-chosen");
  }
  if (line) {
    line.classList.add("is-chosen");
    line.querySelector("a")?.focus({ preventScroll: true });
    line.scrollIntoView({ block: "center" });
  }
}
