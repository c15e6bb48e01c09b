/** Photos chosen or taken on a page: made small, shown, taken out again; each has a UUID of its own from the start. */

import { smaller } from "./camera.js";
import { el } from "./dom.js";
import { fill } from "./text.js";

/**
 * Return `{ all(), take(photos) }` for a file `input` and the `list` that shows what was chosen; a photo is
 * `{ id, blob }`. `texts`: `photo` and `remove` with `{n}`. `onTooMany()` is called when more than `most` were chosen,
 * `onChange(photos)` at every change by the person.
 */
export function photoPicker({ input, list, most, texts, onTooMany = () => {}, onChange = () => {} }) {
  let chosen = [];
  const show = () => {
    list.replaceChildren(
      ...chosen.map((photo, number) => {
        const n = number + 1;
        const remove = () => {
          URL.revokeObjectURL(photo.address);
          chosen = chosen.filter((one) => one !== photo);
          show();
          onChange(chosen);
        };
        const picture = el("img", { src: photo.address, alt: fill(texts.photo, { n }) });
        const label = fill(texts.remove, { n });
        return el("li", {}, picture, el("button", { type: "button", class: "button-plain", onclick: remove }, label));
      }),
    );
  };
  const shown = (id, blob) => ({ id, blob, address: URL.createObjectURL(blob) });
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    if (chosen.length + files.length > most) {
      onTooMany();
    }
    for (const file of files.slice(0, Math.max(0, most - chosen.length))) {
      chosen.push(shown(crypto.randomUUID(), await smaller(file)));
    }
    show();
    onChange(chosen);
  });
  const take = (photos) => {
    chosen = photos.map((photo) => shown(photo.id, photo.blob));
    show();
  };
  return { all: () => chosen.map(({ id, blob }) => ({ id, blob })), take };
}
