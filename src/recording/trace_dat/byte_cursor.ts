/**
 * A cursor over bytes of a trace.dat file that knows the file's byte order and says where it ran out.
 *
 * @module
 */

/** The bytes end before what they announce. */
export class CutShort extends Error {
  override readonly name = "CutShort";
}

export class ByteCursor {
  at = 0;
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly #view: DataView;
  static readonly #decoder = new TextDecoder();

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.at;
  }

  #take(n: number): number {
    if (n > this.left) throw new CutShort(`${n} bytes wanted at byte ${this.at}, ${this.left} left`);
    const at = this.at;
    this.at += n;
    return at;
  }

  u8(): number {
    return this.bytes[this.#take(1)];
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian);
  }

  /** A size or file offset; one beyond 2^53 is as wrong as one beyond the end of the file. */
  u64(): number {
    const value = this.#view.getBigUint64(this.#take(8), this.littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new CutShort(`size or offset ${value} at byte ${this.at - 8}`);
    return Number(value);
  }

  slice(n: number): Uint8Array {
    const at = this.#take(n);
    return this.bytes.subarray(at, at + n);
  }

  text(n: number): string {
    return ByteCursor.#decoder.decode(this.slice(n));
  }

  /** Text up to a NUL, which is taken too. */
  cString(): string {
    const end = this.bytes.indexOf(0, this.at);
    if (end < 0) throw new CutShort(`text without end at byte ${this.at}`);
    const text = ByteCursor.#decoder.decode(this.bytes.subarray(this.at, end));
    this.at = end + 1;
    return text;
  }
}
