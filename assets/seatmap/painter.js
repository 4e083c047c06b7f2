/* Draws a hall on a canvas, fast: the hall is cut into opaque tiles, each drawn once per zoom level and again only when a
   seat in it changes; panning only lays tiles. What moves with the viewer (own seats, focus, labels) is drawn over them. */
import { Camera } from "./camera.js";
import { FREE, corners, isStanding } from "./hall.js";

const TILE = 512;          // device pixels; about 1 MB each
const MOST_TILES = 72;
const BUDGET = 7;          // milliseconds of tile drawing in one frame: leaves time for the rest of a 60 Hz frame
const MOST_STAMPS = 1200;
const MOST_PULSES = 24;
const SETTLE = 110;        // milliseconds without zooming before tiles are drawn anew
const DOTS = 1.7, ROUND = 3.2, NUMBERS = 8.5; // seat radius in CSS pixels from which seats are dots, round, numbered

/**
 * @typedef {CanvasRenderingContext2D} Ctx
 * @typedef {{canvas: HTMLCanvasElement, dirty: boolean}} Tile
 * @typedef {{k: number, tiles: Map<string, Tile>}} Layer
 */

export class Painter extends Camera {
  /**
   * @param {HTMLCanvasElement} canvas what to draw on
   * @param {import("./hall.js").Hall} hall
   * @param {() => Look} look what the overlay shows
   */
  constructor(canvas, hall, look) {
    super(hall);
    this.canvas = canvas;
    this.look = look;
    this.ctx = context(canvas, { alpha: false });
    this.ratio = 0;
    /** @type {Layer | null} */
    this.layer = null;
    /** @type {Layer | null} */
    this.previous = null;
    this.nextFrame = 0;
    /** @type {number[]} */
    this.times = [];
    this.isSeen = false;
    /** @type {{seat: number, from: number}[]} */
    this.pulses = [];
    this.off = new Uint8Array(hall.categories.length);
    this.still = window.matchMedia("(prefers-reduced-motion: reduce)");
    this.draw = this.draw.bind(this);
    this.scratch = new Int32Array(hall.count);
    /** @type {Map<string, HTMLCanvasElement>} */
    this.stampOf = new Map();
    /** @type {HTMLCanvasElement | null} */
    this.overview = null;
    this.overviewK = 1;
    /** @type {(() => void) | null} */
    this.afterDraw = null;
    /** @type {Record<string, string>} */
    this.theme = {};
    this.font = "";
    this.isDark = false;
    /** @type {string[]} */
    this.fills = [];
    /** @type {string[]} */
    this.inks = [];
    this.readTheme();
  }

  stop() {
    cancelAnimationFrame(this.nextFrame);
    this.nextFrame = -1;
  }

  /* ------------------------------------------------------------ size, theme, changes */
  /** @param {number} width @param {number} height */
  resize(width, height) {
    const ratio = Math.min(3, window.devicePixelRatio || 1);
    if (width === this.width && height === this.height && ratio === this.ratio) return;
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.frame(width, height);
    this.forgetTiles();
  }

  readTheme() {
    const style = getComputedStyle(document.documentElement);
    /** @param {string} name */
    const read = (name) => style.getPropertyValue(`--${name}`).trim() || "#888888";
    this.theme = Object.fromEntries(
      ["map-ground", "surface", "line", "line-strong", "ink", "ink-soft", "accent", "seat-taken", "seat-off", "seat-mine", "seat-mine-mark"]
        .map((name) => [name, read(name)]),
    );
    this.isDark = luminance(this.theme["map-ground"]) < 0.2;
    this.font = style.getPropertyValue("--font-text").trim() || "sans-serif";
    this.fills = this.hall.categories.map((category) => category.color || "#888888");
    this.inks = this.fills.map((fill) => (luminance(fill) > 0.36 ? "#15120e" : "#ffffff"));
    this.stampOf.clear();
    this.forgetTiles();
  }

  forgetTiles() {
    this.layer = this.previous = null;
    if (this.width) this.drawOverview();
    this.invalidate();
  }

  /**
   * Shows only some categories as open: `off[c]` is 1 for those that are dimmed.
   * @param {Uint8Array<ArrayBuffer>} off
   */
  filter(off) {
    if (this.off.length === off.length && this.off.every((value, at) => value === off[at])) return;
    this.off = off;
    this.markAll();
  }

