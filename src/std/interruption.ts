/**
 * Ctrl-C for work that does not come back to the event loop: a worker hears it and says so in shared memory.
 *
 * @module
 */

/** Work was stopped by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** All that the worker does: its listener keeps the signal from ending the process. */
const LISTENER = `self.onmessage = ({ data }) => {
  Deno.addSignalListener("SIGINT", () => Atomics.store(data, 0, 1));
  self.postMessage("listening");
};`;

/** Hears Ctrl-C until it is closed. */
export class Interruption {
  readonly #pressed = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker = new Worker(`data:text/javascript,${encodeURIComponent(LISTENER)}`, { type: "module" });

  private constructor() {}

  /** Begins to listen. */
  static async listen(): Promise<Interruption> {
    const interruption = new Interruption();
    await new Promise((resolve, reject) => {
      interruption.#worker.onmessage = resolve;
      interruption.#worker.onerror = reject;
      interruption.#worker.postMessage(interruption.#pressed);
    });
    return interruption;
  }

  /** @throws {Interrupted} once Ctrl-C has been pressed */
  check(): void {
    if (Atomics.load(this.#pressed, 0) !== 0) throw new Interrupted("stopped by Ctrl-C");
  }

  close(): void {
    this.#worker.terminate();
  }
}

/** Lets signals and messages in that have come meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
