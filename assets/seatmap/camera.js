/* Where the viewer looks: the plan's point (x, y) lies on the view at (x · k + tx, y · k + ty), in CSS pixels. */

const FLIGHT = 240; // milliseconds

export class Camera {
  /** @param {import("./hall.js").Hall} hall */
  constructor(hall) {
    this.hall = hall;
    this.width = this.height = 0;
    this.k = this.fitK = this.leastK = this.mostK = 1;
    this.tx = this.ty = 0;
    this.zoomedAt = -Infinity;
    /** @type {{from: number, start: Place, end: Place} | null} */
    this.flight = null;
    this.still = { matches: false };
  }

  /** Something is to be seen otherwise. */
  invalidate() { /* whoever draws does it in the next frame */ }

  /**
   * Takes the view's size. A hall that was seen as a whole stays so; else the view's centre stays where it was.
   * @param {number} width
   * @param {number} height
   */
  frame(width, height) {
    const centre = this.toPlan(this.width / 2, this.height / 2);
    const isWhole = this.width === 0 || Math.abs(this.k / this.fitK - 1) < 0.01;
    [this.width, this.height] = [width, height];
    const { bounds } = this.hall;
    this.fitK = Math.min(width / bounds.width, height / bounds.height);
    this.leastK = this.fitK * 0.85;
    this.mostK = Math.max(this.fitK * 1.5, 22 / this.hall.seatRadius);
    if (isWhole) this.fit(false);
    else this.centreOn(centre.x, centre.y, this.k, false);
  }

  /** @param {number} x @param {number} y */
  toPlan(x, y) { return { x: (x - this.tx) / this.k, y: (y - this.ty) / this.k }; }
  /** @param {number} x @param {number} y */
  toScreen(x, y) { return { x: x * this.k + this.tx, y: y * this.k + this.ty }; }
  get seatPixels() { return this.hall.seatRadius * this.k; }

  /** @param {number} dx @param {number} dy */
  panBy(dx, dy) {
    this.flight = null;
    this.tx += dx;
    this.ty += dy;
    this.keepInSight();
    this.invalidate();
  }

  /**
   * Zooms so that the plan's point under (x, y) stays there.
   * @param {number} x
   * @param {number} y
   * @param {number} factor
   */
  zoomAt(x, y, factor) {
    this.flight = null;
    const point = this.toPlan(x, y);
    this.k = this.lawful(this.k * factor);
    this.tx = x - point.x * this.k;
    this.ty = y - point.y * this.k;
    this.keepInSight();
    this.zoomedAt = performance.now();
    this.invalidate();
  }

  /** @param {number} x @param {number} y */
  centreOn(x, y, k = this.k, isSmooth = true) {
    const scale = this.lawful(k);
    const end = { k: scale, tx: this.width / 2 - x * scale, ty: this.height / 2 - y * scale };
    if (!isSmooth || this.still.matches) {
      Object.assign(this, end);
      this.keepInSight();
      this.flight = null;
    } else {
      this.flight = { from: performance.now(), start: { k: this.k, tx: this.tx, ty: this.ty }, end };
    }
    this.zoomedAt = performance.now();
    this.invalidate();
  }

  fit(isSmooth = true) {
    const { left, top, width, height } = this.hall.bounds;
    this.centreOn(left + width / 2, top + height / 2, this.fitK, isSmooth);
  }

  /** @param {number} factor */
  zoomBy(factor) {
    const { x, y } = this.toPlan(this.width / 2, this.height / 2);
    this.centreOn(x, y, (this.flight?.end.k ?? this.k) * factor);
  }

  /**
   * Brings some seats into view, large enough to read.
   * @param {number[]} seats
   */
  show(seats, least = 10) {
    const xs = seats.map((seat) => this.hall.x[seat]), ys = seats.map((seat) => this.hall.y[seat]);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const room = this.hall.pitch * 6;
    const k = Math.min(this.width / (right - left + room), this.height / (bottom - top + room), Math.max(this.k, least / this.hall.seatRadius));
    this.centreOn((left + right) / 2, (top + bottom) / 2, k);
  }

  /**
   * Moves just enough that a seat with the keyboard's focus is seen, and can be read.
   * @param {number} seat
   */
  follow(seat) {
    const [x, y] = [this.hall.x[seat], this.hall.y[seat]];
    if (this.seatPixels < 6) return this.centreOn(x, y, 10 / this.hall.seatRadius);
    const at = this.toScreen(x, y), edge = Math.min(90, this.width / 4, this.height / 4);
    if (at.x < edge || at.y < edge || at.x > this.width - edge || at.y > this.height - edge) this.centreOn(x, y);
    return this.invalidate();
  }

  /** @param {number} k */
  lawful(k) { return Math.max(this.leastK, Math.min(this.mostK, k)); }

  keepInSight() {
    const { left, top, width, height } = this.hall.bounds;
    const margin = 0.4;
    /** @type {(offset: number, start: number, size: number, view: number) => number} */
    const limit = (offset, start, size, view) => {
      const slack = Math.max(0, view - size * this.k) / 2 + view * margin;
      return Math.max(view - (start + size) * this.k - slack, Math.min(slack - start * this.k, offset));
    };
    this.tx = limit(this.tx, left, width, this.width);
    this.ty = limit(this.ty, top, height, this.height);
  }

  /**
   * Where the flight that is under way has come to.
   * @param {number} now
   */
  fly(now) {
    if (!this.flight) return;
    const { from, start, end } = this.flight;
    const part = Math.min(1, (now - from) / FLIGHT);
    const eased = 1 - (1 - part) ** 3;
    // Zoom in equal ratios, and keep the plan's point at the view's centre on a straight line.
    const k = start.k * (end.k / start.k) ** eased;
    /** @type {(axis: "tx" | "ty", size: number) => number} */
    const offset = (axis, size) => {
      const [a, b] = [start, end].map((place) => (size / 2 - place[axis]) / place.k);
      return size / 2 - (a + (b - a) * eased) * k;
    };
    [this.k, this.tx, this.ty] = [k, offset("tx", this.width), offset("ty", this.height)];
    this.zoomedAt = now;
    if (part === 1) {
      Object.assign(this, end);
      this.flight = null;
      this.zoomedAt = -Infinity;
      this.keepInSight();
    }
  }
}