  markAll() {
    for (const layer of [this.layer, this.previous]) for (const tile of layer?.tiles.values() ?? []) tile.dirty = true;
    if (this.width) this.drawOverview();
    this.invalidate();
  }

  /**
   * Seats whose status changed: their tiles are drawn again, those in view ring once.
   * @param {number[]} seats
   */
  changed(seats) {
    const { hall } = this;
    if (seats.length > 4000) return this.markAll();
    for (const seat of seats) {
      this.dotOverview(seat);
      for (const layer of [this.layer, this.previous]) {
        if (!layer) continue;
        const at = layer.k * this.ratio, reach = hall.radius[seat] + 1;
        const [i0, i1] = [hall.x[seat] - reach, hall.x[seat] + reach].map((x) => Math.floor((x * at) / TILE));
        const [j0, j1] = [hall.y[seat] - reach, hall.y[seat] + reach].map((y) => Math.floor((y * at) / TILE));
        for (let i = i0; i <= i1; i++) for (let j = j0; j <= j1; j++) {
          const tile = layer.tiles.get(`${i},${j}`);
          if (tile) this.patchTile(tile, layer, i, j, seat);
        }
      }
    }
    // A ring catches the eye for one seat; in a storm of them it would only cost time.
    if (!this.still.matches && seats.length + this.pulses.length <= MOST_PULSES) {
      const from = performance.now();
      for (const seat of seats) if (hall.status[seat] !== FREE) this.pulses.push({ seat, from });
    }
    return this.invalidate();
  }

  /* ------------------------------------------------------------ frames */
  /** @override */
  invalidate() {
    if (this.nextFrame === 0) this.nextFrame = requestAnimationFrame(this.draw);
  }

  /** @param {number} now */
  draw(now) {
    this.nextFrame = 0;
    if (!this.width) return;
    const began = performance.now();
    this.fly(now);
    const settled = now - this.zoomedAt > SETTLE;
    let { layer } = this;
    if (!layer || (settled && Math.abs(layer.k / this.k - 1) > 0.001)) {
      if (layer) this.previous = layer;
      layer = this.layer = { k: this.k, tiles: new Map() };
    }

    const { ctx } = this, { tiles } = layer;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    const wanted = this.tilesWanted(layer);
    const waiting = wanted.filter(({ key }) => !tiles.has(key));
    const dirty = waiting.length > 0 ? [] : wanted.filter(({ key }) => tiles.get(key)?.dirty);
    for (const { key, i, j } of [...waiting, ...dirty]) {
      if (performance.now() - began > BUDGET) break;
      tiles.set(key, this.drawTile(layer, i, j, tiles.get(key)));
    }
    const isCovered = wanted.every(({ key }) => tiles.has(key));
    const isWhole = isCovered && !wanted.some(({ key }) => tiles.get(key)?.dirty);

    ctx.fillStyle = this.theme["map-ground"];
    ctx.fillRect(0, 0, this.canvas.width, this.canvas.height);
    if (!isCovered || layer.k !== this.k) this.layOverview();
    if (!isCovered && this.previous) this.layTiles(this.previous);
    this.layTiles(layer);
    if (isCovered && layer.k === this.k) this.previous = null;
    this.trimTiles(layer);
    const isMoving = this.drawOverlay(now);
    if (isCovered && !this.isSeen) {
      this.isSeen = true;
      performance.mark("seats-drawn"); // for whoever measures how long a visitor waits for the hall
    }
    this.times.push(performance.now() - began);
    if (this.times.length > 2000) this.times.splice(0, 1000);
    this.afterDraw?.();

    if (!isWhole || isMoving || this.flight || layer.k !== this.k) this.invalidate();
  }

  /**
   * Tiles of a layer that are in view and hold something, nearest to the centre first.
   * @param {Layer} layer
   */
  tilesWanted(layer) {
    const { bounds } = this.hall, at = layer.k * this.ratio, side = TILE / at;
    const from = this.toPlan(0, 0), until = this.toPlan(this.width, this.height);
    const [i0, i1] = [Math.max(from.x, bounds.left), Math.min(until.x, bounds.left + bounds.width)].map((x) => Math.floor(x / side));
    const [j0, j1] = [Math.max(from.y, bounds.top), Math.min(until.y, bounds.top + bounds.height)].map((y) => Math.floor(y / side));
    const tiles = [];
    for (let j = j0; j <= j1; j++) for (let i = i0; i <= i1; i++) tiles.push({ i, j, key: `${i},${j}` });
    const [ci, cj] = [(i0 + i1) / 2, (j0 + j1) / 2];
    return tiles.sort((a, b) => Math.hypot(a.i - ci, a.j - cj) - Math.hypot(b.i - ci, b.j - cj));
  }

