/** What a person chose for maps on this device: the light map, the ground. Kept in this browser only. */

const LIGHT = "map.light";
const BASEMAP = "map.basemap";

function read(name) {
  try {
    return window.localStorage.getItem(name) ?? "";
  } catch {
    return ""; // storage may be forbidden: then nothing is remembered
  }
}

function write(name, value) {
  try {
    if (value) {
      window.localStorage.setItem(name, value);
    } else {
      window.localStorage.removeItem(name);
    }
  } catch {
    // the choice holds for this page only
  }
}

/** True when the person asked for the light map. */
export const choseLight = () => read(LIGHT) === "1";
export const keepLight = (isLight) => write(LIGHT, isLight ? "1" : "");

/** Id of the basemap that was chosen last, "" for our own ground. */
export const chosenBasemap = () => read(BASEMAP);
export const keepBasemap = (id) => write(BASEMAP, id);

/** Why this device gets the light map: "chosen", "data" (data saving is on), "device" (no WebGL2); "" when it does not. */
export function whyLight() {
  if (choseLight()) {
    return "chosen";
  }
  if (navigator.connection?.saveData === true) {
    return "data";
  }
  return hasWebGl2() ? "" : "device";
}

function hasWebGl2() {
  try {
    return document.createElement("canvas").getContext("webgl2") !== null;
  } catch {
    return false;
  }
}
