/* Plans for tests, as the API answers them, and chance that is the same in every run. */
import { Hall } from "../../assets/seatmap/hall.js";

/**
 * @typedef {{x: number, y: number, r?: number, row?: number, category?: number}} At
 * @param {At[]} seats their guids are s0, s1, …
 * @param {Partial<Plan>} rest
 * @returns {Plan}
 */
export function planOf(seats, rest = {}) {
  const rows = 1 + seats.reduce((most, { row = 0 }) => Math.max(most, row), 0);
  return {
    name: "The Globe",
    width: 1000,
    height: 1000,
    categories: [{ name: "Stalls", color: "#aa0000" }, { name: "Circle", color: "#0000aa" }],
    zones: [{ name: "House" }],
    rows: Array.from({ length: rows }, (_, row) => [0, String(row + 1)]),
    seats: {
      guid: seats.map((_, at) => `s${at}`),
      number: seats.map((_, at) => String(at + 1)),
      x: seats.map(({ x }) => x),
      y: seats.map(({ y }) => y),
      r: seats.map(({ r = 10 }) => r),
      row: seats.map(({ row = 0 }) => row),
      category: seats.map(({ category = 0 }) => category),
    },
    areas: [],
    ...rest,
  };
}

/** @param {At[]} seats @param {Partial<Plan>} [rest] */
export const hallOf = (seats, rest) => Hall.of(planOf(seats, rest));

/**
 * Rows of seats, 24 from seat to seat and 30 from row to row, turned by `degrees` around the first.
 * @param {number} rows
 * @param {number} inEach
 */
export function block(rows, inEach, degrees = 0) {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return Array.from({ length: rows * inEach }, (_, at) => {
    const [x, y] = [(at % inEach) * 24, Math.floor(at / inEach) * 30];
    return { x: x * cos - y * sin, y: x * sin + y * cos, row: Math.floor(at / inEach), category: Math.floor(at / inEach) % 2 };
  });
}

/**
 * A standing area.
 * @param {Partial<StandingArea>} says
 * @returns {StandingArea}
 */
export function standing(says) {
  return {
    shape: "rectangle", x: 0, y: 0, width: 0, height: 0, radius: 0, points: [], rotation: 0, color: "", border_color: "",
    text: "Yard", text_color: "", text_x: 0, text_y: 0, text_size: 16, guid: "yard", capacity: 50, category: 0, ...says,
  };
}

/**
 * Numbers from 0 to 1 that look like chance (Numerical Recipes' generator); the same ones for the same seed.
 * @param {number} seed
 */
export function chance(seed) {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
