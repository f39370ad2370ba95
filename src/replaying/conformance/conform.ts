/**
 * A recording beside the modelled kernel: every call of it is done by the model, and the events that this fires are laid
 * beside the recorded ones.
 *
 * @module
 */

import { COUNT_MAX } from "../../scenarios/world_schema.ts";
import { flagValues } from "../../systems/index.ts";
import { mainline } from "../../systems/mainline/index.ts";
import { NOTHING_SAID, type RecordedKernel, recordedKernel, type SaidOfRecording } from "../recorded_kernel.ts";
import { askedCalls } from "./asked_calls.ts";
import type { AskedCall } from "./calls_at_work.ts";
import { environmentOf } from "./derive_environment.ts";
import { pagesOf } from "./files_at_start.ts";
import { pastOf } from "./left_behind.ts";
import { ModelRun } from "./model_run.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import type { RecordedTrace } from "./recorded_events.ts";
import { type LookAtCall, type Scored, Scoring } from "./score.ts";
import { type SortedEvents, sortEvents } from "./units.ts";
import { scenarioOf } from "./world_scenario.ts";

export interface Conformance extends Scored {
  readonly recordingId: number;
  readonly kernel: string;
  readonly fs: string;
  readonly notes: readonly string[];
}

/** Events of ext4 that journals data too: of writes, and of pages that leave the cache. */
const JOURNALLED_DATA = ["ext4_journalled_write_end", "ext4_journalled_invalidate_folio"];

const grouped = (n: number) => n.toLocaleString("en");

/** Lays a recording beside the model. */
export function conform(
  trace: RecordedTrace,
  look: LookAtCall = () => {},
  said: SaidOfRecording = NOTHING_SAID,
): Conformance {
  const names = new Set(trace.events.map(({ name }) => name));
  const recorded = recordedKernel(names, trace.kernel, said);
  const sorted = sortEvents(trace);
  const asked = askedCalls(trace, sorted);
  const done = asked.filter(({ call, registers }) => MODELLED_CALLS.test(call.kind) || registers.size > 1);
  const inos = [...new Set(done.flatMap(({ call, requests }) => [call.ino, ...requests.map(({ ino }) => ino)]))]
    .filter((ino) => ino !== null).sort((a, b) => a - b);
  const files = inos.length > 0 ? inos : [0];
  const notDone = (why: string): Conformance => {
    const { kver: kernel, fs } = recorded;
    const calls = grouped(sorted.units.filter(({ compared }) => compared.length > 0).length);
    const note = `${why}: ${calls} calls are not laid beside it`;
    return { recordingId: trace.recordingId, kernel, fs, events: [], calls: [], notes: [note] };
  };
  const other = otherMode(trace, names) ?? tooLarge(trace, files);
  if (other !== null) return notDone(`${other} is not modelled here`);
  try {
    return laidBeside({ trace, sorted, asked, files, names, recorded }, look);
  } catch (error) {
    // A recording may tell of what no kernel does; what else is known of it is kept.
    return notDone(`the model gave up (${error instanceof Error ? error.message : String(error)})`);
  }
}

/** A recording, and what of it the model is asked. */
interface Asked {
  readonly trace: RecordedTrace;
  readonly sorted: SortedEvents;
  readonly asked: readonly AskedCall[];
  readonly files: readonly number[];
  readonly names: ReadonlySet<string>;
  readonly recorded: RecordedKernel;
}

function laidBeside({ trace, sorted, asked, files, names, recorded }: Asked, look: LookAtCall): Conformance {
  const { kver, fs, note } = recorded;
  const environment = environmentOf(trace, sorted.units, files);
  const scenario = scenarioOf(environment, trace.pageSize);
  const flags = flagValues(mainline, {
    kver,
    fs,
    disk: environment.device.disk,
    wcache: environment.device.wcache,
    stable_writes: environment.device.stableWrites,
    ...(kver === "6.1" && fs === "ext4" ? { ext_in_end_io: "on" } : {}),
    ...(names.has("ext4_ind_map_blocks_enter") ? { fs_map: "indirect" } : {}),
  });
  const scoring = new Scoring(sorted, environment, names, look);
  const past = pastOf(trace, sorted, environment, scoring);
  const run = new ModelRun(environment, scenario, flags, past);
  run.run(asked);
  const notes = note === null ? [] : [note];
  const scored = scoring.done(run);
  for (const [call, why] of run.failures) notes.push(`call ${call}: the model gave up: ${why}`);
  return { recordingId: trace.recordingId, kernel: kver, fs, ...scored, notes };
}

/** Pages of all files together, for which the model has memory: 1 GiB of pages of 4 KiB, and some at the ends. */
const PAGES_MAX = (1 << 18) + 64;

/** Files of more pages than the model has memory for; null: it has. */
function tooLarge(trace: RecordedTrace, files: readonly number[]): string | null {
  const pages = pagesOf(trace, new Set(files));
  const sizeOf = (count: number) => `${grouped(Math.ceil(count * trace.pageSize / (1 << 20)))} MiB`;
  if (pages > COUNT_MAX) return `a file of ${sizeOf(COUNT_MAX)} or more`;
  return pages * files.length <= PAGES_MAX ? null : `a recording of ${files.length} files of up to ${sizeOf(pages)}`;
}

/** What of the mount makes its calls go ways that the model does not have; null: nothing. */
function otherMode({ events }: RecordedTrace, names: ReadonlySet<string>): string | null {
  const journalled = JOURNALLED_DATA.find((name) => names.has(name));
  if (journalled !== undefined) return `data=journal (${journalled})`;
  const dax = events.find(({ name, detail }) => name === "iomap_iter" && detail.split("|").some(isDaxFlag));
  return dax === undefined ? null : `a mount with DAX (event ${dax.seq})`;
}

/** IOMAP_DAX of iomap_iter, by name or, where the kernel has no name for it, as a number. */
function isDaxFlag(word: string): boolean {
  return word === "DAX" || (Number(word) & 0x100) !== 0;
}