  /** @param {Layer} layer */
  layTiles(layer) {
    const { ctx, ratio } = this, grow = this.k / layer.k, size = TILE * grow;
    const [ox, oy] = grow === 1 ? [Math.round(this.tx * ratio), Math.round(this.ty * ratio)] : [this.tx * ratio, this.ty * ratio];
    ctx.imageSmoothingQuality = "low";
    for (const { i, j, key } of this.tilesWanted(layer)) {
      const tile = layer.tiles.get(key);
      if (!tile) continue;
      const x = Math.floor(ox + i * size), y = Math.floor(oy + j * size);
      if (grow === 1) ctx.drawImage(tile.canvas, x, y);
      else ctx.drawImage(tile.canvas, x, y, Math.ceil(ox + (i + 1) * size) - x, Math.ceil(oy + (j + 1) * size) - y);
    }
  }

  /** @param {Layer} layer */
  trimTiles(layer) {
    if (layer.tiles.size <= MOST_TILES) return;
    const kept = new Set(this.tilesWanted(layer).map(({ key }) => key));
    for (const key of layer.tiles.keys()) {
      if (layer.tiles.size <= MOST_TILES) break;
      if (!kept.has(key)) layer.tiles.delete(key);
    }
  }

  /* ------------------------------------------------------------ tiles */
  /** @param {Layer} layer @param {number} i @param {number} j @param {Tile | undefined} old */
  drawTile(layer, i, j, old) {
    const canvas = old?.canvas ?? surface(TILE, TILE);
    const ctx = context(canvas, { alpha: false });
    const at = layer.k * this.ratio;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.fillStyle = this.theme["map-ground"];
    ctx.fillRect(0, 0, TILE, TILE);
    ctx.setTransform(at, 0, 0, at, -i * TILE, -j * TILE);
    const side = TILE / at;
    this.paint(ctx, i * side, j * side, (i + 1) * side, (j + 1) * side, at);
    return { canvas, dirty: false };
  }

  /**
   * One seat anew on a tile: under it lies its slab, whose colour wipes the old look away.
   * @param {Tile} tile
   * @param {Layer} layer
   * @param {number} i
   * @param {number} j
   * @param {number} seat
   */
  patchTile(tile, layer, i, j, seat) {
    const { hall } = this, at = layer.k * this.ratio;
    const ctx = context(tile.canvas);
    ctx.setTransform(at, 0, 0, at, -i * TILE, -j * TILE);
    const r = hall.radius[seat] + 1.5 / at;
    ctx.fillStyle = this.theme.surface;
    ctx.fillRect(hall.x[seat] - r, hall.y[seat] - r, 2 * r, 2 * r);
    this.scratch[0] = seat;
    this.paintSeats(ctx, 1, at, layer.k * hall.seatRadius);
  }

  /**
   * Everything of the hall that is the same for all viewers, within a rectangle; `at` is device pixels per plan unit.
   * @param {Ctx} ctx
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {number} at
   */
  paint(ctx, left, top, right, bottom, at) {
    const { hall } = this, margin = hall.pitch * 1.5;
    this.paintAreas(ctx, left, top, right, bottom);
    const pixels = (hall.seatRadius * at) / this.ratio;
    let seen = 0;
    const rows = new Set();
    hall.visit(left - margin, top - margin, right + margin, bottom + margin, (seat) => {
      this.scratch[seen++] = seat;
      rows.add(hall.row[seat]);
    });
    if (seen === 0) return;
    this.paintSlabs(ctx, rows, left, top, right, bottom, margin);
    this.paintSeats(ctx, seen, at, pixels);
    if (pixels >= 4.5) this.paintRowLabels(ctx, rows, at, pixels);
  }

