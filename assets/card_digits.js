/* How what is typed into a card's fields is written: as on the card. */

/** @type {[name: string, begins: RegExp][]} */
const BRANDS = [["American Express", /^3[47]/], ["Visa", /^4/], ["Mastercard", /^(5[1-5]|2[2-7])/], ["Maestro", /^(50|5[6-9]|6[0-9])/]];
const AMEX = [4, 6, 5], OTHERS = [4, 4, 4, 4, 3];

/** @param {string} text */
export const digitsOf = (text) => text.replace(/\D/g, "");

/** @param {string} digits */
export const brandOf = (digits) => BRANDS.find(([, begins]) => begins.test(digits))?.[0] ?? "";

/** @param {string} digits */
export function grouped(digits) {
  const groups = [];
  let rest = digits;
  for (const size of brandOf(digits) === BRANDS[0][0] ? AMEX : OTHERS) {
    if (rest) groups.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return groups.join(" ");
}

/**
 * “12/30” from 1230, 12/2030 or 12 30; a month of one digit is told by what follows it.
 * @param {string} digits
 * @param {string} typed what was typed, with all that stands between the digits
 */
export function dated(digits, typed) {
  const alone = /^\s*(\d)\s*[/.-]/.exec(typed);
  let all = alone || /^[2-9]/.test(digits) ? `0${digits}` : digits;
  if (/^\d\d20\d\d$/.test(all)) all = all.slice(0, 2) + all.slice(4);
  all = all.slice(0, /^\d\d20/.test(all) ? 6 : 4);
  return all.length > 2 ? `${all.slice(0, 2)}/${all.slice(2)}` : all;
}

/**
 * Where the caret goes when `typed` is written anew: it stays behind the same digit.
 * @param {string} typed
 * @param {number} caret
 * @param {string} written
 */
export function caretIn(typed, caret, written) {
  if (caret === typed.length) return written.length;
  const behind = digitsOf(typed.slice(0, caret)).length;
  let at = 0;
  while (at < written.length && digitsOf(written.slice(0, at)).length < behind) at += 1;
  return at;
}
