/**
 * The one service worker of the site. It keeps two kinds of things apart:
 *
 * - for people who capture in the field, on request ("fill"): the shells of the pages that work without signal and their
 *   files; never an answer of the API, never a person;
 * - for visitors who are not signed in: the last public pages they looked at with the data of their maps. The server
 *   says which (`Offline-Copy: keep`); what a signed-in user gets never has that header, and signing in or out forgets
 *   all of it.
 *
 * Served at /sw.js, which puts before this text: `self.OFFLINE = { version, pages, files, views, words }`; `pages` is
 * path to shell, `views` are patterns of the public pages' paths, `words` the texts of the banner.
 */

const { version, pages, files, views, words } = self.OFFLINE;
const CACHE = `offline-${version}`;
const VIEWS = `views-${version}`;
const DATA = `views-data-${version}`;
const ASSETS = `views-assets-${version}`;
const OURS = /^(offline|visit|views)-/; // "visit": the first releases
const PATIENCE_MS = 8000; // one bar of signal is worse than none
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
const SIGN_IN_OUT = /^\/accounts\//;
const DATA_PATHS = /^\/(tiles\/|api\/v1\/|maps\/layers\.json$|p\/[^/]+\/photos\/)/;
const GROUND = /^\/tiles\/(units|base)\//; // outlines, water, roads: nothing in them is anybody's
const FRESH_MS = 60_000; // as long as a shared cache may keep public data: withdrawn consent shows within a minute
const KEPT_MS = 7 * 86_400_000;
const MOST = { [VIEWS]: 12, [DATA]: 600, [ASSETS]: 150 };
const KEPT_AT = "Kept-At";
const PUBLIC_PAGES = views.map((pattern) => new RegExp(pattern));
let forgotten = 0; // how often the views were: what was asked for before must not come back after

self.addEventListener("install", (event) => {
  event.waitUntil(refill().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(dropOld().then(() => self.clients.claim()));
});

self.addEventListener("message", (event) => {
  const { fill: wantsFill, keep } = event.data ?? {};
  if (wantsFill) {
    const answer = (isFilled) => event.ports[0]?.postMessage(isFilled);
    event.waitUntil(
      fill().then(
        () => answer(true),
        () => answer(false),
      ),
    );
  } else if (keep) {
    event.waitUntil(keepView(keep));
  }
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) {
    return;
  }
  if (request.method !== "GET") {
    if (SIGN_IN_OUT.test(url.pathname)) {
      event.waitUntil(forgetViews());
    }
    return;
  }
  if (request.mode === "navigate") {
    const shell = pages[url.pathname];
    if (isPublicPage(url)) {
      event.respondWith(pageOrCopy(event, shell));
    } else if (shell) {
      event.respondWith(pageOrShell(request, shell));
    }
  } else if (url.pathname.startsWith("/static/")) {
    event.respondWith(asset(event, url));
  } else if (DATA_PATHS.test(url.pathname) && !request.headers.has("Range")) {
    event.respondWith(GROUND.test(url.pathname) ? keptThenFresh(event) : freshThenKept(event));
  }
});

// --- Shells ---------------------------------------------------------------------------------------------------

/** A device that kept the shells of an older release keeps those of this one; a visitor's fetches nothing. */
async function refill() {
  const names = await caches.keys();
  if (names.some((name) => /^(offline|visit)-/.test(name))) {
    await fill();
  }
}

async function fill() {
  const cache = await caches.open(CACHE);
  const wanted = [...Object.values(pages), ...files];
  const there = new Set((await cache.keys()).map(({ url }) => new URL(url).pathname));
  const missing = wanted.filter((path) => !there.has(path));
  await cache.addAll(missing.map((url) => new Request(url, { cache: "reload" })));
}

async function dropOld() {
  const names = await caches.keys();
  const current = [CACHE, VIEWS, DATA, ASSETS];
  await Promise.all(
    names.filter((name) => OURS.test(name) && !current.includes(name)).map((name) => caches.delete(name)),
  );
}

/** The page itself while the server gives it; it is never stored. Else its shell, which knows nobody. */
async function pageOrShell(request, shell) {
  const answer = await patientFetch(request);
  if (answer !== null && answer.status < 500) {
    return answer;
  }
  return (await caches.match(shell)) ?? answer ?? Response.error();
}