  /**
   * @param {Ctx} ctx
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   */
  paintAreas(ctx, left, top, right, bottom) {
    for (const area of this.hall.areas) {
      const points = corners(area);
      const reach = 400; // room for a text that is wider than its shape
      if (points.every(([x]) => x < left - reach) || points.every(([x]) => x > right + reach)) continue;
      if (points.every(([, y]) => y < top - reach) || points.every(([, y]) => y > bottom + reach)) continue;
      ctx.save();
      if (area.rotation && area.shape !== "polygon") {
        ctx.translate(area.x, area.y);
        ctx.rotate((area.rotation * Math.PI) / 180);
        ctx.translate(-area.x, -area.y);
      }
      this.paintShape(ctx, area, points);
      if (area.text && !isStanding(area)) {
        ctx.globalAlpha = 1;
        ctx.fillStyle = this.isDark || !area.text_color ? this.theme["ink-soft"] : area.text_color;
        ctx.font = `600 ${area.text_size || 16}px ${this.font}`;
        ctx.textAlign = "center";
        ctx.textBaseline = "middle";
        ctx.fillText(area.text, area.text_x ?? area.x, area.text_y ?? area.y);
      }
      ctx.restore();
    }
  }

  /** @param {Ctx} ctx @param {Area} area @param {Point[]} points */
  paintShape(ctx, area, points) {
    if (area.shape === "text") return;
    const path = new Path2D();
    if (area.shape === "circle") path.arc(area.x, area.y, area.radius, 0, 2 * Math.PI);
    else if (area.shape === "ellipse") path.ellipse(area.x, area.y, area.width / 2, area.height / 2, 0, 0, 2 * Math.PI);
    else if (area.shape === "polygon") for (const [x, y] of points) path.lineTo(x, y); // the first one only goes there
    else path.roundRect(area.x, area.y, area.width, area.height, Math.min(area.width, area.height, 3 * this.hall.seatRadius) / 4);
    path.closePath();
    // A plan's colours are chosen on white paper: at night they are let down to a tint.
    const own = isStanding(area) ? this.fills[area.category] : null;
    ctx.globalAlpha = own ? 0.32 : this.isDark ? 0.22 : 1;
    ctx.fillStyle = own ?? (area.color || this.theme.line);
    ctx.fill(path);
    if (own || area.border_color) {
      ctx.globalAlpha = !own && this.isDark ? 0.4 : 1;
      ctx.strokeStyle = own ?? area.border_color;
      ctx.lineWidth = this.hall.seatRadius / 5;
      ctx.stroke(path);
    }
  }

  /**
   * The floor that a block of seats stands on: one wide line through each row.
   * @param {Ctx} ctx
   * @param {Set<number>} rows
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {number} margin
   */
  paintSlabs(ctx, rows, left, top, right, bottom, margin) {
    const { hall } = this;
    ctx.strokeStyle = this.theme.surface;
    ctx.lineWidth = hall.pitch * 1.9;
    ctx.lineCap = "round";
    ctx.lineJoin = "bevel"; // rows bend little, and round joins cost much
    for (const row of rows) {
      const seats = hall.seatsOfRow(row);
      let last = -1;
      ctx.beginPath(); // row by row: one path of all rows would have to be united before it is filled
      for (const seat of seats) {
        const x = hall.x[seat], y = hall.y[seat];
        const isNear = x > left - 2 * margin && x < right + 2 * margin && y > top - 2 * margin && y < bottom + 2 * margin;
        if (!isNear) { last = -1; continue; }
        if (last >= 0 && hall.distance(last, seat) < hall.pitch * 3) ctx.lineTo(x, y);
        else { ctx.moveTo(x, y); ctx.lineTo(x, y); }
        last = seat;
      }
      ctx.stroke();
    }
  }

  /**
   * Seats sorted by how they look, so that each look is set once; taken seats are smaller and crossed, not only grey.
   * @param {Ctx} ctx
   * @param {number} seen
   * @param {number} at
   * @param {number} pixels
   */
  paintSeats(ctx, seen, at, pixels) {
    const { hall, scratch, off } = this;
    const kinds = hall.categories.length + 2, [OFF, TAKEN] = [kinds - 2, kinds - 1];
    /** @type {number[][]} */
    const lists = Array.from({ length: kinds }, () => []);
    for (let n = 0; n < seen; n++) {
      const seat = scratch[n], category = hall.category[seat];
      lists[hall.status[seat] !== FREE ? TAKEN : off[category] ? OFF : category].push(seat);
    }
    lists.forEach((seats, kind) => {
      if (seats.length === 0) return;
      const fill = kind === TAKEN ? this.theme["seat-taken"] : kind === OFF ? this.theme["seat-off"] : this.fills[kind];
      if (pixels < ROUND) this.paintDots(ctx, seats, fill, at, kind === TAKEN ? 0.8 : 1, pixels);
      else this.stampSeats(ctx, seats, fill, at, kind === TAKEN, kind < OFF && pixels >= NUMBERS ? this.inks[kind] : "");
    });
  }

