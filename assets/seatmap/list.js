/* The hall as a list: zones, rows and seats as plain buttons, with the same powers as the map. */
import { createElement as h, memo, useState } from "react";

/** @typedef {import("react").ToggleEvent<HTMLDetailsElement>} Toggled */

const SMALL = 300; // so many seats are shown at once; more wait until their zone or row is opened

/** @param {{desk: Desk, say: Say}} props */
export function SeatList({ desk, say }) {
  const { hall } = desk;
  return h("div", { className: "seat-map-list", "data-testid": "seat-list" },
    hall.zones.map((_, at) => h(Zone, { key: at, at, desk, say, isOpen: hall.count <= SMALL || hall.zones.length === 1 })));
}

/** @param {{at: number, desk: Desk, say: Say, isOpen: boolean}} props */
function Zone({ at, desk, say, isOpen: opensAtOnce }) {
  const [isOpen, open] = useState(opensAtOnce);
  const { hall } = desk;
  const rows = hall.rowsOfZone[at];
  const free = rows.reduce((sum, row) => sum + freeIn(hall, row), 0);
  if (rows.length === 0) return null;
  /** @param {Toggled} event */
  const onToggle = (event) => event.target === event.currentTarget && open(event.currentTarget.open);
  return h("details", { className: "seat-map-zone", open: isOpen, onToggle },
    h("summary", { "data-testid": `list-zone-${at}` }, hall.zones[at].name, h("span", { className: "quiet small numeric" }, say("free", { n: free }))),
    isOpen && rows.map((row) => h(Row, { key: row, row, desk, say, isOpen: hall.zoneBoxes[at].seats <= SMALL })));
}

/** @param {{row: number, desk: Desk, say: Say, isOpen: boolean}} props */
function Row({ row, desk, say, isOpen: opensAtOnce }) {
  const [isOpen, open] = useState(opensAtOnce);
  const { hall } = desk;
  /** @param {Toggled} event */
  const onToggle = (event) => open(event.currentTarget.open);
  return h("details", { className: "seat-map-row", open: isOpen, onToggle },
    h("summary", { "data-testid": `list-row-${row}` }, hall.rowName(row, say, "row"),
      h("span", { className: "quiet small numeric" }, say("free", { n: freeIn(hall, row) }))),
    isOpen && h("div", { className: "seat-map-row-seats" },
      Array.from(hall.seatsOfRow(row), (seat) => {
        const { where, price, state, colour } = desk.describe(seat);
        return h(Seat, {
          key: seat, guid: hall.guid[seat], number: hall.number[seat], name: [where, price, state].filter(Boolean).join(", "),
          isMine: desk.isMine(seat), isShut: !desk.canPick(seat) && !desk.isMine(seat), colour, pick: desk.toggleGuid,
        });
      })));
}

/**
 * @typedef {{guid: string, number: string, name: string, isMine: boolean, isShut: boolean, colour: string, pick: (guid: string) => void}} SeatProps
 * @type {import("react").NamedExoticComponent<SeatProps>}
 */
const Seat = memo(({ guid, number, name, isMine, isShut, colour, pick }) =>
  // Taken seats keep the focus and say so when pressed: a button that vanishes from under a finger is worse.
  h("button", {
    type: "button", className: "seat-button", "data-testid": `seat-${guid}`, "aria-label": name, "aria-pressed": isMine,
    "aria-disabled": isShut, style: { "--seat-colour": colour }, onClick: () => pick(guid),
  }, number));
Seat.displayName = "Seat";

/** @param {Hall} hall @param {number} row */
function freeIn(hall, row) {
  let free = 0;
  for (const seat of hall.seatsOfRow(row)) if (hall.status[seat] === 0) free += 1;
  return free;
}
