/**
 * The map of a request's page: a select `[data-land-choice] select` shows one land-use or planning layer, buttons
 * `[data-go-to="west,south,east,north"]` move the map. Both stay hidden without script and until the map is there.
 */

const LAND = "land-use";

document.addEventListener("map:ready", (event) => {
  const handle = event.detail;
  chooseLand(handle);
  for (const button of document.querySelectorAll("[data-go-to]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      handle.fit(button.dataset.goTo.split(",").map(Number));
      event.target.scrollIntoView({ block: "nearest" });
    });
  }
});

function chooseLand(handle) {
  const field = document.querySelector("[data-land-choice]");
  if (!field || !handle.names().includes(LAND)) {
    return;
  }
  const choice = field.querySelector("select");
  const apply = () => {
    if (choice.value) {
      handle.setFilterParams(LAND, new URLSearchParams({ layer: choice.value }));
    }
    handle.setVisible(LAND, choice.value !== "");
  };
  field.hidden = false;
  choice.addEventListener("change", apply);
  apply();
}