  /**
   * @param {Ctx} ctx
   * @param {number[]} seats
   * @param {string} fill
   * @param {number} at
   * @param {number} share
   * @param {number} pixels
   */
  paintDots(ctx, seats, fill, at, share, pixels) {
    const { hall } = this;
    ctx.fillStyle = fill;
    const least = 0.5 / at;
    for (const seat of seats) {
      const r = Math.max(least, hall.radius[seat] * share * (pixels < DOTS ? 1 : 0.94));
      ctx.fillRect(hall.x[seat] - r, hall.y[seat] - r, 2 * r, 2 * r);
    }
  }

  /**
   * Round seats and their numbers are stamped from a small picture of each look: far faster than paths and texts.
   * @param {Ctx} ctx
   * @param {number[]} seats
   * @param {string} fill
   * @param {number} at
   * @param {boolean} isTaken
   * @param {string} ink
   */
  stampSeats(ctx, seats, fill, at, isTaken, ink) {
    const { hall } = this, { e, f } = ctx.getTransform();
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    for (const seat of seats) {
      const radius = Math.round(hall.radius[seat] * at * 4) / 4, number = ink ? hall.number[seat] : "";
      const stamp = this.stamp(`${fill} ${radius} ${isTaken} ${number}`, 2 * Math.ceil(radius) + 2, 2 * Math.ceil(radius) + 2, (on) => {
        disc(on, 0, 0, isTaken ? radius * 0.78 : radius, fill);
        if (isTaken && radius > 4) cross(on, radius * 0.3, this.theme.surface);
        if (number) this.write(on, number, radius * 0.92, ink, radius * 1.7);
      });
      ctx.drawImage(stamp, Math.round(hall.x[seat] * at + e - stamp.width / 2), Math.round(hall.y[seat] * at + f - stamp.height / 2));
    }
    ctx.restore();
  }

  /** @param {Ctx} ctx @param {Set<number>} rows @param {number} at @param {number} pixels */
  paintRowLabels(ctx, rows, at, pixels) {
    const { hall, ratio, theme } = this, { e, f } = ctx.getTransform();
    const size = Math.round(Math.min(13, pixels * 1.1) * ratio);
    ctx.save();
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    for (const row of rows) {
      const seats = hall.seatsOfRow(row), [, label] = hall.rows[row];
      const stamp = this.stamp(`row ${label} ${size}`, Math.ceil(size * 0.75 * (label.length + 1)), size * 2, (on) => this.write(on, label, size, theme["ink-soft"]));
      const [first, last] = [seats[0], seats[seats.length - 1]];
      for (const [end, inner] of [[first, seats[1] ?? last], [last, seats[seats.length - 2] ?? first]]) {
        const away = hall.distance(end, inner) || 1, [dx, dy] = end === inner ? [-1, 0] : [(hall.x[end] - hall.x[inner]) / away, (hall.y[end] - hall.y[inner]) / away];
        const x = (hall.x[end] + dx * hall.pitch * 0.95) * at + e, y = (hall.y[end] + dy * hall.pitch * 0.95) * at + f;
        ctx.drawImage(stamp, Math.round(x - stamp.width / 2), Math.round(y - stamp.height / 2));
      }
    }
    ctx.restore();
  }

  /**
   * A small picture drawn once, its origin in the middle, kept by `key`.
   * @param {string} key
   * @param {number} width
   * @param {number} height
   * @param {(ctx: Ctx) => void} draw
   */
  stamp(key, width, height, draw) {
    let stamp = this.stampOf.get(key);
    if (stamp) return stamp;
    if (this.stampOf.size > MOST_STAMPS) this.stampOf.clear();
    stamp = surface(width, height);
    const ctx = context(stamp);
    ctx.translate(width / 2, height / 2);
    draw(ctx);
    this.stampOf.set(key, stamp);
    return stamp;
  }

