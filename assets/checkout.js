/* Check-out's form: card fields that are written as cards are, and a “Pay” that is never sent later than it was pressed. */
import { createElement as h, useEffect, useRef, useState } from "react";
import { brandOf, caretIn, dated, digitsOf, grouped } from "./card_digits.js";
import { isHeard } from "./line.js";

/**
 * Writes what was typed anew.
 * @param {HTMLInputElement} input
 * @param {(digits: string, typed: string) => string} format
 */
function write(input, format) {
  const typed = input.value, caret = input.selectionStart ?? typed.length;
  const written = format(digitsOf(typed), typed);
  if (written === typed) return;
  input.value = written;
  const at = caretIn(typed, caret, written);
  input.setSelectionRange(at, at);
}

/**
 * Nothing but the card's brand to see: formats the two fields with these ids while somebody types.
 * @param {{number: string, expiry: string}} props
 */
export function CardTyping({ number, expiry }) {
  const [brand, setBrand] = useState("");
  useEffect(() => {
    const [numbers, dates] = [number, expiry].map((id) => /** @type {HTMLInputElement} */ (document.getElementById(id)));
    const typeNumber = () => {
      write(numbers, grouped);
      setBrand(brandOf(digitsOf(numbers.value)));
    };
    /** @param {Event} event */
    const typeDate = (event) => {
      // Taking back must be able to take the slash as well. What a browser fills in is no InputEvent.
      if (!(event instanceof InputEvent && event.inputType.startsWith("delete"))) write(dates, dated);
    };
    numbers.addEventListener("input", typeNumber);
    dates.addEventListener("input", typeDate);
    return () => {
      numbers.removeEventListener("input", typeNumber);
      dates.removeEventListener("input", typeDate);
    };
  }, [number, expiry]);
  return h("span", { className: "small quiet", "aria-live": "polite", "data-testid": "card-brand" }, brand);
}

/**
 * Lets the form around it be sent only when the marketplace hears us at this moment; else says `text`.
 * @param {{text: string}} props
 */
export function PayGuard({ text }) {
  const place = useRef(/** @type {HTMLDivElement | null} */ (null));
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const form = place.current?.closest("form");
    if (!form) return undefined;
    let isAsking = false, mayGo = false;
    /** @param {SubmitEvent} event */
    const guard = async (event) => {
      if (mayGo) {
        mayGo = false;
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (isAsking) return;
      isAsking = true;
      setRefused(false);
      mayGo = await isHeard();
      isAsking = false;
      if (mayGo) form.requestSubmit();
      else setRefused(true);
    };
    form.addEventListener("submit", guard, true);
    return () => form.removeEventListener("submit", guard, true);
  }, []);
  return h("div", { ref: place, role: "alert", "data-testid": "pay-away" },
    isRefused && h("p", { className: "notice notice-danger" }, text));
}
