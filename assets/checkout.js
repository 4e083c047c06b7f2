/* Check-out's form: card fields that are written as cards are, and a “Pay” that is never sent later than it was pressed. */
import { createElement as h, useEffect, useRef, useState } from "react";
import { isHeard } from "./line.js";

const BRANDS = [["American Express", /^3[47]/], ["Visa", /^4/], ["Mastercard", /^(5[1-5]|2[2-7])/], ["Maestro", /^(50|5[6-9]|6[0-9])/]];
const AMEX = [4, 6, 5], OTHERS = [4, 4, 4, 4, 3];

const brandOf = (digits) => BRANDS.find(([, begins]) => begins.test(digits))?.[0] ?? "";

function grouped(digits) {
  const groups = [];
  let rest = digits;
  for (const size of brandOf(digits) === BRANDS[0][0] ? AMEX : OTHERS) {
    if (rest) groups.push(rest.slice(0, size));
    rest = rest.slice(size);
  }
  return groups.join(" ");
}

/** “12/30” from 1230, 12/2030 or 12 30; a month of one digit is told by what follows it. */
function dated(digits, typed) {
  const alone = /^\s*(\d)\s*[/.-]/.exec(typed);
  let all = alone || /^[2-9]/.test(digits) ? `0${digits}` : digits;
  if (/^\d\d20\d\d$/.test(all)) all = all.slice(0, 2) + all.slice(4);
  all = all.slice(0, /^\d\d20/.test(all) ? 6 : 4);
  return all.length > 2 ? `${all.slice(0, 2)}/${all.slice(2)}` : all;
}

/** Writes what was typed anew; the caret stays behind the same digit. */
function write(input, format) {
  const typed = input.value, digits = typed.replace(/\D/g, "");
  const behind = typed.slice(0, input.selectionStart).replace(/\D/g, "").length;
  const isAtEnd = input.selectionStart === typed.length;
  const written = format(digits, typed);
  if (written === typed) return;
  input.value = written;
  let at = written.length;
  if (!isAtEnd) for (at = 0, seen(0); at < written.length && seen(at) < behind; at += 1);
  input.setSelectionRange(at, at);

  function seen(upTo) { return written.slice(0, upTo).replace(/\D/g, "").length; }
}

/** Nothing but the card's brand to see: formats the two fields with these ids while somebody types. */
export function CardTyping({ number, expiry }) {
  const [brand, setBrand] = useState("");
  useEffect(() => {
    const numbers = document.getElementById(number), dates = document.getElementById(expiry);
    const typeNumber = () => {
      write(numbers, grouped);
      setBrand(brandOf(numbers.value.replace(/\D/g, "")));
    };
    const typeDate = (event) => {
      // Taking back must be able to take the slash as well.
      if (!event.inputType?.startsWith("delete")) write(dates, dated);
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

/** Lets the form around it be sent only when the marketplace hears us at this moment; else says `text`. */
export function PayGuard({ text }) {
  const place = useRef(null);
  const [isRefused, setRefused] = useState(false);
  useEffect(() => {
    const form = place.current.closest("form");
    let isAsking = false, mayGo = false;
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
