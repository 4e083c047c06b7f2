/* Now and then instead of at every turn: as soon as something happens, then every other second. */

const REST = 2000;    // milliseconds between two beats
const SETTLE = 300;   // what belongs together, such as the seats of one order, arrives within this

/** @param {() => void} act */
export function beats(act) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let last = 0;
  return {
    /** Something has happened. */
    beat() {
      timer ??= setTimeout(() => {
        timer = undefined;
        last = Date.now();
        act();
      }, Math.max(SETTLE, last + REST - Date.now()));
    },
    stop: () => clearTimeout(timer),
  };
}
