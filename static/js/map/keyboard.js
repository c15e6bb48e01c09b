/** A map by keyboard: the engines move and zoom it; here a cross marks the middle, Enter picks there, Escape closes. */

import { el, once } from "../lib/dom.js";
import { status } from "../lib/status.js";

/**
 * `surface` takes the focus, `container` is the whole map. `pick()` opens what lies in the middle and returns whether
 * there was something; `close()` closes the popup and returns whether one was open.
 */
export function keyboardPicking({ surface, container, pick, close, texts }) {
  const cross = el("div", { class: "map__cross", "aria-hidden": "true", hidden: true });
  container.append(cross);
  const explain = once(() => status(texts.pick_help));
  surface.addEventListener("focus", () => {
    // A click focuses too; the cross is for keys.
    if (surface.matches(":focus-visible")) {
      cross.hidden = false;
      explain();
    }
  });
  surface.addEventListener("blur", () => {
    cross.hidden = true;
  });
  surface.addEventListener("keydown", (event) => {
    if (event.target !== surface || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    if (event.key.startsWith("Arrow") || event.key === "+" || event.key === "-") {
      cross.hidden = false;
    }
    if (event.key === "Enter") {
      event.preventDefault();
      if (!pick()) {
        status(texts.nothing_here);
      }
    }
  });
  container.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && close()) {
      event.stopPropagation();
      surface.focus();
    }
  });
}
