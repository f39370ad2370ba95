/**
 * Memory for encoded batches that is used again and again.
 *
 * Batches are made by one thread and stored by another. Made anew each time, some megabytes at a time and freed by
 * whoever is done with them, they leave holes behind that nothing else fits into, and memory grows with the recording.
 *
 * @module
 */

/** What nearly all batches fit in. Of a larger buffer than is needed, what is not written takes no memory. */
const BUFFER_BYTES = 2 << 20;

/** Gives buffers out, and takes them back. */
export class BufferPool {
  readonly #free: ArrayBuffer[] = [];
  #left: number;

  /** @param most buffers that there are at most; who needs more gets memory of its own */
  constructor(most: number) {
    this.#left = most;
  }

  /** @returns a buffer of so many bytes or more; what is in it is anything */
  take(bytes: number): ArrayBuffer {
    if (bytes > BUFFER_BYTES) return new ArrayBuffer(bytes);
    const used = this.#free.pop();
    if (used !== undefined) return used;
    if (this.#left === 0) return new ArrayBuffer(bytes);
    this.#left--;
    return new ArrayBuffer(BUFFER_BYTES);
  }

  /** Takes back what {@linkcode take} has given, whoever had it meanwhile. */
  give(buffer: ArrayBuffer): void {
    if (buffer.byteLength === BUFFER_BYTES) this.#free.push(buffer);
    else buffer.transfer(0);
  }
}
