import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Camera } from "../../assets/seatmap/camera.js";
import { hands, keys } from "../../assets/seatmap/hands.js";
import { block, hallOf, standing } from "./halls.js";

const [WIDE, HIGH] = [800, 600];
const [LEFT, TOP] = [50, 120]; // where the canvas is on the page

/** A canvas as far as hands and keys touch it. */
class Canvas extends EventTarget {
  dataset = {};
  setPointerCapture() { /* events are sent to it anyway */ }
  getBoundingClientRect() { return { left: LEFT, top: TOP }; }

  /** @param {string} type @param {Record<string, unknown>} [says] */
  send(type, says = {}) {
    const event = new Event(type, { cancelable: true });
    Object.assign(event, { button: 0, buttons: 1, pointerId: 1, pointerType: "mouse", ...says });
    this.dispatchEvent(event);
    return event;
  }
}

/** Somebody at a map of 100 rows of 100 seats, with a standing area below them. */
async function somebody() {
  const yard = standing({ x: 0, y: 3200, width: 2000, height: 400 });
  const hall = await hallOf(block(100, 100), { areas: [yard] });
  const sight = Object.assign(new Camera(hall), { off: new Uint8Array(2), still: { matches: true } });
  sight.frame(WIDE, HIGH);
  const canvas = new Canvas(), marks = { hover: -1, focus: -1 };
  /** @type {(string | number)[][]} */
  const did = [];
  const desk = {
    hall,
    mine: new Set(),
    /** @param {number} seat */
    isMine(seat) { return this.mine.has(seat); },
    seats() { return [...this.mine]; },
    /** @param {number} seat */
    toggle: (seat) => did.push(["toggle", seat]),
    /** @param {StandingArea} area */
    goTo: (area) => did.push(["go to", area.guid]),
    /** @param {number} seat */
    announceSeat: (seat) => did.push(["announce", seat]),
  };
  /** @type {Card | null} */
  let card = null;
  const drawn = /** @type {HTMLCanvasElement} */ (/** @type {unknown} */ (canvas));
  const stops = [hands, keys].map((take) => take(drawn, sight, desk, marks, (now) => { card = now; }));

  /** @param {number} x @param {number} y in the plan */
  const on = (x, y) => {
    const at = sight.toScreen(x, y);
    return { clientX: LEFT + at.x, clientY: TOP + at.y };
  };
  return {
    hall, sight, canvas, marks, did, desk, on,
    card: () => card,
    stop: () => { for (const stop of stops) stop(); },
    /** @param {number} seat */
    seat: (seat) => on(hall.x[seat], hall.y[seat]),
    /** @param {{clientX: number, clientY: number}} at */
    tap(at, pointerType = "mouse") {
      canvas.send("pointerdown", { ...at, pointerType });
      canvas.send("pointerup", { ...at, pointerType });
    },
    /** @param {number} pixels a seat's radius on the screen @param {number} seat in the middle */
    zoomTo(pixels, seat) { sight.centreOn(hall.x[seat], hall.y[seat], pixels / hall.seatRadius, false); },
    /** @param {string} key */
    press: (key, says = {}) => canvas.send("keydown", { key, metaKey: false, altKey: false, ctrlKey: false, ...says }),
  };
}

