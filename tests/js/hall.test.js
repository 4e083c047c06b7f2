import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { corners, FREE, HELD, SOLD } from "../../assets/seatmap/hall.js";
import { block, chance, hallOf, standing } from "./halls.js";

describe("the seat under a point", () => {
  test("is the one whose disc it lies in, up to the rim and a little beyond", async () => {
    const hall = await hallOf([{ x: 100, y: 100 }]);
    for (const [x, y] of [[100, 100], [109.9, 100], [100, 90.1], [107, 107], [112.9, 100]]) assert.equal(hall.nearest(x, y, 0), 0, `${x}, ${y}`);
    for (const [x, y] of [[113.1, 100], [100, 86.9], [109.5, 109.5]]) assert.equal(hall.nearest(x, y, 0), -1, `${x}, ${y}`);
  });

  test("is none in the gap between two, and the nearer one where a thick finger covers both", async () => {
    const hall = await hallOf([{ x: 0, y: 0, r: 5 }, { x: 24, y: 0, r: 5 }]);
    assert.equal(hall.nearest(12, 0, 0), -1);
    assert.equal(hall.nearest(11.9, 0, 14), 0);
    assert.equal(hall.nearest(12.1, 0, 14), 1);
  });

  test("is the one whose centre is nearer where two overlap", async () => {
    const hall = await hallOf([{ x: 0, y: 0 }, { x: 8, y: 0 }]);
    assert.deepEqual([3.9, 4.1, -9, 17].map((x) => hall.nearest(x, 0, 0)), [0, 1, 0, 1]);
  });

  test("is a large one also at its rim, however small its neighbours are", async () => {
    const small = Array.from({ length: 20 }, (_, at) => ({ x: 200 + at * 12, y: 0, r: 5 }));
    const hall = await hallOf([{ x: 0, y: 0, r: 40 }, ...small]);
    assert.equal(hall.seatRadius, 5);
    assert.equal(hall.nearest(39, 0, 0), 0);
    assert.equal(hall.nearest(-28, 28, 0), 0);
    assert.equal(hall.nearest(200, 0, 0), 1);
  });

  test("is found in rows that are turned by any angle", async () => {
    for (const degrees of [0, 17, 45, 90, 133, 270]) {
      const hall = await hallOf(block(12, 20, degrees));
      for (let seat = 0; seat < hall.count; seat++) {
        assert.equal(hall.nearest(hall.x[seat], hall.y[seat], 0), seat, `seat ${seat} at ${degrees}°`);
        const [x, y] = [(hall.x[seat] + hall.x[seat + 21]) / 2, (hall.y[seat] + hall.y[seat + 21]) / 2];
        if (hall.row[seat] === hall.row[seat + 20] - 1 && hall.row[seat + 21] === hall.row[seat] + 1) assert.equal(hall.nearest(x, y, 0), -1);
      }
    }
  });

  test("is the same that a look at each of 10,000 finds, wherever the point and whatever the reach", async () => {
    const random = chance(1);
    const seats = Array.from({ length: 10_000 }, () => ({ x: random() * 4000 - 1000, y: random() * 3000 - 2000, r: 4 + random() * 8 }));
    const hall = await hallOf(seats);
    let found = 0;
    for (let turn = 0; turn < 1500; turn++) {
      const [x, y, reach] = [random() * 5000 - 1500, random() * 4000 - 2500, random() < 0.5 ? 0 : random() * 60];
      let [best, least] = [-1, Infinity];
      for (let seat = 0; seat < hall.count; seat++) {
        const away = Math.hypot(hall.x[seat] - x, hall.y[seat] - y);
        if (away < least && away < Math.max(reach, hall.radius[seat] * 1.3)) [best, least] = [seat, away];
      }
      found += best >= 0 ? 1 : 0;
      assert.equal(hall.nearest(x, y, reach), best, `(${x}, ${y}) within ${reach}`);
    }
    assert.ok(found > 300 && found < 1200, `${found} hits and the rest misses`);
  });

  test("is the nearest of all without a limit, and none in a hall without seats", async () => {
    assert.equal((await hallOf(block(3, 3))).nearest(-500, -500, Infinity), 0);
    const yard = await hallOf([], { areas: [standing({ width: 100, height: 50 })] });
    assert.equal(yard.nearest(10, 10, Infinity), -1);
  });

  test("costs a look at a few of 10,000, not at all", async () => {
    const hall = await hallOf(block(100, 100));
    let looks = 0;
    hall.visit(1190, 1490, 1210, 1510, () => { looks += 1; });
    assert.ok(looks > 0 && looks < 100, `${looks} looks`);
  });
});

