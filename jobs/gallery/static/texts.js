// Texts of the pages in the language of the page. They are written in English; the server has the
// translations in a file for each other language.

export const LANGUAGE = document.documentElement.lang || "en";
// Dates in English as the server writes them: 3 May 2024.
export const LOCALE = LANGUAGE === "en" ? "en-GB" : LANGUAGE;

const TABLE = LANGUAGE === "en" ? {} : await fetchTable();

async function fetchTable() {
  try {
    const response = await fetch(`/static/${LANGUAGE}.json`);
    return response.ok ? await response.json() : {};
  } catch {
    return {};
  }
}

/** Return a number as the language of the page writes it. */
export function numberText(value, digits = 0) {
  return value.toLocaleString(LOCALE, { maximumFractionDigits: digits });
}

/** Return how many photos there are. */
export function photosText(photos) {
  const count = numberText(photos);
  return photos === 1 ? text("{count} photo", { count }) : text("{count} photos", { count });
}

/** Return an English text in the language of the page, with `values` in the places in braces. */
export function text(english, values = {}) {
  return (TABLE[english] ?? english).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}
