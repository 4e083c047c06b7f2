/* What the map says, in the language of the page: components/seat_map.py brings the words. */

/**
 * `say("chosen", {n: 2, most: 8})` fills in the named places; numbers as they are written in the page's language.
 * @param {Record<string, string>} words
 * @returns {Say}
 */
export function speaker(words) {
  const numbers = new Intl.NumberFormat(document.documentElement.lang || undefined);
  /** @param {string | number | undefined} part */
  const written = (part) => (typeof part === "number" ? numbers.format(part) : part ?? "");
  return (key, parts = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => written(parts[name]));
}
