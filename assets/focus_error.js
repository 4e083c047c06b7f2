// Brings what went wrong to whoever pressed a button far below it: the first field at fault, or else the words about it.
import { createElement as h, useEffect, useRef } from "react";

/** @param {import("react").PropsWithChildren} props */
export function FocusError({ children }) {
  const words = useRef(/** @type {HTMLDivElement | null} */ (null));

  useEffect(() => {
    /** @type {HTMLElement | null} */
    const field = document.querySelector('.input[aria-invalid="true"]');
    if (field) field.focus();
    else words.current?.scrollIntoView({ block: "nearest" });
  }, []);

  return h("div", { ref: words }, children);
}
