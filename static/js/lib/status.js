/** Say `message` to screen readers through the page's live region (`#live-status` in base.html). */
export function status(message) {
  const region = document.getElementById("live-status");
  if (region) {
    region.textContent = "";
    // A new task, so that the same sentence twice is also read twice.
    setTimeout(() => {
      region.textContent = message;
    }, 30);
  }
}
