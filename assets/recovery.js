/* Confirms a second factor and shows its recovery codes, once: they go from the API to this page and are kept nowhere else. */
import { createElement as h, useState } from "react";

/**
 * @typedef {Record<"away" | "title" | "hint" | "kept", string>} Words
 * @param {{words: Words, renewal: string, onRefused?: (why: string) => void, onKept?: () => void} & import("react").PropsWithChildren} props
 */
export function RecoveryCodes({ children, words, renewal, onRefused, onKept }) {
  const [codes, setCodes] = useState(/** @type {string[] | null} */ (null));

  /** @param {import("react").FormEvent<HTMLDivElement>} event */
  const confirm = async (event) => {
    const form = /** @type {HTMLFormElement} */ (event.target);
    if (!form.matches("[data-confirms]")) return;
    event.preventDefault();
    event.stopPropagation();
    try {
      const answer = await fetch("/api/v1/me/second-factor/confirm", {
        method: "POST",
        headers: { "Content-Type": "application/json", "Accept-Language": document.documentElement.lang },
        body: JSON.stringify({ code: new FormData(form).get("code") }),
      });
      const said = await answer.json();
      if (answer.ok) return setCodes(said.recovery_codes);
      if (answer.status === 401) return window.location.assign(`${renewal}?next=${encodeURIComponent(window.location.pathname)}`);
      onRefused?.(said.errors?.[0]?.message ?? said.detail);
    } catch {
      onRefused?.(words.away);
    }
  };

  if (!codes) return h("div", { onSubmitCapture: confirm }, children);
  return h("div", { className: "stack" },
    h("div", { className: "notice notice-good", role: "status", "data-testid": "factor-codes" },
      h("div", null, h("p", { className: "notice-title" }, words.title), h("p", null, words.hint))),
    h("ul", { className: "codes" }, codes.map((code) => h("li", { key: code, className: "numeric", "data-testid": "recovery-code" }, code))),
    h("button", { type: "button", className: "button button-primary", "data-testid": "factor-codes-kept", onClick: () => onKept?.() }, words.kept));
}
