/**
 * Files that are read as a whole, because what is in them is needed at once: scenarios, descriptions, SQL, histories.
 *
 * @module
 */

/** More than anybody writes by hand, or has a program write for a person to read. */
export const TEXT_BYTES_MAX = 64 << 20;

const PIECE_BYTES = 1 << 20;

/**
 * All bytes of a file, or of a pipe until it closes.
 *
 * @param bytesMax what may be taken into memory: a device may never end, and a file with holes be larger than any memory
 * @throws what opening and reading throw; an Error that says so when there is more
 */
export function readBounded(path: string, bytesMax: number): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path, { read: true });
  const { size } = file.statSync();
  if (size > bytesMax) throw tooLarge(bytesMax);
  let bytes = new Uint8Array(size > 0 ? size + 1 : PIECE_BYTES);
  let length = 0;
  for (let n = file.readSync(bytes); n !== null; n = file.readSync(bytes.subarray(length))) {
    length += n;
    if (length > bytesMax) throw tooLarge(bytesMax);
    if (length < bytes.length) continue;
    const larger = new Uint8Array(2 * length);
    larger.set(bytes);
    bytes = larger;
  }
  return bytes.subarray(0, length);
}

/** The same as text, UTF-8. */
export function readBoundedText(path: string): string {
  return new TextDecoder().decode(readBounded(path, TEXT_BYTES_MAX));
}

function tooLarge(bytesMax: number): Error {
  return new Error(`it has more than ${bytesMax >> 20} MB`);
}
