/* The stream of everybody's seats: reads it, says when it is lost, and finds its way back. */

const PATIENCE = 1500;     // milliseconds of silence while connecting before the viewer is told
const FIRST_WAIT = 1000, LONGEST_WAIT = 15_000;

export class Live {
  /**
   * @param {string} streamUrl
   * @param {string} seatsUrl
   * @param {News} on what to call; `lost(true)` and `lost(false)` frame a broken connection
   */
  constructor(streamUrl, seatsUrl, on) {
    this.streamUrl = streamUrl;
    this.seatsUrl = seatsUrl;
    this.on = on;
    /** @type {number | null} */
    this.version = null;
    this.wait = FIRST_WAIT;
    this.isLost = this.isStopped = false;
    /** @type {EventSource | null} */
    this.source = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.patience = undefined;
    this.reopen = this.reopen.bind(this);
    this.away = () => this.tell(true);
    // Who was offline may have a connection that only looks open: it is opened anew, and resumes where it was.
    this.back = () => { this.wait = FIRST_WAIT; this.open(); };
    window.addEventListener("online", this.back);
    window.addEventListener("offline", this.away);
    window.addEventListener("pageshow", this.reopen);
    this.open();
  }

  stop() {
    this.isStopped = true;
    this.close();
    window.removeEventListener("online", this.back);
    window.removeEventListener("offline", this.away);
    window.removeEventListener("pageshow", this.reopen);
  }

  close() {
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    this.source?.close();
  }

  reopen() {
    // A source may call itself open although its connection died while the viewer was away.
    if (this.isStopped || (!this.isLost && this.source?.readyState === EventSource.OPEN)) return;
    this.wait = FIRST_WAIT;
    this.open();
  }

  open() {
    this.close();
    // The browser resumes by itself with Last-Event-ID; a source opened anew cannot set that header, so the address says it.
    const address = new URL(this.streamUrl, window.location.href);
    if (this.version !== null) address.searchParams.set("last_event_id", String(this.version));
    const source = new EventSource(address);
    this.source = source;
    this.patience = setTimeout(() => this.tell(true), PATIENCE);
    source.onopen = () => {
      clearTimeout(this.patience);
      this.wait = FIRST_WAIT;
      this.tell(false);
    };
    source.onerror = () => {
      clearTimeout(this.patience);
      if (source.readyState === EventSource.CLOSED) this.later();
      else this.patience = setTimeout(() => this.tell(true), PATIENCE);
    };
    /** @type {<Kind>(name: string, take: (news: Kind & {version?: number}) => void) => void} */
    const read = (name, take) => source.addEventListener(name, (event) => {
      const news = JSON.parse(event.data || "{}");
      if (news.version !== undefined) this.version = news.version;
      take(news);
    });
    read("snapshot", this.on.snapshot);
    read("changes", this.on.changes);
    read("paused", this.on.paused);
  }

  /** The server refused the stream for good (a restart, a proxy): ask for a snapshot meanwhile, and try again. */
  later() {
    this.tell(true);
    this.look();
    this.timer = setTimeout(() => this.open(), this.wait * (0.75 + Math.random() / 2));
    this.wait = Math.min(LONGEST_WAIT, this.wait * 2);
  }

  async look() {
    try {
      const answer = await fetch(this.seatsUrl);
      if (!answer.ok || this.isStopped) return;
      const news = await answer.json();
      this.version = news.version;
      this.on.snapshot(news);
    } catch { /* the next attempt will tell */ }
  }

  /** @param {boolean} isLost */
  tell(isLost) {
    if (this.isStopped || isLost === this.isLost) return;
    this.isLost = isLost;
    this.on.lost(isLost);
  }
}
