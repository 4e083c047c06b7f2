/* The time until a deadline, told by the server's clock. */
import { createElement as h, useEffect, useRef, useState } from "react";
import { urgencyOf, written } from "./time_left.js";

/**
 * `deadline` and `serverNow` are instants in ISO 8601.
 * @param {{deadline: string, serverNow: string, label: string, soonText: string, lastText: string, overText: string, onEnd?: () => void}} props
 */
export function Countdown({ deadline, serverNow, label, soonText, lastText, overText, onEnd, ...rest }) {
  const whole = Math.max(0, Math.ceil((Date.parse(deadline) - Date.parse(serverNow)) / 1000)) || 0;
  const [left, setLeft] = useState(whole);
  const ended = useRef(onEnd);
  ended.current = onEnd;

  useEffect(() => {
    const end = Date.parse(deadline);
    if (Number.isNaN(end)) return undefined;
    // How far this browser's clock is ahead of the server's. A monotonic clock would stop while a phone sleeps.
    const skew = Date.now() - Date.parse(serverNow);
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer;
    let done = false;
    const tick = () => {
      clearTimeout(timer);
      const milliseconds = end - (Date.now() - skew);
      setLeft(Math.max(0, Math.ceil(milliseconds / 1000)));
      if (milliseconds > 0) timer = setTimeout(tick, (milliseconds % 1000) + 5);
      else if (!done) {
        done = true;
        ended.current?.();
      }
    };
    tick();
    document.addEventListener("visibilitychange", tick);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", tick);
    };
  }, [deadline, serverNow]);

  const urgency = urgencyOf(left);
  // Only a change of these words is announced: once at five minutes, once at one, once at the end.
  const announced = { calm: "", soon: soonText, last: lastText, over: overText }[urgency];
  const clock = written(left, document.documentElement.lang || "en");

  return h("span", { ...rest, className: "countdown", "data-urgency": urgency },
    h("span", { role: "timer", "aria-live": "off", "aria-label": `${label} ${clock}` },
      left === 0 ? overText : [label, " ", h("span", { key: "time", className: "countdown-time" }, clock)]),
    h("span", { className: "visually-hidden", role: "status", "aria-live": "polite" }, announced));
}
