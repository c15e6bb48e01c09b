/**
 * Suggestions under a text field, by the ARIA pattern "combobox with a listbox popup": arrow keys, Enter, Escape,
 * mouse and touch. Without script the field stays what it is, a plain search.
 */

import { debounce, el } from "./dom.js";

/**
 * @param {HTMLInputElement} input
 * @param {object} options
 * @param {(text: string, signal: AbortSignal) => Promise<object[]>} options.ask gives items `{label, note, ...}`
 * @param {(item: object) => void} options.choose
 * @param {string} options.label what the list is called
 */
export function combobox(input, { ask, choose, label }) {
  const list = el("ul", { id: `${input.id}-options`, class: "suggestions", role: "listbox", "aria-label": label });
  list.hidden = true;
  const box = el("div", { class: "suggestions-box" });
  input.replaceWith(box);
  box.append(input, list);
  setAttributes(input, {
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-controls": list.id,
    "aria-expanded": "false",
    autocomplete: "off",
  });
  input.removeAttribute("list");

  let items = [];
  let active = -1;
  let running = null;

  const close = () => {
    running?.abort();
    list.hidden = true;
    active = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };

  const mark = (index) => {
    active = index;
    for (const [position, option] of [...list.children].entries()) {
      option.setAttribute("aria-selected", String(position === index));
    }
    if (index < 0) {
      input.removeAttribute("aria-activedescendant");
      return;
    }
    input.setAttribute("aria-activedescendant", list.children[index].id);
    list.children[index].scrollIntoView({ block: "nearest" });
  };

  const take = (index) => {
    const item = items[index];
    close();
    choose(item);
  };

  const show = (found) => {
    items = found;
    list.replaceChildren(...found.map((item, index) => option(item, `${list.id}-${index}`, () => take(index))));
    list.hidden = found.length === 0;
    input.setAttribute("aria-expanded", String(found.length > 0));
    mark(-1);
  };

  const search = async () => {
    running?.abort();
    running = new AbortController();
    const { signal } = running;
    const text = input.value.trim();
    if (!text) {
      close();
      return;
    }
    try {
      const found = await ask(text, signal);
      if (!signal.aborted && document.activeElement === input) {
        show(found);
      }
    } catch (problem) {
      if (problem.name !== "AbortError") {
        close(); // suggestions are a help: the search itself still works
      }
    }
  };

  input.addEventListener("input", debounce(search, 150));
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (list.hidden || event.isComposing) {
      return; // Vietnamese input methods use Enter and arrows while they compose
    }
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key in steps) {
      event.preventDefault();
      const count = items.length;
      mark(active < 0 && steps[event.key] < 0 ? count - 1 : (active + steps[event.key] + count) % count);
    } else if (event.key === "Enter" && active >= 0) {
      event.preventDefault();
      take(active);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
}

function option(item, id, take) {
  return el(
    "li",
    {
      id,
      role: "option",
      class: "suggestions__item",
      "aria-selected": "false",
      // The field keeps the focus: otherwise `blur` closes the list before the click arrives.
      onpointerdown: (event) => event.preventDefault(),
      onclick: take,
    },
    el("span", { class: "suggestions__label" }, item.label),
    item.note ? el("span", { class: "suggestions__note" }, item.note) : null,
  );
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
}
