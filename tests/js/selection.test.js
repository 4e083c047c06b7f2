import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, mock, test } from "node:test";
import { isGuess, Selection } from "../../assets/seatmap/selection.js";

/** What was chosen as the viewer sees it, and how often they were told that nobody answered. */
function chosen() {
  const heard = { changes: 0, silences: 0 };
  const selection = new Selection(() => { heard.changes += 1; }, () => { heard.silences += 1; });
  return { selection, heard, units: () => [...selection.units] };
}

beforeEach(() => mock.timers.enable({ apis: ["setTimeout", "Date"] }));
afterEach(() => mock.timers.reset());

describe("a wish", () => {
  test("shows at once, as one until the server has granted it", () => {
    const { selection, units, heard } = chosen();
    selection.add(["seat:a"]);
    assert.deepEqual([units(), selection.isAsked("seat:a"), heard.changes], [["seat:a"], true, 1]);
    selection.settle(["seat:a"]);
    assert.deepEqual([units(), selection.isAsked("seat:a"), selection.wishes], [["seat:a"], false, []]);
  });

  test("to let go hides a seat at once, and brings it back where it is refused", () => {
    const { selection, units } = chosen();
    selection.settle(["seat:a", "seat:b"]);
    selection.drop(["seat:a"]);
    assert.deepEqual(units(), ["seat:b"]);
    selection.work(true);
    selection.settle(["seat:a", "seat:b"]);
    selection.work(false);
    assert.deepEqual(units(), ["seat:a", "seat:b"]);
  });

  test("that was not granted when the server is done is refused, and only that one", () => {
    const { selection, units } = chosen();
    selection.add(["seat:a", "seat:b"]);
    assert.deepEqual(selection.work(true), []);
    selection.add(["seat:c"]);
    selection.settle(["seat:a"]);
    assert.deepEqual(selection.work(false), ["seat:b"]);
    assert.deepEqual(units(), ["seat:a", "seat:c"]);
  });

  test("that came true before the server was done is not refused", () => {
    const { selection } = chosen();
    selection.add(["seat:a"]);
    selection.work(true);
    selection.settle(["seat:a"]);
    assert.deepEqual(selection.work(false), []);
  });

  test("that nobody answers is taken back after five seconds, and said to be", () => {
    const { selection, units, heard } = chosen();
    selection.add(["seat:a"]);
    mock.timers.tick(4900);
    assert.deepEqual([units(), heard.silences], [["seat:a"], 0]);
    mock.timers.tick(200);
    assert.deepEqual([units(), heard.silences], [[], 1]);
    mock.timers.tick(60_000);
    assert.equal(heard.silences, 1);
  });

  test("is taken back sooner where the server has answered a later one", () => {
    const { selection, units, heard } = chosen();
    selection.add(["seat:a"]);
    selection.work(true);
    selection.settle(["seat:a"]);
    selection.add(["seat:lost"]);
    selection.work(false);
    mock.timers.tick(1600);
    assert.deepEqual([units(), heard.silences], [["seat:a"], 1]);
  });

  test("that was not sent is forgotten without a word", () => {
    const { selection, units, heard } = chosen();
    selection.settle(["seat:a"]);
    selection.add(["seat:b"]);
    selection.drop(["seat:a"]);
    selection.forget();
    assert.deepEqual(units(), ["seat:a"]);
    mock.timers.tick(60_000);
    assert.equal(heard.silences, 0);
  });
});

describe("places of a standing area", () => {
  test("have made-up names until the server says which they are", () => {
    const { selection, units } = chosen();
    selection.addPlaces("yard", 2);
    selection.addPlaces("yard", 1);
    assert.equal(new Set(units()).size, 3);
    assert.ok(units().every(isGuess));
    selection.settle(["stand:yard:7", "stand:yard:8"]);
    assert.equal(selection.size, 3);
    assert.deepEqual(units().filter((unit) => !isGuess(unit)), ["stand:yard:7", "stand:yard:8"]);
  });

  test("of one area are not taken for those of another", () => {
    const { selection, units } = chosen();
    selection.addPlaces("yard", 1);
    selection.settle(["stand:pit:1", "seat:a"]);
    assert.equal(units().filter(isGuess).length, 1);
    selection.settle(["stand:pit:1", "seat:a", "stand:yard:1"]);
    assert.deepEqual(units(), ["stand:pit:1", "seat:a", "stand:yard:1"]);
  });
});