  /**
   * @param {Ctx} ctx
   * @param {string} text
   * @param {number} size
   * @param {string} ink
   * @param {number} [widest]
   */
  write(ctx, text, size, ink, widest) {
    ctx.font = `600 ${size}px ${this.font}`;
    ctx.fillStyle = ink;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, 0, size * 0.06, widest);
  }

  /* ------------------------------------------------------------ overview (minimap, and what is seen before tiles are) */
  drawOverview() {
    const { bounds } = this.hall;
    const k = Math.min((this.fitK * this.ratio), 1400 / Math.max(bounds.width, bounds.height));
    this.overviewK = k;
    this.overview = surface(Math.ceil(bounds.width * k), Math.ceil(bounds.height * k));
    const ctx = context(this.overview, { alpha: false });
    ctx.fillStyle = this.theme["map-ground"];
    ctx.fillRect(0, 0, this.overview.width, this.overview.height);
    ctx.setTransform(k, 0, 0, k, -bounds.left * k, -bounds.top * k);
    this.paint(ctx, bounds.left, bounds.top, bounds.left + bounds.width, bounds.top + bounds.height, k);
  }

  /** @param {number} seat */
  dotOverview(seat) {
    if (!this.overview) return;
    const { hall, overviewK: k } = this;
    const ctx = context(this.overview);
    const fill = hall.status[seat] !== FREE ? "seat-taken" : this.off[hall.category[seat]] ? "seat-off" : null;
    ctx.fillStyle = fill ? this.theme[fill] : this.fills[hall.category[seat]];
    const r = Math.max(0.5 / k, hall.radius[seat]);
    ctx.fillRect(hall.x[seat] - r, hall.y[seat] - r, 2 * r, 2 * r);
  }

  layOverview() {
    if (!this.overview) return;
    const { bounds } = this.hall, at = this.ratio;
    const { x, y } = this.toScreen(bounds.left, bounds.top);
    this.ctx.imageSmoothingQuality = "low";
    this.ctx.drawImage(this.overview, x * at, y * at, bounds.width * this.k * at, bounds.height * this.k * at);
  }

  /* ------------------------------------------------------------ overlay */
  /** @param {number} now */
  drawOverlay(now) {
    const { ctx, hall, ratio, theme } = this;
    const { mine, isAsked, hover, focus, lit } = this.look();
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    /** @param {number} seat */
    const spot = (seat) => ({ ...this.toScreen(hall.x[seat], hall.y[seat]), r: hall.radius[seat] * this.k });
    /** @param {{x: number, y: number, r: number}} at */
    const isSeen = ({ x, y, r }) => x > -r && y > -r && x < this.width + r && y < this.height + r;

    let isMoving = false;
    this.pulses = this.pulses.filter(({ from }) => now - from < 250);
    for (const { seat, from } of this.pulses) {
      const at = spot(seat);
      if (!isSeen(at)) continue;
      isMoving = true;
      const part = Math.max(0, (now - from) / 250);
      ring(ctx, at.x, at.y, at.r * (1 + 0.5 * part) + 1, theme["ink-soft"], 2 * (1 - part));
    }

    for (const seat of mine) {
      const at = spot(seat);
      if (!isSeen(at)) continue;
      const r = Math.max(at.r * 1.12, 4);
      disc(ctx, at.x, at.y, r + Math.max(1.5, r * 0.16), theme.surface);
      // Until the server has said so, it is a wish: paler, and without the tick.
      const isWish = isAsked(seat);
      ctx.globalAlpha = isWish ? 0.5 : 1;
      disc(ctx, at.x, at.y, r, theme["seat-mine"]);
      ctx.globalAlpha = 1;
      if (r >= 4 && !isWish) check(ctx, at.x, at.y, r, theme["seat-mine-mark"]);
      if (lit.has(seat)) ring(ctx, at.x, at.y, r + 5, theme.accent, 3);
    }
    if (hover >= 0) {
      const at = spot(hover);
      ring(ctx, at.x, at.y, Math.max(at.r, 3) + 2.5, theme.ink, 2);
    }
    if (focus >= 0) {
      const at = spot(focus);
      ring(ctx, at.x, at.y, Math.max(at.r, 4) + 5, theme.surface, 3);
      ring(ctx, at.x, at.y, Math.max(at.r, 4) + 3.5, theme.accent, 3);
    }
    this.drawZoneNames();
    this.drawStanding();
    return isMoving;
  }

  /** Far away, blocks have names; near by, rows and seats have. Names that would cover one another give way. */
  drawZoneNames() {
    const { hall, ctx } = this;
    if (this.seatPixels > 4.5 || hall.zones.length < 2) return;
    /** @type {{x: number, y: number, wide: number}[]} */
    const placed = [];
    ctx.font = `650 14px ${this.font}`;
    hall.zoneBoxes.forEach((box, zone) => {
      if (box.seats === 0) return;
      const at = this.toScreen((box.left + box.right) / 2, (box.top + box.bottom) / 2);
      const wide = ctx.measureText(hall.zones[zone].name).width + 20;
      if (at.x < 0 || at.y < 0 || at.x > this.width || at.y > this.height) return;
      at.x = Math.max(wide / 2 + 4, Math.min(this.width - wide / 2 - 4, at.x));
      // A name that would hide most of its block says less than the block.
      if (wide * 26 > 0.5 * (box.right - box.left) * (box.bottom - box.top) * this.k ** 2) return;
      if (placed.some((one) => Math.abs(one.x - at.x) < (one.wide + wide) / 2 && Math.abs(one.y - at.y) < 28)) return;
      placed.push({ ...at, wide });
      this.pill(hall.zones[zone].name, at.x, at.y, wide);
    });
  }

  drawStanding() {
    const { ctx, hall } = this;
    const { words, mineIn } = this.look();
    for (const area of hall.standing) {
      const points = corners(area), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
      if ((Math.max(...xs) - Math.min(...xs)) * this.k < 70) continue;
      const at = this.toScreen((Math.min(...xs) + Math.max(...xs)) / 2, (Math.min(...ys) + Math.max(...ys)) / 2);
      const own = mineIn(area);
      const text = `${area.text || words.standing} · ${own ? words.yours(own) : words.left(hall.leftIn(area))}`;
      ctx.font = `650 14px ${this.font}`;
      this.pill(text, at.x, at.y, ctx.measureText(text).width + 20);
    }
  }

  /** @param {string} text @param {number} x @param {number} y @param {number} wide */
  pill(text, x, y, wide) {
    const { ctx, theme } = this;
    ctx.globalAlpha = 0.92;
    ctx.fillStyle = theme.surface;
    ctx.beginPath();
    ctx.roundRect(x - wide / 2, y - 13, wide, 26, 13);
    ctx.fill();
    ctx.globalAlpha = 1;
    ctx.fillStyle = theme.ink;
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.fillText(text, x, y + 0.5);
  }
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function context(canvas, settings) {
  return /** @type {Ctx} */ (canvas.getContext("2d", settings)); // null only where it was asked for another kind before
}