test("what lies in a rectangle is visited, each seat once", async () => {
  const random = chance(2);
  const hall = await hallOf(block(40, 50, 30));
  for (let turn = 0; turn < 200; turn++) {
    const [left, top] = [random() * 2000 - 700, random() * 2000 - 200];
    const [right, bottom] = [left + random() * 500, top + random() * 500];
    /** @type {number[]} */
    const seen = [];
    hall.visit(left, top, right, bottom, (seat) => seen.push(seat));
    assert.equal(new Set(seen).size, seen.length);
    for (let seat = 0; seat < hall.count; seat++) {
      const isInside = hall.x[seat] >= left && hall.x[seat] <= right && hall.y[seat] >= top && hall.y[seat] <= bottom;
      if (isInside) assert.ok(seen.includes(seat), `seat ${seat}`);
    }
  }
});

describe("the standing area under a point", () => {
  /** @param {Partial<StandingArea>[]} areas */
  const yards = (...areas) => hallOf([], { areas: areas.map((area, at) => standing({ guid: `area ${at}`, ...area })) });

  test("ends at its edges", async () => {
    const hall = await yards({ x: 10, y: 20, width: 100, height: 50 });
    assert.equal(hall.areaAt(11, 21)?.guid, "area 0");
    assert.equal(hall.areaAt(109, 69)?.guid, "area 0");
    for (const [x, y] of [[9, 40], [111, 40], [50, 19], [50, 71]]) assert.equal(hall.areaAt(x, y), null);
  });

  test("is turned as the plan says: the corners of the box around it are not in it", async () => {
    const hall = await yards({ x: 100, y: 100, width: 100, height: 20, rotation: 45 });
    assert.equal(hall.areaAt(128, 142)?.guid, "area 0");
    assert.equal(hall.areaAt(160, 175)?.guid, "area 0");
    assert.equal(hall.areaAt(165, 105), null);
    assert.equal(hall.areaAt(95, 180), null);
  });

  test("may be round", async () => {
    const hall = await yards({ shape: "circle", x: 0, y: 0, radius: 50 }, { shape: "ellipse", x: 300, y: 0, width: 200, height: 40, rotation: 90 });
    assert.equal(hall.areaAt(34, 34)?.guid, "area 0");
    assert.equal(hall.areaAt(37, 37), null);
    assert.equal(hall.areaAt(300, 95)?.guid, "area 1");
    assert.equal(hall.areaAt(395, 0), null);
    assert.equal(hall.areaAt(316, 80), null);
    const askew = await yards({ shape: "ellipse", x: 0, y: 0, width: 200, height: 40, rotation: 30 });
    assert.equal(askew.areaAt(78, 45)?.guid, "area 0");
    assert.equal(askew.areaAt(78, -45), null);
  });

  test("may have a bay, which is not in it", async () => {
    const hall = await yards({ shape: "polygon", points: [[0, 0], [100, 0], [100, 100], [50, 30], [0, 100]] });
    assert.equal(hall.areaAt(50, 20)?.guid, "area 0");
    assert.equal(hall.areaAt(10, 80)?.guid, "area 0");
    assert.equal(hall.areaAt(50, 60), null);
  });

  test("is the upper one of two, and never mere decoration", async () => {
    const hall = await yards({ width: 100, height: 100 }, { x: 50, y: 50, width: 100, height: 100 });
    assert.deepEqual([25, 75, 125].map((at) => hall.areaAt(at, at)?.guid), ["area 0", "area 1", "area 1"]);
    const { guid: _guid, capacity: _capacity, category: _category, ...stage } = standing({ width: 100, height: 100 });
    assert.equal((await hallOf([], { areas: [stage] })).areaAt(50, 50), null);
  });
});

