/**
 * A cursor over bytes of a trace.dat file that knows the file's byte order and says where it ran out.
 *
 * @module
 */

/** The bytes end before what they announce, or announce what cannot be. */
export class CutShort extends Error {
  override readonly name = "CutShort";
}

/** Longest text that is read as one; the largest in a real file is the list of the kernel's symbols. */
const TEXT_BYTES_MAX = 64 << 20;

/** Gives at least the first `wanted` bytes where there are as many. */
type Growth = (wanted: number) => Uint8Array;

export class ByteCursor {
  at = 0;
  readonly littleEndian: boolean;
  #bytes: Uint8Array;
  #view: DataView;
  readonly #grow: Growth | null;
  static readonly #decoder = new TextDecoder();

  /** @param grow where the bytes are only the beginning: gets more of them */
  constructor(bytes: Uint8Array, littleEndian: boolean, grow: Growth | null = null) {
    this.#bytes = bytes;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#grow = grow;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  #take(n: number): number {
    if (n > this.left && this.#grow !== null) {
      this.#bytes = this.#grow(this.at + n);
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
    }
    if (n > this.left) throw new CutShort(`${n} bytes wanted at byte ${this.at}, ${this.left} left`);
    const at = this.at;
    this.at += n;
    return at;
  }

  u8(): number {
    const at = this.#take(1);
    return this.#bytes[at];
  }

  u16(): number {
    const at = this.#take(2);
    return this.#view.getUint16(at, this.littleEndian);
  }

  u32(): number {
    const at = this.#take(4);
    return this.#view.getUint32(at, this.littleEndian);
  }

  /** A size or file offset; one beyond 2^53 is as wrong as one beyond the end of the file. */
  u64(): number {
    const at = this.#take(8);
    const value = this.#view.getBigUint64(at, this.littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new CutShort(`size or offset ${value} at byte ${at}`);
    return Number(value);
  }

  slice(n: number): Uint8Array {
    const at = this.#take(n);
    return this.#bytes.subarray(at, at + n);
  }

  text(n: number): string {
    if (n > TEXT_BYTES_MAX) throw new CutShort(`a text of ${n} bytes at byte ${this.at}`);
    return ByteCursor.#decoder.decode(this.slice(n));
  }

  /** Everything that is left, as text without the NULs at its end. */
  rest(): string {
    return this.text(this.left).replace(/\0+$/, "");
  }

  /** Text up to a NUL, which is taken too. */
  cString(): string {
    let end = this.#bytes.indexOf(0, this.at);
    if (end < 0 && this.#grow !== null) {
      this.#bytes = this.#grow(this.#bytes.length + 1);
      this.#view = new DataView(this.#bytes.buffer, this.#bytes.byteOffset, this.#bytes.byteLength);
      end = this.#bytes.indexOf(0, this.at);
    }
    if (end < 0) throw new CutShort(`text without end at byte ${this.at}`);
    const text = this.text(end - this.at);
    this.at = end + 1;
    return text;
  }
}
