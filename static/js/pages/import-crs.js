/** The choice of a coordinate system: picking a radio button moves the map to where that reading puts the plots. */

document.querySelector("[data-map]")?.addEventListener("map:ready", ({ detail: handle }) => {
  const list = document.getElementById("candidates");
  list?.addEventListener("change", (event) => {
    const box = event.target.closest("[data-bbox]")?.dataset.bbox;
    if (box) {
      handle.fit(box.split(",").map(Number));
    }
  });
});
