/**
 * The visit page on a phone: position, photos, signature, and sending through the outbox, so that it works without
 * signal. Without script the same form posts by itself. Markup: templates/casework/inspection_form.html; without
 * signal the service worker gives inspection_shell.html, which this fills with the form that was kept while online.
 */

import { drawable, whereAmI } from "../lib/camera.js";
import { el } from "../lib/dom.js";
import { createOutbox, prepare, prepared, rememberedUser } from "../lib/outbox.js";
import { photoPicker } from "../lib/photos.js";
import { fill } from "../lib/text.js";
import { keepForNoSignal } from "../lib/worker.js";

const INSPECTIONS = "/api/v1/inspections/";
const PHOTO_NAME = "anh.jpg";

const root = document.querySelector("[data-inspection]");
if (root && "indexedDB" in window) {
  begin(root);
}

async function begin(container) {
  const header = document.querySelector("[data-outbox]");
  const user = header?.dataset.user || (await rememberedUser());
  if (!user) {
    return;
  }
  const isShell = "shell" in container.dataset;
  if (isShell ? !(await restore(container, user)) : !(await remember(container, user))) {
    return;
  }
  const outbox = createOutbox({ user, sessionUrl: header.dataset.sessionUrl });
  const form = container.querySelector("[data-inspection-form]");
  const photos = picker(form);
  wire(container, form, outbox, photos);
  await reopen(form, outbox, photos);
  window.addEventListener("hashchange", () => window.location.reload()); // "correct" was pressed on this very page
  form.dataset.ready = "";
}

/** Keep the empty form for use without signal, and the shell of this page. No token and nothing typed is kept. */
async function remember(container, user) {
  const copy = container.querySelector("[data-inspection-form]")?.cloneNode(true);
  if (!copy) {
    return false;
  }
  copy.querySelector("[name=csrfmiddlewaretoken]")?.remove();
  const { key, title } = container.dataset;
  await prepare(user, { key, title, html: copy.outerHTML });
  keepForNoSignal();
  return true;
}

/** Put the kept form into the shell; else list what was prepared. */
async function restore(container, user) {
  const key = decodeURIComponent(window.location.search.slice(1));
  const pages = await prepared(user);
  const kept = pages.find((page) => page.page === key);
  if (!kept) {
    const links = pages.map((page) => el("li", {}, el("a", { href: `?${page.page}` }, page.title)));
    const { textUnknown, textNone } = container.dataset;
    container.append(
      links.length ? el("div", {}, el("p", {}, textUnknown), el("ul", {}, ...links)) : el("p", {}, textNone),
    );
    return false;
  }
  const page = new DOMParser().parseFromString(kept.html, "text/html");
  container.append(document.importNode(page.querySelector("[data-inspection-form]"), true));
  container.dataset.key = kept.page;
  container.dataset.title = kept.title;
  document.querySelector("[data-shell-title]").textContent = kept.title;
  const id = container.querySelector("[name=client_id]");
  id.value = crypto.randomUUID(); // the kept form's own may have been used
  return true;
}

function wire(container, form, outbox, photos) {
  const glass = drawable(form.querySelector("canvas"));
  form.querySelector("[data-signing]").hidden = false;
  form.querySelector("[data-clear-signature]").addEventListener("click", glass.clear);
  placing(form);
  watchCritical(form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (!isComplete(form)) {
      return;
    }
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    form.elements.signature.value = glass.value() || form.elements.signature.value;
    try {
      const outcome = await outbox.add(entryOf(container, form, photos.all()));
      document.dispatchEvent(new CustomEvent("outbox:changed"));
      button.disabled = outcome.state !== "refused";
      tell(form, outcome);
    } catch {
      // The device is full or forbids storing: what was typed still stands on this page, and may be sent from it.
      button.disabled = false;
      say(form, form.dataset.textNotKept, "error");
    }
  });
}

/** What the browser can check without the server; the server checks all again. */
function isComplete(form) {
  if (form.checkValidity()) {
    return true;
  }
  say(form, form.dataset.textFill, "error");
  form.reportValidity();
  return false;
}

function tell(form, outcome) {
  const { dataset } = form;
  if (outcome.state === "sent") {
    window.location.assign(outcome.answer.url);
  } else if (outcome.state === "refused") {
    say(form, `${dataset.textRefused} ${outcome.why.join(" ")}`, "error");
  } else {
    say(form, outcome.state === "sign_in" ? dataset.textSignedOut : dataset.textKept, "success");
  }
}

function say(form, text, tone) {
  const place = form.querySelector("[data-outcome]");
  place.hidden = false;
  place.className = `notice notice--${tone}`;
  place.textContent = text;
  place.focus();
}

function entryOf(container, form, photos) {
  const id = form.elements.client_id.value;
  const fields = [...new FormData(form)].filter(
    ([name, value]) => typeof value === "string" && name !== "csrfmiddlewaretoken",
  );
  const steps = [{ url: INSPECTIONS, json: bodyOf(container.dataset.key, form, id) }];
  for (const photo of photos) {
    const own = { client_id: photo.id, caption: "" };
    steps.push({ url: `${INSPECTIONS}${id}/photos/`, form: own, blob: photo.blob, name: PHOTO_NAME });
  }
  return {
    id,
    title: container.dataset.title,
    page: `${window.location.pathname}?${container.dataset.key}`,
    fields,
    steps,
  };
}

