/** How an entry of the outbox is shown: in the header of every page, and on the page of a capture. */

import { el } from "./dom.js";
import { fill } from "./text.js";

/**
 * Return a list item for an entry: what it is, how it stands and why, and buttons to send again, correct, discard.
 * `texts`: the dataset of templates/includes/outbox.html.
 */
export function outboxLine(texts, outbox, entry) {
  const discard = () => {
    if (window.confirm(fill(texts.textDiscardQuestion, { title: entry.title }))) {
      outbox.discard(entry.id);
    }
  };
  const button = (label, action) =>
    el(
      "button",
      { type: "button", class: "button-plain", "aria-label": `${label}: ${entry.title}`, onclick: action },
      label,
    );
  return el(
    "li",
    {},
    el("strong", {}, entry.title),
    ...said(texts, entry),
    el(
      "div",
      { class: "outbox__acts" },
      button(texts.textAgain, () => outbox.retry(entry.id)),
      // What the server has in part can't be changed any more, only completed or left.
      entry.page && entry.done === 0 ? el("a", { href: `${entry.page}#entry=${entry.id}` }, texts.textEdit) : null,
      button(texts.textDiscard, discard),
    ),
  );
}

function said(texts, entry) {
  if (entry.state === "refused") {
    return [el("p", {}, texts.textRefused), el("ul", {}, ...entry.why.map((why) => el("li", {}, why)))];
  }
  if (entry.state === "sign_in") {
    const back = encodeURIComponent(window.location.pathname + window.location.search);
    return [el("p", {}, el("a", { href: `${texts.signInUrl}?next=${back}` }, texts.textSignIn))];
  }
  return [el("p", {}, texts.textWaiting)];
}