describe("a tap", () => {
  test("picks the seat under it, where seats can be told apart", async () => {
    const { tap, seat, zoomTo, did } = await somebody();
    zoomTo(10, 5050);
    for (const one of [5050, 5051, 5150]) tap(seat(one));
    assert.deepEqual(did, [["toggle", 5050], ["toggle", 5051], ["toggle", 5150]]);
  });

  test("comes closer instead, where they are too small: sooner for a finger than for a mouse", async () => {
    for (const [pixels, pointerType, picks] of /** @type {const} */ ([
      [3.5, "mouse", false], [3.7, "mouse", true], [7.9, "touch", false], [8.1, "touch", true], [7.9, "pen", false],
    ])) {
      const { tap, seat, zoomTo, did, sight } = await somebody();
      zoomTo(pixels, 5050);
      tap(seat(5050), pointerType);
      assert.equal(did.length, picks ? 1 : 0, `${pixels} px, ${pointerType}`);
      assert.equal(sight.seatPixels > pixels + 1, !picks, `${pixels} px, ${pointerType}`);
    }
  });

  test("on the whole of 10,000 seats picks nothing, and leads to where it was", async () => {
    const { tap, seat, sight, did } = await somebody();
    assert.ok(sight.seatPixels < 2);
    tap(seat(2525));
    assert.deepEqual(did, []);
    const { x, y } = sight.toScreen(sight.hall.x[2525], sight.hall.y[2525]);
    assert.ok(Math.hypot(x - WIDE / 2, y - HIGH / 2) < 1);
  });

  test("into a gap picks nothing with a mouse, and the seat beside it with a finger", async () => {
    const { tap, on, hall, zoomTo, did } = await somebody();
    zoomTo(20, 5050);
    const between = on(hall.x[5050] + 2, hall.y[5050] + 15);
    tap(between);
    assert.deepEqual(did, []);
    zoomTo(8, 5050);
    tap(on(hall.x[5050] + 2, hall.y[5050] + 14), "touch");
    assert.deepEqual(did, [["toggle", 5050]]);
  });

  test("does not reach seats that are filtered away, except one's own", async () => {
    const { tap, seat, zoomTo, sight, desk, did } = await somebody();
    zoomTo(10, 5050);
    sight.off[0] = 1;
    tap(seat(5050));
    assert.deepEqual(did, []);
    desk.mine.add(5050);
    tap(seat(5050));
    assert.deepEqual(did, [["toggle", 5050]]);
  });

  test("on a standing area leads to its buttons", async () => {
    const { tap, on, did } = await somebody();
    tap(on(1000, 3400));
    tap(on(1000, 3700));
    assert.deepEqual(did, [["go to", "yard"]]);
  });

  test("with the other mouse button, or after the map has gone, does nothing", async () => {
    const { canvas, seat, zoomTo, did, tap, stop } = await somebody();
    zoomTo(10, 5050);
    canvas.send("pointerdown", { ...seat(5050), button: 2 });
    canvas.send("pointerup", { ...seat(5050), button: 2 });
    stop();
    tap(seat(5050));
    assert.deepEqual(did, []);
  });
});

describe("a drag", () => {
  test("moves the hall as far as the hand, and picks nothing", async () => {
    const { canvas, seat, zoomTo, sight, did, marks } = await somebody();
    zoomTo(10, 5050);
    const { clientX, clientY } = seat(5050), before = { x: sight.tx, y: sight.ty };
    canvas.send("pointerdown", { clientX, clientY });
    for (const step of [2, 10, 40]) canvas.send("pointermove", { clientX: clientX + step, clientY: clientY - step });
    canvas.send("pointerup", { clientX: clientX + 40, clientY: clientY - 40 });
    assert.ok(Math.abs(sight.tx - before.x - 40) < 1e-9 && Math.abs(sight.ty - before.y + 40) < 1e-9);
    assert.deepEqual([did, marks.hover], [[], -1]);
  });

  test("that is only a trembling finger is a tap", async () => {
    const { canvas, seat, zoomTo, did } = await somebody();
    zoomTo(10, 5050);
    const { clientX, clientY } = seat(5050), finger = { pointerType: "touch" };
    canvas.send("pointerdown", { clientX, clientY, ...finger });
    canvas.send("pointermove", { clientX: clientX + 5, clientY: clientY + 5, ...finger });
    canvas.send("pointerup", { clientX: clientX + 5, clientY: clientY + 5, ...finger });
    assert.deepEqual(did, [["toggle", 5050]]);
  });
});

test("two fingers zoom around their middle, and pick nothing", async () => {
  const { canvas, sight, zoomTo, hall, did } = await somebody();
  zoomTo(5, 5050);
  /** @type {(type: string, pointerId: number, across: number) => void} */
  const finger = (type, pointerId, across) => canvas.send(type, { pointerId, pointerType: "touch", clientX: LEFT + across, clientY: TOP + HIGH / 2 });
  finger("pointerdown", 1, 350);
  finger("pointerdown", 2, 450);
  const before = sight.k;
  finger("pointermove", 1, 300);
  finger("pointermove", 2, 500);
  assert.ok(Math.abs(sight.k / before - 2) < 1e-9);
  const { x, y } = sight.toScreen(hall.x[5050], hall.y[5050]);
  assert.ok(Math.hypot(x - WIDE / 2, y - HIGH / 2) < 1e-6);
  finger("pointerup", 1, 300);
  finger("pointerup", 2, 500);
  assert.deepEqual(did, []);
});

