/* The time until something, in seconds: how it is written, and how much it presses. */

const SOON = 5 * 60, LAST = 60, HOUR = 3600, DAY = 24 * HOUR;

/**
 * 4:05, 1:04:05, 3 days 1:04:05
 * @param {number} seconds
 * @param {string} language
 */
export function written(seconds, language) {
  /** @param {number} number */
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor((seconds % HOUR) / 60), rest = two(seconds % 60);
  if (seconds < HOUR) return `${minutes}:${rest}`;
  const clock = `${Math.floor((seconds % DAY) / HOUR)}:${two(minutes)}:${rest}`;
  if (seconds < DAY) return clock;
  const days = new Intl.NumberFormat(language, { style: "unit", unit: "day", unitDisplay: "long" });
  return `${days.format(Math.floor(seconds / DAY))} ${clock}`;
}

/** @param {number} seconds */
export const urgencyOf = (seconds) => (seconds === 0 ? "over" : seconds <= LAST ? "last" : seconds <= SOON ? "soon" : "calm");