function bodyOf(key, form, id) {
  const text = (name) => (form.elements[name]?.value ?? "").trim();
  const [kind, ...rest] = key.split("=");
  const body = {
    client_id: id,
    [kind]: kind === "request" ? Number(rest.join("=")) : rest.join("="),
    visited_on: text("visited_on"),
    result: text("result"),
    report: text("report"),
    answers: answersOf(form),
    samples: samplesOf(form),
    signer_name: text("signer_name"),
    signature: text("signature"),
    recorded_at: new Date().toISOString(),
  };
  if (text("lat") && text("lon")) {
    body.position = { type: "Point", coordinates: [Number(text("lon")), Number(text("lat"))] };
    if (text("accuracy_m")) {
      body.accuracy_m = Number(text("accuracy_m"));
    }
  }
  if (text("corners")) {
    body.corners_text = form.elements.corners.value;
    body.corner_system = text("corner_system");
  }
  return body;
}

function answersOf(form) {
  const names = new Set([...form.elements].map((field) => field.name).filter((name) => name.startsWith("item-")));
  return [...names].map((name) => {
    const field = form.elements[name];
    const slug = name.slice("item-".length);
    return { item: slug, answer: answerIn(field), note: form.elements[`note-${slug}`].value.trim() };
  });
}

function answerIn(field) {
  if (field instanceof RadioNodeList) {
    return { yes: true, no: false }[field.value] ?? null;
  }
  const value = field.value.trim();
  if (value === "") {
    return null;
  }
  return field.type === "number" ? Number(value) : value;
}

function samplesOf(form) {
  const rows = new Map();
  for (const field of form.elements) {
    const [, row, name] = /^sample-(\d+)-(\w+)$/.exec(field.name) ?? [];
    if (row) {
      rows.set(row, { ...rows.get(row), [name]: field.value.trim() });
    }
  }
  return [...rows.values()].filter((sample) => sample.number || sample.what);
}

function picker(form) {
  const { dataset } = form;
  return photoPicker({
    input: form.querySelector("input[type=file]"),
    list: form.querySelector("[data-photos]"),
    most: Number(dataset.maxPhotos),
    texts: { photo: dataset.textPhotos, remove: dataset.textRemove },
    onTooMany: () => say(form, dataset.textTooMany, "warning"),
  });
}

function placing(form) {
  const told = form.querySelector("[data-located]");
  const fields = form.elements;
  const locate = form.querySelector("[data-locate]");
  const corner = form.querySelector("[data-add-corner]");
  locate.hidden = false;
  corner.hidden = false;
  const ask = async (use) => {
    told.textContent = form.dataset.textLocating;
    try {
      const { lat, lon, accuracy } = await whereAmI();
      use(lat.toFixed(6), lon.toFixed(6), accuracy.toFixed(1));
      told.textContent = fill(form.dataset.textLocated, {
        lat: lat.toFixed(6),
        lon: lon.toFixed(6),
        m: accuracy.toFixed(0),
      });
    } catch {
      told.textContent = form.dataset.textNoPlace;
    }
  };
  locate.addEventListener("click", () =>
    ask((lat, lon, accuracy) => {
      fields.lat.value = lat;
      fields.lon.value = lon;
      fields.accuracy_m.value = accuracy;
    }),
  );
  corner.addEventListener("click", () =>
    ask((lat, lon) => {
      fields.corner_system.selectedIndex = 0; // positions come in degrees
      const kept = fields.corners.value.trim();
      fields.corners.value = `${kept ? `${kept}\n` : ""}${lat}; ${lon}`;
    }),
  );
}

/** A critical line that is not met makes the result major, as the server also demands. */
function watchCritical(form) {
  const note = form.querySelector("[data-critical-note]");
  const update = () => {
    const isFailed = form.querySelector("[data-critical][value=no]:checked") !== null;
    note.hidden = !isFailed;
    note.textContent = isFailed ? form.dataset.textCritical : "";
    for (const choice of form.querySelectorAll("[name=result]")) {
      choice.disabled = isFailed && choice.value !== "major";
      choice.checked = isFailed ? choice.value === "major" : choice.checked;
    }
  };
  form.addEventListener("change", update);
  update();
}

/** Opened from the outbox for correction (`#entry=<id>`): fill in what was typed, under the same id. */
async function reopen(form, outbox, photos) {
  const id = /^#entry=([0-9a-f-]{36})$/.exec(window.location.hash)?.[1];
  const entry = id ? await outbox.get(id) : null;
  if (!entry || entry.done > 0) {
    return;
  }
  for (const [name, value] of entry.fields) {
    const field = form.elements[name];
    if (field instanceof RadioNodeList) {
      for (const choice of field) {
        choice.checked = choice.value === value;
      }
    } else if (field && field.type !== "file") {
      field.value = value;
    }
  }
  photos.take(entry.steps.slice(1).map((step) => ({ id: step.form.client_id, blob: step.blob })));
  form.dispatchEvent(new Event("change"));
}
