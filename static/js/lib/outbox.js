/**
 * The one outbox: work that is kept on this device until the server has it. For every capture that must survive without
 * signal. Nothing happens on import; `static/js/pages/outbox.js` shows what waits in the header of every page.
 *
 * An entry: { id, user, title, page, fields, steps, done, state, why, answer, made_at }. `id` is a UUID that the server
 * stores with the thing, so that a step sent twice is one there. `steps` are requests sent in order: { url, json } or
 * { url, form: {name: text}, blob, name }; `done` counts those that the server took. `page` and `fields` let the entry
 * be opened again for correction.
 *
 * States: "waiting" (for signal), "sign_in" (the session is over), "refused" (the server said why; kept until it is
 * corrected or discarded). Entries belong to the user who made them: another user of this device neither sees nor
 * sends them.
 */

const DATABASE = "vung-trong";
const ENTRIES = "entries";
const PREPARED = "prepared";
const META = "meta";
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 300_000;
const SIGNED_OUT = 401;

/** Open the database of this device. */
function open() {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore(ENTRIES, { keyPath: "id" });
      request.result.createObjectStore(PREPARED, { keyPath: "key" });
      request.result.createObjectStore(META, { keyPath: "name" });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Run `work(store)` in a transaction and return the result of the request that it returns. */
async function within(name, mode, work) {
  const database = await open();
  try {
    return await new Promise((resolve, reject) => {
      const transaction = database.transaction(name, mode);
      const request = work(transaction.objectStore(name));
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = () => reject(transaction.error);
      transaction.onabort = () => reject(transaction.error);
    });
  } finally {
    database.close();
  }
}

/** Who was last seen signed in on this device; without signal this is whose work it is. "" for nobody. */
export async function rememberedUser() {
  return (await within(META, "readonly", (store) => store.get("user")))?.value ?? "";
}

export function rememberUser(user) {
  return within(META, "readwrite", (store) => store.put({ name: "user", value: user }));
}

/**
 * Keep what a page needs to be opened without signal, for this user only: `{ key, title, html }`, or with `kind` whatever
 * pages of that kind need.
 */
export async function prepare(user, page, { keep = 40 } = {}) {
  const key = `${user}|${page.key}`;
  await within(PREPARED, "readwrite", (store) => store.put({ ...page, key, user, page: page.key, at: Date.now() }));
  const old = (await prepared(user, page.kind)).slice(keep);
  await within(PREPARED, "readwrite", (store) => {
    for (const one of old) {
      store.delete(one.key);
    }
  });
}

/** The pages of a kind (visits have none) prepared for this user, the newest first. */
export async function prepared(user, kind = "") {
  const all = await within(PREPARED, "readonly", (store) => store.getAll());
  return all.filter((one) => one.user === user && (one.kind ?? "") === kind).sort((a, b) => b.at - a.at);
}

/** Keep unfinished work of this user under a name, `null` to forget it. */
export function keepDraft(user, name, draft) {
  const key = `draft|${user}|${name}`;
  return within(META, "readwrite", (store) => (draft ? store.put({ name: key, value: draft }) : store.delete(key)));
}

/** The unfinished work of this user under a name, else null. */
export async function keptDraft(user, name) {
  return (await within(META, "readonly", (store) => store.get(`draft|${user}|${name}`)))?.value ?? null;
}

/**
 * Return the outbox of `user`. `sessionUrl` answers `{ user, csrf_token }`; `onChange(entries)` is told of every change.
 */
export function createOutbox({ user, sessionUrl, onChange = () => {} }) {
  let wait = FIRST_WAIT_MS;
  let timer = null;

  const entries = async () => {
    const all = await within(ENTRIES, "readonly", (store) => store.getAll());
    return all.filter((entry) => entry.user === user).sort((a, b) => a.made_at - b.made_at);
  };
  const put = async (entry) => {
    await within(ENTRIES, "readwrite", (store) => store.put(entry));
    onChange(await entries());
    return entry;
  };
  const drop = async (id) => {
    await within(ENTRIES, "readwrite", (store) => store.delete(id));
    onChange(await entries());
  };
  /** Keep how far the sending of `entry` came, or forget it when `isDone`; not when it was corrected or discarded
   * meanwhile: what the person did last stands. */
  const settle = async (entry, { isDone = false } = {}) => {
    await within(ENTRIES, "readwrite", (store) => {
      const kept = store.get(entry.id);
      kept.onsuccess = () => {
        if (kept.result?.made_at === entry.made_at) {
          isDone ? store.delete(entry.id) : store.put(entry);
        }
      };
      return kept;
    });
    onChange(await entries());
    return entry;
  };
  const get = async (id) => (await entries()).find((entry) => entry.id === id) ?? null;

  /** Keep an entry (again, when it was corrected) and try to send it. Returns its outcome, see `flush`. */
  const add = async (entry) => {
    navigator.storage?.persist?.().catch(() => false); // ask the browser not to throw it away when space is short
    await put({ done: 0, why: [], answer: null, made_at: Date.now(), ...entry, user, state: "waiting" });
    return (await flush()).get(entry.id) ?? { state: "waiting" };
  };

  const retry = async (id) => {
    const entry = await get(id);
    if (entry) {
      await put({ ...entry, state: "waiting", why: [] });
    }
    return flush();
  };

  /** Send what waits, in order. Returns a Map: id to `{ state: "sent" | ..., answer }`. Two tabs never send at once. */
  const flush = async () => {
    if (!navigator.locks) {
      return sendAll();
    }
    return navigator.locks.request(`outbox-${user}`, sendAll);
  };

  const sendAll = async () => {
    clearTimeout(timer);
    const outcomes = new Map();
    const waiting = (await entries()).filter((entry) => entry.state !== "refused");
    if (waiting.length === 0) {
      return outcomes;
    }
    let session = await askSession(sessionUrl);
    if (session && session.user !== user) {
      for (const entry of waiting) {
        outcomes.set(entry.id, await settle({ ...entry, state: "sign_in" }));
      }
      return outcomes;
    }
    for (const entry of waiting) {
      if (!session) {
        outcomes.set(entry.id, entry);
        continue;
      }
      const outcome = await sendOne(entry, session);
      outcomes.set(entry.id, outcome);
      if (outcome.state === "waiting" || outcome.state === "sign_in") {
        session = null; // no signal, or no session: the rest keeps its turn
      }
    }
    if (session) {
      wait = FIRST_WAIT_MS;
    } else {
      later();
    }
    return outcomes;
  };

  const sendOne = async (entry, session) => {
    let current = entry;
    while (current.done < current.steps.length) {
      const reply = await send(current.steps[current.done], session.csrf_token);
      if (reply.state !== "sent") {
        return settle({ ...current, state: reply.state, why: reply.why ?? [] });
      }
      current = { ...current, done: current.done + 1, answer: current.answer ?? reply.answer };
      // Known before the next step leaves: after a break it goes on from here.
      await settle(current);
    }
    await settle(current, { isDone: true });
    return { ...current, state: "sent" };
  };

  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(flush, wait * (0.75 + Math.random() / 2));
    wait = Math.min(wait * 2, LONGEST_WAIT_MS);
  };

  /** Send now, and whenever the device finds its network again. */
  const start = () => {
    window.addEventListener("online", () => {
      wait = FIRST_WAIT_MS;
      flush();
    });
    return flush();
  };

  return { user, add, entries, get, discard: drop, retry, flush, start };
}

