/**
 * A recording beside the modelled kernel: every call of it is done by the model, and the events that this fires are laid
 * beside the recorded ones.
 *
 * @module
 */

import { NOTHING_SAID, recordedKernel, type SaidOfRecording } from "../recorded_kernel.ts";
import { flagValues } from "../../systems/index.ts";
import { mainline } from "../../systems/mainline/index.ts";
import { align } from "./align.ts";
import type { AskedCall } from "./calls_at_work.ts";
import { environmentOf } from "./derive_environment.ts";
import type { EnvironmentFacts, LeftBehind, RecordedPast } from "./environment.ts";
import { type Family, familyOf, familyOfAny, modelledKey, recordedKey } from "./event_keys.ts";
import { MODELLED_CALLS } from "./modelled_calls.ts";
import { ModelRun } from "./model_run.ts";
import type { PredictedEvent } from "./predicted_log.ts";
import type { RecordedCall, RecordedEvent, RecordedTrace } from "./recorded_events.ts";
import { RecordedState } from "./recorded_state.ts";
import { type SortedEvents, sortEvents, type Unit } from "./units.ts";
import { scenarioOf } from "./world_scenario.ts";

/** Events of one name. */
export interface EventScore {
  readonly event: string;
  readonly family: Family;
  /** Whether the model fires such events at all. */
  readonly isModelled: boolean;
  predicted: number;
  /** Of calls, and those that nothing explains. */
  observed: number;
  matched: number;
  /** Part of `observed`: they belong to no call and to nothing else. */
  unexplained: number;
  /** Not part of `observed`: of writeback, of the journal, of timestamps. */
  elsewhere: number;
}

/** How far a call goes as the model has it. */
export interface CallScore {
  readonly call: number;
  readonly predicted: number;
  readonly observed: number;
  readonly matched: number;
  /** Events up to the first that differs. */
  readonly prefix: number;
  /** Null: none differs. */
  readonly first: Difference | null;
  /** `not_modelled`: the model does no calls of this kind; what the recording has of them stays among the observed. */
  readonly kind: "modelled" | "not_modelled";
}

export interface Difference {
  /** Recorded event that is not the model's; null: the recording has none any more. */
  readonly seq: number | null;
  /** What the model expected there; empty: nothing any more. */
  readonly expected: string;
  /** What the recording has; empty: nothing any more. */
  readonly recorded: string;
  readonly why: string;
}

export interface Conformance {
  readonly recordingId: number;
  readonly kernel: string;
  readonly fs: string;
  readonly events: readonly EventScore[];
  readonly calls: readonly CallScore[];
  readonly notes: readonly string[];
}

/** Events of ext4 that journals data too: of writes, and of pages that leave the cache. */
const JOURNALLED_DATA = ["ext4_journalled_write_end", "ext4_journalled_invalidate_folio"];

const grouped = (n: number) => n.toLocaleString("en");

/** Told of a call's events as the model has them and as they were recorded: for those who look for what differs. */
export type LookAtCall = (call: number, predicted: readonly string[], recorded: readonly string[]) => void;

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

/** What calls have left behind, for those who go on from there. */
function pastOf(
  trace: RecordedTrace,
  { units, others }: SortedEvents,
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
): RecordedPast {
  const { files, pagesMax, sectorsPerBlock } = environment;
  const state = new RecordedState(trace, units, files, pagesMax, sectorsPerBlock * 512);
  const byId = new Map(units.map((unit) => [unit.id, unit]));
  return {
    hasDiffered(call, predicted) {
      const recorded = byId.get(call)?.compared ?? [];
      const keys = keysOf(predicted, environment, names);
      return keys.length !== recorded.length || recorded.some((event, nth) => recordedKey(event) !== keys[nth].key);
    },
    filesOf(call) {
      const unit = byId.get(call);
      if (unit === undefined) return [];
      const inos = new Set([unit.ino, ...unit.requests.map(({ ino }) => ino), ...unit.events.map(({ ino }) => ino)]);
      return [...inos].filter((ino) => ino !== null).map((ino) => ({
        ino,
        ...leftBy(unit.events.filter((event) => event.ino === ino), MODELLED_CALLS.test(unit.call.kind)),
      }));
    },
    strays: others.flatMap(({ event }) =>
      event.ino !== null && !KERNEL_THREADS.test(event.comm)
        ? [{ ino: event.ino, time: event.time, ...leftBy([event], false) }]
        : []
    ),
    at: (time, ino, isOver) => state.at(time, ino, isOver),
  };
}

/** Transactions of a call that the model does are its own. */
function leftBy(events: readonly RecordedEvent[], isModelled: boolean): Omit<LeftBehind, "ino"> {
  const isChanged = !isModelled && events.some(({ name }) => CHANGES_INODE.test(name));
  return {
    inode: isChanged ? "changed" : "unchanged",
    writes: events.some(({ name }) => WRITES.test(name)),
  };
}

/** Tasks that the model has itself. */
const KERNEL_THREADS = /^(kworker|jbd2|xfsaild|iou-wrk)/;

