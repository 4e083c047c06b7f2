/* What the files in assets/ say to one another and hear from the server, for the type check; nothing of it is served. */

declare module "react-router" {
  export function useNavigate(): (to: string, options?: { replace?: boolean }) => void;
}

/** The geometry that GET /api/v1/listings/{id}/plan answers (catalog/plans.py): seats in columns of equal length. */
interface Plan {
  name: string;
  width: number;
  height: number;
  categories: Category[];
  zones: { name: string }[];
  rows: Row[];
  seats: { guid: string[]; number: string[]; x: number[]; y: number[]; r: number[]; row: number[]; category: number[] };
  notes?: Record<number, string>;
  areas: Area[];
}

interface Category {
  name: string;
  color: string;
}

/** Its zone, what it is called, and whether that is its whole name (“box 3”). */
type Row = [zone: number, label: string, isName?: boolean];

type Point = [x: number, y: number];

interface Area {
  shape: "polygon" | "rectangle" | "ellipse" | "circle" | "text";
  x: number;
  y: number;
  width: number;
  height: number;
  radius: number;
  points: Point[];
  /** Degrees around (x, y), clockwise on the screen. */
  rotation: number;
  color: string;
  border_color: string;
  text: string;
  text_color: string;
  text_x: number;
  text_y: number;
  text_size: number;
}

/** Where people stand, as many as there is room for. */
interface StandingArea extends Area {
  guid: string;
  capacity: number;
  category: number;
}

/** A unit's name: "seat:<guid>", "stand:<area's guid>:<n>". */
type Unit = string;
type Word = "free" | "held" | "sold";

interface Snapshot {
  version: number;
  /** Of every unit that is not free. */
  status: Record<Unit, Word>;
}

interface Changes {
  version: number;
  changes: Record<Unit, Word>;
}

interface News {
  snapshot: (news: Snapshot) => void;
  changes: (news: Changes) => void;
  paused: (news: { why?: string }) => void;
  lost: (isLost: boolean) => void;
}

type Say = (key: string, parts?: Record<string, string | number | undefined>) => string;

interface Price {
  /** In minor units. */
  amount: number;
  currency: string;
  text: string;
}

/** A camera's scale and offsets. */
interface Place {
  k: number;
  tx: number;
  ty: number;
}

/** What is drawn over the hall, for this viewer alone. */
interface Look {
  mine: number[];
  /** Whether a seat of `mine` is only wished for yet. */
  isAsked: (seat: number) => boolean;
  /** Seats that “find the best” has found. */
  lit: Set<number>;
  hover: number;
  focus: number;
  words: { standing: string; left: (n: number) => string; yours: (n: number) => string };
  mineIn: (area: StandingArea) => number;
}

type Hall = import("../../assets/seatmap/hall.js").Hall;
/** What hands and keys move; the painter is one. */
type Sight = import("../../assets/seatmap/camera.js").Camera & { off: Uint8Array };

/** What is said of a seat. */
interface Described {
  where: string;
  price: string;
  state: string;
  note: string | undefined;
  colour: string;
}

/** What the map's page gives it and hears from it; components/seat_map.py says what each is. */
interface MapProps {
  planUrl: string;
  streamUrl: string;
  seatsUrl: string;
  prices?: Record<string, Price | undefined>;
  mine?: Unit[];
  most?: number;
  busy?: boolean;
  disabled?: boolean;
  debugged?: boolean;
  words: Record<string, string>;
  onPick?: (units: Unit[]) => void;
  onDrop?: (units: Unit[]) => void;
  onBest?: (wish: { quantity: number; maxAmount: number | null; category: string | null }) => void;
  onStanding?: (wish: { area: string; quantity: number }) => void;
  onLost?: (units: Unit[]) => void;
}

/** The desk's particulars, as of the last render. Nothing but the frame is shown before there is a hall. */
interface DeskNow {
  hall: Hall;
  selection: import("../../assets/seatmap/selection.js").Selection;
  say: Say;
  speak: (words: string) => void;
  prices: Record<string, Price | undefined>;
  most: number;
  /** Categories that alone are shown as open; none means all. */
  only: number[];
  paused: string;
  disabled: boolean;
  onPick: MapProps["onPick"];
  onDrop: MapProps["onDrop"];
  onStanding: MapProps["onStanding"];
  onLost: MapProps["onLost"];
  root: { current: HTMLElement | null };
}

/** What the parts of the map share. Seats are told by their index, categories as well. */
interface Desk extends DeskNow {
  painter: import("../../assets/seatmap/painter.js").Painter | null;
  lit: Set<number>;
  wantsBest: boolean;
  gathering: Map<string, { quantity: number; timer?: ReturnType<typeof setTimeout> }>;
  priceOf: (category: number) => Price | undefined;
  isMine: (seat: number) => boolean;
  isAsked: (seat: number) => boolean;
  isOpen: () => boolean;
  seats: () => number[];
  placesIn: (area: StandingArea) => Unit[];
  canPick: (seat: number) => boolean;
  offCategories: () => Uint8Array<ArrayBuffer>;
  describe: (seat: number) => Described;
  announceSeat: (seat: number) => void;
  toggleGuid: (guid: string) => void;
  toggle: (seat: number) => void;
  wanted: (area: StandingArea) => number;
  stand: (area: StandingArea) => void;
  unstand: (area: StandingArea) => void;
  goTo: (area: StandingArea) => void;
  summary: () => string;
}

/** What of the desk hands and keys need. */
type Handled = Pick<Desk, "hall" | "isMine" | "goTo" | "toggle" | "announceSeat" | "seats">;

/** The seat under the pointer and the one with the keyboard's focus; -1 is none. */
interface Marks {
  hover: number;
  focus: number;
}

/** Where the card of a seat stands on a view of this width. */
interface Card {
  seat: number;
  x: number;
  y: number;
  width: number;
}

/** For tests and measurements, where the lab is open. */
interface MapHandle {
  desk: Desk;
  times: () => number[];
  statusOf: (guid: string) => Word;
  show: (guid: string) => void;
  positionOf: (guid: string) => { x: number; y: number };
}

interface Window {
  holdfastSeatMap?: MapHandle | undefined;
}
