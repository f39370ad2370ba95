import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { gzipSync } from "node:zlib";
import * as zlib from "node:zlib";
import { DamagedInput, openBytes, peekBytes } from "../../src/recording/byte_stream.ts";
import { openRandomAccess } from "../../src/recording/random_access.ts";

// The Node types that come in through a dependency are older than zstd in node:zlib.
const { zstdCompressSync, constants } = zlib as unknown as {
  zstdCompressSync(bytes: Uint8Array, options: { params: Record<number, number> }): Uint8Array;
  constants: { ZSTD_c_checksumFlag: number };
};

const gzip = (bytes: Uint8Array) => new Uint8Array(gzipSync(bytes));
const zstd = (bytes: Uint8Array) =>
  new Uint8Array(zstdCompressSync(bytes, { params: { [constants.ZSTD_c_checksumFlag]: 1 } }));

const PACKERS = { gzip, zstd };

/** Bytes that pack to about half: no block is left out, none is stored plainly. */
function sample(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let random = seed;
  for (let i = 0; i < length; i++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
    bytes[i] = (random >>> 24) & (i & 0x4000 ? 15 : 3);
  }
  return bytes;
}

function joined(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

async function withFile<T>(bytes: Uint8Array, use: (path: string) => Promise<T>): Promise<T> {
  const path = await Deno.makeTempFile();
  try {
    await Deno.writeFile(path, bytes);
    return await use(path);
  } finally {
    await Deno.remove(path);
  }
}

interface Unpacked {
  bytes: Uint8Array;
  damage: string | null;
  largest: number;
}

/** Everything that a file unpacks to, and what ended it. */
function unpack(packed: Uint8Array): Promise<Unpacked> {
  return withFile(packed, async (path) => {
    const stream = await openBytes(path);
    const parts: Uint8Array[] = [];
    let damage: string | null = null;
    try {
      for (let chunk = await stream.read(); chunk !== null; chunk = await stream.read()) parts.push(chunk.slice());
    } catch (error) {
      if (!(error instanceof DamagedInput)) throw error;
      damage = error.message;
      assertEquals(await stream.read(), null);
    } finally {
      stream.close();
    }
    return { bytes: joined(...parts), damage, largest: parts.reduce((most, part) => Math.max(most, part.length), 0) };
  });
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  const shorter = Math.min(a.length, b.length);
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i;
  return shorter;
}

for (const [name, pack] of Object.entries(PACKERS)) {
  Deno.test(`${name} unpacks whole, also of several members`, async () => {
    const [a, b] = [sample(700_000), sample(300_000, 2)];
    for (const parts of [[a], [a, b], [b, new Uint8Array(0), a]]) {
      const { bytes, damage } = await unpack(joined(...parts.map(pack)));
      assertEquals([commonLength(bytes, joined(...parts)), damage], [joined(...parts).length, null]);
    }
  });

  Deno.test(`${name} cut anywhere gives what comes before the cut, and says so`, async () => {
    const whole = sample(400_000);
    const packed = pack(whole);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 4, max: packed.length - 1 }), async (cut) => {
        const { bytes, damage } = await unpack(packed.subarray(0, cut));
        assert(damage !== null);
        assert(!damage.includes("\n"));
        assertEquals(commonLength(bytes, whole), bytes.length);
        // At most a block of zstd (128 KiB) or what gzip has not made a byte of yet is missing.
        const least = whole.length * cut / packed.length - (name === "zstd" ? 3 * 131_072 : 2_000);
        assert(bytes.length >= least, `${bytes.length} of ${least} for ${cut} of ${packed.length}`);
      }),
      { seed: 3, numRuns: 25 },
    );
  });

  Deno.test(`${name} with flipped bytes never fails but as damage`, async () => {
    const whole = sample(400_000);
    const packed = pack(whole);
    const flips = fc.array(fc.record({ at: fc.nat(packed.length - 1), by: fc.integer({ min: 1, max: 255 }) }), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(flips, async (list) => {
        const flipped = packed.slice();
        for (const { at, by } of list) flipped[Math.max(4, at)] ^= by;
        const { bytes, damage } = await unpack(flipped);
        // The head's time and name and such may change without harm.
        if (commonLength(bytes, whole) < whole.length) assert(damage !== null);
      }),
      { seed: 4, numRuns: 40 },
    );
  });

  Deno.test(`${name} followed by something else gives all of itself, and says so`, async () => {
    const whole = sample(300_000);
    const { bytes, damage } = await unpack(joined(pack(whole), new TextEncoder().encode("not packed at all")));
    assertEquals(commonLength(bytes, whole), whole.length);
    assert(damage !== null);
  });

  Deno.test(`${name} with a wrong checksum gives everything, and says so`, async () => {
    const whole = sample(300_000);
    const packed = pack(whole);
    packed[packed.length - (name === "gzip" ? 8 : 1)] ^= 1;
    const { bytes, damage } = await unpack(packed);
    assertEquals(commonLength(bytes, whole), whole.length);
    assert(damage !== null);
  });

  Deno.test(`${name} that unpacks to a thousand times its size is given in small pieces`, async () => {
    const { bytes, damage, largest } = await unpack(pack(new Uint8Array(64 << 20)));
    assertEquals([bytes.length, damage], [64 << 20, null]);
    assert(largest <= 1 << 20, `a piece of ${largest} bytes`);
  });

  Deno.test(`a ${name} file can be looked into, and read at any offset`, async () => {
    const whole = sample(500_000);
    await withFile(pack(whole), async (path) => {
      assertEquals(await peekBytes(path, 100), whole.slice(0, 100));
      const file = await openRandomAccess(path);
      try {
        assertEquals([file.size, file.damage], [whole.length, null]);
        assertEquals(file.read(400_000, 50), whole.slice(400_000, 400_050));
        assertEquals(file.read(10, 5), whole.slice(10, 15));
        assertEquals(file.read(whole.length - 3, 50), whole.slice(-3));
        assertEquals(file.read(whole.length + 3, 50).length, 0);
      } finally {
        file.close();
      }
    });
  });

  Deno.test(`a cut ${name} file is read at any offset as far as it goes, and its damage is told`, async () => {
    const whole = sample(500_000);
    const packed = pack(whole);
    await withFile(packed.subarray(0, packed.length - 20), async (path) => {
      const file = await openRandomAccess(path);
      try {
        assertStringIncludes(file.damage!, name);
        assert(file.size > 300_000);
        assertEquals(file.read(0, file.size), whole.slice(0, file.size));
      } finally {
        file.close();
      }
    });
  });
}

Deno.test("skippable frames of zstd are skipped", async () => {
  const whole = sample(50_000);
  const skippable = new Uint8Array(8 + 100_000);
  new DataView(skippable.buffer).setUint32(0, 0x184d2a57, true);
  new DataView(skippable.buffer).setUint32(4, 100_000, true);
  const { bytes, damage } = await unpack(joined(zstd(whole), skippable, zstd(whole)));
  assertEquals([bytes.length, damage], [100_000, null]);
});

Deno.test("a plain file is read in place, without a copy", async () => {
  await withFile(sample(5000), async (path) => {
    const file = await openRandomAccess(path);
    try {
      assertEquals([file.size, file.damage, file.read(7, 3)], [5000, null, sample(5000).slice(7, 10)]);
      assertEquals(file.read(Number.MAX_SAFE_INTEGER - 1, 8).length, 0);
    } finally {
      file.close();
    }
  });
});
