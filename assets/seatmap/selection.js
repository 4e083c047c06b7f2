/* What the viewer has: what the server says, with what was just asked of it laid over, so that a click shows at once. */

const PATIENCE = 5000;   // milliseconds after which an unanswered wish is taken back
const AFTERWARDS = 1500; // the same, once the server has answered something later

const GUESS = "asked-";
/** @param {Unit} unit */
export const isGuess = (unit) => unit.includes(`:${GUESS}`);
/** @param {Unit} unit */
const area = (unit) => unit.slice(0, unit.lastIndexOf(":"));

/** @typedef {{adds: Set<Unit>, drops: Set<Unit>, until: number}} Wish */

export class Selection {
  /**
   * `changed` and `unanswered` are called when it is so; the latter when nobody has said a word to a wish.
   * @param {() => void} changed
   * @param {() => void} unanswered
   */
  constructor(changed, unanswered) {
    this.unanswered = unanswered;
    /** @type {Set<Unit>} */
    this.mine = new Set();
    /** @type {Wish[]} */
    this.wishes = [];
    /** @type {Wish | null} */
    this.asked = null;
    this.guesses = 0;
    this.changed = changed;
    this.units = this.mine;
  }

  /** @param {Unit} unit */
  has(unit) { return this.units.has(unit); }
  /** @param {Unit} unit */
  isAsked(unit) { return this.units.has(unit) && !this.mine.has(unit); }
  get size() { return this.units.size; }

  /**
   * Asks for so many places of a standing area. Which they will be only the server knows: until then, names are made up.
   * @param {string} guid
   * @param {number} quantity
   */
  addPlaces(guid, quantity) {
    this.guesses += quantity;
    this.add(Array.from({ length: quantity }, (_, at) => `stand:${guid}:${GUESS}${this.guesses - at}`));
  }

  /** @param {Unit[]} units */
  add(units) { this.wish(units, []); }
  /** @param {Unit[]} units */
  drop(units) { this.wish([], units); }

  /** @param {Unit[]} adds @param {Unit[]} drops */
  wish(adds, drops) {
    this.wishes.push({ adds: new Set(adds), drops: new Set(drops), until: Date.now() + PATIENCE });
    this.reckon();
    setTimeout(() => this.sweep(), PATIENCE + 50);
  }

  /**
   * The server's word on what is held: wishes that came true are done.
   * @param {Unit[]} mine
   */
  settle(mine) {
    const gained = mine.filter((unit) => !this.mine.has(unit));
    this.mine = new Set(mine);
    for (const { adds, drops } of this.wishes) {
      for (const unit of adds) {
        if (this.mine.has(unit)) adds.delete(unit);
        if (!isGuess(unit)) continue;
        const at = gained.findIndex((one) => area(one) === area(unit));
        if (at < 0) continue;
        gained.splice(at, 1);
        adds.delete(unit);
      }
      for (const unit of drops) if (!this.mine.has(unit)) drops.delete(unit);
    }
    this.reckon();
  }

  /**
   * The server began or ended working on the oldest wish: what it did not grant by then is refused. Returns those units.
   * @param {boolean} isBusy
   */
  work(isBusy) {
    if (isBusy) {
      this.asked = this.wishes[0] ?? null;
      return [];
    }
    const refused = this.asked && this.wishes.includes(this.asked) ? [...this.asked.adds] : [];
    this.wishes = this.wishes.filter((wish) => wish !== this.asked);
    this.asked = null;
    for (const wish of this.wishes) wish.until = Math.min(wish.until, Date.now() + AFTERWARDS);
    if (this.wishes.length > 0) setTimeout(() => this.sweep(), AFTERWARDS + 50);
    this.reckon();
    return refused;
  }

  sweep() {
    const late = this.wishes.filter((wish) => wish.until <= Date.now());
    if (late.length === 0) return;
    this.wishes = this.wishes.filter((wish) => !late.includes(wish));
    this.reckon();
    this.unanswered();
  }

  /** Nothing of what was asked lately has been sent. */
  forget() {
    this.wishes = [];
    this.asked = null;
    this.reckon();
  }

  reckon() {
    this.wishes = this.wishes.filter(({ adds, drops }) => adds.size + drops.size > 0);
    this.units = new Set(this.mine);
    for (const { adds, drops } of this.wishes) {
      for (const unit of adds) this.units.add(unit);
      for (const unit of drops) this.units.delete(unit);
    }
    this.changed();
  }
}
