import { useEffect, useRef } from "react";
import { useNavigate } from "react-router";

// Keeps the address in step with what the page shows, while that page is open: whoever has gone on is not called back.
/** @param {{to: string}} props */
export function UrlSync({ to }) {
  const navigate = useNavigate();
  const last = useRef(to);
  useEffect(() => {
    if (to === last.current) return; // also what was shown here before, on coming back
    last.current = to;
    // The server may still remember what was looked for before, on this page in another language.
    if (new URL(to, window.location.href).pathname !== window.location.pathname) return;
    if (to !== window.location.pathname + window.location.search) navigate(to, { replace: true });
  }, [to, navigate]);
  return null;
}
