/* A hall in memory: what the plan says (never changes) and who has what (changes all the time).
   Everything per seat lies in typed arrays by the seat's index; there is no object per seat, so 50,000 of them weigh little. */

export const FREE = 0, HELD = 1, SOLD = 2;
/** @type {Word[]} */
export const STATUSES = ["free", "held", "sold"];
const STATUS = { free: FREE, held: HELD, sold: SOLD };
const CELL_SEATS = 12; // about so many seats in a cell of the spatial grid
const GRASP = 1.3; // how many times its radius from its centre a seat can still be pressed
const NONE = new Int32Array(0);

/** Lets the page answer whatever its viewer does, before the work goes on. */
const breathe = () => globalThis.scheduler?.yield?.() ?? new Promise((go) => setTimeout(go));

/** @type {(area: Area | StandingArea) => area is StandingArea} */
export const isStanding = (area) => "guid" in area;

export class Hall {
  /**
   * The hall of the geometry that GET …/plan answers, built in slices: a large one takes longer than a frame.
   * @param {Plan} plan
   */
  static async of(plan) {
    const hall = new Hall(plan);
    for (const step of [hall.indexSeats, hall.arrangeRows, hall.measure, hall.buildGrid, hall.buildZones]) {
      // biome-ignore lint/performance/noAwaitInLoops: each step needs the one before, and the page its turn between them
      await breathe();
      step.call(hall, plan);
    }
    await breathe();
    return hall;
  }

  /**
   * What the plan says as it stands; `of` does the rest.
   * @param {Plan} plan
   */
  constructor(plan) {
    const { seats } = plan;
    this.name = plan.name;
    this.count = seats.guid.length;
    this.guid = seats.guid;
    this.number = seats.number;
    this.x = Float32Array.from(seats.x);
    this.y = Float32Array.from(seats.y);
    this.radius = Float32Array.from(seats.r);
    this.row = Int32Array.from(seats.row);
    this.category = Uint8Array.from(seats.category);
    this.categories = plan.categories;
    this.zones = plan.zones;
    this.rows = plan.rows;
    this.notes = plan.notes ?? {};
    this.areas = plan.areas;
    this.standing = plan.areas.filter(isStanding).filter((area) => area.capacity > 0);

    this.status = new Uint8Array(this.count);
    this.freeOf = new Int32Array(this.categories.length);
    for (const category of this.category) this.freeOf[category] += 1;
    this.isUsed = this.categories.map((_, at) => this.freeOf[at] > 0 || this.standing.some((area) => area.category === at));
    /** @type {Map<string, Map<string, Word>>} */
    this.taken = new Map(this.standing.map((area) => [area.guid, new Map()]));
    this.version = -1;

    /** @type {Map<string, number>} */
    this.indexOf = new Map();
    this.seatRadius = this.widest = this.pitch = this.cell = this.columns = this.lines = 0;
    this.place = this.rowStart = this.rowSeats = this.cellStart = this.cellSeats = NONE;
    this.bounds = { left: 0, top: 0, width: 0, height: 0 };
    /** @type {{left: number, top: number, right: number, bottom: number, seats: number}[]} */
    this.zoneBoxes = [];
    /** @type {number[][]} */
    this.rowsOfZone = [];
  }

  indexSeats() {
    this.indexOf = new Map(this.guid.map((guid, seat) => [guid, seat]));
    this.seatRadius = median(this.radius) || 10;
    this.widest = this.radius.reduce((most, radius) => Math.max(most, radius), 0);
  }

