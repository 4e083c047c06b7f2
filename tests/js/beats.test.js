import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { beats } from "../../assets/beats.js";

let count = 0;
/** @type {ReturnType<typeof beats>} */
let heart;

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: 1_000_000 });
  count = 0;
  heart = beats(() => { count += 1; });
});
afterEach(() => mock.timers.reset());

test("what happens together is one beat, a moment later", () => {
  for (let turn = 0; turn < 20; turn++) heart.beat();
  mock.timers.tick(299);
  assert.equal(count, 0);
  mock.timers.tick(1);
  assert.equal(count, 1);
  mock.timers.tick(60_000);
  assert.equal(count, 1);
});

test("what goes on without end beats every other second", () => {
  for (let turn = 0; turn < 100; turn++) {
    heart.beat();
    mock.timers.tick(100);
  }
  assert.equal(count, 5);
});

test("after a rest the next beat comes at once again", () => {
  heart.beat();
  mock.timers.tick(300);
  mock.timers.tick(10_000);
  heart.beat();
  mock.timers.tick(300);
  assert.equal(count, 2);
});

test("nothing beats after the end", () => {
  heart.beat();
  heart.stop();
  mock.timers.tick(10_000);
  assert.equal(count, 0);
});
