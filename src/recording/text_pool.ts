/**
 * Small texts that come back all the time (task names, devices, rwbs) as integer codes, looked up from bytes without
 * making a string.
 *
 * @module
 */
export class TextPool {
  readonly texts: string[] = [];
  readonly #codes = new Map<string, number>();
  /** Codes by hash of the bytes; a hash is rarely shared. */
  readonly #byHash = new Map<number, number[]>();
  readonly #bytes: Uint8Array[] = [];
  static readonly #encoder = new TextEncoder();
  static readonly #decoder = new TextDecoder();

  code(text: string): number {
    const known = this.#codes.get(text);
    if (known !== undefined) return known;
    const bytes = TextPool.#encoder.encode(text);
    return this.codeOfBytes(bytes, 0, bytes.length);
  }

  /** True when `code` stands for exactly these bytes; -1 stands for none. */
  isCodeOf(code: number, source: Uint8Array, start: number, end: number): boolean {
    if (code < 0) return false;
    const bytes = this.#bytes[code];
    if (bytes.length !== end - start) return false;
    for (let i = 0; i < bytes.length; i++) if (bytes[i] !== source[start + i]) return false;
    return true;
  }

  /** Code of `source[start, end)` read as UTF-8. */
  codeOfBytes(source: Uint8Array, start: number, end: number): number {
    let hash = 0x811c9dc5;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ source[i], 0x01000193);
    const bucket = this.#byHash.get(hash);
    if (bucket !== undefined) {
      next: for (const code of bucket) {
        const bytes = this.#bytes[code];
        if (bytes.length !== end - start) continue;
        for (let i = 0; i < bytes.length; i++) if (bytes[i] !== source[start + i]) continue next;
        return code;
      }
    }
    const bytes = source.slice(start, end);
    const text = TextPool.#decoder.decode(bytes);
    const code = this.texts.length;
    this.texts.push(text);
    this.#bytes.push(bytes);
    // Bytes that are not UTF-8 may read as a text that has a code already; then that one stays the text's own.
    if (!this.#codes.has(text)) this.#codes.set(text, code);
    if (bucket === undefined) this.#byHash.set(hash, [code]);
    else bucket.push(code);
    return code;
  }
}
