/* How figures, cards, words and colours are written. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { brandOf, caretIn, dated, digitsOf, grouped } from "../../assets/card_digits.js";
import { luminance } from "../../assets/seatmap/painter.js";
import { speaker } from "../../assets/seatmap/words.js";
import { urgencyOf, written } from "../../assets/time_left.js";
import { chance } from "./halls.js";

test("a card's number is grouped as it is printed, while it is typed", () => {
  const cards = { 4: "4", "42424": "4242 4", "4242424242424242": "4242 4242 4242 4242", "378282246310005": "3782 822463 10005", "6304000000000000000": "6304 0000 0000 0000 000" };
  for (const [digits, card] of Object.entries(cards)) assert.equal(grouped(digits), card);
  assert.equal(grouped("42424242424242424242999"), "4242 4242 4242 4242 424");
});

test("a card's brand is told by how its number begins", () => {
  const brands = { "34": "American Express", "37": "American Express", 4: "Visa", 51: "Mastercard", 55: "Mastercard", 2221: "Mastercard", 50: "Maestro", 56: "Maestro", 6304: "Maestro" };
  for (const [digits, brand] of Object.entries(brands)) assert.equal(brandOf(digits), brand, digits);
  for (const digits of ["", "3", "5", "36", "21", "28", "0", "9"]) assert.equal(brandOf(digits), "", digits);
});

test("an expiry is written with a slash, however it is typed", () => {
  const dates = { 1: "1", 12: "12", 123: "12/3", 1230: "12/30", "12/2030": "12/30", "12 / 30": "12/30", "122030": "12/30", "1/30": "01/30", 4: "04", 430: "04/30", "12/20": "12/20", "12/203": "12/203", 123456: "12/34" };
  for (const [typed, date] of Object.entries(dates)) assert.equal(dated(digitsOf(typed), typed), date, typed);
});

test("the caret stays behind the digit that it was behind", () => {
  assert.equal(caretIn("42424", 5, "4242 4"), 6);
  assert.equal(caretIn("4", 1, "04"), 2);
  assert.equal(caretIn("4242 94242", 6, "4242 9424 2"), 6);
  assert.equal(caretIn("4242 4242", 0, "4242 4242"), 0);
  const random = chance(1);
  for (let turn = 0; turn < 300; turn++) {
    const digits = Array.from({ length: 1 + Math.floor(random() * 18) }, () => Math.floor(random() * 10)).join("");
    const caret = Math.floor(random() * digits.length), card = grouped(digits);
    assert.equal(digitsOf(card.slice(0, caretIn(digits, caret, card))), digits.slice(0, caret));
  }
});

test("the time left is written as clocks write it, from an hour on with hours, from a day on with days", () => {
  const times = { 0: "0:00", 5: "0:05", 65: "1:05", 600: "10:00", 3599: "59:59", 3600: "1:00:00", 3845: "1:04:05", 86399: "23:59:59", 86400: "1 day 0:00:00", 263045: "3 days 1:04:05" };
  for (const [seconds, clock] of Object.entries(times)) assert.equal(written(Number(seconds), "en"), clock);
  assert.equal(written(263_045, "de"), "3 Tage 1:04:05");
});

test("time presses from five minutes on, and more in the last one", () => {
  assert.deepEqual([301, 300, 61, 60, 1, 0].map(urgencyOf), ["calm", "soon", "soon", "last", "last", "over"]);
});

test("words are filled with figures in the page's own language", () => {
  Object.assign(globalThis, { document: { documentElement: { lang: "de" } } });
  const say = speaker({ left: "noch {n}", pair: "{seat}, {seat}: {n} von {most}", plain: "{missing}!" });
  assert.equal(say("left", { n: 12_345 }), "noch 12.345");
  assert.equal(say("pair", { seat: "{n}", n: 1, most: 8 }), "{n}, {n}: 1 von 8");
  assert.equal(say("plain"), "!");
});

test("a colour's luminance is what WCAG says it is", () => {
  const colours = { "#000000": 0, "#ffffff": 1, "#fff": 1, "#ff0000": 0.2126, "#00ff00": 0.7152, "#0000ff": 0.0722, "#777777": 0.184 };
  for (const [colour, is] of Object.entries(colours)) assert.ok(Math.abs(luminance(colour) - is) < 0.001, colour);
  for (const colour of ["", "red", "#12345", "rgb(0, 0, 0)"]) assert.equal(luminance(colour), 0.3);
});