test("a turned outline keeps its size", () => {
  const random = chance(3);
  /** @param {Point[]} points */
  const sides = (points) => points.map(([x, y], at) => Math.hypot(x - points[(at + 1) % 4][0], y - points[(at + 1) % 4][1]));
  for (let turn = 0; turn < 100; turn++) {
    const area = standing({ x: random() * 100, y: random() * 100, width: 1 + random() * 90, height: 1 + random() * 90, rotation: random() * 720 - 360 });
    for (const [at, side] of sides(corners(area)).entries()) assert.ok(Math.abs(side - [area.width, area.height][at % 2]) < 1e-9);
  }
  assert.deepEqual(corners(standing({ x: 5, y: 6, width: 10, height: 20, rotation: 90 })).map((point) => point.map(Math.round)), [[5, 6], [5, 16], [-15, 16], [-15, 6]]);
});

test("the bounds hold every seat and every area", async () => {
  const hall = await hallOf([...block(5, 5, 60), { x: -700, y: 3, r: 30 }], { areas: [standing({ x: 900, y: -400, width: 50, height: 50, rotation: 45 })] });
  const { left, top, width, height } = hall.bounds;
  const points = [...corners(hall.areas[0]), ...Array.from(hall.x, (x, seat) => [x, hall.y[seat]]), [-730, 3]];
  for (const [x, y] of points) assert.ok(x > left && x < left + width && y > top && y < top + height, `${x}, ${y}`);
});

describe("an arrow key", () => {
  const [left, right, up, down] = [[-1, 0], [1, 0], [0, -1], [0, 1]];
  /** @param {import("../../assets/seatmap/hall.js").Hall} hall @param {number} seat @param {number[]} arrow */
  const from = (hall, seat, [dx, dy]) => hall.neighbour(seat, dx, dy);

  test("leads along a row and from row to row, and nowhere at the hall's end", async () => {
    const hall = await hallOf(block(4, 6));
    for (let seat = 0; seat < hall.count; seat++) {
      const [row, place] = [Math.floor(seat / 6), seat % 6];
      if (place > 0) assert.equal(from(hall, seat, left), seat - 1);
      if (place < 5) assert.equal(from(hall, seat, right), seat + 1);
      assert.equal(from(hall, seat, up), row > 0 ? seat - 6 : -1);
      assert.equal(from(hall, seat, down), row < 3 ? seat + 6 : -1);
    }
    assert.deepEqual([from(hall, 0, left), from(hall, 23, right)], [-1, -1]);
  });

  test("goes where it points in rows that are numbered from the right, or run downwards", async () => {
    const mirrored = await hallOf([{ x: 48, y: 0 }, { x: 24, y: 0 }, { x: 0, y: 0 }]);
    assert.deepEqual([from(mirrored, 1, left), from(mirrored, 1, right)], [2, 0]);
    const upright = await hallOf([{ x: 0, y: 0 }, { x: 0, y: 24 }, { x: 0, y: 48 }, { x: 30, y: 24, row: 1 }]);
    assert.deepEqual([up, down, right, left].map((arrow) => from(upright, 1, arrow)), [0, 2, 3, -1]);
  });

  test("crosses the aisle at a row's end to the block beside it", async () => {
    const beside = block(3, 4).map(({ x, y, row }) => ({ x: x + 200, y, row: row + 3 }));
    const hall = await hallOf([...block(3, 4), ...beside]);
    assert.equal(from(hall, 7, right), 16);
    assert.equal(from(hall, 16, left), 7);
  });

  test("never leads backwards, and is a way to every seat", async () => {
    const random = chance(4);
    const hall = await hallOf(block(15, 15, 20).map((seat) => ({ ...seat, x: seat.x + random() * 6, y: seat.y + random() * 6 })));
    const [reached, ahead] = [new Set([0]), [0]];
    for (let seat = ahead.pop(); seat !== undefined; seat = ahead.pop()) {
      for (const arrow of [left, right, up, down]) {
        const next = from(hall, seat, arrow);
        if (next < 0) continue;
        assert.ok((hall.x[next] - hall.x[seat]) * arrow[0] + (hall.y[next] - hall.y[seat]) * arrow[1] > 0, `${seat} → ${next}`);
        if (!reached.has(next)) ahead.push(next);
        reached.add(next);
      }
    }
    assert.equal(reached.size, hall.count);
  });
});

test("a row keeps the plan's order, also where the plan jumps from row to row", async () => {
  const hall = await hallOf([{ x: 0, y: 0, row: 1 }, { x: 0, y: 30, row: 0 }, { x: 24, y: 0, row: 1 }, { x: 24, y: 30, row: 0 }]);
  assert.deepEqual([[...hall.seatsOfRow(0)], [...hall.seatsOfRow(1)]], [[1, 3], [0, 2]]);
  assert.equal(hall.pitch, 24);
});

