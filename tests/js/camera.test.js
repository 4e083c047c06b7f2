import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Camera } from "../../assets/seatmap/camera.js";
import { block, chance, hallOf } from "./halls.js";

const LARGE = await hallOf(block(100, 100));
const WIDE = 800, HIGH = 600;

function onWholeHall(hall = LARGE) {
  const camera = new Camera(hall);
  camera.frame(WIDE, HIGH);
  return camera;
}

/** @param {Camera} camera */
const centreOf = (camera) => camera.toPlan(camera.width / 2, camera.height / 2);

/** @param {{x: number, y: number}} one @param {{x: number, y: number}} other */
const isNear = (one, other, within = 1e-6) => assert.ok(Math.hypot(one.x - other.x, one.y - other.y) < within, `${one.x}, ${one.y} is not ${other.x}, ${other.y}`);

test("the whole hall is seen at first, in the middle", () => {
  const camera = onWholeHall(), { left, top, width, height } = LARGE.bounds;
  const from = camera.toScreen(left, top), until = camera.toScreen(left + width, top + height);
  assert.ok(from.x >= -1e-6 && from.y >= -1e-6 && until.x <= WIDE + 1e-6 && until.y <= HIGH + 1e-6);
  isNear(centreOf(camera), { x: left + width / 2, y: top + height / 2 });
});

test("a point of the plan and its place on the screen are told one from the other", () => {
  const random = chance(1), camera = onWholeHall();
  for (let turn = 0; turn < 300; turn++) {
    camera.zoomAt(random() * WIDE, random() * HIGH, 0.5 + random());
    camera.panBy(random() * 200 - 100, random() * 200 - 100);
    const at = { x: random() * WIDE, y: random() * HIGH }, point = camera.toPlan(at.x, at.y);
    isNear(camera.toScreen(point.x, point.y), at);
  }
});

describe("zooming", () => {
  test("keeps the point under the hand", () => {
    const camera = onWholeHall();
    for (const factor of [2, 1.5, 1.2, 0.9]) {
      const point = camera.toPlan(500, 200);
      camera.zoomAt(500, 200, factor);
      isNear(camera.toScreen(point.x, point.y), { x: 500, y: 200 });
    }
  });

  test("ends where seats are large enough, and a little beyond the whole hall", () => {
    const camera = onWholeHall();
    for (let turn = 0; turn < 50; turn++) camera.zoomAt(400, 300, 3);
    assert.equal(camera.seatPixels, 22);
    for (let turn = 0; turn < 50; turn++) camera.zoomAt(400, 300, 0.3);
    assert.ok(Math.abs(camera.k - camera.fitK * 0.85) < 1e-9);
  });

  test("of a hall with two seats never ends before the whole of it is seen", async () => {
    const camera = onWholeHall(await hallOf([{ x: 0, y: 0 }, { x: 24, y: 0 }]));
    assert.equal(camera.k, camera.fitK);
    assert.ok(camera.mostK > camera.fitK);
  });
});

test("however it is dragged, some of the hall stays in sight", () => {
  const random = chance(2), camera = onWholeHall(), { left, top, width, height } = LARGE.bounds;
  for (let turn = 0; turn < 500; turn++) {
    if (random() < 0.3) camera.zoomAt(random() * WIDE, random() * HIGH, 0.3 + random() * 2);
    camera.panBy((random() - 0.5) * 5000, (random() - 0.5) * 5000);
    const from = camera.toScreen(left, top), until = camera.toScreen(left + width, top + height);
    assert.ok(from.x < WIDE && until.x > 0 && from.y < HIGH && until.y > 0, `turn ${turn}`);
  }
});

describe("a view of another size", () => {
  test("goes on showing the whole hall", () => {
    const camera = onWholeHall();
    camera.frame(320, 700);
    assert.equal(camera.k, camera.fitK);
    assert.equal(camera.k, 320 / LARGE.bounds.width);
  });

  test("keeps what was looked at in its middle", () => {
    const camera = onWholeHall();
    camera.centreOn(900, 1200, 1, false);
    camera.frame(500, 500);
    isNear(centreOf(camera), { x: 900, y: 1200 });
    assert.equal(camera.k, 1);
  });

  test("shows the hall again after it was hidden", () => {
    const camera = onWholeHall();
    camera.frame(0, 0);
    camera.frame(WIDE, HIGH);
    const fresh = onWholeHall();
    assert.deepEqual([camera.k, camera.tx, camera.ty], [fresh.k, fresh.tx, fresh.ty]);
  });
});

