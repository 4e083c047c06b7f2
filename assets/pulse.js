/* Tells its page that seats of a listing have changed, now and then: as soon as it happens, then every other second. */
import { useEffect, useRef } from "react";
import { beats } from "./beats.js";
import { Live } from "./seatmap/live.js";

/** @param {{streamUrl: string, seatsUrl: string, onBeat?: () => void}} props */
export function Pulse({ streamUrl, seatsUrl, onBeat }) {
  const told = useRef(onBeat);
  told.current = onBeat;
  useEffect(() => {
    if (!streamUrl) return undefined;
    let isFirst = true;
    const { beat, stop } = beats(() => told.current?.());
    const live = new Live(streamUrl, seatsUrl, {
      snapshot: () => {
        if (!isFirst) beat();
        isFirst = false;
      },
      changes: beat,
      paused: () => { /* the page's figures stand */ },
      lost: () => { /* and are brought up to date by the snapshot that comes next */ },
    });
    return () => {
      stop();
      live.stop();
    };
  }, [streamUrl, seatsUrl]);
  return null;
}