describe("the wheel", () => {
  test("zooms where it is turned, and keeps the page still", async () => {
    const { canvas, on, sight, hall } = await somebody();
    const at = on(hall.x[2525], hall.y[2525]), before = sight.k;
    const turned = canvas.send("wheel", { ...at, deltaY: -100, deltaMode: 0, ctrlKey: false });
    assert.ok(turned.defaultPrevented && sight.k > before);
    const now = on(hall.x[2525], hall.y[2525]);
    assert.ok(Math.hypot(now.clientX - at.clientX, now.clientY - at.clientY) < 1e-6);
  });

  test("scrolls the page where there is nothing more to see", async () => {
    const { canvas, seat, sight } = await somebody();
    sight.zoomAt(400, 300, 0.01);
    const says = { ...seat(5050), deltaY: 100, deltaMode: 0 };
    assert.equal(canvas.send("wheel", { ...says, ctrlKey: false }).defaultPrevented, false);
    assert.equal(canvas.send("wheel", { ...says, ctrlKey: true }).defaultPrevented, true);
    assert.equal(canvas.send("wheel", { ...says, deltaY: -100, ctrlKey: false }).defaultPrevented, true);
  });
});

test("a mouse over a seat is told which it is, within the view, and only where it could be picked", async () => {
  const { canvas, seat, zoomTo, marks, card, on } = await somebody();
  canvas.send("pointermove", seat(5050));
  assert.deepEqual([marks.hover, card()], [-1, null]);
  zoomTo(10, 5050);
  canvas.send("pointermove", seat(5051));
  assert.equal(marks.hover, 5051);
  assert.equal(card()?.seat, 5051);
  canvas.send("pointermove", on(-500, -500));
  assert.deepEqual([marks.hover, card()], [-1, null]);
  canvas.send("pointermove", { ...seat(5051), pointerType: "touch" });
  assert.equal(marks.hover, -1);
});

describe("the keyboard", () => {
  test("begins in the middle, walks from seat to seat and says where it is", async () => {
    const { press, marks, did, zoomTo } = await somebody();
    zoomTo(10, 5050);
    for (const key of ["ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp"]) assert.ok(press(key).defaultPrevented);
    assert.deepEqual(did, [5050, 5051, 5151, 5150, 5050].map((seat) => ["announce", seat]));
    assert.equal(marks.focus, 5050);
  });

  test("begins at what is one's own", async () => {
    const { press, desk, marks } = await somebody();
    desk.mine.add(77);
    press("Enter");
    assert.equal(marks.focus, 77);
  });

  test("jumps to either end of a row, and stays where no way leads on", async () => {
    const { press, marks } = await somebody();
    marks.focus = 5050;
    press("Home");
    assert.equal(marks.focus, 5000);
    press("ArrowLeft");
    assert.equal(marks.focus, 5000);
    press("End");
    assert.equal(marks.focus, 5099);
  });

  test("takes the seat that has its focus with Enter or Space", async () => {
    const { press, marks, did } = await somebody();
    marks.focus = 12;
    press("Enter");
    press(" ");
    assert.deepEqual(did, [["toggle", 12], ["toggle", 12]]);
  });

  test("zooms, and leaves every other key and the browser's own to the browser", async () => {
    const { press, sight } = await somebody(), whole = sight.k;
    press("+");
    assert.ok(Math.abs(sight.k / whole - 1.7) < 1e-9);
    press("-");
    press("=");
    press("0");
    assert.equal(sight.k, whole);
    for (const event of [press("Tab"), press("a"), press("ArrowLeft", { altKey: true }), press("0", { ctrlKey: true })]) assert.ok(!event.defaultPrevented);
    assert.equal(sight.k, whole);
  });
});
