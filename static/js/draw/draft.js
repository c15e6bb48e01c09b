/** Unsaved work survives a reload in this tab, and is not left behind without a question. */

/** `keepDraft(form, key, version)` → `{ shape(), save(shape), forget(), touch() }`. */
export function keepDraft(form, key, version) {
  const name = `plot-draft:${key}`;
  let isDirty = false;
  let isLeaving = false;
  let lastShape = null;

  const read = () => {
    try {
      const kept = JSON.parse(window.sessionStorage.getItem(name));
      return kept?.version === version ? kept : null;
    } catch {
      return null;
    }
  };
  const fields = () =>
    [...new FormData(form)].filter(
      ([field, value]) => typeof value === "string" && !["csrfmiddlewaretoken", "boundary", "version"].includes(field),
    );
  const write = () => {
    try {
      window.sessionStorage.setItem(name, JSON.stringify({ version, shape: lastShape, fields: fields() }));
    } catch (problem) {
      console.info("The draft is not kept:", problem.message);
    }
  };

  form.addEventListener("submit", () => {
    isLeaving = true;
  });
  form.addEventListener("change", () => {
    if (lastShape) {
      write();
    }
    isDirty = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty && !isLeaving) {
      event.preventDefault();
    }
  });

  return {
    /** The shape of the draft of this very version; null without one. Its fields are put into the form. */
    restore() {
      const kept = read();
      if (!kept?.shape) {
        return null;
      }
      for (const [field, value] of kept.fields) {
        for (const control of form.querySelectorAll(`[name="${CSS.escape(field)}"]`)) {
          if (control.type === "checkbox" || control.type === "radio") {
            control.checked = control.checked || control.value === value;
          } else {
            control.value = value;
          }
        }
      }
      lastShape = kept.shape;
      return kept.shape;
    },

    save(shape) {
      lastShape = shape;
      isDirty = true;
      write();
    },

    forget() {
      window.sessionStorage.removeItem(name);
      isDirty = false;
      lastShape = null;
    },
  };
}
