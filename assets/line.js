/* Whether the marketplace can be reached, and what becomes of what cannot be sent: it waits a moment, then it is dropped. */
import { createElement as h, useEffect, useState } from "react";

const PATIENCE = 5000; // milliseconds that an event may wait for the connection
const PROBE = 3000;    // milliseconds until a question without an answer means that nobody hears us
const TOLD = 10_000;   // milliseconds that the words about it stay
const OURS = ".marketplace___"; // in the name of every event of our own
const UNSENT = "unsent";

/**
 * What we need of socket.io's, and of an event of Reflex'.
 * @typedef {{current: {connected: boolean, io: {engine: {close: () => void}}} | null}} Socket
 * @typedef {{name?: string}} Sent
 */

/** @type {Socket | null} */
let socket = null;

/**
 * Reflex' event loop gives the place of its socket away here (see rxconfig.py).
 * @param {Socket} ref
 */
export function attended(ref) {
  socket = ref;
  return ref;
}

export const isAway = () => !socket?.current?.connected;

/** Has the connection made anew: for one that seems to be open, and is dead. What was held is asked for again then. */
export const hangUp = () => isAway() || socket?.current?.io.engine.close();

/**
 * Drops those events that are still in the queue after a while, and says so.
 * @param {Sent[]} events
 * @param {Sent[]} queue
 */
export function keepBriefly(events, queue) {
  const ours = events.filter((event) => event.name?.includes(OURS));
  if (ours.length === 0 || !isAway()) return;
  setTimeout(() => {
    const unsent = ours.filter((event) => queue.includes(event));
    for (const event of unsent) queue.splice(queue.indexOf(event), 1);
    if (unsent.length > 0) window.dispatchEvent(new Event(UNSENT));
  }, PATIENCE);
}

/** @param {() => void} tell */
export function onUnsent(tell) {
  window.addEventListener(UNSENT, tell);
  return () => window.removeEventListener(UNSENT, tell);
}

/** Asks the marketplace whether it hears us, before something is sent that must not be sent late. */
export async function isHeard() {
  if (isAway()) return false;
  try {
    return (await fetch("/api/v1/health/live", { cache: "no-store", signal: AbortSignal.timeout(PROBE) })).ok;
  } catch {
    return false;
  }
}

/**
 * Words about what was dropped.
 * @param {{text: string}} props
 */
export function Unsent({ text }) {
  const [count, setCount] = useState(0);
  useEffect(() => onUnsent(() => setCount((n) => n + 1)), []);
  useEffect(() => {
    const timer = count ? setTimeout(() => setCount(0), TOLD) : undefined;
    return () => clearTimeout(timer);
  }, [count]);
  return count > 0 && h("div", { className: "toast", "data-testid": "unsent" }, text);
}
