/**
 * On every page: the language switch comes back to the view as it stands now, and a public page is kept for when there is
 * no signal (`<meta name="offline-copy">`, written by the server for visitors only).
 */

import { debounce } from "../lib/dom.js";
import { keepPublicView } from "../lib/worker.js";

const SETTLED_MS = 4000; // the page stands and nobody is choosing any more

const language = document.querySelector("form.language");
language?.addEventListener("submit", () => {
  const { next } = language.elements;
  const { pathname, search, hash } = window.location;
  // The answer to a form may stand at an address that only takes forms: then the server's own choice holds.
  if (new URL(next.value, window.location.href).pathname === pathname) {
    next.value = `${pathname}${search}${hash}`;
  }
});

if (document.querySelector('meta[name="offline-copy"]')) {
  const maps = new Set();
  const keepSoon = debounce(() => keepPublicView([...maps].flatMap((map) => map.addresses?.() ?? [])), SETTLED_MS);
  document.addEventListener("map:ready", ({ detail }) => {
    maps.add(detail);
    detail.onView?.(keepSoon);
  });
  window.addEventListener("load", keepSoon);
  if (document.readyState === "complete") {
    keepSoon();
  }
}
