// Ends a passing word after a while, but not while somebody points at it or has the focus in it.
import { createElement as h, useEffect, useRef, useState } from "react";

const SHORTEST = 6000, PER_LETTER = 60; // milliseconds

/** @param {{text: string, onEnd?: () => void} & import("react").PropsWithChildren} props */
export function Passing({ text, onEnd, children, ...rest }) {
  const [isPointedAt, setPointedAt] = useState(false), [hasFocus, setFocus] = useState(false);
  const isHeld = isPointedAt || hasFocus;
  const end = useRef(onEnd);
  end.current = onEnd;
  useEffect(() => {
    if (isHeld) return undefined;
    const timer = setTimeout(() => end.current?.(), SHORTEST + PER_LETTER * text.length);
    return () => clearTimeout(timer);
  }, [text, isHeld]);
  return h("div", {
    ...rest, onMouseEnter: () => setPointedAt(true), onMouseLeave: () => setPointedAt(false),
    onFocus: () => setFocus(true), onBlur: () => setFocus(false),
  }, children);
}
