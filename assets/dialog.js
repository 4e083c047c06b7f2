/* The browser's own modal dialog: it keeps the focus inside and gives it back, closes on Escape, and lies above everything. */
import { createElement as h, useEffect, useRef } from "react";

export function Dialog({ isOpen, label, onClose, children, ...rest }) {
  const box = useRef(null);

  useEffect(() => {
    const dialog = box.current;
    if (isOpen && !dialog.open) dialog.showModal();
    if (!isOpen && dialog.open) dialog.close();
  }, [isOpen]);

  return h("dialog", {
    ...rest,
    ref: box,
    className: "dialog",
    "aria-label": label,
    onCancel: (event) => {
      event.preventDefault();
      onClose?.();
    },
    onClick: (event) => {
      const { left, right, top, bottom } = box.current.getBoundingClientRect();
      const beside = event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom;
      if (event.target === box.current && beside) onClose?.();
    },
  }, isOpen ? children : null);
}