/** @param {number} width @param {number} height */
function surface(width, height) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, width), Math.max(1, height)];
  return canvas;
}

/** @param {Ctx} ctx @param {number} x @param {number} y @param {number} r @param {string} fill */
function disc(ctx, x, y, r, fill) {
  ctx.fillStyle = fill;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.fill();
}

/**
 * @param {Ctx} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} stroke
 * @param {number} width
 */
function ring(ctx, x, y, r, stroke, width) {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = width;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.stroke();
}

/** @param {Ctx} ctx @param {number} arm @param {string} stroke */
function cross(ctx, arm, stroke) {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = Math.max(1, arm / 2);
  ctx.beginPath();
  ctx.moveTo(-arm, -arm);
  ctx.lineTo(arm, arm);
  ctx.moveTo(arm, -arm);
  ctx.lineTo(-arm, arm);
  ctx.stroke();
}

/**
 * @param {Ctx} ctx
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} stroke
 */
function check(ctx, x, y, r, stroke) {
  ctx.strokeStyle = stroke;
  ctx.lineWidth = Math.max(1.25, r * 0.2);
  ctx.lineCap = ctx.lineJoin = "round";
  ctx.beginPath();
  ctx.moveTo(x - r * 0.42, y + r * 0.02);
  ctx.lineTo(x - r * 0.1, y + r * 0.34);
  ctx.lineTo(x + r * 0.44, y - r * 0.32);
  ctx.stroke();
}

/**
 * Relative luminance of "#rgb" or "#rrggbb"; other ways to write a colour count as middling.
 * @param {string} colour
 */
export function luminance(colour) {
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour)?.[1];
  if (!digits) return 0.3;
  const wide = digits.length === 3 ? [...digits].map((digit) => digit + digit).join("") : digits;
  const [r, g, b] = [0, 2, 4].map((at) => {
    const part = parseInt(wide.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
