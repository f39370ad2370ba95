/**
 * Frames of a stack trace, which are lines of their own below the event that they belong to.
 *
 * @module
 */

/** Most text of one stack; frames beyond it are left out. */
const BYTES_MAX = 1 << 16;

/** Gathers frames, a line each. */
export class StackText {
  /** Frames so far, with a line feed between them. */
  bytes: Uint8Array = new Uint8Array(1024);
  length = 0;
  /** A stack has begun and is not handed on yet. */
  isOpen = false;
  /** Frames that did not fit. */
  dropped = 0;

  begin(): void {
    this.isOpen = true;
    this.length = 0;
  }

  /** Adds the frame `source[start, end)`. */
  add(source: Uint8Array, start: number, end: number): void {
    const length = this.length + end - start + 1;
    if (length > BYTES_MAX) {
      this.dropped++;
      return;
    }
    if (length > this.bytes.length) {
      const larger = new Uint8Array(Math.max(length, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, this.length));
      this.bytes = larger;
    }
    if (this.length > 0) this.bytes[this.length++] = 0x0a;
    this.bytes.set(source.subarray(start, end), this.length);
    this.length += end - start;
  }
}
