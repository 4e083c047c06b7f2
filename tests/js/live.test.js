import assert from "node:assert/strict";
import { afterEach, beforeEach, mock, test } from "node:test";
import { Live } from "../../assets/seatmap/live.js";

/** A stream as a browser gives it, opened and broken by hand. */
class Source extends EventTarget {
  static OPEN = 1;
  static CLOSED = 2;
  readyState = 0;
  isClosed = false;
  onopen = () => { /* set by whoever listens */ };
  onerror = () => { /* the same */ };

  /** @param {URL} address */
  constructor(address) {
    super();
    this.address = address;
    sources.push(this);
  }

  opens() {
    this.readyState = Source.OPEN;
    this.onopen();
  }

  /** @param {number} readyState 0 where the browser tries again by itself, 2 where it has given up */
  breaks(readyState) {
    this.readyState = readyState;
    this.onerror();
  }

  /** @param {string} name @param {object} news */
  brings(name, news) { this.dispatchEvent(Object.assign(new Event(name), { data: JSON.stringify(news) })); }
  close() { this.isClosed = true; }
}

/** @type {Source[]} */
let sources = [];
/** @type {[string, unknown][]} */
let heard = [];
/** @type {Live} */
let live;
/** What the server answers to whoever asks for all seats; nothing is no answer. */
let snapshot = /** @type {Snapshot | null} */ (null);
const browser = new EventTarget();

beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout"] });
  mock.method(Math, "random", () => 0.5);
  sources = [];
  heard = [];
  snapshot = null;
  Object.assign(globalThis, {
    EventSource: Source,
    window: Object.assign(browser, { location: { href: "http://here/l/globe" } }),
    fetch: () => (snapshot ? Promise.resolve({ ok: true, json: () => Promise.resolve(snapshot) }) : Promise.reject(new Error("away"))),
  });
  live = new Live("/seats/stream", "/seats", {
    snapshot: (news) => heard.push(["snapshot", news]),
    changes: (news) => heard.push(["changes", news]),
    paused: (news) => heard.push(["paused", news]),
    lost: (isLost) => heard.push(["lost", isLost]),
  });
});

afterEach(() => {
  live.stop();
  mock.reset();
  mock.timers.reset();
});

const [FIRST, SECOND] = [0, 1];

test("news is handed on as it comes", () => {
  sources[FIRST].opens();
  sources[FIRST].brings("snapshot", { version: 4, status: { "seat:a": "held" } });
  sources[FIRST].brings("changes", { version: 5, changes: { "seat:a": "free" } });
  sources[FIRST].brings("paused", { why: "Redis is away" });
  assert.deepEqual(heard, [
    ["snapshot", { version: 4, status: { "seat:a": "held" } }],
    ["changes", { version: 5, changes: { "seat:a": "free" } }],
    ["paused", { why: "Redis is away" }],
  ]);
});

test("a short break is not told, a longer one is, and so is its end", () => {
  sources[FIRST].opens();
  sources[FIRST].breaks(0);
  mock.timers.tick(1400);
  sources[FIRST].opens();
  mock.timers.tick(60_000);
  assert.deepEqual(heard, []);
  sources[FIRST].breaks(0);
  mock.timers.tick(1500);
  sources[FIRST].opens();
  assert.deepEqual(heard, [["lost", true], ["lost", false]]);
  assert.equal(sources.length, 1);
});

test("a stream that never opens is told to be lost", () => {
  mock.timers.tick(1500);
  assert.deepEqual(heard, [["lost", true]]);
});

test("one that the browser gave up is opened anew where it broke off, with longer and longer pauses", () => {
  assert.equal(sources[FIRST].address.searchParams.get("last_event_id"), null);
  sources[FIRST].brings("changes", { version: 41, changes: {} });
  sources[FIRST].breaks(2);
  mock.timers.tick(999);
  assert.equal(sources.length, 1);
  mock.timers.tick(1);
  assert.equal(sources.length, 2);
  assert.equal(sources[SECOND].address.searchParams.get("last_event_id"), "41");
  sources[SECOND].breaks(2);
  mock.timers.tick(1999);
  assert.equal(sources.length, 2);
  mock.timers.tick(1);
  assert.equal(sources.length, 3);
  for (let turn = 0; turn < 10; turn++) {
    sources.at(-1)?.breaks(2);
    mock.timers.tick(15_000);
  }
  assert.equal(sources.length, 13);
  sources.at(-1)?.opens();
  sources.at(-1)?.breaks(2);
  mock.timers.tick(1000);
  assert.equal(sources.length, 14);
});

test("meanwhile a snapshot is asked for, and the stream goes on from there", async () => {
  snapshot = { version: 99, status: { "seat:a": "sold" } };
  sources[FIRST].breaks(2);
  await new Promise((go) => setImmediate(go));
  assert.deepEqual(heard, [["lost", true], ["snapshot", snapshot]]);
  mock.timers.tick(1000);
  assert.equal(sources[SECOND].address.searchParams.get("last_event_id"), "99");
});

test("who comes back online has a new connection, however open the old one looks", () => {
  sources[FIRST].opens();
  browser.dispatchEvent(new Event("offline"));
  assert.deepEqual(heard, [["lost", true]]);
  browser.dispatchEvent(new Event("online"));
  assert.ok(sources[FIRST].isClosed);
  sources[SECOND].opens();
  assert.deepEqual(heard, [["lost", true], ["lost", false]]);
});

test("a page that comes back keeps a stream that is open, and opens one that is not", () => {
  sources[FIRST].opens();
  browser.dispatchEvent(new Event("pageshow"));
  assert.equal(sources.length, 1);
  sources[FIRST].readyState = Source.CLOSED;
  browser.dispatchEvent(new Event("pageshow"));
  assert.equal(sources.length, 2);
});

test("nothing is heard, asked or opened after the end", async () => {
  snapshot = { version: 99, status: {} };
  sources[FIRST].breaks(2);
  live.stop();
  heard = [];
  await new Promise((go) => setImmediate(go));
  mock.timers.tick(60_000);
  for (const name of ["online", "offline", "pageshow"]) browser.dispatchEvent(new Event(name));
  sources[FIRST].opens();
  assert.deepEqual([heard, sources.length], [[], 1]);
});
