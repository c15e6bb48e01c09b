/**
 * The desk by keyboard: j and k move between rows, x chooses a row, Enter follows the focused link as ever. The tick
 * "whole page" shows in the rows what the server will do anyway. Without script every control is reached by Tab.
 */

const links = [...document.querySelectorAll("[data-desk-rows] a[data-open]")];
const all = document.querySelector("[data-choose-all]");

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) {
    return;
  }
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    move(event.key === "j" ? 1 : -1);
  } else if (event.key === "x") {
    document.activeElement?.closest("tr")?.querySelector("input[type=checkbox]")?.click();
  }
});

all?.addEventListener("change", () => {
  for (const box of document.querySelectorAll("input[type=checkbox][name=rows]")) {
    box.checked = all.checked;
  }
});

function move(step) {
  const row = document.activeElement?.closest("tr");
  const now = links.findIndex((link) => link === document.activeElement || (row && link.closest("tr") === row));
  const next = now < 0 ? (step > 0 ? 0 : links.length - 1) : Math.min(Math.max(now + step, 0), links.length - 1);
  links[next]?.focus();
}

function isTyping(element) {
  return element instanceof HTMLElement && element.matches("input:not([type=checkbox]), select, textarea");
}
