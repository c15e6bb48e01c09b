/**
 * The one service worker of the site. It keeps the shell of the visit page and the static files of that page, so that
 * the page opens without signal; never an answer of the API, never another page, never a person.
 *
 * Served at /sw.js, which puts before this text: `self.OFFLINE = { version, page, shell, files }`.
 */

const { version, page, shell, files } = self.OFFLINE;
const CACHE = `visit-${version}`;
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
    if (url.pathname === page) {
      event.respondWith(pageOrShell(request));
    }
  } else if (files.includes(url.pathname)) {
    event.respondWith(HASHED.test(url.pathname) ? keptFirst(request) : freshFirst(request));
  }
});

async function fill() {
  const cache = await caches.open(CACHE);
  await cache.addAll([shell, ...files].map((url) => new Request(url, { cache: "reload" })));
}

async function dropOld() {
  const names = await caches.keys();
  await Promise.all(
    names.filter((name) => name.startsWith("visit-") && name !== CACHE).map((name) => caches.delete(name)),
  );
}

/** The page itself while the server gives it; it is never stored. Else its shell, which knows nobody. */
async function pageOrShell(request) {
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
