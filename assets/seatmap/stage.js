/* The canvas and everything that hands and keys do on it. */
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { PICKABLE_MOUSE, PICKABLE_TOUCH, Painter } from "./painter.js";

const MINIMAP_FROM = 1500; // seats
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export function Stage({ desk, say, revision, banner }) {
  const box = useRef(null), canvas = useRef(null), minimap = useRef(null), painter = useRef(null);
  const [card, setCard] = useState(null);
  const [isZoomed, setZoomed] = useState(false);
  const helpId = useId();
  const { hall } = desk;

  useEffect(() => {
    const marks = { hover: -1, focus: -1 };
    const paint = new Painter(canvas.current, hall, () => ({
      mine: desk.seats(),
      isAsked: desk.isAsked,
      lit: desk.lit,
      ...marks,
      words: { standing: say("standing"), left: (n) => say("free", { n }), yours: (n) => say("yourPlaces", { n }) },
      mineIn: (area) => desk.placesIn(area).length,
    }));
    painter.current = paint;
    desk.painter = paint;
    paint.off = desk.offCategories();
    paint.afterDraw = () => {
      const zoomed = paint.k > paint.fitK * 1.25;
      setZoomed(zoomed);
      // At rest the page may be scrolled through the map; once zoomed, a finger moves the hall. (React takes `canvas`
      // away before it lets us stop: a last frame may come in between.)
      paint.canvas.style.touchAction = zoomed ? "none" : "pan-y";
      drawMinimap(minimap.current, paint);
    };

    const size = new ResizeObserver(([{ contentRect }]) => paint.resize(contentRect.width, contentRect.height));
    size.observe(box.current);
    const stopHands = hands(canvas.current, paint, desk, marks, setCard);
    const stopKeys = keys(canvas.current, paint, desk, marks, setCard);
    const dark = window.matchMedia("(prefers-color-scheme: dark)");
    const repaint = () => paint.readTheme();
    const root = new MutationObserver(repaint);
    root.observe(document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme"] });
    dark.addEventListener("change", repaint);
    document.fonts?.ready.then(() => desk.painter === paint && paint.forgetTiles());
    return () => {
      size.disconnect();
      root.disconnect();
      dark.removeEventListener("change", repaint);
      stopHands();
      stopKeys();
      paint.stop();
      if (desk.painter === paint) desk.painter = null;
    };
  }, [hall]);

  useEffect(() => {
    painter.current?.filter(desk.offCategories());
    painter.current?.invalidate();
  }, [revision]);

  const zoom = (testid, label, sign, act) =>
    h("button", { key: testid, type: "button", "aria-label": label, title: label, "data-testid": testid, onClick: act },
      h("svg", { className: "icon", viewBox: "0 0 24 24", "aria-hidden": true }, h("path", { d: sign })));

  return h("div", { className: "seat-map-stage", ref: box },
    h("canvas", {
      ref: canvas, className: "seat-map-canvas", tabIndex: 0, role: "application", "data-testid": "seat-map",
      "aria-label": `${say("label")}: ${hall.name}`, "aria-describedby": helpId,
    }),
    h("p", { id: helpId, className: "visually-hidden" }, say("help")),
    hall.count >= MINIMAP_FROM && h("canvas", {
      ref: minimap, className: "seat-map-minimap", hidden: !isZoomed, "aria-hidden": true, "data-testid": "map-minimap",
      onPointerDown: (event) => { event.currentTarget.setPointerCapture(event.pointerId); jump(event, painter.current); },
      onPointerMove: (event) => event.buttons && jump(event, painter.current),
    }),
    h("div", { className: "seat-map-zoom" },
      zoom("map-zoom-in", say("zoomIn"), "M12 5v14M5 12h14", () => painter.current.zoomBy(1.7)),
      zoom("map-zoom-out", say("zoomOut"), "M5 12h14", () => painter.current.zoomBy(1 / 1.7)),
      zoom("map-fit", say("fit"), "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", () => painter.current.fit())),
    card && h(SeatCard, { key: "card", card, desk }),
    banner && h("div", { className: "seat-map-banner", role: "status", "data-testid": "map-banner" }, banner));
}

function SeatCard({ card, desk }) {
  const { seat, x, y, width } = card;
  const { where, price, state, note } = desk.describe(seat);
  const side = x > width / 2 ? "-100%" : "0";
  const below = y < 120;
  return h("div", {
    className: "seat-map-card", "data-testid": "map-card", "aria-hidden": true,
    style: { transform: `translate(${x}px, ${y + (below ? 22 : -22)}px) translate(${side}, ${below ? "0" : "-100%"})` },
  },
  h("strong", null, where),
  h("span", { className: "seat-map-card-price" }, price), h("span", { className: "quiet" }, price ? ` · ${state}` : state),
  note && h("span", { className: "quiet", style: { display: "block" } }, note));
}

/** Mouse, pen and fingers: drag moves, wheel and pinch zoom, a tap picks (or comes closer, where seats are too small to hit). */
function hands(canvas, paint, desk, marks, setCard) {
  const down = new Map();
  let moved = false, spread = 0, middle = null;

  const spot = (event) => {
    const { left, top } = canvas.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  };
  const seatAt = ({ x, y }, pixels) => {
    const point = paint.toPlan(x, y);
    const seat = desk.hall.nearest(point.x, point.y, Math.max(desk.hall.seatRadius * 1.3, pixels / paint.k));
    return seat >= 0 && paint.off[desk.hall.category[seat]] && !desk.isMine(seat) ? -1 : seat;
  };
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
    pointerleave: () => hover(-1),
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
    dblclick: (event) => event.preventDefault(),
  };

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

  for (const [name, act] of Object.entries(on)) canvas.addEventListener(name, act, { passive: false });
  return () => { for (const [name, act] of Object.entries(on)) canvas.removeEventListener(name, act); };
}

