/**
 * The header's part of the outbox, on every page of a signed-in user: how much is unsent, what it is, send again, correct
 * or discard; and signing out asks first while something is unsent. Markup: templates/includes/outbox.html.
 */

import { createOutbox, rememberedUser, rememberUser } from "../lib/outbox.js";
import { outboxLine } from "../lib/outbox-list.js";
import { fill } from "../lib/text.js";

const box = document.querySelector("[data-outbox]");
if (box && "indexedDB" in window) {
  begin(box);
}

async function begin(root) {
  if (root.dataset.user) {
    await rememberUser(root.dataset.user);
  }
  const user = root.dataset.user || (await rememberedUser());
  if (!user) {
    return;
  }
  let shown = [];
  const outbox = createOutbox({
    user,
    sessionUrl: root.dataset.sessionUrl,
    onChange: (entries) => {
      shown = entries;
      show(root, outbox, entries);
    },
  });
  shown = await outbox.entries();
  show(root, outbox, shown);
  guardSignOut(root, () => shown.length);
  // The page of a capture uses the same outbox; what it adds is shown here at once.
  document.addEventListener("outbox:changed", async () => {
    shown = await outbox.entries();
    show(root, outbox, shown);
  });
  await outbox.start();
}

function show(root, outbox, entries) {
  const { dataset } = root;
  root.hidden = entries.length === 0;
  root.querySelector("[data-outbox-count]").textContent = fill(dataset.textCount, { n: entries.length });
  root
    .querySelector("[data-outbox-list]")
    .replaceChildren(...entries.map((entry) => outboxLine(dataset, outbox, entry)));
  document.dispatchEvent(new CustomEvent("outbox:shown")); // for a page that lists its own part of it
}

function guardSignOut(root, countUnsent) {
  document.addEventListener("submit", (event) => {
    if (!new URL(event.target.action, window.location.href).pathname.endsWith("/accounts/logout/")) {
      return;
    }
    const n = countUnsent();
    if (n > 0 && !window.confirm(fill(root.dataset.textSignOutQuestion, { n }))) {
      event.preventDefault();
      return;
    }
    rememberUser(""); // whoever takes the device next sees nothing of this user's
  });
}
