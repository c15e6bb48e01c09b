/** The service worker of the site, asked for by the pages that work without signal. */

const WORKER = "/sw.js";
const SCOPE = "/";

/**
 * Register the worker and wait until what the pages need is kept on this device. Returns whether it is; false where the
 * browser has no worker or could not fetch all. The page works without its worker too, as long as it stays open.
 */
export async function keepForNoSignal() {
  if (!("serviceWorker" in navigator)) {
    return false;
  }
  try {
    await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
    await forgetNarrower();
    await navigator.serviceWorker.ready;
    return true;
  } catch {
    return false;
  }
}

/** The first releases registered the worker for one page only; the narrower scope would win over ours there. */
async function forgetNarrower() {
  const wide = new URL(SCOPE, window.location.href).href;
  const all = await navigator.serviceWorker.getRegistrations();
  await Promise.all(all.filter((one) => one.scope !== wide).map((one) => one.unregister()));
}
