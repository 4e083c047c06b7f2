/* The browser's own modal dialog: it keeps the focus inside and gives it back, closes on Escape, and lies above everything. */
import { createElement as h, useEffect, useRef } from "react";

/** @param {{isOpen: boolean, label: string, onClose?: () => void} & import("react").PropsWithChildren} props */
export function Dialog({ isOpen, label, onClose, children, ...rest }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));

  useEffect(() => {
    const dialog = box.current;
    if (isOpen && !dialog?.open) dialog?.showModal();
    if (!isOpen && dialog?.open) dialog.close();
  }, [isOpen]);

  return h("dialog", {
    ...rest,
    ref: box,
    className: "dialog",
    "aria-label": label,
    /** @param {import("react").SyntheticEvent} event */
    onCancel: (event) => {
      event.preventDefault();
      onClose?.();
    },
    /** @param {import("react").MouseEvent<HTMLDialogElement>} event */
    onClick: (event) => {
      const { left, right, top, bottom } = event.currentTarget.getBoundingClientRect();
      const beside = event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom;
      if (event.target === event.currentTarget && beside) onClose?.();
    },
  }, isOpen ? children : null);
}
