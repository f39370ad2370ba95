/**
 * Unpacking of gzip and zstd, piece by piece, so that nothing is lost of what comes before damage and memory stays
 * bounded whatever the data unpacks to.
 *
 * node:zlib in Deno (2.9) has traps that this goes round: when a decoder fails, it drops what it has unpacked of the
 * bytes of the same write; a zstd decoder that fails while it has more to give than one buffer takes the program down;
 * it stops silently after the first of several zstd frames, and takes a cut frame for a whole one.
 *
 * @module
 */

import { createGunzip } from "node:zlib";
import type { Transform } from "node:stream";
import { createZstdDecompress } from "./zstd.ts";

/** Damage found while reading bytes; what was read before it stays good. */
export class DamagedInput extends Error {
  override readonly name = "DamagedInput";
}

/** Where packed bytes come from: the next ones, null at the end. They may be overwritten by the next call. */
export type PackedSource = () => Promise<Uint8Array | null>;

/** A decoder of node:zlib that is fed write by write. */
class Decoder {
  failure: Error | null = null;
  readonly #transform: Transform;
  readonly #closed: Promise<void>;
  #out: Uint8Array[] = [];

  constructor(transform: Transform) {
    this.#transform = transform;
    transform.on("data", (bytes: Uint8Array) => {
      this.#out.push(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    });
    transform.on("error", (error: Error) => this.failure ??= error);
    this.#closed = new Promise((resolve) => transform.once("close", resolve));
  }

  /** Takes bytes; done when they have been unpacked, or the decoder has failed on them. */
  async write(bytes: Uint8Array): Promise<void> {
    const written = new Promise<void>((resolve) => this.#transform.write(bytes, () => resolve()));
    await Promise.race([written, this.#closed]);
  }

  /** What has been unpacked since the last call. */
  take(): Uint8Array[] {
    const out = this.#out;
    this.#out = [];
    return out;
  }

  async end(): Promise<void> {
    if (!this.#transform.destroyed) this.#transform.end();
    await this.#closed;
  }

  destroy(): void {
    this.#transform.destroy();
  }
}

/** Packed bytes that a gzip decoder gets at a time: at most 1032 times as many come out. */
const GZIP_SLICE_BYTES = 1 << 16;
/** Smaller and smaller slices, to come close to damage. */
const GZIP_FINER_BYTES = [256, 1];
const GZIP_OUT_BYTES = 1 << 18;

/** An input that can be read from its beginning once more. */
export interface Reopened {
  source: PackedSource;
  close(): void;
}

/** How far unpacking has come. */
interface Progress {
  /** Packed bytes that have been unpacked without trouble. */
  good: number;
  /** Unpacked bytes that have been given. */
  given: number;
  /** Every packed byte was good; only the end may be missing. */
  all: boolean;
}

/**
 * Unpacks gzip, of any number of members.
 *
 * @param reopen opens the input anew, to come closer to the damage in smaller slices; null where it can be read once
 * only: then what a slice unpacks to may be missing before the damage
 * @throws {DamagedInput} when the data is damaged or cut, after all that comes before has been given
 */
export async function* unpackGzip(
  source: PackedSource,
  reopen: (() => Reopened) | null,
): AsyncGenerator<Uint8Array> {
  const progress: Progress = { good: 0, given: 0, all: false };
  const failure = yield* unpackSlices(source, GZIP_SLICE_BYTES, progress);
  if (failure === null) return;
  for (const sliceBytes of reopen === null || progress.all ? [] : GZIP_FINER_BYTES) {
    const input = reopen!();
    try {
      yield* unpackSlices(input.source, sliceBytes, progress);
    } finally {
      input.close();
    }
  }
  throw new DamagedInput(`gzip data is damaged or cut: ${failure.message}`);
}

/**
 * Unpacks from the beginning, in slices of the given size behind what is known to be good, and gives what has not been
 * given yet.
 *
 * @returns what ended it; null when the input is whole
 */
async function* unpackSlices(
  source: PackedSource,
  sliceBytes: number,
  progress: Progress,
): AsyncGenerator<Uint8Array, Error | null> {
  const decoder = new Decoder(createGunzip({ chunkSize: GZIP_OUT_BYTES }));
  let fed = 0;
  let unpacked = 0;
  const known = progress.good;
  function* fresh(): Generator<Uint8Array> {
    for (const piece of decoder.take()) {
      unpacked += piece.length;
      if (unpacked <= progress.given) continue;
      const out = piece.subarray(Math.max(0, piece.length - (unpacked - progress.given)));
      progress.given = unpacked;
      yield out;
    }
  }
  try {
    for (let bytes = await source(); bytes !== null && decoder.failure === null; bytes = await source()) {
      for (let at = 0; at < bytes.length && decoder.failure === null;) {
        const most = fed < known ? Math.min(GZIP_SLICE_BYTES, known - fed) : sliceBytes;
        const slice = bytes.slice(at, at + most);
        await decoder.write(slice);
        yield* fresh();
        at += slice.length;
        fed += slice.length;
        if (decoder.failure === null) progress.good = Math.max(progress.good, fed);
      }
    }
    progress.all = decoder.failure === null;
    await decoder.end();
    yield* fresh();
    return decoder.failure;
  } finally {
    decoder.destroy();
  }
}

/** Packed bytes, taken in the lengths that a format says. */
class PackedReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  readonly #source: PackedSource;

  constructor(source: PackedSource) {
    this.#source = source;
  }

  /** The next `n` bytes, or fewer at the end. They are the caller's. */
  async take(n: number): Promise<Uint8Array> {
    const taken = new Uint8Array(n);
    let have = 0;
    while (have < n) {
      if (this.#at === this.#bytes.length) {
        const more = await this.#source();
        if (more === null) break;
        this.#bytes = more;
        this.#at = 0;
      }
      const part = this.#bytes.subarray(this.#at, this.#at + n - have);
      taken.set(part, have);
      have += part.length;
      this.#at += part.length;
    }
    return taken.subarray(0, have);
  }

  /** @throws {DamagedInput} when there are fewer */
  async need(n: number): Promise<Uint8Array> {
    const bytes = await this.take(n);
    if (bytes.length < n) throw new DamagedInput("zstd data is cut: it ends within a frame");
    return bytes;
  }
}

const ZSTD_MAGIC = 0xfd2fb528;
/** The low four bits are free. */
const ZSTD_SKIPPABLE_MAGIC = 0x184d2a50;
const ZSTD_BLOCK_BYTES_MAX = 128 << 10;
const ZSTD_BLOCK_RLE = 1;
const ZSTD_BLOCK_RESERVED = 3;
const SKIP_BYTES = 1 << 16;

const u32 = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Bytes of a frame's head behind its first one, the descriptor. */
function frameHeadBytes(descriptor: number): number {
  const single = (descriptor >> 5) & 1;
  const contentSize = [single, 2, 4, 8][descriptor >> 6];
  return (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3] + contentSize;
}

/**
 * Unpacks zstd, of any number of frames, block by block: a block is at most 128 KiB, and all before a damaged one is
 * good.
 *
 * Source: RFC 8878, section 3.1.
 *
 * @throws {DamagedInput} when the data is damaged or cut, after all that comes before has been given
 */
export async function* unpackZstd(source: PackedSource): AsyncGenerator<Uint8Array> {
  const reader = new PackedReader(source);
  for (;;) {
    const magic = await reader.take(4);
    if (magic.length === 0) return;
    if (magic.length === 4 && (u32(magic) & 0xfffffff0) >>> 0 === ZSTD_SKIPPABLE_MAGIC) {
      for (let left = u32(await reader.need(4)); left > 0; left -= SKIP_BYTES) {
        await reader.need(Math.min(left, SKIP_BYTES));
      }
    } else if (magic.length === 4 && u32(magic) === ZSTD_MAGIC) {
      yield* unpackZstdFrame(reader, magic);
    } else {
      throw new DamagedInput("zstd data is followed by something else");
    }
  }
}

async function* unpackZstdFrame(reader: PackedReader, magic: Uint8Array): AsyncGenerator<Uint8Array> {
  const descriptor = await reader.need(1);
  const head = await reader.need(frameHeadBytes(descriptor[0]));
  const checksum = (descriptor[0] & 4) !== 0;
  // A buffer that takes all that one write gives: the decoder then fails in an orderly way.
  const decoder = new Decoder(createZstdDecompress({ chunkSize: ZSTD_BLOCK_BYTES_MAX * 2 }));
  const feed = async (bytes: Uint8Array) => {
    await decoder.write(bytes);
    if (decoder.failure !== null) throw new DamagedInput(`zstd data is damaged: ${decoder.failure.message}`);
  };
  try {
    await feed(joined(magic, descriptor, head));
    for (let last = false; !last;) {
      const blockHead = await reader.need(3);
      const word = blockHead[0] | (blockHead[1] << 8) | (blockHead[2] << 16);
      last = (word & 1) !== 0;
      const type = (word >> 1) & 3;
      const size = word >> 3;
      if (type === ZSTD_BLOCK_RESERVED || size > ZSTD_BLOCK_BYTES_MAX) {
        throw new DamagedInput(`zstd data is damaged: a block of ${size} bytes`);
      }
      await feed(joined(blockHead, await reader.need(type === ZSTD_BLOCK_RLE ? 1 : size)));
      if (last && !checksum) await decoder.end();
      yield* decoder.take();
    }
    if (!checksum) return;
    await feed(await reader.need(4));
    await decoder.end();
    yield* decoder.take();
  } finally {
    decoder.destroy();
  }
}
