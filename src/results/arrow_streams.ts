/**
 * Arrow IPC streams of one batch of rows each, put together as one stream.
 *
 * A statement that inserts costs the database some milliseconds before it comes to the rows: as much as ten thousand of
 * them. It takes a stream in pieces, so that batches need not be in one piece of memory to be inserted by one statement.
 *
 * Source: Arrow's columnar format, "encapsulated message format" and "IPC streaming format".
 *
 * @module
 */

/**
 * Streams that wait for others of their columns, at most. Who stops until streams are inserted has to hand on more than
 * these before.
 */
export const STREAMS_KEPT_MAX = 8;

/** A stream ends with a message of length 0: the mark that every message begins with, and the length. */
const END_BYTES = 8;

/** Bytes of a stream's first message, which says what columns there are. */
function headBytes(stream: Uint8Array): number {
  return 8 + new DataView(stream.buffer, stream.byteOffset).getInt32(4, true);
}

/** Whether two streams have the same columns, so that they can be put together. */
export function haveSameColumns(a: Uint8Array, b: Uint8Array): boolean {
  const head = headBytes(a);
  if (headBytes(b) !== head) return false;
  for (let at = 0; at < head; at++) if (a[at] !== b[at]) return false;
  return true;
}

/**
 * @param streams at least one, of the same columns
 * @returns pieces, one for each stream, that are one stream together
 */
export function joined(streams: readonly Uint8Array[]): Uint8Array[] {
  const last = streams.length - 1;
  return streams.map((stream, at) =>
    stream.subarray(at === 0 ? 0 : headBytes(stream), at === last ? stream.length : stream.length - END_BYTES)
  );
}
