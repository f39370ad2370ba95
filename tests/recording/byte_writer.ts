/**
 * Bytes written one after another in a chosen byte order, for tests that make files.
 *
 * @module
 */

export class ByteWriter {
  readonly order: "little" | "big";
  /** Length, count and offset fields written so far. */
  readonly lengths: { what: string; at: number; bytes: number }[] = [];
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  constructor(order: "little" | "big") {
    this.order = order;
  }

  /** Bytes written so far. */
  get at(): number {
    return this.#at;
  }

  get #le(): boolean {
    return this.order === "little";
  }

  /** May move the bytes: look at them only afterwards. */
  #take(n: number): number {
    const at = this.#at;
    if (at + n > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(this.#bytes.length * 2, at + n));
      larger.set(this.#bytes);
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#at += n;
    return at;
  }

  u8(value: number): void {
    const at = this.#take(1);
    this.#bytes[at] = value;
  }

  u16(value: number): void {
    const at = this.#take(2);
    this.#view.setUint16(at, value, this.#le);
  }

  u32(value: number): void {
    const at = this.#take(4);
    this.#view.setUint32(at, value, this.#le);
  }

  u64(value: bigint): void {
    const at = this.#take(8);
    this.#view.setBigUint64(at, BigInt.asUintN(64, value), this.#le);
  }

  /** An integer of 1, 2, 4 or 8 bytes, signed or not. */
  integer(bytes: number, value: bigint): void {
    for (let i = 0; i < bytes; i++) {
      this.u8(Number(BigInt.asUintN(8, value >> BigInt(8 * (this.#le ? i : bytes - 1 - i)))));
    }
  }

  bytes(bytes: Iterable<number>): void {
    const array = bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes);
    const at = this.#take(array.length);
    this.#bytes.set(array, at);
  }

  cString(text: string): void {
    this.bytes(new TextEncoder().encode(text));
    this.u8(0);
  }

  /** Zeros up to a multiple of `n`. */
  align(n: number): void {
    while (this.#at % n !== 0) this.u8(0);
  }

  /** A field that says how long, how many or where something is. @returns its place, for {@linkcode patch} */
  length(what: string, bytes: 4 | 8, value: number): number {
    const at = this.#at;
    this.lengths.push({ what, at, bytes });
    this.integer(bytes, BigInt(value));
    return at;
  }

  /** Sets a field written by {@linkcode length}. */
  patch(at: number, value: number): void {
    const field = this.lengths.find((f) => f.at === at)!;
    if (field.bytes === 4) this.#view.setUint32(at, value, this.#le);
    else this.#view.setBigUint64(at, BigInt(value), this.#le);
  }

  done(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#at);
  }
}