  /** Seats of each row, in the plan's order: rowSeats[rowStart[r] … rowStart[r + 1]]. */
  arrangeRows() {
    const start = new Int32Array(this.rows.length + 1);
    for (const row of this.row) start[row + 1] += 1;
    for (let row = 0; row < this.rows.length; row++) start[row + 1] += start[row];
    const next = start.slice();
    const order = new Int32Array(this.count);
    this.place = new Int32Array(this.count); // a seat's place in rowSeats
    for (let seat = 0; seat < this.count; seat++) {
      this.place[seat] = next[this.row[seat]]++;
      order[this.place[seat]] = seat;
    }
    this.rowStart = start;
    this.rowSeats = order;

    const gaps = [];
    for (let at = 1; at < this.count && gaps.length < 4000; at++) {
      const [one, other] = [order[at - 1], order[at]];
      if (this.row[one] === this.row[other]) gaps.push(this.distance(one, other));
    }
    this.pitch = median(gaps) || this.seatRadius * 2.4;
  }

  /** @param {Plan} plan */
  measure(plan) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
    /** @type {(x: number, y: number, r?: number) => void} */
    const reach = (x, y, r = 0) => {
      left = Math.min(left, x - r);
      top = Math.min(top, y - r);
      right = Math.max(right, x + r);
      bottom = Math.max(bottom, y + r);
    };
    for (let seat = 0; seat < this.count; seat++) reach(this.x[seat], this.y[seat], this.radius[seat]);
    for (const area of this.areas) for (const [x, y] of corners(area)) reach(x, y);
    if (left > right) [left, top, right, bottom] = [0, 0, plan.width || 1, plan.height || 1];
    const margin = this.pitch * 1.5;
    this.bounds = { left: left - margin, top: top - margin, width: right - left + 2 * margin, height: bottom - top + 2 * margin };
  }

  /** A counting-sorted grid over the bounds: finding and drawing touch only the cells that they need. */
  buildGrid() {
    const { left, top, width, height } = this.bounds;
    this.cell = Math.max(this.pitch, Math.sqrt((width * height * CELL_SEATS) / Math.max(1, this.count)));
    this.columns = Math.max(1, Math.ceil(width / this.cell));
    this.lines = Math.max(1, Math.ceil(height / this.cell));
    const start = new Int32Array(this.columns * this.lines + 1);
    const cellOf = new Int32Array(this.count);
    for (let seat = 0; seat < this.count; seat++) {
      const column = Math.min(this.columns - 1, Math.floor((this.x[seat] - left) / this.cell));
      const line = Math.min(this.lines - 1, Math.floor((this.y[seat] - top) / this.cell));
      cellOf[seat] = line * this.columns + column;
      start[cellOf[seat] + 1] += 1;
    }
    for (let at = 1; at < start.length; at++) start[at] += start[at - 1];
    const next = start.slice();
    this.cellStart = start;
    this.cellSeats = new Int32Array(this.count);
    for (let seat = 0; seat < this.count; seat++) this.cellSeats[next[cellOf[seat]]++] = seat;
  }

  buildZones() {
    this.zoneBoxes = this.zones.map(() => ({ left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity, seats: 0 }));
    for (let seat = 0; seat < this.count; seat++) {
      const box = this.zoneBoxes[this.zoneOf(seat)];
      box.left = Math.min(box.left, this.x[seat]);
      box.right = Math.max(box.right, this.x[seat]);
      box.top = Math.min(box.top, this.y[seat]);
      box.bottom = Math.max(box.bottom, this.y[seat]);
      box.seats += 1;
    }
    this.rowsOfZone = this.zones.map(() => []);
    for (const [row, [zone]] of this.rows.entries()) this.rowsOfZone[zone].push(row);
  }

  /** @param {number} seat */
  zoneOf(seat) { return this.rows[this.row[seat]][0]; }
  /** @param {number} seat */
  zoneName(seat) { return this.zones[this.zoneOf(seat)].name; }

  /**
   * What a row is called: its own name (“box 3”) where it has one, else what `say` makes of its number.
   * @param {number} row
   * @param {Say} say
   * @param {string} key
   */
  rowName(row, say, key) {
    const [, label, isName] = this.rows[row];
    return isName || !label ? label : say(key, { row: label });
  }

  /** @param {number} seat */
  unit(seat) { return `seat:${this.guid[seat]}`; }
  /** @param {Unit} unit */
  seatOf(unit) { return unit.startsWith("seat:") ? this.indexOf.get(unit.slice(5)) : undefined; }
  /** @param {number} one @param {number} other */
  distance(one, other) { return Math.hypot(this.x[one] - this.x[other], this.y[one] - this.y[other]); }
  /** @param {number} row */
  seatsOfRow(row) { return this.rowSeats.subarray(this.rowStart[row], this.rowStart[row + 1]); }

  /**
   * Calls `visit(seat)` for every seat in the cells that touch the rectangle.
   * @param {number} left
   * @param {number} top
   * @param {number} right
   * @param {number} bottom
   * @param {(seat: number) => void} visit
   */
  visit(left, top, right, bottom, visit) {
    /** @type {(value: number, most: number) => number} */
    const clamp = (value, most) => Math.max(0, Math.min(most, Math.floor(value)));
    const [c0, c1] = [left, right].map((x) => clamp((x - this.bounds.left) / this.cell, this.columns - 1));
    const [l0, l1] = [top, bottom].map((y) => clamp((y - this.bounds.top) / this.cell, this.lines - 1));
    for (let line = l0; line <= l1; line++) {
      const from = this.cellStart[line * this.columns + c0];
      const until = this.cellStart[line * this.columns + c1 + 1];
      for (let at = from; at < until; at++) visit(this.cellSeats[at]);
    }
  }

  /**
   * The seat nearest to a point, or -1. Its centre is within `reach`, or the point is on the seat or just beside it.
   * @param {number} x
   * @param {number} y
   * @param {number} reach
   */
  nearest(x, y, reach) {
    let best = -1, least = Infinity;
    const far = Math.max(reach, this.widest * GRASP);
    this.visit(x - far, y - far, x + far, y + far, (seat) => {
      const away = Math.hypot(this.x[seat] - x, this.y[seat] - y);
      if (away < least && away < Math.max(reach, this.radius[seat] * GRASP)) [best, least] = [seat, away];
    });
    return best;
  }

  /**
   * The standing area under a point, or null; where two lie over one another, the one that is seen.
   * @param {number} x
   * @param {number} y
   */
  areaAt(x, y) { return this.standing.findLast((area) => isInside(area, x, y)) ?? null; }

  /**
   * Where an arrow key leads from a seat: along its row, else to the nearest seat on that side; -1 where it leads nowhere.
   * @param {number} seat
   * @param {number} dx
   * @param {number} dy
   */
  neighbour(seat, dx, dy) {
    const seats = this.seatsOfRow(this.row[seat]);
    const at = this.place[seat] - this.rowStart[this.row[seat]];
    const [first, last] = [seats[0], seats[seats.length - 1]];
    const [runX, runY] = [this.x[last] - this.x[first], this.y[last] - this.y[first]];
    const along = Math.abs(runX) >= Math.abs(runY) ? Math.sign(runX || 1) * dx : Math.sign(runY || 1) * dy;
    if (along !== 0) {
      const next = seats[at + along];
      if (next !== undefined) return next;
    }
    let best = -1, least = Infinity;
    for (let other = 0; other < this.count; other++) {
      if (this.row[other] === this.row[seat]) continue;
      const ahead = (this.x[other] - this.x[seat]) * dx + (this.y[other] - this.y[seat]) * dy;
      if (ahead < this.seatRadius * 0.5) continue;
      const aside = Math.abs((this.x[other] - this.x[seat]) * dy) + Math.abs((this.y[other] - this.y[seat]) * dx);
      const cost = ahead + aside * 1.2;
      if (cost < least) [best, least] = [other, cost];
    }
    return best;
  }

  /**
   * Takes a whole snapshot: what it does not name is free. Returns the seats that changed.
   * @param {Snapshot} news
   */
  replace({ version, status }) {
    const now = new Uint8Array(this.count);
    for (const places of this.taken.values()) places.clear();
    for (const [unit, word] of Object.entries(status)) {
      const seat = this.seatOf(unit);
      if (seat !== undefined) now[seat] = STATUS[word] ?? SOLD;
      else this.takePlace(unit, word);
    }
    const changed = [];
    for (let seat = 0; seat < this.count; seat++) if (this.set(seat, now[seat])) changed.push(seat);
    this.version = version;
    return changed;
  }

  /**
   * Takes what has changed; older news than we have is ignored. Returns the seats that changed.
   * @param {Changes} news
   */
  change({ version, changes }) {
    if (version <= this.version) return [];
    this.version = version;
    const changed = [];
    for (const [unit, word] of Object.entries(changes)) {
      const seat = this.seatOf(unit);
      if (seat === undefined) this.takePlace(unit, word);
      else if (this.set(seat, STATUS[word] ?? SOLD)) changed.push(seat);
    }
    return changed;
  }

  /** @param {number} seat @param {number} status */
  set(seat, status) {
    const before = this.status[seat];
    if (before === status) return false;
    this.status[seat] = status;
    if (before === FREE) this.freeOf[this.category[seat]] -= 1;
    if (status === FREE) this.freeOf[this.category[seat]] += 1;
    return true;
  }

  /** @param {Unit} unit @param {Word} word */
  takePlace(unit, word) {
    const [, area = "", place = ""] = /^stand:(.+):(\d+)$/.exec(unit) ?? [];
    const places = this.taken.get(area);
    if (!places) return;
    if (word === "free") places.delete(place);
    else places.set(place, word);
  }

  /**
   * Standing places that nobody has.
   * @param {StandingArea} area
   */
  leftIn(area) { return Math.max(0, area.capacity - (this.taken.get(area.guid)?.size ?? 0)); }
}