async function patientFetch(request) {
  try {
    return await fetch(request, { signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    return null; // no signal
  }
}

// --- Public pages ---------------------------------------------------------------------------------------------

function isPublicPage(url) {
  return PUBLIC_PAGES.some((pattern) => pattern.test(url.pathname));
}

/** The page from the server, which is then kept; without signal its copy with the time in a banner, else its shell. */
async function pageOrCopy(event, shell) {
  const { request } = event;
  const since = forgotten;
  const answer = await patientFetch(request);
  if (answer !== null && answer.status < 500) {
    event.waitUntil(keepPage(request.url, answer.clone(), since));
    return answer;
  }
  return (await copyOf(request.url)) ?? (shell && (await caches.match(shell))) ?? answer ?? Response.error();
}

async function keepPage(address, answer, since) {
  if (answer.type === "opaqueredirect") {
    return;
  }
  const url = withoutHash(address);
  if (answer.status !== 200 || answer.headers.get("Offline-Copy") !== "keep") {
    await (await caches.open(VIEWS)).delete(url);
    return;
  }
  await put(VIEWS, url, answer, since);
}

async function copyOf(address) {
  const cache = await caches.open(VIEWS);
  const kept = await cache.match(withoutHash(address));
  if (!kept || ageOf(kept) > KEPT_MS) {
    return null;
  }
  const at = new Date(Number(kept.headers.get(KEPT_AT)));
  const time = at.toLocaleString(words.language, {
    timeZone: "Asia/Ho_Chi_Minh",
    dateStyle: "short",
    timeStyle: "short",
  });
  const banner = `<p class="notice notice--warning offline-copy" role="status">${words.copy.replace("{time}", time)}</p>`;
  const page = (await kept.text()).replace(/<main\b[^>]*>/, (main) => `${main}${banner}`);
  return new Response(page, { status: 200, headers: kept.headers });
}

/** What a page says of itself once it stands: its address, its files, the data of its map. */
async function keepView({ page, addresses }) {
  const since = forgotten;
  const url = new URL(page, self.location.origin);
  if (isPublicPage(url)) {
    try {
      const kept = await (await caches.open(VIEWS)).match(withoutHash(url.href));
      if (!kept || ageOf(kept) > FRESH_MS) {
        await keepPage(url.href, await fetch(url.href, { headers: { Accept: "text/html" } }), since);
      }
    } catch {
      return; // without signal nothing new can be kept
    }
  }
  for (const address of addresses ?? []) {
    await keepAddress(new URL(address, self.location.origin), since);
  }
}

async function keepAddress(url, since) {
  const name = url.pathname.startsWith("/static/") ? ASSETS : DATA_PATHS.test(url.pathname) ? DATA : null;
  if (name === null || url.origin !== self.location.origin) {
    return;
  }
  const kept = await (await caches.open(name)).match(url.href);
  if (kept && (name === ASSETS || ageOf(kept) < FRESH_MS)) {
    return;
  }
  try {
    await putPublic(name, url.href, await fetch(url.href), since);
  } catch {
    // one part fewer in the copy
  }
}

async function forgetViews() {
  forgotten += 1;
  await Promise.all([caches.delete(VIEWS), caches.delete(DATA)]);
}

// --- Files and data -------------------------------------------------------------------------------------------

/** Names without a hash (a development server) may change: what is kept of them is for when there is no signal. */
async function asset(event, url) {
  const kept = await caches.match(event.request);
  if (kept && HASHED.test(url.pathname)) {
    return kept;
  }
  const since = forgotten;
  try {
    const answer = await fetch(event.request);
    const isShells = files.includes(url.pathname);
    event.waitUntil(isShells ? Promise.resolve() : putPublic(ASSETS, url.href, answer.clone(), since));
    return answer;
  } catch {
    return kept ?? Response.error();
  }
}

async function keptThenFresh(event) {
  const kept = await caches.match(event.request);
  if (!kept || ageOf(kept) > KEPT_MS) {
    return freshThenKept(event);
  }
  if (ageOf(kept) > FRESH_MS) {
    event.waitUntil(fetchAndKeep(event).catch(() => {}));
  }
  return kept;
}

async function freshThenKept(event) {
  const kept = await caches.match(event.request);
  if (kept && ageOf(kept) < FRESH_MS) {
    return kept;
  }
  try {
    return await fetchAndKeep(event);
  } catch (problem) {
    if (kept && ageOf(kept) < KEPT_MS) {
      return kept;
    }
    throw problem;
  }
}

async function fetchAndKeep(event) {
  const since = forgotten;
  const answer = await fetch(event.request);
  event.waitUntil(putPublic(DATA, event.request.url, answer.clone(), since));
  return answer;
}

/** Only what the server gives to everybody: an answer for one user is private, and passes. */
async function putPublic(name, url, answer, since) {
  const isPublic = name === ASSETS || (answer.headers.get("Cache-Control") ?? "").includes("public");
  if (answer.status === 200 && answer.type === "basic" && isPublic) {
    await put(name, url, answer, since);
  }
}

async function put(name, url, answer, since) {
  const headers = new Headers(answer.headers);
  headers.set(KEPT_AT, String(Date.now()));
  headers.delete("Content-Encoding"); // the body is unpacked already
  headers.delete("Content-Length");
  const content = await answer.arrayBuffer();
  if (name !== ASSETS && since !== forgotten) {
    return;
  }
  const cache = await caches.open(name);
  await cache.put(url, new Response(content, { status: 200, headers }));
  const all = await cache.keys(); // the oldest first
  await Promise.all(all.slice(0, Math.max(0, all.length - MOST[name])).map((request) => cache.delete(request)));
}

function ageOf(answer) {
  const at = Number(answer.headers.get(KEPT_AT));
  return at > 0 ? Date.now() - at : Number.POSITIVE_INFINITY;
}

function withoutHash(address) {
  const url = new URL(address);
  url.hash = "";
  return url.href;
}
