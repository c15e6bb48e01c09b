/** Small helpers around the document. Nothing here runs on import. */

/**
 * Make an element: `el("a", { href: "/", class: "button" }, "Text", otherNode)`.
 * Text always becomes text nodes, so that no value can turn into markup. `on*` attributes take functions.
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) {
      continue;
    }
    if (typeof value === "function") {
      node.addEventListener(name.replace(/^on/, ""), value);
    } else {
      node.setAttribute(name, value === true ? "" : String(value));
    }
  }
  node.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return node;
}

/** Make an SVG element the same way. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, String(value));
  }
  node.append(...children);
  return node;
}

/** Return what `{{ value|json_script:"id" }}` wrote; null where there is no such element. */
export function readJson(id) {
  const node = document.getElementById(id.replace(/^#/, ""));
  return node ? JSON.parse(node.textContent) : null;
}

/** Return a function that calls `action` at its first call only and answers the same ever after. */
export function once(action) {
  let answer;
  let isDone = false;
  return (...args) => {
    if (!isDone) {
      isDone = true;
      answer = action(...args);
    }
    return answer;
  };
}

/** Return a function that calls `action` when `ms` have passed since its last call. */
export function debounce(action, ms) {
  let timer;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), ms);
  };
}

/** Call `action` when the page has painted and the browser is idle, at the latest after `ms`. */
export function whenIdle(action, ms = 1500) {
  if ("requestIdleCallback" in window) {
    window.requestIdleCallback(action, { timeout: ms });
  } else {
    setTimeout(action, 200);
  }
}

/** True when the person asked the system for less motion. */
export function wantsCalm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}

/** True on devices whose main pointer is a finger. */
export function isTouch() {
  return window.matchMedia("(pointer: coarse)").matches;
}
