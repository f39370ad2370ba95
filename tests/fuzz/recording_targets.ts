/**
 * Readers of recordings as targets: each mutated recording is read by its format's reader, and every few of them also
 * as `analyse` reads it, with the format told by content, operations and bios lifted, and batches encoded.
 *
 * What must hold: it is read, or refused in one line; what is before the damage is read as if there were none; where
 * events are missing that were there, a diagnostic says that something is missing or damaged; nothing is read again and
 * again.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { RandomSource } from "../../src/exploring/random_source.ts";
import { RecordingsReader } from "../../src/lifting/read_recordings.ts";
import { FORMATS } from "../../src/recording/formats.ts";
import { UnreadableInput } from "../../src/recording/recording_format.ts";
import { BatchEncoder } from "../../src/results/arrow_encoding.ts";
import { pinnedColumns } from "../../src/results/schema.ts";
import { collect, type Collected, type Row } from "../recording/collect.ts";
import { folderInMemory } from "./memory_folder.ts";
import { mutate, type Mutated, type Nature } from "./mutation.ts";
import { withinReadBudget } from "./read_budget.ts";
import { type RecordingSeed, recordingSeeds } from "./recording_seeds.ts";
import type { FuzzTarget } from "./target.ts";

/** Names, marks and values that readers look for. */
const WORDS = [
  "block_rq_issue",
  "block_rq_complete",
  "block_bio_queue",
  "ext4_da_write_begin",
  "mm_filemap_add_to_page_cache",
  "sys_enter_pwrite64",
  "sys_exit_pwrite64",
  "iomap_dio_rw_begin",
  "dev",
  "sector",
  "ino",
  "7,0",
  "rwbs=WFSM",
  "# tracer: nop\n",
  "# tracer: function_graph\n",
  "#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION\n",
  "CPU:0 [LOST 5 EVENTS]\n",
  "CPU:1 [123 EVENTS DROPPED]\n",
  "cpus=2\n",
  "version = 7\n",
  "=> vfs_write\n",
  "Total (dev):\n",
  "CPU0 (dev):\n",
  "trace_clock: mono\n",
  "<idle>-0",
  "kworker/u8:2-events",
  "field:unsigned long long x;\toffset:8;\tsize:8;\tsigned:0;\n",
  "__data_loc char[]",
  "print fmt: ",
  "name: odd\nID: 1\n",
];

/** One in so many inputs is also looked at by every format, whatever it is. */
const SNIFFED_EVERY = 4;
/** One in so many inputs is also read as analyse reads it. */
const LIFTED_EVERY = 16;
/** Rows of a batch: small ones are made fast, and cut where recordings of millions of events are cut. */
const BATCH_ROWS = 64;
/** Bytes of the smallest event of any format. */
const EVENT_BYTES_MIN = 4;
/** A packed input has at most so many times its bytes, and then a million events. */
const PACKED_EVENTS_MAX = 1_000_000;

/** A row as text: a number that is cut makes its column one of text. */
function rowText({ seq: _, raw, ...row }: Row): string {
  const own = Object.entries(raw).map(([key, value]) => `${key}=${value}`).join(" ");
  return `${Object.values(row).join(" ")} | ${own}`;
}

interface Prepared {
  seed: RecordingSeed;
  whole: Collected;
  /** The rows as text. */
  texts: string[];
  /** Rows that the first n units make, by n. */
  rowsOfUnits: number[] | null;
}

function assertOneLine(error: UnreadableInput): void {
  assert(!error.message.includes("\n") && error.message !== "", `not one line: ${JSON.stringify(error.message)}`);
}

class RecordingTarget implements FuzzTarget {
  readonly name: string;
  readonly share: number;
  readonly #seeds: readonly RecordingSeed[];
  readonly #folder = Deno.makeTempDirSync({ dir: folderInMemory(), prefix: "dioscope-fuzz-" });
  readonly #path = `${this.#folder}/recording`;
  #prepared: Prepared[] = [];

  constructor(name: string, share: number, seeds: readonly RecordingSeed[]) {
    this.name = name;
    this.share = share;
    this.#seeds = seeds;
  }