async function askSession(url) {
  try {
    const response = await fetch(url, { headers: { Accept: "application/json" }, cache: "no-store" });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}

/** One request. `state`: sent, waiting (no signal, server busy), sign_in, refused (`why`: texts of the server). */
async function send(step, csrfToken) {
  let response;
  try {
    response = await fetch(step.url, {
      method: "POST",
      redirect: "error", // nothing here redirects: what does is a hotspot or a sign-in page, and took nothing
      headers: {
        Accept: "application/json",
        "X-CSRFToken": csrfToken,
        ...(step.json ? { "Content-Type": "application/json" } : {}),
      },
      body: step.json ? JSON.stringify(step.json) : formOf(step),
    });
  } catch {
    return { state: "waiting" };
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) {
    // Only the answer of the API says that it is stored; a page in its place (a hotspot's, a proxy's) does not.
    return answer === null ? { state: "waiting" } : { state: "sent", answer };
  }
  if (response.status === SIGNED_OUT || answer?.code === "csrf_failed" || answer?.code === "not_authenticated") {
    return { state: "sign_in" };
  }
  if (response.status >= 500 || response.status === 408 || response.status === 429) {
    return { state: "waiting" };
  }
  return { state: "refused", why: reasonsOf(answer, response) };
}

function formOf(step) {
  const form = new FormData();
  for (const [name, value] of Object.entries(step.form)) {
    form.append(name, value);
  }
  form.append("photo", step.blob, step.name);
  return form;
}

function reasonsOf(answer, response) {
  const texts = (answer?.errors ?? []).map((one) => one.detail).filter(Boolean);
  return texts.length > 0 ? texts : [answer?.detail ?? `HTTP ${response.status}`];
}
