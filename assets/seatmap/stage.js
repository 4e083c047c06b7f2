/* The canvas and everything that hands and keys do on it. */
import { createElement as h, useEffect, useId, useRef, useState } from "react";
import { hands, keys } from "./hands.js";
import { Painter, context } from "./painter.js";

const MINIMAP_FROM = 1500; // seats

/** @param {{desk: Desk, say: Say, revision: string, banner: string}} props */
export function Stage({ desk, say, revision, banner }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null)), minimap = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const painter = useRef(/** @type {Painter | null} */ (null));
  const [card, setCard] = useState(/** @type {Card | null} */ (null));
  const [isZoomed, setZoomed] = useState(false);
  const helpId = useId();
  const { hall } = desk;

  useEffect(() => {
    if (!canvas.current || !box.current) return undefined;
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
  }, [desk, hall, say]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the revision says that something on the desk has changed
  useEffect(() => {
    painter.current?.filter(desk.offCategories());
    painter.current?.invalidate();
  }, [desk, revision]);

  /** @type {(testid: string, label: string, sign: string, act: () => void) => import("react").ReactNode} */
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
      zoom("map-zoom-in", say("zoomIn"), "M12 5v14M5 12h14", () => painter.current?.zoomBy(1.7)),
      zoom("map-zoom-out", say("zoomOut"), "M5 12h14", () => painter.current?.zoomBy(1 / 1.7)),
      zoom("map-fit", say("fit"), "M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5", () => painter.current?.fit())),
    card && h(SeatCard, { key: "card", card, desk }),
    banner && h("div", { className: "seat-map-banner", role: "status", "data-testid": "map-banner" }, banner));
}

/** @param {{card: Card, desk: Desk}} props */
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

/** @param {HTMLCanvasElement | null} canvas @param {Painter} paint */
function drawMinimap(canvas, paint) {
  if (!canvas || canvas.hidden || !paint.overview) return;
  const { bounds } = paint.hall, wide = canvas.clientWidth, high = wide * (bounds.height / bounds.width);
  /** @type {[number, number]} */
  const size = [Math.round(wide * paint.ratio), Math.round(high * paint.ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) {
    [canvas.width, canvas.height] = size;
    canvas.style.height = `${high}px`;
  }
  const ctx = context(canvas), k = size[0] / bounds.width;
  ctx.drawImage(paint.overview, 0, 0, ...size);
  const from = paint.toPlan(0, 0), until = paint.toPlan(paint.width, paint.height);
  ctx.strokeStyle = paint.theme.accent;
  ctx.lineWidth = 2 * paint.ratio;
  ctx.strokeRect((from.x - bounds.left) * k, (from.y - bounds.top) * k, (until.x - from.x) * k, (until.y - from.y) * k);
}

/** @param {import("react").PointerEvent} event @param {Painter | null} paint */
function jump(event, paint) {
  if (!paint) return;
  const box = event.currentTarget.getBoundingClientRect(), { bounds } = paint.hall;
  /** @type {(at: number, from: number, size: number) => number} */
  const part = (at, from, size) => (at - from) / size;
  paint.centreOn(
    bounds.left + bounds.width * part(event.clientX, box.left, box.width),
    bounds.top + bounds.height * part(event.clientY, box.top, box.height),
    paint.k, false,
  );
}
