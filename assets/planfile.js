/* Sends a seat plan to the API and shows what it answers: where a refused one is wrong, on a drawing of it. */
import { createElement as h, useEffect, useRef, useState } from "react";

const SHOWN = 50;  // faults listed at first

/**
 * @typedef {Record<"busy" | "drop" | "hint" | "tooLarge" | "away" | "nothingKept" | "drawing" | "showAll", string>} Words
 * @typedef {{is: "idle" | "busy" | "failed", name?: string, message?: string, faults?: {field: string, message: string}[], drawing?: string}} Sent
 */

/** @param {{sellerId: string, words: Words, renewal: string, largest: number, onKept?: (id: string) => void}} props */
export function PlanFile({ sellerId, words, renewal, largest, onKept, ...rest }) {
  const [state, setState] = useState(/** @type {Sent} */ ({ is: "idle" }));
  const [over, setOver] = useState(false);
  const picker = useRef(/** @type {HTMLInputElement | null} */ (null));
  useEffect(() => () => { if (state.drawing) URL.revokeObjectURL(state.drawing); }, [state.drawing]);

  /** @param {File | undefined} file */
  const send = async (file) => {
    if (!file) return;
    if (file.size > largest) return setState({ is: "failed", message: words.tooLarge });
    setState({ is: "busy", name: file.name });
    try {
      const address = `/api/v1/plans?seller_id=${encodeURIComponent(sellerId)}&drawing=true`;
      const answer = await fetch(address, { method: "POST", headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang }, body: file });
      const said = await answer.json();
      if (answer.ok) {
        setState({ is: "idle" });
        return onKept?.(said.id);
      }
      if (answer.status === 401) return window.location.assign(`${renewal}?next=${encodeURIComponent(window.location.pathname)}`);
      const drawing = said.drawing && URL.createObjectURL(new Blob([said.drawing], { type: "image/svg+xml" }));
      return setState({ is: "failed", name: file.name, message: said.detail, faults: said.errors ?? [], drawing });
    } catch {
      return setState({ is: "failed", name: file.name, message: words.away });
    } finally {
      if (picker.current) picker.current.value = "";
    }
  };
  /** @type {(is: boolean) => (event: import("react").DragEvent) => void} */
  const drag = (is) => (event) => {
    event.preventDefault();
    setOver(is);
  };

  return h("div", { ...rest, className: "plan-file stack" },
    h("label", {
      className: "plan-drop", "data-over": over, onDragOver: drag(true), onDragLeave: drag(false),
      /** @param {import("react").DragEvent} event */
      onDrop: (event) => { drag(false)(event); send(event.dataTransfer.files[0]); },
    },
    h("input", {
      ref: picker, type: "file", accept: ".json,application/json", className: "visually-hidden", "data-testid": "plan-file",
      disabled: state.is === "busy", onChange: (event) => send(event.target.files?.[0]),
    }),
    h("strong", null, state.is === "busy" ? words.busy : words.drop),
    h("span", { className: "small quiet" }, words.hint)),
    h("div", { role: "status", "aria-live": "polite" }, state.is === "failed" && h(Refused, { state, words })));
}

/** @param {{state: Sent, words: Words}} props */
function Refused({ state, words }) {
  const [all, setAll] = useState(false);
  const faults = state.faults ?? [], shown = all ? faults : faults.slice(0, SHOWN);
  return h("div", { className: "stack", "data-testid": "plan-refused" },
    h("div", { className: "notice notice-danger" },
      h("div", null, h("p", { className: "notice-title" }, state.name ? `${state.name}: ${state.message}` : state.message),
        faults.length > 0 && h("p", null, words.nothingKept))),
    state.drawing && h("figure", { className: "plan-sketch" },
      h("img", { src: state.drawing, alt: words.drawing, "data-testid": "plan-drawing" }),
      h("figcaption", { className: "small quiet" }, words.drawing)),
    faults.length > 0 && h("ol", { className: "plan-faults", "data-testid": "plan-faults" },
      shown.map((fault, at) => h("li", { key: at }, h("code", null, fault.field), " ", fault.message))),
    shown.length < faults.length && h("button", { type: "button", className: "button", onClick: () => setAll(true) }, words.showAll));
}