describe("a flight", () => {
  test("ends where it was to, once its time is over", () => {
    const camera = onWholeHall();
    camera.centreOn(900, 1200, 1);
    assert.ok(camera.flight);
    const { from } = camera.flight;
    camera.fly(from + 239);
    assert.ok(camera.flight);
    camera.fly(from + 241);
    assert.equal(camera.flight, null);
    assert.equal(camera.k, 1);
    isNear(centreOf(camera), { x: 900, y: 1200 });
  });

  test("comes ever closer, in a straight line", () => {
    const camera = onWholeHall(), start = centreOf(camera), end = { x: 2000, y: 2500 };
    camera.centreOn(end.x, end.y, 1.5);
    const from = camera.flight?.from ?? NaN;
    let [k, way] = [camera.k, 0];
    for (let now = 10; now < 240; now += 10) {
      camera.fly(from + now);
      const at = centreOf(camera), gone = Math.hypot(at.x - start.x, at.y - start.y), left = Math.hypot(end.x - at.x, end.y - at.y);
      assert.ok(Math.abs(gone + left - Math.hypot(end.x - start.x, end.y - start.y)) < 1e-3, `off the line after ${now} ms`);
      assert.ok(camera.k > k && gone > way, `not closer after ${now} ms`);
      [k, way] = [camera.k, gone];
    }
  });

  test("is fast at first: half its time takes it seven eighths of its way", () => {
    const camera = onWholeHall(), start = centreOf(camera), end = { x: 2000, y: 2500 };
    camera.centreOn(end.x, end.y, 1.5);
    camera.fly((camera.flight?.from ?? NaN) + 120);
    isNear(centreOf(camera), { x: start.x + (end.x - start.x) * 0.875, y: start.y + (end.y - start.y) * 0.875 }, 1e-3);
  });

  test("is none for those who want no motion, and ends when a hand takes over", () => {
    const still = onWholeHall();
    still.still = { matches: true };
    still.centreOn(900, 1200, 1);
    assert.deepEqual([still.flight, still.k], [null, 1]);
    const camera = onWholeHall();
    camera.centreOn(900, 1200, 1);
    camera.panBy(1, 0);
    assert.equal(camera.flight, null);
  });

  test("goes as far as pressed: a second press counts from where the first one leads", () => {
    const camera = onWholeHall(), { fitK } = camera;
    camera.zoomBy(1.7);
    camera.zoomBy(1.7);
    assert.ok(Math.abs((camera.flight?.end.k ?? 0) - fitK * 1.7 * 1.7) < 1e-9);
  });
});

test("seats that are shown are in view, and large enough to read where there is room", () => {
  const random = chance(3);
  for (let turn = 0; turn < 100; turn++) {
    const camera = onWholeHall();
    camera.still = { matches: true };
    const seats = Array.from({ length: 1 + Math.floor(random() * 5) }, () => Math.floor(random() * LARGE.count));
    camera.show(seats);
    for (const seat of seats) {
      const { x, y } = camera.toScreen(LARGE.x[seat], LARGE.y[seat]);
      assert.ok(x > 0 && x < WIDE && y > 0 && y < HIGH, `seat ${seat}`);
    }
    if (seats.length === 1) assert.ok(camera.seatPixels > 9.99);
  }
});

test("the keyboard's seat is followed only when it leaves the view or is too small", () => {
  const camera = onWholeHall();
  camera.still = { matches: true };
  camera.follow(0);
  assert.ok(camera.seatPixels > 9.99);
  const seat = 5050, { x, y } = { x: LARGE.x[seat], y: LARGE.y[seat] };
  camera.centreOn(x, y, 1, false);
  const before = camera.tx;
  camera.follow(seat + 3);
  assert.equal(camera.tx, before);
  camera.follow(seat + 30);
  isNear(centreOf(camera), { x: LARGE.x[seat + 30], y });
});