const WRITES = /^(ext4_da_write_begin|ext4_write_begin|xfs_file_(buffered|direct)_write)$/;

/** What changes of an inode, in a transaction, what its data cannot be found without: timestamps do not count. */
const CHANGES_INODE =
  /^(ext4_(allocate_(inode|blocks)|ext_remove_space|ext_handle_unwritten_extents|collapse_range|insert_range)|xfs_(setattr|iomap_alloc|map_blocks_alloc|unwritten_convert|setfilesize|itruncate_extents_start))$/;

/** Events of the call's own task that are compared, with what of them is. */
function keysOf(
  predicted: readonly PredictedEvent[],
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
): { readonly name: string; readonly key: string }[] {
  return predicted.flatMap((event) => {
    if (event.by !== "call" || !names.has(event.name)) return [];
    const key = keyOf(event, environment);
    return key === null ? [] : [{ name: event.name, key }];
  });
}

function keyOf({ name, fields }: PredictedEvent, environment: EnvironmentFacts): string | null {
  return modelledKey(name, placed(fields, environment), sectorOf(fields, environment));
}

/** Calls that the model does, with what registers had. */
function askedCalls({ processOf }: RecordedTrace, sorted: SortedEvents): AskedCall[] {
  const { units } = sorted;
  const opened = new Set<number>();
  const unnamed = inodesUnnamedBy(sorted);
  return units.flatMap((unit): AskedCall[] => {
    const { call, requests, events } = unit;
    const registers = new Map<string, number>([["tgid", processOf.get(call.pid) ?? call.pid]]);
    const evicted = unnamed.get(unit);
    if (evicted !== undefined) registers.set("evicts", evicted);
    if (!MODELLED_CALLS.test(call.kind)) besides(unit, opened, registers);
    const enter = events.at(0);
    if (enter !== undefined && enter.number !== null) {
      const name = REGISTERS[enter.name];
      if (name !== undefined) registers.set(name, enter.number);
    }
    for (const [name, value] of vectorOf(unit)) registers.set(name, value);
    return [{ call: asWhole(unit), requests, registers }];
  });
}

/**
 * A read as it was asked for: the length of a vectored one lies in memory that no event shows, and what it has returned
 * may be less. Page-cache events tell up to which page it was to go.
 */
function asWhole({ call, events }: Unit): RecordedCall {
  const { kind, syscall, offset, bytes } = call;
  if (kind !== "pread" || !/readv/.test(syscall) || offset === null || bytes === null) return call;
  const first = events.find(({ name }) => name === "mm_filemap_get_pages" || name === "page_cache_sync_ra");
  if (first === undefined || first.offset === null || first.bytes === null || first.offset > offset) return call;
  const end = first.offset + first.bytes;
  return Math.ceil((offset + bytes) / PAGE) * PAGE < end ? { ...call, bytes: end - offset } : call;
}

const PAGE = 4096;

/**
 * Where the vector of a read or write points to, which lies in memory that no event shows: where a file is mapped there, the
 * first fault that is taken for it tells of its place in that file.
 */
function vectorOf({ call, events }: Unit): [name: string, value: number][] {
  if (!/^p(read|write)$/.test(call.kind) || !/(read|write)v/.test(call.syscall)) return [];
  const fault = events.find(({ name }) => name === "mm_filemap_fault");
  if (fault === undefined || fault.ino === null || fault.offset === null) return [];
  return [["vector_ino", fault.ino], ["vector_at", fault.offset]];
}

/** What open(2) does with an inode of XFS that it has just made: nobody else can have the lock of it. */
const MAKES_INODE = /^xfs_ilock_nowait$/;

/**
 * The calls that took the last name or reference of inodes of XFS whose blocks a worker freed later on: the last that locked
 * the inode before.
 */
function inodesUnnamedBy({ units, others }: SortedEvents): Map<Unit, number> {
  const found = new Map<Unit, number>();
  for (const { event: { name, ino, number, seq } } of others) {
    if (name !== "xfs_itruncate_extents_start" || number !== 0 || ino === null) continue;
    const unit = units.findLast(({ call, events }) =>
      !MODELLED_CALLS.test(call.kind) && call.firstSeq < seq &&
      events.some((event) => event.ino === ino && event.name.startsWith("xfs_ilock"))
    );
    if (unit !== undefined) found.set(unit, ino);
  }
  return found;
}

/** What calls that only name, open and close files do to the files: as registers of the call. */
function besides({ call, events }: Unit, opened: Set<number>, registers: Map<string, number>): void {
  const of = (name: string) => events.find((event) => event.name === name);
  const evicted = of("ext4_evict_inode");
  if (evicted !== undefined && evicted.ino !== null) {
    registers.set("evicts", evicted.ino);
    if (of("ext4_free_inode")?.ino === evicted.ino) registers.set("frees", evicted.ino);
  }
  const handles = events.filter(({ name }) => name === "jbd2_handle_start" || name === "xfs_trans_commit").length;
  if (handles > 0) registers.set("handles", handles);
  if (call.kind === "open" && call.ino !== null && !opened.has(call.ino)) {
    opened.add(call.ino);
    registers.set("loads", call.ino);
    if (events.some(({ name, ino }) => MAKES_INODE.test(name) && ino === call.ino)) registers.set("makes", 1);
  }
}

