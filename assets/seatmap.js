/* The live seat map. React holds the frame around it; the hall itself is drawn on a canvas (seatmap/painter.js), read from
   typed arrays (seatmap/hall.js) and kept up to date by a stream (seatmap/live.js), none of which re-renders React. */
import { createElement as h, useEffect, useMemo, useReducer, useRef, useState } from "react";
import { hangUp, onUnsent } from "./line.js";
import { FREE, Hall } from "./seatmap/hall.js";
import { SeatList } from "./seatmap/list.js";
import { Live } from "./seatmap/live.js";
import { Selection, isGuess } from "./seatmap/selection.js";
import { Stage } from "./seatmap/stage.js";
import { speaker } from "./seatmap/words.js";

const REDRAW_EVERY = 200;  // milliseconds between updates of counts and lists; the canvas itself does not wait
const GATHER = 300;        // milliseconds in which presses on a standing counter become one wish

export function SeatMap({
  planUrl, streamUrl, seatsUrl, prices = {}, mine = [], most = 8, busy = false, disabled = false, debugged = false, words,
  onPick, onDrop, onBest, onStanding, onLost, ...rest
}) {
  const root = useRef(null);
  const [hall, failure, retry] = usePlan(planUrl);
  const [revision, redraw] = useReducer((n) => n + 1, 0);
  const [view, setView] = useState("map");
  const [only, setOnly] = useState([]);
  const [lost, setLost] = useState(false);
  const [paused, setPaused] = useState("");
  const [spoken, speak] = useState("");
  const say = useMemo(() => speaker(words), []);  // a page speaks one language
  const selection = useRef(null);
  selection.current ??= new Selection(redraw, () => {
    speak(say("notSent"));
    hangUp(); // whether anything of it was heard is learned on the new connection
  });

  const desk = useDesk({ hall, selection: selection.current, say, speak, prices, most, only, paused, disabled, onPick, onDrop, onStanding, onLost, root });
  useStream(desk, hall, streamUrl, seatsUrl, { redraw, setLost, setPaused });
  useAnswers(desk, selection.current, mine, busy, say, speak);
  useEffect(() => onUnsent(() => {
    selection.current.forget();
    speak(say("notSent"));
  }), []);
  useHandle(desk, debugged);

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
    hall?.standing.length > 0 && h(Standing, { desk, say }),
    hall?.count > 0 && onBest && h(BestForm, { desk, say, isOff: busy || !desk.isOpen(), onBest }),
    h("div", { className: "visually-hidden", role: "status", "aria-live": "polite", "data-testid": "map-said" }, spoken));
}

