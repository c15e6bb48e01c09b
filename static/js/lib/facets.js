/** The counts beside the choices of a filter form, kept true while the filters change. */

/**
 * Write `facets` (`{parameter: [{value, label, count}]}`) into the form: menus get the choices that find something,
 * months their numbers. What is chosen stays chosen.
 */
export function showFacets(form, facets) {
  for (const [name, values] of Object.entries(facets)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLSelectElement) {
      fillMenu(field, values);
    }
    for (const { value, count } of name === "month" ? values : []) {
      const place = form.querySelector(`[data-count="${value}"]`);
      if (place) {
        place.textContent = String(count);
      }
    }
  }
}

/** Choose `value` in a menu, adding it where the counts had left it out. */
export function chooseInMenu(menu, value, label) {
  if (![...menu.options].some((option) => option.value === value)) {
    menu.add(new Option(label, value));
  }
  menu.value = value;
}

function fillMenu(menu, values) {
  const chosen = menu.value;
  const [nothing] = menu.options;
  const options = values.map(({ value, label, count }) => new Option(`${label} (${count})`, value));
  const isThere = values.some(({ value }) => value === chosen);
  const kept = chosen && !isThere ? [...menu.options].filter((option) => option.value === chosen) : [];
  menu.replaceChildren(nothing, ...options, ...kept);
  menu.value = chosen;
}
