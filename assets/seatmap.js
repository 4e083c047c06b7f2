/* The live seat map. React holds the frame around it; the hall itself is drawn on a canvas (seatmap/painter.js), read from
   typed arrays (seatmap/hall.js) and kept up to date by a stream (seatmap/live.js), none of which re-renders React. */
import { createElement as h, useEffect, useReducer, useRef, useState } from "react";
import { hangUp, onUnsent } from "./line.js";
import { FREE, Hall, STATUSES } from "./seatmap/hall.js";
import { SeatList } from "./seatmap/list.js";
import { Live } from "./seatmap/live.js";
import { Selection, isGuess } from "./seatmap/selection.js";
import { Stage } from "./seatmap/stage.js";
import { speaker } from "./seatmap/words.js";

const REDRAW_EVERY = 200;  // milliseconds between updates of counts and lists; the canvas itself does not wait
const GATHER = 300;        // milliseconds in which presses on a standing counter become one wish

/** @param {MapProps & import("react").HTMLAttributes<HTMLElement>} props */
export function SeatMap({
  planUrl, streamUrl, seatsUrl, prices = {}, mine = [], most = 8, busy = false, disabled = false, debugged = false, words,
  onPick, onDrop, onBest, onStanding, onLost, ...rest
}) {
  const root = useRef(/** @type {HTMLElement | null} */ (null));
  const [hall, failure, retry] = usePlan(planUrl);
  const [revision, redraw] = useReducer((n) => n + 1, 0);
  const [view, setView] = useState("map");
  const [only, setOnly] = useState(/** @type {number[]} */ ([]));
  const [lost, setLost] = useState(false);
  const [paused, setPaused] = useState("");
  const [spoken, speak] = useState("");
  const [say] = useState(() => speaker(words)); // a page speaks one language
  const [selection] = useState(() => new Selection(redraw, () => {
    speak(say("notSent"));
    hangUp(); // whether anything of it was heard is learned on the new connection
  }));

  const desk = useDesk({ hall, selection, say, speak, prices, most, only, paused, disabled, onPick, onDrop, onStanding, onLost, root });
  useStream(desk, hall, streamUrl, seatsUrl, { redraw, setLost, setPaused });
  useAnswers(desk, hall, mine, busy);
  useEffect(() => onUnsent(() => {
    selection.forget();
    speak(say("notSent"));
  }), [selection, say]);
  useHandle(desk, debugged);

  /** @param {number} at */
  const toggleOnly = (at) => setOnly((now) => (now.includes(at) ? now.filter((one) => one !== at) : [...now, at]));
  const banner = lost ? say("lost") : paused;

  return h("section", { ...rest, ref: root, className: "seat-map", "aria-label": say("label"), "aria-busy": busy },
    hall && h("div", { className: "seat-map-bar" },
      h(Legend, { desk, say, only, toggleOnly }),
      h("div", { className: "seat-map-views", role: "group", "aria-label": say("view") },
        ["map", "list"].map((name) => h("button", {
          key: name, type: "button", "aria-pressed": view === name, "data-testid": `map-view-${name}`, onClick: () => setView(name),
        }, say(name))))),
    !hall && h("div", { className: "seat-map-stage" },
      h("div", { className: "seat-map-loading", role: "status" }, failure
        ? h("div", { className: "stack" }, say("failed"),
          h("button", { type: "button", className: "button", onClick: retry, "data-testid": "map-retry" }, say("retry")))
        : say("loading"))),
    hall && view === "map" && h(Stage, { desk, say, revision: `${revision} ${only}`, banner }),
    hall && view === "list" && h("div", { style: { position: "relative" } },
      banner && h("div", { className: "seat-map-banner", role: "status", "data-testid": "map-banner" }, banner),
      h(SeatList, { desk, say })),
    hall && h("p", { className: "small numeric", "data-testid": "map-chosen" }, desk.summary()),
    hall !== null && hall.standing.length > 0 && h(Standing, { desk, say }),
    hall !== null && hall.count > 0 && onBest && h(BestForm, { desk, say, isOff: busy || !desk.isOpen(), onBest }),
    h("div", { className: "visually-hidden", role: "status", "aria-live": "polite", "data-testid": "map-said" }, spoken));
}

