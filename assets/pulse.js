/* Tells its page that seats of a listing have changed, now and then: as soon as it happens, then every other second. */
import { useEffect } from "react";
import { Live } from "./seatmap/live.js";

const REST = 2000;    // milliseconds between two beats
const SETTLE = 300;   // what belongs together, such as the seats of one order, arrives within this

export function Pulse({ streamUrl, seatsUrl, onBeat }) {
  useEffect(() => {
    if (!streamUrl) return undefined;
    let timer = 0, last = 0, isFirst = true;
    const beat = () => {
      timer ||= setTimeout(() => {
        timer = 0;
        last = Date.now();
        onBeat?.();
      }, Math.max(SETTLE, last + REST - Date.now()));
    };
    const live = new Live(streamUrl, seatsUrl, {
      snapshot: () => {
        if (!isFirst) beat();
        isFirst = false;
      },
      changes: beat,
      paused: () => {},
      lost: () => {},
    });
    return () => {
      clearTimeout(timer);
      live.stop();
    };
  }, [streamUrl, seatsUrl]);
  return null;
}
