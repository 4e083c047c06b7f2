// Leaves for an address outside the pages (the log-in routes), as a whole navigation that carries every cookie.
import { useEffect } from "react";

const KEY = "away";

/** @param {{to: string}} props */
export function ExternalRedirect({ to }) {
  useEffect(() => {
    // What a State asked for is still in it when the browser comes back: each address is followed once.
    if (!to || sessionStorage.getItem(KEY) === to) return;
    sessionStorage.setItem(KEY, to);
    window.location.replace(to);
  }, [to]);
  return null;
}
