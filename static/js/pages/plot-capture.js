/**
 * Walking the boundary of a plot with a phone: position, line, form, photos, and sending through the outbox, so that all
 * of it works without signal. Markup: templates/farms/_capture.html, the same online and in the shell that the service
 * worker gives without signal.
 */

import { el, readJson } from "../lib/dom.js";
import { number } from "../lib/format.js";
import { createOutbox, keepDraft, keptDraft, prepare, prepared, rememberedUser } from "../lib/outbox.js";
import { outboxLine } from "../lib/outbox-list.js";
import { photoPicker } from "../lib/photos.js";
import { follow, gradeOf, keepAwake, standAndAverage, WORST_M } from "../lib/position.js";
import { drawSketch } from "../lib/sketch.js";
import { fill } from "../lib/text.js";
import { createWalk } from "../lib/walk.js";
import { keepForNoSignal } from "../lib/worker.js";

const CAPTURES = "/api/v1/captures/";
const KIND = "capture";
const PHOTO_NAME = "anh.jpg";
const STAND_MS = 5_000;
const FIELDS = ["ref", "crop", "grower", "note"];

const root = document.querySelector("[data-capture]");
if (root && "indexedDB" in window) {
  begin(root);
}

async function begin(container) {
  const header = document.querySelector("[data-outbox]");
  const user = header?.dataset.user || (await rememberedUser());
  const lists = await listsFor(container, user);
  if (!lists) {
    return;
  }
  const outbox = createOutbox({ user, sessionUrl: header.dataset.sessionUrl });
  const entry = await wantedEntry(outbox);
  const name = entry ? `${KIND}|${entry.id}` : KIND; // what is being corrected does not push out what is being walked
  const draft = (await keptDraft(user, name)) ?? entry?.fields ?? null;
  const page = pageOf(container, { user, lists, outbox, entry, name, draft });
  await page.open();
  window.addEventListener("hashchange", () => window.location.reload()); // "correct" was pressed on this very page
  container.dataset.readyFor = user;
}

/** What the form chooses from: the page's own while online, kept for this user; in the shell what was kept. */
async function listsFor(container, user) {
  const fresh = readJson("capture-lists");
  const unprepared = document.querySelector("[data-capture-unprepared]");
  let lists = fresh;
  if (fresh && user) {
    await prepare(user, { key: KIND, kind: KIND, title: document.title, lists: fresh });
    keepForNoSignal().then((isKept) => {
      container.querySelector("[data-prepared]").textContent = isKept ? container.dataset.textReady : "";
    });
  } else if (user) {
    lists = (await prepared(user, KIND))[0]?.lists ?? null;
  }
  if (!user || !lists?.cooperatives.length) {
    unprepared.textContent = lists ? container.dataset.textNobody : container.dataset.textUnprepared;
    unprepared.hidden = false;
    return null;
  }
  container.hidden = false;
  return lists;
}

async function wantedEntry(outbox) {
  const id = /^#entry=([0-9a-f-]{36})$/.exec(window.location.hash)?.[1];
  const entry = id ? await outbox.get(id) : null;
  return entry && entry.done === 0 ? entry : null;
}

