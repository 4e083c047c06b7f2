/* What the map says. Every text can be given in another language; {n}, {seat}, {price} and the like are filled in. */

const ENGLISH = {
  label: "Seat map",
  help: "Arrow keys move from seat to seat, Enter takes or lets go of one, plus and minus zoom, 0 shows the whole hall.",
  map: "Map",
  list: "List",
  view: "How to show the seats",
  legend: "Show only some prices",
  free: "{n} left",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Show the whole hall",
  inRow: "row {row}",
  seat: "seat {number}",
  taken: "Taken",
  yours: "Yours",
  notForSale: "Not for sale",
  open: "Free",
  picked: "{seat} is yours. {n} of {most} places.",
  dropped: "{seat} is free again.",
  isTaken: "{seat} is taken.",
  refused: "Someone was quicker: {seats}.",
  tooMany: "You can take at most {most} places.",
  closed: "Seats cannot be taken right now.",
  row: "Row {row}",
  chosen: "{n} of {most} places",
  nothing: "No places yet",
  lost: "The connection is gone. The seats shown may be out of date; we are trying again.",
  paused: "Sales are paused.",
  loading: "Drawing the hall…",
  failed: "The seat map did not load.",
  retry: "Try again",
  quantity: "Places together",
  upTo: "Price each",
  anyPrice: "Any price",
  upToPrice: "Up to {price}",
  best: "Find the best",
  found: "Found: {seats}.",
  standing: "Standing",
  places: "{n} places left",
  yourPlaces: "{n} yours",
  more: "One more: {area}",
  fewer: "One fewer: {area}",
};

/** `say("chosen", {n: 2, most: 8})`, in the words given, else in English. */
export function speaker(given = {}) {
  const words = { ...ENGLISH, ...given };
  return (key, parts = {}) => words[key].replace(/\{(\w+)\}/g, (_, name) => parts[name] ?? "");
}
