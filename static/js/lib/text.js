/** Fill `{name}` places of a translated text: `fill("Có {n} vùng", { n: 3 })`. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