/**
 * Fetches the plan. Gives the hall, whether that failed, and a way to try again.
 * @param {string} planUrl
 * @returns {[Hall | null, boolean, () => void]}
 */
function usePlan(planUrl) {
  const [hall, setHall] = useState(/** @type {Hall | null} */ (null));
  const [attempt, retry] = useReducer((n) => n + 1, 0);
  const [failure, setFailure] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt fetches anew
  useEffect(() => {
    if (!planUrl) return undefined;
    const leaving = new AbortController();
    setHall(null);
    setFailure(false);
    fetch(planUrl, { signal: leaving.signal })
      .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
      .then((plan) => Hall.of(plan))
      .then((built) => leaving.signal.aborted || setHall(built))
      .catch((error) => error.name === "AbortError" || setFailure(true));
    return () => leaving.abort();
  }, [planUrl, attempt]);
  return [hall, failure, retry];
}

/**
 * Feeds the stream into the hall; the canvas hears of every seat at once, React a few times a second.
 * @param {Desk} desk
 * @param {Hall | null} hall
 * @param {string} streamUrl
 * @param {string} seatsUrl
 * @param {{redraw: () => void, setLost: (isLost: boolean) => void, setPaused: (why: string) => void}} tell
 */
function useStream(desk, hall, streamUrl, seatsUrl, { redraw, setLost, setPaused }) {
  useEffect(() => {
    if (!hall || !streamUrl) return undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    const later = () => { timer ??= setTimeout(() => { timer = undefined; redraw(); }, REDRAW_EVERY); };
    /** @param {number[]} seats */
    const tell = (seats) => {
      desk.painter?.changed(seats);
      later();
    };
    const live = new Live(streamUrl, seatsUrl, {
      snapshot: (news) => {
        setPaused("");
        tell(hall.replace(news));
        tellLost(desk, (unit) => !(unit in news.status));
      },
      changes: (news) => {
        setPaused("");
        tell(hall.change(news));
        tellLost(desk, (unit) => news.changes[unit] === "free");
      },
      paused: ({ why }) => setPaused(why || desk.say("paused")),
      lost: setLost,
    });
    return () => {
      clearTimeout(timer);
      live.stop();
    };
  }, [desk, hall, streamUrl, seatsUrl, redraw, setLost, setPaused]);
}

/**
 * What the viewer holds by the server's last word, and is free by the stream's, has run out: the page must ask anew.
 * @param {Desk} desk
 * @param {(unit: Unit) => boolean} isFree
 */
function tellLost({ selection, onLost }, isFree) {
  const lost = [...selection.mine].filter((unit) => selection.has(unit) && isFree(unit));
  if (lost.length > 0) onLost?.(lost);
}

/**
 * Lays the server's answers over the viewer's wishes, and shows what “find the best” found.
 * @param {Desk} desk
 * @param {Hall | null} hall
 * @param {Unit[]} mine
 * @param {boolean} busy
 */
