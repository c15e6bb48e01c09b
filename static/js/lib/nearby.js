/** "Within so many km of here": the place and the distance belong together, and a phone can tell the place. */

const USUAL_KM = "20";
const DIGITS = 3; // about 100 m: enough to search by, and no address of a home goes into a shared link

/**
 * Keep `near` and `km` of a filter form together, and let `button` ask the phone where it is.
 * @param {HTMLFormElement} form
 * @param {HTMLButtonElement | null} button shown only where the browser can locate
 * @param {(text: string) => void} say tells what went wrong
 */
export function pairNearAndKm(form, button, say) {
  const { near, km, sort } = form.elements;
  if (!near || !km) {
    return;
  }
  const pair = () => {
    const isGiven = near.value.trim() !== "";
    if (isGiven && !km.value) {
      km.value = USUAL_KM;
    } else if (!isGiven) {
      km.value = "";
    }
    const distance = sort && [...sort.options].find((option) => option.value === "distance");
    if (distance) {
      distance.disabled = !isGiven;
      if (!isGiven && sort.value === "distance") {
        sort.value = "";
      }
    }
  };
  pair();
  // Capturing: before anything else reads the form.
  form.addEventListener("input", pair, { capture: true });
  form.addEventListener("change", pair, { capture: true });
  if (!button || !("geolocation" in navigator) || !window.isSecureContext) {
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => {
    button.setAttribute("aria-busy", "true");
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.removeAttribute("aria-busy");
        near.value = `${coords.longitude.toFixed(DIGITS)},${coords.latitude.toFixed(DIGITS)}`;
        if (sort && !sort.value) {
          sort.value = "distance"; // who asks what is near sees the nearest first
          sort.selectedOptions[0].disabled = false;
        }
        near.dispatchEvent(new Event("change", { bubbles: true }));
      },
      () => {
        button.removeAttribute("aria-busy");
        say(button.dataset.failed);
        near.focus();
      },
      { maximumAge: 60_000, timeout: 15_000 },
    );
  });
}