/** The keyboard's way through the hall. Each step is announced. */
function keys(canvas, paint, desk, marks, setCard) {
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
  const press = (event) => {
    if (event.metaKey || event.altKey || event.ctrlKey) return;
    const { focus } = marks;
    const arrow = ARROWS[event.key];
    const row = () => desk.hall.seatsOfRow(desk.hall.row[focus]);
    if (arrow) go(focus < 0 ? start() : desk.hall.neighbour(focus, ...arrow));
    else if (event.key === "Enter" || event.key === " ") focus < 0 ? go(start()) : desk.toggle(focus);
    else if (event.key === "Home" && focus >= 0) go(row()[0]);
    else if (event.key === "End" && focus >= 0) go(row().at(-1));
    else if (event.key === "+" || event.key === "=") paint.zoomBy(1.7);
    else if (event.key === "-") paint.zoomBy(1 / 1.7);
    else if (event.key === "0") paint.fit();
    else return;
    event.preventDefault();
  };
  canvas.addEventListener("keydown", press);
  return () => canvas.removeEventListener("keydown", press);
}

function cardAt(paint, desk, seat) {
  const { x, y } = paint.toScreen(desk.hall.x[seat], desk.hall.y[seat]);
  return { seat, x: Math.max(8, Math.min(paint.width - 8, x)), y, width: paint.width };
}

function drawMinimap(canvas, paint) {
  if (!canvas || canvas.hidden || !paint.overview) return;
  const { bounds } = paint.hall, wide = canvas.clientWidth, high = wide * (bounds.height / bounds.width);
  const size = [Math.round(wide * paint.ratio), Math.round(high * paint.ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    canvas.style.height = `${high}px`;
  }
  const ctx = canvas.getContext("2d"), k = size[0] / bounds.width;
  ctx.drawImage(paint.overview, 0, 0, ...size);
  const from = paint.toPlan(0, 0), until = paint.toPlan(paint.width, paint.height);
  ctx.strokeStyle = paint.theme.accent;
  ctx.lineWidth = 2 * paint.ratio;
  ctx.strokeRect((from.x - bounds.left) * k, (from.y - bounds.top) * k, (until.x - from.x) * k, (until.y - from.y) * k);
}

function jump(event, paint) {
  const box = event.currentTarget.getBoundingClientRect(), { bounds } = paint.hall;
  const part = (at, from, size) => (at - from) / size;
  paint.centreOn(
    bounds.left + bounds.width * part(event.clientX, box.left, box.width),
    bounds.top + bounds.height * part(event.clientY, box.top, box.height),
    paint.k, false,
  );
}