function useAnswers(desk, hall, mine, busy) {
  const key = mine.join(" ");
  const wasBusy = useRef(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: `key` stands for `mine`, which is another list in every render
  useEffect(() => {
    const { selection, say, speak } = desk;
    const before = new Set([...selection.mine, ...selection.units]);
    const granted = seatsOf(hall, mine.filter((unit) => selection.isAsked(unit)));
    selection.settle(mine);
    if (granted.length > 0) speak(say("picked", { seat: named(desk, granted), n: selection.size, most: desk.most }));
    const fresh = seatsOf(hall, mine.filter((unit) => !before.has(unit)));
    if (!desk.wantsBest || fresh.length === 0) return;
    desk.wantsBest = false;
    desk.lit = new Set(fresh);
    desk.painter?.show(fresh);
    speak(say("found", { seats: named(desk, fresh) }));
  }, [desk, hall, key]);
  useEffect(() => {
    const refused = busy === wasBusy.current ? [] : seatsOf(hall, desk.selection.work(busy));
    wasBusy.current = busy;
    if (refused.length > 0) desk.speak(desk.say("refused", { seats: named(desk, refused) }));
  }, [desk, hall, busy]);
}

/** @param {Hall | null} hall @param {Iterable<Unit>} units */
const seatsOf = (hall, units) => [...units].map((unit) => hall?.seatOf(unit)).filter((seat) => seat !== undefined);

/** @param {Desk} desk @param {number[]} seats */
const named = (desk, seats) => seats.map((seat) => desk.describe(seat).where).join("; ");

/**
 * What the parts of the map share: one object for as long as the map lives, its particulars as of the last render.
 * @param {Omit<DeskNow, "hall"> & {hall: Hall | null}} now
 * @returns {Desk}
 */
function useDesk(now) {
  const kept = useRef(/** @type {Desk | null} */ (null));
  kept.current ??= makeDesk();
  return Object.assign(kept.current, now);
}

function makeDesk() {
  const desk = /** @type {Desk} */ ({
    painter: null,
    lit: new Set(),
    wantsBest: false,
    gathering: new Map(),

    priceOf: (category) => desk.prices[desk.hall.categories[category].name],
    isMine: (seat) => desk.selection.has(desk.hall.unit(seat)),
    isAsked: (seat) => desk.selection.isAsked(desk.hall.unit(seat)),
    isOpen: () => !desk.disabled && !desk.paused,
    seats: () => seatsOf(desk.hall, desk.selection.units),
    placesIn: (area) => [...desk.selection.units].filter((unit) => unit.startsWith(`stand:${area.guid}:`)),
    canPick: (seat) => desk.isOpen() && desk.hall.status[seat] === FREE && Boolean(desk.priceOf(desk.hall.category[seat])),
    offCategories: () => Uint8Array.from(desk.hall.categories, (_, at) =>
      !desk.priceOf(at) || (desk.only.length > 0 && !desk.only.includes(at)) ? 1 : 0),

    describe(seat) {
      const { hall, say } = desk, price = desk.priceOf(hall.category[seat]);
      const state = desk.isAsked(seat) ? "asked" : desk.isMine(seat) ? "yours" : hall.status[seat] !== FREE ? "taken" : price ? "open" : "notForSale";
      return {
        where: sentence([hall.zoneName(seat), hall.rowName(hall.row[seat], say, "inRow"), say("seat", { number: hall.number[seat] })]),
        price: price?.text ?? "",
        state: say(state),
        note: hall.notes[seat],
        colour: hall.categories[hall.category[seat]].color,
      };
    },

    announceSeat(seat) {
      const { where, price, state, note } = desk.describe(seat);
      desk.speak([where, price, state, note].filter(Boolean).join(", "));
    },

    toggleGuid: (guid) => desk.toggle(seatCalled(desk, guid)),
    toggle(seat) {
      const { hall, selection, say, most } = desk, unit = hall.unit(seat), words = { seat: desk.describe(seat).where, most };
      desk.lit = new Set();
      if (selection.has(unit)) {
        if (desk.disabled) return desk.speak(say("closed"));
        selection.drop([unit]);
        desk.onDrop?.([unit]);
        return desk.speak(say("dropped", words));
      }
      if (!desk.isOpen()) return desk.speak(say("closed"));
      if (hall.status[seat] !== FREE) return desk.speak(say("isTaken", words));
      if (!desk.canPick(seat)) return desk.announceSeat(seat);
      if (selection.size >= most) return desk.speak(say("tooMany", words));
      selection.add([unit]);
      desk.onPick?.([unit]);
      return desk.speak(say("picking", words));
    },

    /** Presses on “one more” are gathered for a moment and asked for together; `wanted` shows them meanwhile. */
    wanted: (area) => desk.gathering.get(area.guid)?.quantity ?? 0,
    stand(area) {
      const total = desk.selection.size + [...desk.gathering.values()].reduce((sum, { quantity }) => sum + quantity, 0);
      if (total >= desk.most) return desk.speak(desk.say("tooMany", { most: desk.most }));
      const one = desk.gathering.get(area.guid) ?? { quantity: 0 };
      one.quantity += 1;
      clearTimeout(one.timer);
      one.timer = setTimeout(() => {
        desk.gathering.delete(area.guid);
        desk.selection.addPlaces(area.guid, one.quantity);
        desk.onStanding?.({ area: area.guid, quantity: one.quantity });
      }, GATHER);
      desk.gathering.set(area.guid, one);
      return desk.selection.changed();
    },
    unstand(area) {
      const one = desk.gathering.get(area.guid);
      if (one) {
        one.quantity -= 1;
        if (one.quantity === 0) {
          clearTimeout(one.timer);
          desk.gathering.delete(area.guid);
        }
        return desk.selection.changed();
      }
      const last = desk.placesIn(area).findLast((unit) => !isGuess(unit));
      if (!last) return undefined;
      desk.selection.drop([last]);
      return desk.onDrop?.([last]);
    },
    goTo: (area) => /** @type {HTMLElement | null | undefined} */ (desk.root.current?.querySelector(`[data-testid="stand-more-${CSS.escape(area.guid)}"]`))?.focus(),

    summary() {
      const { hall, selection, say, most } = desk;
      if (selection.size === 0) return say("nothing");
      /** @type {string | undefined} */
      let currency;
      let amount = 0;
      for (const unit of selection.units) {
        const seat = hall.seatOf(unit);
        const category = seat !== undefined ? hall.category[seat] : hall.standing.find((area) => unit.startsWith(`stand:${area.guid}:`))?.category;
        const price = category === undefined ? undefined : desk.priceOf(category);
        amount += price?.amount ?? 0;
        currency ??= price?.currency;
      }
      const asked = [...selection.units].some((unit) => selection.isAsked(unit)) ? ` · ${say("asked")}` : "";
      return `${say("chosen", { n: selection.size, most })}${asked}${currency ? ` · ${money(amount, currency)}` : ""}`;
    },
  });
  return desk;
}

/** @param {{desk: Desk, say: Say, only: number[], toggleOnly: (at: number) => void}} props */
function Legend({ desk, say, only, toggleOnly }) {
  return h("div", { className: "seat-map-legend", role: "group", "aria-label": say("legend") },
    desk.hall.categories.map((category, at) => desk.priceOf(at) && desk.hall.isUsed[at] && h("button", {
      key: at, type: "button", className: "chip", "aria-pressed": only.includes(at), "data-testid": `map-legend-${at}`, onClick: () => toggleOnly(at),
    },
    h("span", { className: "seat-map-dot", style: { background: category.color } }),
    h("span", null, category.name, " ", h("strong", { className: "numeric" }, desk.priceOf(at)?.text)),
    h("span", { className: "quiet numeric" }, say("free", { n: freeOf(desk.hall, at) })))));
}

/** @param {Hall} hall @param {number} category */
function freeOf(hall, category) {
  return hall.standing.reduce((sum, area) => sum + (area.category === category ? hall.leftIn(area) : 0), hall.freeOf[category]);
}

/** @param {{desk: Desk, say: Say}} props */
function Standing({ desk, say }) {
  return h("div", { className: "seat-map-standing" }, desk.hall.standing.map((area) => {
    const name = area.text || say("standing"), own = desk.placesIn(area).length + desk.wanted(area), price = desk.priceOf(area.category);
    /** @type {(kind: string, label: string, sign: string, act: () => void, isOff: boolean) => import("react").ReactNode} */
    const press = (kind, label, sign, act, isOff) => h("button", {
      type: "button", "aria-label": say(label, { area: name }), "data-testid": `stand-${kind}-${area.guid}`, disabled: isOff, onClick: act,
    }, sign);
    return h("div", { key: area.guid, className: "seat-map-area", "data-testid": `stand-${area.guid}` },
      h("span", { className: "seat-map-area-text" },
        h("strong", null, name), h("span", { className: "quiet small numeric" }, [price?.text, say("places", { n: desk.hall.leftIn(area) })].filter(Boolean).join(" · "))),
      h("div", { className: "stepper", role: "group", "aria-label": name },
        press("less", "fewer", "−", () => desk.unstand(area), own === 0 || desk.disabled),
        h("output", { "aria-live": "polite", "data-testid": `stand-count-${area.guid}` }, own),
        press("more", "more", "+", () => desk.stand(area), !desk.isOpen() || !price || desk.hall.leftIn(area) === 0)));
  }));
}

/** @param {{desk: Desk, say: Say, isOff: boolean, onBest: NonNullable<MapProps["onBest"]>}} props */
function BestForm({ desk, say, isOff, onBest }) {
  const most = Math.max(1, desk.most);
  const amounts = [...new Map(desk.hall.categories.map((_, at) => desk.priceOf(at)).filter((price) => price !== undefined).map((price) => /** @type {[number, string]} */ ([price.amount, price.text])))]
    .sort(([one], [other]) => one - other);
  /** @param {import("react").FormEvent<HTMLFormElement>} event */
  const submit = (event) => {
    event.preventDefault();
    const answers = new FormData(event.currentTarget);
    desk.wantsBest = true;
    onBest({
      quantity: Number(answers.get("quantity")),
      maxAmount: answers.get("amount") ? Number(answers.get("amount")) : null,
      category: desk.only.length === 1 ? desk.hall.categories[desk.only[0]].name : null,
    });
  };
  return h("form", { className: "seat-map-best", onSubmit: submit, "data-testid": "map-best" },
    h("label", { className: "field" }, h("span", { className: "field-label" }, say("quantity")),
      h("select", { className: "input", name: "quantity", defaultValue: Math.min(2, most), "data-testid": "map-best-quantity" },
        Array.from({ length: most }, (_, at) => h("option", { key: at, value: at + 1 }, at + 1)))),
    h("label", { className: "field" }, h("span", { className: "field-label" }, say("upTo")),
      h("select", { className: "input", name: "amount", "data-testid": "map-best-amount" },
        h("option", { value: "" }, say("anyPrice")),
        amounts.map(([amount, text]) => h("option", { key: amount, value: amount }, say("upToPrice", { price: text }))))),
    h("button", { type: "submit", className: "button", disabled: isOff, "data-testid": "map-best-find" }, say("best")));
}

/**
 * A handle for tests and measurements, where the server says that this is a place for them.
 * @param {Desk} desk
 * @param {boolean} isGiven
 */
function useHandle(desk, isGiven) {
  useEffect(() => {
    if (!isGiven) return undefined;
    window.holdfastSeatMap = {
      desk,
      times: () => desk.painter?.times ?? [],
      statusOf: (guid) => STATUSES[desk.hall.status[seatCalled(desk, guid)]],
      show(guid) {
        const { hall, painter } = desk, seat = seatCalled(desk, guid);
        painter?.centreOn(hall.x[seat], hall.y[seat], 12 / hall.seatRadius, false);
      },
      positionOf(guid) {
        const { hall, painter } = desk, seat = seatCalled(desk, guid);
        if (!painter) throw new Error("The map is not drawn: its list is shown.");
        const { left, top } = painter.canvas.getBoundingClientRect(), { x, y } = painter.toScreen(hall.x[seat], hall.y[seat]);
        return { x: left + x, y: top + y };
      },
    };
    return () => { window.holdfastSeatMap = undefined; };
  }, [desk, isGiven]);
}

/**
 * “Stalls, row C, seat 12”, as on the ticket; what a plan leaves nameless is left out.
 * @param {string[]} parts
 */
function sentence(parts) {
  const words = parts.filter(Boolean).join(", ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** @param {Desk} desk @param {string} guid */
function seatCalled({ hall }, guid) {
  const seat = hall.indexOf.get(guid);
  if (seat === undefined) throw new Error(`No seat is called ${guid}.`);
  return seat;
}

/** @param {number} minor @param {string} currency */
function money(minor, currency) {
  const format = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "currency", currency });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 0));
}
