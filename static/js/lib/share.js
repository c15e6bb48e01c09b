/** Passing on the address of a view. */

/**
 * Offer `address` to the phone's own sharing, else copy it; resolves to "shared", "copied" or "refused".
 * "refused": the reader closed the sheet, or the browser lets nothing be copied.
 */
export async function shareAddress(address, title) {
  if (navigator.share && window.matchMedia("(pointer: coarse)").matches) {
    try {
      await navigator.share({ title, url: address });
      return "shared";
    } catch (problem) {
      if (problem.name === "AbortError") {
        return "refused";
      }
    }
  }
  try {
    await navigator.clipboard.writeText(address);
    return "copied";
  } catch {
    return "refused";
  }
}
