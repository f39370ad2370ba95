/**
 * A recording beside the modelled kernel: every call of it is done by the model, and the events that this fires are laid
 * beside the recorded ones.
 *
 * @module
 */

import { flagValues } from "../../systems/index.ts";
import { mainline } from "../../systems/mainline/index.ts";
import { NOTHING_SAID, recordedKernel, type SaidOfRecording } from "../recorded_kernel.ts";
import { askedCalls } from "./asked_calls.ts";
import { environmentOf } from "./derive_environment.ts";
import { pastOf } from "./left_behind.ts";
import { ModelRun } from "./model_run.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import type { RecordedTrace } from "./recorded_events.ts";
import { type LookAtCall, score, type Scored } from "./score.ts";
import { sortEvents } from "./units.ts";
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
  const { kver, fs, note } = recordedKernel(names, trace.kernel, said);
  const sorted = sortEvents(trace);
  const mode = otherMode(trace, names);
  if (mode !== null) {
    const calls = grouped(sorted.units.filter(({ compared }) => compared.length > 0).length);
    const why = `${mode} is not modelled here: ${calls} calls are not laid beside it`;
    return { recordingId: trace.recordingId, kernel: kver, fs, events: [], calls: [], notes: [why] };
  }
  const asked = askedCalls(trace, sorted);
  const done = asked.filter(({ call, registers }) => MODELLED_CALLS.test(call.kind) || registers.size > 1);
  const inos = [...new Set(done.flatMap(({ call, requests }) => [call.ino, ...requests.map(({ ino }) => ino)]))]
    .filter((ino) => ino !== null).sort((a, b) => a - b);
  const files = inos.length > 0 ? inos : [0];
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
  const past = pastOf(trace, sorted, environment, names);
  const run = new ModelRun(environment, scenario, flags, past);
  run.run(asked);
  const notes = note === null ? [] : [note];
  const scored = score(sorted, run, environment, names, look);
  for (const [call, why] of run.failures) notes.push(`call ${call}: the model gave up: ${why}`);
  return { recordingId: trace.recordingId, kernel: kver, fs, ...scored, notes };
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