test("a row is called by its own name, or by what is made of its number", async () => {
  const hall = await hallOf(block(3, 1), { rows: [[0, "A"], [0, "box 3", true], [0, ""]] });
  assert.deepEqual([0, 1, 2].map((row) => hall.rowName(row, (key, parts) => `${key} ${parts?.row}`, "row")), ["row A", "box 3", ""]);
});

describe("news of the stream", () => {
  const yard = standing({ x: 500, width: 100, height: 100, capacity: 3 });
  const hallWithYard = () => hallOf(block(2, 4), { areas: [yard] });
  /** @param {import("../../assets/seatmap/hall.js").Hall} hall */
  const shown = (hall) => [...hall.status];

  test("a snapshot says all: what it does not name is free", async () => {
    const hall = await hallWithYard();
    assert.deepEqual(hall.replace({ version: 3, status: { "seat:s0": "held", "seat:s5": "sold", "seat:gone": "sold" } }), [0, 5]);
    assert.deepEqual(hall.replace({ version: 4, status: { "seat:s5": "sold" } }), [0]);
    assert.deepEqual(shown(hall), [FREE, FREE, FREE, FREE, FREE, SOLD, FREE, FREE]);
  });

  test("a change touches what it names, and nothing that was said before it counts", async () => {
    const hall = await hallWithYard();
    hall.replace({ version: 10, status: { "seat:s1": "held" } });
    assert.deepEqual(hall.change({ version: 11, changes: { "seat:s1": "sold", "seat:s2": "held", "seat:s3": "free" } }), [1, 2]);
    assert.deepEqual(hall.change({ version: 11, changes: { "seat:s1": "free" } }), []);
    assert.deepEqual(hall.change({ version: 9, changes: { "seat:s1": "free" } }), []);
    assert.deepEqual(shown(hall).slice(0, 4), [FREE, SOLD, HELD, FREE]);
  });

  test("a snapshot of a lower version counts: the server began anew", async () => {
    const hall = await hallWithYard();
    hall.replace({ version: 50, status: { "seat:s1": "held" } });
    hall.replace({ version: 0, status: {} });
    assert.deepEqual(hall.change({ version: 1, changes: { "seat:s0": "held" } }), [0]);
  });

  test("places of a standing area are counted, never below none", async () => {
    const hall = await hallWithYard();
    assert.deepEqual(hall.change({ version: 1, changes: { "stand:yard:1": "held", "stand:yard:2": "sold", "stand:elsewhere:1": "sold" } }), []);
    assert.equal(hall.leftIn(yard), 1);
    hall.change({ version: 2, changes: { "stand:yard:1": "free", "stand:yard:3": "sold" } });
    assert.equal(hall.leftIn(yard), 1);
    hall.change({ version: 3, changes: { "stand:yard:1": "held", "stand:yard:4": "held" } });
    assert.equal(hall.leftIn(yard), 0);
    hall.replace({ version: 4, status: {} });
    assert.equal(hall.leftIn(yard), 3);
  });

  test("however they come, the hall is what was said last and its counts are right", async () => {
    const random = chance(5), hall = await hallWithYard();
    /** @type {Word[]} */
    const words = ["free", "held", "sold"];
    let truth = Array.from({ length: hall.count }, () => words[0]);
    for (let version = 1; version <= 500; version++) {
      const before = truth;
      /** @type {Map<number, Word>} */
      const news = new Map();
      for (let seat = 0; seat < hall.count; seat++) if (random() < 0.4) news.set(seat, words[Math.floor(random() * 3)]);
      const isWhole = random() < 0.3;
      truth = before.map((word, seat) => news.get(seat) ?? (isWhole ? "free" : word));
      const named = Object.fromEntries([...news].filter(([, word]) => !(isWhole && word === "free")).map(([seat, word]) => [`seat:s${seat}`, word]));
      const changed = isWhole ? hall.replace({ version, status: named }) : hall.change({ version, changes: named });
      assert.deepEqual(changed, truth.map((_, seat) => seat).filter((seat) => truth[seat] !== before[seat]));
      assert.deepEqual(shown(hall), truth.map((word) => words.indexOf(word)));
      for (const category of [0, 1]) {
        assert.equal(hall.freeOf[category], truth.filter((word, seat) => word === "free" && hall.category[seat] === category).length);
      }
    }
  });
});