const REGISTERS: Readonly<Record<string, string>> = {
  sys_enter_preadv2: "rwf",
  sys_enter_pwritev2: "rwf",
  sys_enter_fallocate: "mode",
  sys_enter_sync_file_range: "flags",
  sys_enter_fadvise64: "advice",
  sys_enter_msync: "flags",
  sys_enter_madvise: "advice",
  sys_enter_mmap: "mapflags",
  sys_enter_munmap: "munmap",
  sys_enter_pread64: "buf",
  sys_enter_pwrite64: "buf",
  page_fault_user: "address",
};

interface Scored {
  readonly events: EventScore[];
  readonly calls: CallScore[];
}

function score(
  { units, others, ends }: SortedEvents,
  run: ModelRun,
  environment: EnvironmentFacts,
  names: ReadonlySet<string>,
  look: LookAtCall,
): Scored {
  const scores = new Map<string, EventScore>();
  const of = (event: string): EventScore => {
    let own = scores.get(event);
    if (own === undefined) {
      own = {
        event,
        family: familyOfAny(event),
        isModelled: familyOf(event) !== null,
        predicted: 0,
        observed: 0,
        matched: 0,
        unexplained: 0,
        elsewhere: 0,
      };
      scores.set(event, own);
    }
    return own;
  };
  const calls: CallScore[] = [];
  for (const unit of units) {
    const predicted = keysOf(run.log.byCall.get(unit.id) ?? [], environment, names);
    const keys = predicted.map(({ key }) => key);
    const recorded = unit.compared.map((event) => recordedKey(event)!);
    const matches = align(keys, recorded);
    look(unit.id, keys, recorded);
    let matched = 0;
    predicted.forEach(({ name }, nth) => {
      const own = of(name);
      own.predicted++;
      if (matches[nth] >= 0) {
        own.matched++;
        matched++;
      }
    });
    for (const { name } of unit.compared) of(name).observed++;
    for (const event of unit.events) if (recordedKey(event) === null) of(event.name).observed++;
    if (keys.length > 0 || recorded.length > 0) {
      calls.push({
        call: unit.id,
        kind: keys.length > 0 || MODELLED_CALLS.test(unit.call.kind) ? "modelled" : "not_modelled",
        predicted: keys.length,
        observed: recorded.length,
        matched,
        ...prefixOf(unit, keys, recorded, run),
      });
    }
  }
  const later = new Map<string, number>();
  for (const list of run.log.byCall.values()) {
    for (const event of list) {
      if (event.by === "call" || !names.has(event.name)) continue;
      const key = keyOf(event, environment);
      if (key === null) continue;
      of(event.name).predicted++;
      later.set(key, (later.get(key) ?? 0) + 1);
    }
  }
  const take = (event: RecordedEvent): boolean => {
    const key = recordedKey(event);
    const left = key === null ? 0 : later.get(key) ?? 0;
    if (left === 0) return false;
    later.set(key!, left - 1);
    of(event.name).matched++;
    return true;
  };
  for (const event of ends) {
    of(event.name).observed++;
    take(event);
  }
  for (const { event, to } of others) {
    const own = of(event.name);
    if (to === "timestamps") own.elsewhere++;
    else if (take(event)) own.observed++;
    else if (to === "unexplained") {
      own.observed++;
      own.unexplained++;
    } else own.elsewhere++;
  }
  const events = [...scores.values()].filter(({ event }) => !event.startsWith("sys_"));
  return { events, calls };
}

/** Blocks as bytes, as recorded events have them. */
function placed(fields: PredictedEvent["fields"], { sectorsPerBlock }: EnvironmentFacts): PredictedEvent["fields"] {
  const { lblk } = fields;
  return typeof lblk === "number" ? { ...fields, file_offset: lblk * sectorsPerBlock * 512 } : fields;
}

function sectorOf(fields: PredictedEvent["fields"], { places, sectorsPerBlock }: EnvironmentFacts): number | null {
  const { sector, bytes } = fields;
  if (typeof sector !== "number") return null;
  // A flush has no place.
  if (bytes === 0) return 0;
  return places.toRealSector(sector, sectorsPerBlock) ?? -1 - sector;
}

function prefixOf(
  unit: Unit,
  keys: readonly string[],
  recorded: readonly string[],
  run: ModelRun,
): Pick<CallScore, "prefix" | "first"> {
  let prefix = 0;
  while (prefix < keys.length && prefix < recorded.length && keys[prefix] === recorded[prefix]) prefix++;
  if (prefix === keys.length && prefix === recorded.length) return { prefix, first: null };
  const expected = keys[prefix] ?? "";
  const seen = recorded[prefix] ?? "";
  return {
    prefix,
    first: {
      seq: unit.compared[prefix]?.seq ?? null,
      expected,
      recorded: seen,
      why: run.failures.get(unit.id) ?? (MODELLED_CALLS.test(unit.call.kind) ? "" : "the model does not do such calls"),
    },
  };
}
