/** The service worker of the site: what it keeps for the field, and for visitors of public pages. */

const WORKER = "/sw.js";
const SCOPE = "/";
const FILL_MS = 60000;

/**
 * Register the worker and wait until what the pages need is kept on this device. Returns whether it is; false where the
 * browser has no worker or could not fetch all. The page works without its worker too, as long as it stays open.
 */
export async function keepForNoSignal() {
  const worker = await register();
  if (!worker) {
    return false;
  }
  const { port1, port2 } = new MessageChannel();
  const filled = new Promise((resolve) => {
    port1.onmessage = ({ data }) => resolve(data === true);
    setTimeout(() => resolve(false), FILL_MS);
  });
  worker.postMessage({ fill: true }, [port2]);
  return filled;
}

/**
 * Keep the public page that stands here, its files and `addresses` (the data of its map) for when there is no signal.
 * The server decides what may be kept; with data saving on nothing is fetched a second time.
 */
export async function keepPublicView(addresses = []) {
  if (navigator.connection?.saveData === true) {
    return;
  }
  const worker = await register();
  const files = performance
    .getEntriesByType("resource")
    .map(({ name }) => name)
    .filter((name) => name.startsWith(`${window.location.origin}/`));
  worker?.postMessage({ keep: { page: pageAddress(), addresses: [...files, ...addresses] } });
}

const pageAddress = () => `${window.location.pathname}${window.location.search}`;

/** Resolves to the active worker, null where there is none. */
async function register() {
  if (!("serviceWorker" in navigator)) {
    return null;
  }
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
    await forgetNarrower();
    return (await navigator.serviceWorker.ready).active;
  } catch {
    return null;
  }
}

/** The first releases registered the worker for one page only; the narrower scope would win over ours there. */
async function forgetNarrower() {
  const wide = new URL(SCOPE, window.location.href).href;
  const all = await navigator.serviceWorker.getRegistrations();
  await Promise.all(all.filter((one) => one.scope !== wide).map((one) => one.unregister()));
}
