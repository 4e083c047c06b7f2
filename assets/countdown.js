/* The time until a deadline, told by the server's clock. */
import { createElement as h, useEffect, useRef, useState } from "react";

const SOON = 5 * 60, LAST = 60, HOUR = 3600, DAY = 24 * HOUR;

/* 4:05, 1:04:05, 3 days 1:04:05 */
function written(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  const minutes = Math.floor((seconds % HOUR) / 60), rest = two(seconds % 60);
  if (seconds < HOUR) return `${minutes}:${rest}`;
  const clock = `${Math.floor((seconds % DAY) / HOUR)}:${two(minutes)}:${rest}`;
  if (seconds < DAY) return clock;
  const days = { style: "unit", unit: "day", unitDisplay: "long" };
  return `${new Intl.NumberFormat(document.documentElement.lang || "en", days).format(Math.floor(seconds / DAY))} ${clock}`;
}

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
    let timer = 0, done = false;
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

  const over = left === 0;
  const urgency = over ? "over" : left <= LAST ? "last" : left <= SOON ? "soon" : "calm";
  // Only a change of these words is announced: once at five minutes, once at one, once at the end.
  const announced = { calm: "", soon: soonText, last: lastText, over: overText }[urgency];
  const clock = written(left);

  return h("span", { ...rest, className: "countdown", "data-urgency": urgency },
    h("span", { role: "timer", "aria-live": "off", "aria-label": `${label} ${clock}` },
      over ? overText : [label, " ", h("span", { key: "time", className: "countdown-time" }, clock)]),
    h("span", { className: "visually-hidden", role: "status", "aria-live": "polite" }, announced));
}
