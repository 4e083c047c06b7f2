/* A hall in memory: what the plan says (never changes) and who has what (changes all the time).
   Everything per seat lies in typed arrays by the seat's index; there is no object per seat, so 50,000 of them weigh little. */

export const FREE = 0, HELD = 1, SOLD = 2;
const STATUS = { free: FREE, held: HELD, sold: SOLD };
const CELL_SEATS = 12; // about so many seats in a cell of the spatial grid

/** Lets the page answer whatever its viewer does, before the work goes on. */
const breathe = () => globalThis.scheduler?.yield?.() ?? new Promise((go) => { setTimeout(go); });

export class Hall {
  /** The hall of the geometry that GET …/plan answers, built in slices: a large one takes longer than a frame. */
  static async of(plan) {
    const hall = new Hall(plan);
    for (const step of [hall.indexSeats, hall.arrangeRows, hall.measure, hall.buildGrid, hall.buildZones]) {
      await breathe();
      step.call(hall, plan);
    }
    await breathe();
    return hall;
  }

  /** What the plan says as it stands; `of` does the rest. */
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
    this.standing = plan.areas.filter((area) => area.guid && area.capacity > 0);

    this.status = new Uint8Array(this.count);
    this.freeOf = new Int32Array(this.categories.length);
    for (const category of this.category) this.freeOf[category] += 1;
    this.isUsed = this.categories.map((_, at) => this.freeOf[at] > 0 || this.standing.some((area) => area.category === at));
    this.taken = new Map(this.standing.map((area) => [area.guid, new Map()]));
    this.version = -1;
  }

  indexSeats() {
    this.indexOf = new Map(this.guid.map((guid, seat) => [guid, seat]));
    this.seatRadius = median(this.radius) || 10;
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

  measure(plan) {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
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
    this.rows.forEach(([zone], row) => this.rowsOfZone[zone].push(row));
  }

  zoneOf(seat) { return this.rows[this.row[seat]][0]; }
  zoneName(seat) { return this.zones[this.zoneOf(seat)].name; }

  /** What a row is called: its own name (“box 3”) where it has one, else what `say` makes of its number. */
  rowName(row, say, key) {
    const [, label, isName] = this.rows[row];
    return isName || !label ? label : say(key, { row: label });
  }
  unit(seat) { return `seat:${this.guid[seat]}`; }
  seatOf(unit) { return unit.startsWith("seat:") ? this.indexOf.get(unit.slice(5)) : undefined; }
  distance(one, other) { return Math.hypot(this.x[one] - this.x[other], this.y[one] - this.y[other]); }
  seatsOfRow(row) { return this.rowSeats.subarray(this.rowStart[row], this.rowStart[row + 1]); }

  /** Calls `visit(seat)` for every seat in the cells that touch the rectangle. */
  visit(left, top, right, bottom, visit) {
    const clamp = (value, most) => Math.max(0, Math.min(most, Math.floor(value)));
    const [c0, c1] = [left, right].map((x) => clamp((x - this.bounds.left) / this.cell, this.columns - 1));
    const [l0, l1] = [top, bottom].map((y) => clamp((y - this.bounds.top) / this.cell, this.lines - 1));
    for (let line = l0; line <= l1; line++) {
      const from = this.cellStart[line * this.columns + c0];
      const until = this.cellStart[line * this.columns + c1 + 1];
      for (let at = from; at < until; at++) visit(this.cellSeats[at]);
    }
  }

  /** The seat nearest to a point within `reach`, or -1. */
  nearest(x, y, reach) {
    let best = -1, least = reach;
    this.visit(x - reach, y - reach, x + reach, y + reach, (seat) => {
      const away = Math.hypot(this.x[seat] - x, this.y[seat] - y);
      if (away < least) [best, least] = [seat, away];
    });
    return best;
  }

  /** The standing area under a point, or null. */
  areaAt(x, y) {
    return this.standing.find((area) => {
      const points = corners(area);
      const xs = points.map((point) => point[0]), ys = points.map((point) => point[1]);
      return x >= Math.min(...xs) && x <= Math.max(...xs) && y >= Math.min(...ys) && y <= Math.max(...ys);
    }) ?? null;
  }

  /** Where an arrow key leads from a seat: along its row, else to the nearest seat on that side. */
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

  /** Takes a whole snapshot {version, status}: what it does not name is free. Returns the seats that changed. */
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

  /** Takes {version, changes}; older news than we have is ignored. Returns the seats that changed. */
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

  set(seat, status) {
    const before = this.status[seat];
    if (before === status) return false;
    this.status[seat] = status;
    if (before === FREE) this.freeOf[this.category[seat]] -= 1;
    if (status === FREE) this.freeOf[this.category[seat]] += 1;
    return true;
  }

  takePlace(unit, word) {
    const [, area, place] = /^stand:(.+):(\d+)$/.exec(unit) ?? [];
    const places = this.taken.get(area);
    if (!places) return;
    if (word === "free") places.delete(place);
    else places.set(place, word);
  }

  /** Standing places that nobody has. */
  leftIn(area) { return Math.max(0, area.capacity - this.taken.get(area.guid).size); }
}

/** The outline of an area in plan coordinates, turned as the plan says. */
export function corners(area) {
  const { x = 0, y = 0, width = 0, height = 0, radius = 0, rotation = 0 } = area;
  if (area.shape === "polygon" && area.points?.length) return turned(area.points, rotation, x, y);
  if (area.shape === "circle") return [[x - radius, y - radius], [x + radius, y - radius], [x + radius, y + radius], [x - radius, y + radius]];
  if (area.shape === "ellipse") {
    const [a, b] = [width / 2, height / 2];
    return turned([[x - a, y - b], [x + a, y - b], [x + a, y + b], [x - a, y + b]], rotation, x, y);
  }
  if (area.shape === "text") return [[x, y]];
  return turned([[x, y], [x + width, y], [x + width, y + height], [x, y + height]], rotation, x, y);
}

function turned(points, degrees, x, y) {
  if (!degrees) return points;
  const angle = (degrees * Math.PI) / 180, [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return points.map(([px, py]) => [x + (px - x) * cos - (py - y) * sin, y + (px - x) * sin + (py - y) * cos]);
}

function median(values) {
  const sorted = Float32Array.from(values).sort();
  return sorted.length ? sorted[sorted.length >> 1] : 0;
}
