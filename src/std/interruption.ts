/**
 * Ctrl-C, and SIGTERM, which schedulers of jobs and of containers send first and which means the same here. For work
 * that does not come back to the event loop a worker hears it and says so in shared memory.
 *
 * Not SIGHUP: `nohup` has it ignored, and a listener would undo that.
 *
 * @module
 */

const SIGNALS: readonly Deno.Signal[] = ["SIGINT", "SIGTERM"];

/** Has a function called whenever the program is asked to end. */
export function addStopListener(listener: () => void): void {
  for (const signal of SIGNALS) Deno.addSignalListener(signal, listener);
}

/** The reverse of {@linkcode addStopListener}. */
export function removeStopListener(listener: () => void): void {
  for (const signal of SIGNALS) Deno.removeSignalListener(signal, listener);
}

/** Work was stopped by Ctrl-C. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}

/** All that the worker does: its listener keeps the signal from ending the process. */
const LISTENER = `self.onmessage = ({ data }) => {
  for (const signal of ${JSON.stringify(SIGNALS)}) Deno.addSignalListener(signal, () => Atomics.store(data, 0, 1));
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

/**
 * Ctrl-C, told once each time: at the next turn of the event loop, or when work asks that gives it no turn, such as a
 * database that writes all it has. For that a worker, which the program has anyway, counts as well.
 */
export class InterruptionCount {
  /** How often the worker has heard it, see {@linkcode countInterruptions}. */
  readonly heard = new Int32Array(new SharedArrayBuffer(4));
  #here = 0;
  #told = 0;
  readonly #onSignal = () => this.#tellUpTo(++this.#here);

  /** @param tell what is to be done about it */
  constructor(private readonly tell: () => void) {
    addStopListener(this.#onSignal);
  }

  /** Tells of what the worker has heard meanwhile. */
  check(): void {
    this.#tellUpTo(Atomics.load(this.heard, 0));
  }

  #tellUpTo(count: number): void {
    if (count <= this.#told) return;
    this.#told = count;
    this.tell();
  }

  close(): void {
    removeStopListener(this.#onSignal);
  }
}

/** In a worker: counts for an {@linkcode InterruptionCount} of the main thread. */
export function countInterruptions(heard: Int32Array): void {
  addStopListener(() => Atomics.add(heard, 0, 1));
}

/** Lets signals and messages in that have come meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