function pageOf(container, { user, lists, outbox, entry, name, draft }) {
  const texts = container.dataset;
  const find = (selector) => container.querySelector(selector);
  const form = find("[data-capture-form]");
  const holder = find("[name=cooperative]");
  let captureId = entry?.id ?? draft?.captureId ?? crypto.randomUUID();
  let here = null;
  let stopFollowing = null;
  let letSleep = null;
  let standing = null;
  let isOver = false; // handed to the outbox: nothing of it is kept as a draft any more

  const photos = photoPicker({
    input: form.querySelector("input[type=file]"),
    list: form.querySelector("[data-photos]"),
    most: Number(texts.maxPhotos),
    texts: { photo: texts.textPhotos, remove: texts.textRemove },
    onTooMany: () => say(texts.textTooMany, "warning"),
    onChange: () => save(),
  });
  const walk = createWalk({
    kept: draft?.walk,
    onChange: () => {
      save();
      show();
    },
  });

  // --- Keeping what was done, point by point ---
  let saving = Promise.resolve();
  const snapshot = () => ({
    captureId,
    walk: walk.state(),
    cooperative: holder.value,
    ...Object.fromEntries(FIELDS.map((field) => [field, form.elements[field].value])),
    photos: photos.all(),
  });
  const save = () => {
    if (!isOver) {
      const kept = snapshot();
      saving = saving.then(() => keepDraft(user, name, kept)).catch(() => say(texts.textNotKept, "error"));
    }
  };

  // --- What is shown ---
  const say = (text, tone) => {
    const place = find("[data-outcome]");
    place.hidden = false;
    place.className = `notice notice--${tone}`;
    place.replaceChildren(text);
    place.focus();
    place.scrollIntoView({ block: "nearest" });
  };
  const hush = () => {
    find("[data-outcome]").hidden = true;
  };
  const tell = (text) => {
    find("[data-told]").textContent = text;
  };
  const hectares = () => `${number(walk.areaM2() / 10_000, { digits: 4 })} ha`;
  const show = () => {
    const points = walk.points();
    const isClosed = walk.status() === "closed";
    find("[data-area]").textContent = points.length > 2 ? hectares() : "–";
    const around = { n: points.length, m: number(walk.aroundM()) };
    find("[data-points]").textContent = points.length ? fill(texts.textPoints, around) : "–";
    const error = walk.errorM();
    find("[data-mean]").textContent = error === null ? "–" : `±${number(error, { digits: 1 })} m`;
    const dropped = find("[data-dropped]");
    dropped.hidden = walk.dropped() === 0;
    dropped.textContent = fill(texts.textDropped, { n: walk.dropped() });
    const sketch = find("[data-sketch]");
    if (points.length > 0) {
      sketch.setAttribute("aria-label", fill(texts.textSketch, { n: points.length, ha: hectares() }));
    }
    drawSketch(sketch, { points: isClosed ? walk.ring() : points, here, isClosed, north: texts.textNorth });
    showProblem(isClosed);
    form.hidden = !isClosed;
    showActs();
  };
  const showProblem = (isClosed) => {
    const place = find("[data-problem]");
    const problem = isClosed ? walk.problem(lists.max_error_m) : null;
    place.hidden = problem === null;
    const text = problem === null ? "" : problemText(problem);
    if (place.textContent !== text) {
      place.textContent = text;
    }
  };
  const problemText = (problem) => {
    const words = { few: "textFew", small: "textSmall", crossing: "textCrossing", inaccurate: "textInaccurate" };
    const error = number(walk.errorM() ?? 0, { digits: 1 });
    return fill(texts[words[problem]], { m: error, limit: lists.max_error_m });
  };
  const showActs = () => {
    const status = walk.status();
    const isFollowing = stopFollowing !== null;
    const isOpen = status !== "closed";
    const isBusy = standing !== null;
    const some = walk.points().length > 0;
    const shown = {
      gps: !isFollowing && isOpen,
      start: isFollowing && status === "idle" && !isBusy,
      pause: isFollowing && status === "walking" && !isBusy,
      resume: isFollowing && status === "paused" && !isBusy,
      corner: isFollowing && isOpen,
      here: isFollowing && isOpen && !isBusy,
      undo: some && !isBusy,
      clear: some && !isBusy,
      close: isOpen && walk.points().length > 2 && !isBusy,
      reopen: !isOpen,
    };
    for (const [act, isShown] of Object.entries(shown)) {
      find(`[data-act=${act}]`).hidden = !isShown;
    }
  };
  const showPosition = (grade, words) => {
    find("[data-gps]").dataset.grade = grade;
    find("[data-gps-error]").textContent = here ? `±${number(here.accuracy)} m` : "–";
    const place = find("[data-gps-words]");
    if (place.textContent !== words) {
      place.textContent = words; // said once, not with every position
    }
  };

  // --- The satellites ---
  const turnOn = () => {
    if (stopFollowing) {
      return;
    }
    stopFollowing = follow({
      onFix: (fix) => {
        here = fix;
        const grade = gradeOf(fix.accuracy, lists.max_error_m);
        showPosition(grade, texts[`text${grade[0].toUpperCase()}${grade.slice(1)}`]);
        if (!standing) {
          walk.accept(fix);
        }
        drawSketch(find("[data-sketch]"), {
          points: walk.status() === "closed" ? walk.ring() : walk.points(),
          here,
          isClosed: walk.status() === "closed",
          north: texts.textNorth,
        });
      },
      onError: (why) => {
        if (why === "denied") {
          turnOff();
        } else if (why === "slow" && here) {
          return;
        }
        here = null;
        showPosition("none", why === "denied" ? texts.textDenied : texts.textLost);
      },
    });
    show();
  };
  const turnOff = () => {
    stopFollowing?.();
    stopFollowing = null;
    here = null;
    walk.pause();
    sleep();
    show();
  };
  const wake = () => {
    letSleep ??= keepAwake();
  };
  const sleep = () => {
    letSleep?.();
    letSleep = null;
  };
  const stand = async () => {
    if (standing) {
      standing.abort(); // pressed again: left
      return;
    }
    standing = new AbortController();
    const label = find("[data-corner-text]");
    const usual = label.textContent;
    showActs();
    const point = await standAndAverage({
      ms: STAND_MS,
      latest: () => here,
      signal: standing.signal,
      onStep: (share) => {
        label.textContent = fill(texts.textStanding, { n: Math.ceil(((1 - share) * STAND_MS) / 1000) });
      },
    });
    const wasLeft = standing.signal.aborted;
    standing = null;
    label.textContent = usual;
    if (point) {
      walk.addCorner({ ...point, how: "stood" });
      tell(fill(texts.textCorner, { n: walk.points().length }));
    } else if (!wasLeft) {
      say(texts.textNoFix, "warning");
    }
    showActs();
  };
  const mark = () => {
    if (!here || here.accuracy > WORST_M) {
      say(texts.textNoFix, "warning");
      return;
    }
    walk.addCorner({ lon: here.lon, lat: here.lat, accuracy: here.accuracy, fixes: 1, how: "pointed" });
    tell(fill(texts.textCorner, { n: walk.points().length }));
  };

  const acts = {
    gps: turnOn,
    start: () => {
      wake();
      hush();
      walk.start();
      if (here) {
        walk.accept(here);
      }
    },
    pause: () => {
      walk.pause();
      sleep();
    },
    resume: () => {
      wake();
      walk.start();
    },
    corner: stand,
    here: mark,
    undo: () => walk.undo(),
    clear: () => {
      if (window.confirm(texts.textClearQuestion)) {
        walk.clear();
      }
    },
    close: () => {
      walk.close();
      sleep();
      find("[data-capture-form] h2").scrollIntoView({ block: "start" });
    },
    reopen: () => walk.reopen(),
  };

  // --- The form ---
  const fillLists = () => {
    holder.replaceChildren(...lists.cooperatives.map(({ slug, name: title }) => el("option", { value: slug }, title)));
    const asked = new URLSearchParams(window.location.search).get("cooperative");
    const wanted = draft?.cooperative ?? asked;
    if (lists.cooperatives.some(({ slug }) => slug === wanted)) {
      holder.value = wanted;
    }
    form.elements.crop.append(...lists.crops.map(({ slug, name: title }) => el("option", { value: slug }, title)));
    for (const field of FIELDS.filter((one) => draft?.[one])) {
      form.elements[field].value = draft[field];
    }
    photos.take(draft?.photos ?? []);
  };
  const growers = () => lists.cooperatives.find(({ slug }) => slug === holder.value)?.growers ?? [];
  const fillGrowers = () => {
    find("#capture-growers").replaceChildren(...growers().map((one) => el("option", { value: one })));
  };
  const isComplete = () => {
    const grower = form.elements.grower;
    const isKnown = grower.value.trim() === "" || growers().includes(grower.value.trim());
    grower.setCustomValidity(isKnown ? "" : texts.textGrowerUnknown);
    if (form.checkValidity()) {
      return true;
    }
    say(isKnown ? texts.textFill : texts.textGrowerUnknown, "error");
    form.reportValidity();
    return false;
  };
  const bodyOf = () => ({
    capture_id: captureId,
    cooperative: holder.value,
    crop: form.elements.crop.value,
    ref: form.elements.ref.value.trim(),
    grower: form.elements.grower.value.trim(),
    note: form.elements.note.value.trim(),
    ring: walk.ring().map(({ lon, lat }) => [lon, lat]),
    determination: walk.points().every(({ how }) => how === "pointed") ? "manual" : "driven",
    accuracy_m: Math.round(walk.errorM() * 100) / 100,
    fixes: walk.fixes(),
    started_at: walk.startedAt(),
    finished_at: walk.finishedAt(),
    track: walk.track(),
    device: (navigator.userAgentData?.platform ?? navigator.platform ?? "").slice(0, 120),
  });
  const entryOf = () => {
    const steps = [{ url: CAPTURES, json: bodyOf() }];
    for (const { id, blob } of photos.all()) {
      steps.push({ url: `${CAPTURES}${captureId}/photos/`, form: { client_id: id }, blob, name: PHOTO_NAME });
    }
    const ref = form.elements.ref.value.trim() || texts.textNew;
    const title = fill(texts.textTitle, { ref, ha: hectares() });
    return { id: captureId, kind: KIND, title, page: window.location.pathname, fields: snapshot(), steps };
  };
  const submit = async (event) => {
    event.preventDefault();
    const problem = walk.problem(lists.max_error_m);
    if (problem) {
      say(problemText(problem), "error");
      return;
    }
    if (!isComplete()) {
      return;
    }
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    try {
      const outcome = await outbox.add(entryOf());
      document.dispatchEvent(new CustomEvent("outbox:changed"));
      await finish(outcome);
    } catch {
      say(texts.textNotKept, "error"); // nothing is lost: it still stands on this page, and may be sent from it
    } finally {
      button.disabled = false;
    }
  };
  /** In the outbox it is safe: the page is free for the next plot, but what was refused stays to be corrected. */
  const finish = async (outcome) => {
    if (outcome.state === "refused") {
      say(`${texts.textRefused} ${outcome.why.join(" ")}`, "error");
      return;
    }
    isOver = true;
    await saving;
    await keepDraft(user, name, null);
    if (window.location.hash) {
      window.history.replaceState(null, "", window.location.pathname);
    }
    captureId = crypto.randomUUID();
    form.reset();
    photos.take([]);
    walk.clear();
    isOver = entry !== null; // the page of a correction keeps no draft of another plot under its name
    if (outcome.state === "sent") {
      saySent(outcome.answer);
    } else {
      say(outcome.state === "sign_in" ? texts.textSignedOut : texts.textKept, "success");
    }
  };
  const saySent = (answer) => {
    const ha = `${number(answer.area_ha, { digits: 4 })} ha`;
    say(`${fill(texts.textSent, { ref: answer.ref, ha })} ${answer.notice} `, answer.notice ? "warning" : "success");
    find("[data-outcome]").append(el("a", { href: answer.url }, texts.textOpen));
  };
  const showUnsent = async () => {
    const waiting = (await outbox.entries()).filter((one) => one.kind === KIND);
    const words = document.querySelector("[data-outbox]").dataset;
    const shown = {
      ...outbox,
      discard: (id) => outbox.discard(id).then(changed),
      retry: (id) => outbox.retry(id).then(changed),
    };
    find("[data-unsent]").hidden = waiting.length === 0;
    if (waiting.length === 0 && find("[data-outcome]").textContent === texts.textKept) {
      hush(); // what was kept has gone out since
    }
    find("[data-unsent-list]").replaceChildren(...waiting.map((one) => outboxLine(words, shown, one)));
  };
  const changed = () => document.dispatchEvent(new CustomEvent("outbox:changed"));

  const open = async () => {
    fillLists();
    fillGrowers();
    find("[data-cooperative-field]").hidden = lists.cooperatives.length === 1;
    for (const [act, work] of Object.entries(acts)) {
      find(`[data-act=${act}]`).addEventListener("click", work);
    }
    holder.addEventListener("change", fillGrowers);
    container.addEventListener("change", save);
    form.addEventListener("submit", submit);
    document.addEventListener("outbox:shown", showUnsent);
    offerInstalling(find("[data-install]"));
    show();
    await showUnsent();
    if (entry) {
      say(`${texts.textCorrecting} ${entry.why.join(" ")}`, "warning");
    } else if (walk.points().length > 0) {
      say(texts.textResumed, "warning");
    }
    const permission = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (permission?.state === "granted" && walk.status() !== "closed") {
      turnOn(); // asked before: no need to press
    }
  };
  return { open };
}

/** Where the browser can install the site as an app, offer it with a button of ours. */
function offerInstalling(button) {
  let offer = null;
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer = event;
    button.hidden = false;
  });
  window.addEventListener("appinstalled", () => {
    button.hidden = true;
  });
  button.addEventListener("click", () => {
    button.hidden = true;
    offer?.prompt();
  });
}