  async prepare(): Promise<void> {
    if (this.#prepared.length > 0) return;
    for (const seed of this.#seeds) {
      const whole = await this.#read(seed, seed.bytes);
      assert(whole.rows.length > 10, `${seed.name}: ${whole.rows.length} rows`);
      let rowsOfUnits: number[] | null = null;
      if (seed.unitEnds !== null) {
        rowsOfUnits = [0];
        for (const end of seed.unitEnds) {
          rowsOfUnits.push((await this.#read(seed, seed.bytes.subarray(0, end))).rows.length);
        }
      }
      this.#prepared.push({ seed, whole, texts: whole.rows.map(rowText), rowsOfUnits });
    }
  }

  #read(seed: RecordingSeed, bytes: Uint8Array): Promise<Collected> {
    Deno.writeFileSync(this.#path, bytes);
    return collect(seed.format, [this.#path], BATCH_ROWS);
  }

  async run(random: RandomSource): Promise<string> {
    const prepared = this.#prepared[random.below(this.#prepared.length)];
    const nature: Nature = { kind: prepared.seed.kind, words: WORDS };
    const mutated = mutate(random, prepared.seed.bytes, nature);
    try {
      const outcome = await withinReadBudget(mutated.bytes.length, () => this.#check(prepared, mutated));
      if (random.below(SNIFFED_EVERY) === 0) sniffAll(mutated.bytes);
      if (random.below(LIFTED_EVERY) === 0) await withinReadBudget(mutated.bytes.length, () => this.#lift());
      return outcome;
    } catch (error) {
      const what = `${prepared.seed.name}: ${mutated.how.join(", ")}`;
      throw new Error(what, { cause: error });
    }
  }

  async #check({ seed, whole, texts, rowsOfUnits }: Prepared, mutated: Mutated): Promise<string> {
    let read: Collected;
    try {
      read = await this.#read(seed, mutated.bytes);
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      assertOneLine(error);
      return "refused";
    }
    for (const { message, count, code } of read.diagnostics) {
      assert(message !== "" && !message.includes("\n") && count > 0, `diagnostic ${code}: ${JSON.stringify(message)}`);
    }
    const most = seed.packed ? PACKED_EVENTS_MAX : mutated.bytes.length / EVENT_BYTES_MIN;
    assert(read.rows.length <= most, `${read.rows.length} rows of ${mutated.bytes.length} bytes`);
    if (rowsOfUnits !== null) assertRowsBefore(mutated.first, seed.unitEnds!, rowsOfUnits, texts, read);
    // Two lines without the line feed between them are one, and the whole text of both is in it.
    const joined = seed.kind === "text" ? Math.max(0, lineFeeds(seed.bytes) - lineFeeds(mutated.bytes)) : 0;
    return assertNoSilentLoss(mutated, whole, read, joined);
  }

  async #lift(): Promise<void> {
    const encoder = new BatchEncoder(pinnedColumns);
    const reader = new RecordingsReader((batch) => void encoder.encode(batch));
    try {
      await reader.open([{ path: "recording", files: [this.#path] }]);
      const end = await reader.run({ pace: () => Promise.resolve(true) });
      assertEquals(end!.recordings.length, 1);
      encoder.finish();
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      assertOneLine(error);
    } finally {
      reader.close();
    }
  }

  close(): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

function sniffAll(bytes: Uint8Array): void {
  for (const format of FORMATS) {
    try {
      format.sniff(bytes.subarray(0, 65536));
    } catch (error) {
      if (!(error instanceof UnreadableInput)) throw error;
      assertOneLine(error);
    }
  }
}

/**
 * What stands before the damage is read as if there were none; only the unit at its edge may have changed. Records of a
 * block trace are sorted by time, so that a damaged one can come between them.
 */
function assertRowsBefore(
  first: number,
  unitEnds: readonly number[],
  rowsOfUnits: readonly number[],
  texts: readonly string[],
  read: Collected,
): void {
  let units = 0;
  while (units < unitEnds.length && unitEnds[units] <= first) units++;
  // What follows may belong to the event before it: a stack, the rest of a line.
  const rows = Math.max(0, rowsOfUnits[units] - 1);
  let found = 0;
  for (let row = 0; row < read.rows.length && found < rows; row++) {
    if (rowText(read.rows[row]) === texts[found]) found++;
  }
  assert(found === rows, `row ${found} of the ${rows} before the damage is not there as it was: ${texts[found]}`);
}

const lineFeeds = (bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + (byte === 0x0a ? 1 : 0), 0);

/** Where bytes only changed their values, every event that is missing is told of. */
function assertNoSilentLoss({ inPlace }: Mutated, whole: Collected, read: Collected, joined: number): string {
  const known = new Set(whole.diagnostics.map(({ code, count }) => `${code} ${count}`));
  const told = read.diagnostics.some(({ severity, code, count }) =>
    severity !== "info" && !known.has(`${code} ${count}`)
  );
  if (read.rows.length < whole.rows.length - joined && inPlace) {
    assert(told, `${read.rows.length} of ${whole.rows.length} rows, and no diagnostic says why`);
  }
  return told ? "read, damage told" : read.rows.length === whole.rows.length ? "read, all rows" : "read, other rows";
}

/** A target for each format, and one for packed recordings. */
export async function recordingTargets(): Promise<FuzzTarget[]> {
  const share: Record<string, number> = { "trace.dat": 150, packed: 100 };
  return [...await recordingSeeds()].map(([name, seeds]) => new RecordingTarget(name, share[name] ?? 200, seeds));
}
