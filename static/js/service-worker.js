/**
 * The one service worker of the site. It keeps the shells of the pages that work without signal and their static files;
 * never an answer of the API, never another page, never a person.
 *
 * Served at /sw.js, which puts before this text: `self.OFFLINE = { version, pages, files }`; `pages` is path to shell.
 */

const { version, pages, files } = self.OFFLINE;
const CACHE = `offline-${version}`;
const OURS = /^(offline|visit)-/; // "visit": the first releases
const PATIENCE_MS = 8000; // one bar of signal is worse than none
const HASHED = /\.[0-9a-f]{12}\.\w+$/;

self.addEventListener("install", (event) => {
  event.waitUntil(fill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) {
    return;
  }
  if (request.mode === "navigate") {
    if (Object.hasOwn(pages, url.pathname)) {
      event.respondWith(pageOrShell(request, pages[url.pathname]));
    }
  } else if (files.includes(url.pathname)) {
    event.respondWith(HASHED.test(url.pathname) ? keptFirst(request) : freshFirst(request));
  }
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll([...Object.values(pages), ...files].map((url) => new Request(url, { cache: "reload" })));
}

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => OURS.test(name) && name !== CACHE).map((name) => caches.delete(name)));
}

/** The page itself while the server gives it; it is never stored. Else its shell, which knows nobody. */
async function pageOrShell(request, shell) {
  let answer = null;
  try {
    answer = await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    // no signal
  }
  if (answer !== null && answer.status < 500) {
    return answer;
  }
  return (await caches.match(shell)) ?? answer ?? Response.error();
}

async function keptFirst(request) {
  return (await caches.match(request)) ?? fetch(request);
}

/** Names without a hash (a development server) may change: what is kept is for when there is no signal. */
async function freshFirst(request) {
  try {
    return await fetch(request);
  } catch {
    return (await caches.match(request)) ?? Response.error();
  }
}