/**
 * The outline of an area in plan coordinates, turned as the plan says; of a round one, the box around it.
 * @param {Area} area
 * @returns {Point[]}
 */
export function corners(area) {
  const { x, y, width, height, radius, rotation } = area;
  if (area.shape === "polygon") return turned(area.points, rotation, x, y);
  if (area.shape === "circle") return [[x - radius, y - radius], [x + radius, y - radius], [x + radius, y + radius], [x - radius, y + radius]];
  if (area.shape === "ellipse") {
    const [a, b] = [width / 2, height / 2];
    return turned([[x - a, y - b], [x + a, y - b], [x + a, y + b], [x - a, y + b]], rotation, x, y);
  }
  if (area.shape === "text") return [[x, y]];
  return turned([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], rotation, x, y);
}

/**
 * @param {Area} area
 * @param {number} x
 * @param {number} y
 */
function isInside(area, x, y) {
  if (area.shape === "circle") return Math.hypot(x - area.x, y - area.y) <= area.radius;
  if (area.shape === "ellipse") {
    const [[px, py]] = turned([[x, y]], -area.rotation, area.x, area.y);
    return Math.hypot((px - area.x) / area.width, (py - area.y) / area.height) <= 0.5;
  }
  // A ray to the right leaves what it is inside of by an odd number of edges.
  const points = corners(area);
  let [from, isIn] = [points[points.length - 1], false];
  for (const to of points) {
    if (to[1] > y !== from[1] > y && x < to[0] + ((y - to[1]) / (from[1] - to[1])) * (from[0] - to[0])) isIn = !isIn;
    from = to;
  }
  return isIn;
}

/**
 * @param {Point[]} points
 * @param {number} degrees
 * @param {number} x
 * @param {number} y
 * @returns {Point[]}
 */
function turned(points, degrees, x, y) {
  if (!degrees) return points;
  const angle = (degrees * Math.PI) / 180, [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return points.map(([px, py]) => [x + (px - x) * cos - (py - y) * sin, y + (px - x) * sin + (py - y) * cos]);
}

/** @param {Iterable<number>} values */
function median(values) {
  const sorted = Float32Array.from(values).sort();
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}