/** Fetches the plan. Gives the hall, whether that failed, and a way to try again. */
function usePlan(planUrl) {
  const [hall, setHall] = useState(null);
  const [attempt, retry] = useReducer((n) => n + 1, 0);
  const [failure, setFailure] = useState(false);
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

/** Feeds the stream into the hall; the canvas hears of every seat at once, React a few times a second. */
function useStream(desk, hall, streamUrl, seatsUrl, { redraw, setLost, setPaused }) {
  useEffect(() => {
    if (!hall || !streamUrl) return undefined;
    let timer = 0;
    const later = () => { timer ||= setTimeout(() => { timer = 0; redraw(); }, REDRAW_EVERY); };
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
  }, [hall, streamUrl, seatsUrl]);
}

/** What the viewer holds by the server's last word, and is free by the stream's, has run out: the page must ask anew. */
function tellLost({ selection, onLost }, isFree) {
  const lost = [...selection.mine].filter((unit) => selection.has(unit) && isFree(unit));
  if (lost.length > 0) onLost?.(lost);
}

/** Lays the server's answers over the viewer's wishes, and shows what “find the best” found. */
function useAnswers(desk, selection, mine, busy, say, speak) {
  const key = mine.join(" ");
  const wasBusy = useRef(false);
  useEffect(() => {
    const before = new Set([...selection.mine, ...selection.units]);
    const granted = mine.filter((unit) => selection.isAsked(unit)).map((unit) => desk.hall?.seatOf(unit)).filter((seat) => seat !== undefined);
    selection.settle(mine);
    if (granted.length > 0) {
      const seats = granted.map((seat) => desk.describe(seat).where).join("; ");
      speak(say("picked", { seat: seats, n: selection.size, most: desk.most }));
    }
    const fresh = mine.filter((unit) => !before.has(unit)).map((unit) => desk.hall?.seatOf(unit)).filter((seat) => seat !== undefined);
    if (!desk.wantsBest || fresh.length === 0) return;
    desk.wantsBest = false;
    desk.lit = new Set(fresh);
    desk.painter?.show(fresh);
    speak(say("found", { seats: fresh.map((seat) => desk.describe(seat).where).join("; ") }));
  }, [key, desk.hall]);
  useEffect(() => {
    const refused = busy === wasBusy.current ? [] : selection.work(busy).map((unit) => desk.hall?.seatOf(unit)).filter((seat) => seat !== undefined);
    wasBusy.current = busy;
    if (refused.length > 0) speak(say("refused", { seats: refused.map((seat) => desk.describe(seat).where).join("; ") }));
  }, [busy]);
}

/** What the parts of the map share: one object for as long as the map lives, its particulars as of the last render. */
function useDesk(now) {
  const kept = useRef(null);
  kept.current ??= makeDesk();
  return Object.assign(kept.current, now);
}

function makeDesk() {
  const desk = {
    painter: null,
    lit: new Set(),
    wantsBest: false,
    gathering: new Map(),

    priceOf: (category) => desk.prices[desk.hall.categories[category].name],
    isMine: (seat) => desk.selection.has(desk.hall.unit(seat)),
    isAsked: (seat) => desk.selection.isAsked(desk.hall.unit(seat)),
    isOpen: () => !desk.disabled && !desk.paused,
    seats: () => [...desk.selection.units].map((unit) => desk.hall.seatOf(unit)).filter((seat) => seat !== undefined),
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

    toggleGuid: (guid) => desk.toggle(desk.hall.indexOf.get(guid)),
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
      const total = desk.selection.size + [...desk.gathering.values()].reduce((sum, one) => sum + one.quantity, 0);
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
    goTo: (area) => desk.root.current?.querySelector(`[data-testid="stand-more-${CSS.escape(area.guid)}"]`)?.focus(),

    summary() {
      const { hall, selection, say, most } = desk;
      if (selection.size === 0) return say("nothing");
      let amount = 0, currency = null;
      for (const unit of selection.units) {
        const seat = hall.seatOf(unit);
        const category = seat !== undefined ? hall.category[seat] : hall.standing.find((area) => unit.startsWith(`stand:${area.guid}:`))?.category;
        const price = category === undefined ? null : desk.priceOf(category);
        amount += price?.amount ?? 0;
        currency ??= price?.currency;
      }
      const asked = [...selection.units].some((unit) => selection.isAsked(unit)) ? ` · ${say("asked")}` : "";
      return `${say("chosen", { n: selection.size, most })}${asked}${currency ? ` · ${money(amount, currency)}` : ""}`;
    },
  };
  return desk;
}

function Legend({ desk, say, only, toggleOnly }) {
  return h("div", { className: "seat-map-legend", role: "group", "aria-label": say("legend") },
    desk.hall.categories.map((category, at) => desk.priceOf(at) && desk.hall.isUsed[at] && h("button", {
      key: at, type: "button", className: "chip", "aria-pressed": only.includes(at), "data-testid": `map-legend-${at}`, onClick: () => toggleOnly(at),
    },
    h("span", { className: "seat-map-dot", style: { background: category.color } }),
    h("span", null, category.name, " ", h("strong", { className: "numeric" }, desk.priceOf(at).text)),
    h("span", { className: "quiet numeric" }, say("free", { n: freeOf(desk.hall, at) })))));
}

function freeOf(hall, category) {
  return hall.standing.reduce((sum, area) => sum + (area.category === category ? hall.leftIn(area) : 0), hall.freeOf[category]);
}

function Standing({ desk, say }) {
  return h("div", { className: "seat-map-standing" }, desk.hall.standing.map((area) => {
    const name = area.text || say("standing"), own = desk.placesIn(area).length + desk.wanted(area), price = desk.priceOf(area.category);
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

function BestForm({ desk, say, isOff, onBest }) {
  const most = Math.max(1, desk.most);
  const amounts = [...new Map(desk.hall.categories.map((_, at) => desk.priceOf(at)).filter(Boolean).map((price) => [price.amount, price.text]))]
    .sort(([one], [other]) => one - other);
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

/** A handle for tests and measurements, where the server says that this is a place for them. */
function useHandle(desk, isGiven) {
  useEffect(() => {
    if (!isGiven) return undefined;
    window.holdfastSeatMap = {
      desk,
      times: () => desk.painter?.times ?? [],
      statusOf: (guid) => ["free", "held", "sold"][desk.hall.status[desk.hall.indexOf.get(guid)]],
      show: (guid) => desk.painter.centreOn(...placeOf(desk, guid), 12 / desk.hall.seatRadius, false),
      positionOf(guid) {
        const { left, top } = desk.painter.canvas.getBoundingClientRect(), { x, y } = desk.painter.toScreen(...placeOf(desk, guid));
        return { x: left + x, y: top + y };
      },
    };
    return () => { delete window.holdfastSeatMap; };
  }, [isGiven]);
}

/** “Stalls, row C, seat 12”, as on the ticket; what a plan leaves nameless is left out. */
function sentence(parts) {
  const words = parts.filter(Boolean).join(", ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function placeOf({ hall }, guid) {
  const seat = hall.indexOf.get(guid);
  return [hall.x[seat], hall.y[seat]];
}

function money(minor, currency) {
  const format = new Intl.NumberFormat(document.documentElement.lang || undefined, { style: "currency", currency });
  return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
}
