/** Numbers, areas and dates as people of the page's language write them. */

const LOCALES = { vi: "vi-VN", en: "en-GB" };
const ZONE = "Asia/Ho_Chi_Minh";

/** Language of the page: the `lang` of its root element. */
export function language() {
  return document.documentElement.lang === "en" ? "en" : "vi";
}

/** `number(1234.5)` is "1.234,5" in Vietnamese. */
export function number(value, { digits = 0, lang = language() } = {}) {
  return new Intl.NumberFormat(LOCALES[lang], { maximumFractionDigits: digits }).format(value);
}

/** Hectares with two digits and the unit: `hectares(1.5)` is "1,5 ha". */
export function hectares(value, { lang = language() } = {}) {
  return `${number(value, { digits: 2, lang })} ha`;
}

/** Đồng without fractions. */
export function money(value, { lang = language() } = {}) {
  return new Intl.NumberFormat(LOCALES[lang], { style: "currency", currency: "VND" }).format(value);
}

/** An ISO date or time as dd/mm/yyyy in Vietnam's time; the text itself when it is no date. */
export function date(value, { lang = language() } = {}) {
  // A bare date is a calendar day, not a moment: midday keeps it the same day in every zone.
  const moment = new Date(/^\d{4}-\d\d-\d\d$/.test(value) ? `${value}T12:00:00+07:00` : value);
  if (Number.isNaN(moment.getTime())) {
    return String(value);
  }
  const options = { day: "2-digit", month: "2-digit", year: "numeric", timeZone: ZONE };
  return new Intl.DateTimeFormat(LOCALES[lang], options).format(moment);
}

/** A value of a feature's property as text: numbers and ISO dates by language, lists joined, null as a dash. */
export function property(value, { lang = language() } = {}) {
  if (value === null || value === undefined || value === "") {
    return "–";
  }
  if (typeof value === "number") {
    return number(value, { digits: 2, lang });
  }
  if (typeof value === "string" && /^\d{4}-\d\d-\d\d(T|$)/.test(value)) {
    return date(value, { lang });
  }
  if (Array.isArray(value)) {
    return value.map((part) => property(part, { lang })).join(", ");
  }
  return String(value);
}
