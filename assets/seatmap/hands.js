/* What hands and keys do on the canvas. */

const PICKABLE_MOUSE = 3.6, PICKABLE_TOUCH = 8; // seat radius in CSS pixels from which one press picks

/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Mouse, pen and fingers: drag moves, wheel and pinch zoom, a tap picks (or comes closer, where seats are too small to hit).
 * @param {HTMLCanvasElement} canvas
 * @param {Sight} paint
 * @param {Handled} desk
 * @param {Marks} marks
 * @param {(card: Card | null) => void} setCard
 */
export function hands(canvas, paint, desk, marks, setCard) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let moved = false, spread = 0, middle = { x: 0, y: 0 };

  /** @param {MouseEvent} event */
  const spot = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  /** @type {(at: {x: number, y: number}, pixels: number) => number} */
  const seatAt = ({ x, y }, pixels) => {
    const point = paint.toPlan(x, y);
    const seat = desk.hall.nearest(point.x, point.y, pixels / paint.k);
    return seat >= 0 && paint.off[desk.hall.category[seat]] && !desk.isMine(seat) ? -1 : seat;
  };
  /** @param {number} seat */
  const hover = (seat) => {
    if (seat === marks.hover) return;
    marks.hover = seat;
    canvas.dataset.over = seat >= 0 ? "seat" : "floor";
    setCard(seat >= 0 ? cardAt(paint, desk, seat) : null);
    paint.invalidate();
  };
  const pinch = () => {
    const [a, b] = [...down.values()];
    return { spread: Math.hypot(a.x - b.x, a.y - b.y), middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
  };

  /** @type {{[Name in keyof HTMLElementEventMap]?: (event: HTMLElementEventMap[Name]) => void}} */
  const on = {
    pointerdown(event) {
      if (event.button > 0) return;
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, spot(event));
      if (down.size === 1) moved = false;
      if (down.size === 2) ({ spread, middle } = pinch());
      marks.focus = -1;
    },
    pointermove(event) {
      const at = spot(event), before = down.get(event.pointerId);
      if (!before) {
        if (event.pointerType === "mouse") hover(paint.seatPixels >= PICKABLE_MOUSE ? seatAt(at, 4) : -1);
        return;
      }
      if (down.size === 2) {
        down.set(event.pointerId, at);
        const now = pinch();
        paint.panBy(now.middle.x - middle.x, now.middle.y - middle.y);
        if (spread > 0) paint.zoomAt(now.middle.x, now.middle.y, now.spread / spread);
        ({ spread, middle } = now);
        moved = true;
        return;
      }
      const [dx, dy] = [at.x - before.x, at.y - before.y];
      if (!moved && Math.hypot(dx, dy) < (event.pointerType === "mouse" ? 4 : 8)) return;
      if (!moved) hover(-1);
      moved = true;
      canvas.dataset.dragging = "true";
      down.set(event.pointerId, at);
      paint.panBy(dx, dy);
    },
    pointerup(event) {
      const wasOne = down.size === 1;
      down.delete(event.pointerId);
      canvas.dataset.dragging = "false";
      if (wasOne && !moved) tap(spot(event), event.pointerType);
    },
    pointercancel(event) {
      down.delete(event.pointerId);
      canvas.dataset.dragging = "false";
    },
    pointerleave() { hover(-1); },
    blur() {
      marks.focus = -1;
      paint.invalidate();
    },
    wheel(event) {
      const isOutside = event.deltaY > 0 && paint.k <= paint.leastK * 1.001;
      if (isOutside && !event.ctrlKey) return; // nothing more to see: let the page scroll on
      event.preventDefault();
      hover(-1);
      const step = event.deltaMode === 1 ? event.deltaY * 16 : event.deltaY;
      const { x, y } = spot(event);
      paint.zoomAt(x, y, Math.exp(-Math.max(-120, Math.min(120, step)) * (event.ctrlKey ? 0.01 : 0.0022)));
    },
    dblclick(event) { event.preventDefault(); },
  };

  /** @param {{x: number, y: number}} at @param {string} pointerType */
  function tap(at, pointerType) {
    const isTouch = pointerType !== "mouse";
    const point = paint.toPlan(at.x, at.y);
    const seat = seatAt(at, isTouch ? 14 : 5);
    if (seat < 0) {
      const area = desk.hall.areaAt(point.x, point.y);
      if (area) desk.goTo(area);
      return;
    }
    if (paint.seatPixels < (isTouch ? PICKABLE_TOUCH : PICKABLE_MOUSE)) {
      paint.centreOn(point.x, point.y, (isTouch ? 13 : 10) / desk.hall.seatRadius);
      return;
    }
    desk.toggle(seat);
    if (isTouch) hover(seat);
  }

  const listeners = /** @type {[string, EventListener][]} */ (Object.entries(on));
  for (const [name, act] of listeners) canvas.addEventListener(name, act, { passive: false });
  return () => { for (const [name, act] of listeners) canvas.removeEventListener(name, act); };
}

/**
 * The keyboard's way through the hall. Each step is announced.
 * @param {HTMLCanvasElement} canvas
 * @param {Sight} paint
 * @param {Handled} desk
 * @param {Marks} marks
 * @param {(card: Card | null) => void} setCard
 */
export function keys(canvas, paint, desk, marks, setCard) {
  /** @param {number} seat */
  const go = (seat) => {
    if (seat < 0) return;
    marks.focus = seat;
    paint.follow(seat);
    desk.announceSeat(seat);
    setCard(null);
  };
  const start = () => {
    const { x, y } = paint.toPlan(paint.width / 2, paint.height / 2);
    return desk.seats()[0] ?? desk.hall.nearest(x, y, Infinity);
  };
  /** @param {KeyboardEvent} event */
  const press = (event) => {
    if (event.metaKey || event.altKey || event.ctrlKey) return;
    const { focus } = marks;
    const arrow = ARROWS[event.key];
    const row = () => desk.hall.seatsOfRow(desk.hall.row[focus]);
    if (arrow) go(focus < 0 ? start() : desk.hall.neighbour(focus, ...arrow));
    else if ((event.key === "Enter" || event.key === " ") && focus < 0) go(start());
    else if (event.key === "Enter" || event.key === " ") desk.toggle(focus);
    else if (event.key === "Home" && focus >= 0) go(row()[0]);
    else if (event.key === "End" && focus >= 0) go(row().at(-1) ?? -1);
    else if (event.key === "+" || event.key === "=") paint.zoomBy(1.7);
    else if (event.key === "-") paint.zoomBy(1 / 1.7);
    else if (event.key === "0") paint.fit();
    else return;
    event.preventDefault();
  };
  canvas.addEventListener("keydown", press);
  return () => canvas.removeEventListener("keydown", press);
}

/**
 * @param {Sight} paint
 * @param {Handled} desk
 * @param {number} seat
 * @returns {Card}
 */
function cardAt(paint, desk, seat) {
  const { x, y } = paint.toScreen(desk.hall.x[seat], desk.hall.y[seat]);
  return { seat, x: Math.max(8, Math.min(paint.width - 8, x)), y, width: paint.width };
}
