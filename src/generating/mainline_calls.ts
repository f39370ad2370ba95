/**
 * What operations on the file do and which events they fire, as the model of mainline 6.18 has it: the model makes each
 * call, and all that it fires is written.
 *
 * One call at a time, and all that it has set going with it: who calls next waits for {@linkcode MainlineCalls.quietAt}.
 *
 * @module
 */
import type { BlockOwner } from "../machine/block_allocator.ts";
import { ZERO } from "../machine/tokens.ts";
import { DiskPlaces } from "../replaying/conformance/disk_places.ts";
import type { EnvironmentFacts } from "../replaying/conformance/environment.ts";
import { ModelRun } from "../replaying/conformance/model_run.ts";
import type { PredictedEvent } from "../replaying/conformance/predicted_log.ts";
import type { RecordedCall } from "../replaying/conformance/recorded_events.ts";
import { scenarioOf } from "../replaying/conformance/world_scenario.ts";
import { flagValues } from "../systems/index.ts";
import { mainline } from "../systems/mainline/index.ts";
import type { BlockLayer } from "./block_layer.ts";
import { EVENT_TEXTS } from "./event_text.ts";
import type { Calls } from "./file_calls.ts";
import { PAGE, SECTOR, SECTORS_PER_PAGE } from "./modelled_file.ts";
import type { Random } from "./random.ts";
import { type BlockFact, type Scribe, type TracedTask, tracedTask } from "./scribe.ts";
import type { Spec } from "./spec.ts";

const O_RDWR = 2;
const O_DIRECT = 0o40000;
/** Nanoseconds: from one event to the next. */
const STEP = 1000;
/** Sectors for what the file system keeps for itself lie before those of files. */
const OWN_SECTORS = 1024;

/** Room on the device, in sizes of the file: what has been truncated and not committed is not free. */
const COPIES = 16;

/** Events that are records of a block trace too. */
const BLOCK_ACTIONS: Readonly<Record<string, BlockFact["name"]>> = {
  block_bio_queue: "blk_ta_queue",
  block_getrq: "blk_ta_getrq",
  block_rq_issue: "blk_ta_issue",
  block_rq_complete: "blk_ta_complete",
};

/** What a call is about, for the text of its events. */
interface About {
  readonly offset: number;
  readonly bytes: number;
  readonly fault: { readonly address: number; readonly code: number };
}

const NO_FAULT = { address: 0, code: 0 };

export class MainlineCalls implements Calls {
  quietAt = 0;
  readonly #spec: Spec;
  readonly #scribe: Scribe;
  readonly #blocks: BlockLayer;
  readonly #idOf: () => number;
  readonly #run: ModelRun;
  readonly #places: DiskPlaces;
  readonly #worker: TracedTask;
  readonly #journal: TracedTask;
  readonly #softirqs: readonly TracedTask[];
  #last = 0;
  #truncations = 0;
  #seen: readonly string[] = [];

  /** @param idOf id of the operation at hand, as histories have it */
  constructor(spec: Spec, scribe: Scribe, blocks: BlockLayer, random: Random, idOf: () => number) {
    this.#spec = spec;
    this.#scribe = scribe;
    this.#blocks = blocks;
    this.#idOf = idOf;
    const { size, ino } = spec.file;
    const lblks = Array.from({ length: size / PAGE }, (_, lblk) => lblk);
    const copies = Array.from({ length: COPIES }, (_, copy) => copy);
    const places = this.#places = new DiskPlaces(
      copies.flatMap((copy) => lblks.map((lblk) => this.#placed(lblk, copy))),
    );
    const { median_us, spread } = spec.device.latency;
    let newest = { sector: 0, rwbs: "", end: 0 };
    const environment: EnvironmentFacts = {
      files: [{
        ino,
        size: size / SECTOR,
        blocks: lblks.map((lblk) => ({ lblk, state: "written", pblk: places.toOwn(this.#placed(lblk, 0)) })),
        cached: [],
        nosec: "known",
        log: "written",
      }],
      places,
      pagesMax: size / PAGE + 2,
      sectorsPerBlock: SECTORS_PER_PAGE,
      names: new Set(Object.keys(EVENT_TEXTS)),
      device: {
        wcache: "on",
        fua: "off",
        disk: "requests",
        stableWrites: "off",
        leastAheadBelow: 0,
        commits: "do_not_flush",
      },
      placeOf: (_ino, lblk) => {
        if (lblk >= lblks.length) return null;
        // What is allocated between two truncations lies together.
        const free = copies.map((copy) => (copy + this.#truncations) % COPIES)
          .find((copy) => this.#ownerAt(lblk, copy) === "free");
        if (free === undefined) {
          throw new Error("no block is free: what is truncated is free when fsync has committed it");
        }
        return places.toOwn(this.#placed(lblk, free));
      },
      around: () => ({ windows: [], folios: [], groups: [], timesOldUntil: 0, times: [] }),
      passes: [],
      otherWork: [],
      lowSpaceShift: () => 0,
      canReserve: () => true,
      hasRoom: () => true,
      beginsAllocation: () => false,
      foliosEnd: (_sector, _rwbs, time) => time,
      bioError: () => 0,
      conversions: [],
      directEnds: [],
      bioEnd: (sector, rwbs, time) => {
        // Pages that follow each other are one request, and end with it.
        const goesOn = rwbs === newest.rwbs && sector === newest.sector + SECTORS_PER_PAGE && time < newest.end;
        const end = goesOn ? newest.end : Math.max(time, this.#last) + STEP * random.logNormal(median_us, spread);
        newest = { sector, rwbs, end };
        return end;
      },
      isMarked: () => false,
      ringWork: (time) => time,
    };
    const flags = { kver: "6.18", fs: spec.file_system, disk: "requests", wcache: "on" };
    this.#run = new ModelRun(environment, scenarioOf(environment, PAGE), flagValues(mainline, flags));
    this.#run.log.timeOf = () => this.#last = Math.max(this.#last + STEP, this.#run.now);
    this.#worker = tracedTask("kworker/0:1-dio/", 901, 0, ".....");
    this.#journal = tracedTask("jbd2/loop0-8", 902, 0, ".....");
    this.#softirqs = Array.from(
      { length: spec.cpus },
      (_, cpu) => tracedTask(`ksoftirqd/${cpu}`, 20 + cpu, cpu, "..s.."),
    );
  }

  directRead(task: TracedTask, at: number, offset: number, bytes: number): number {
    return this.#transfer(task, at, "pread", "direct", offset, bytes);
  }

  directWrite(task: TracedTask, at: number, offset: number, bytes: number): number {
    return this.#transfer(task, at, "pwrite", "direct", offset, bytes);
  }

  bufferedRead(task: TracedTask, at: number, offset: number, bytes: number): number {
    return this.#transfer(task, at, "pread", "buffered", offset, bytes);
  }

  bufferedWrite(task: TracedTask, at: number, offset: number, bytes: number): number {
    return this.#transfer(task, at, "pwrite", "buffered", offset, bytes);
  }

  map(task: TracedTask, at: number, address: number): number {
    const { size } = this.#spec.file;
    return this.#call(task, at, { kind: "mmap", offset: 0, bytes: size, result: address }, 0);
  }

  access(task: TracedTask, at: number, address: number, offset: number, id: number | null): number {
    const kind = id === null ? "load" : "store";
    const fault = { address: address + offset, code: id === null ? 4 : 6 };
    const done = this.#call(task, at, { kind, offset, bytes: SECTOR }, 0, fault);
    const { inode: { mapping } } = this.#run.file(this.#spec.file.ino)!;
    const folio = mapping.peekFolio(Math.floor(offset / PAGE))!;
    this.#seen = [folio.sectors[offset % PAGE / SECTOR].peek];
    return done;
  }

  truncate(task: TracedTask, at: number, size: number): number {
    this.#truncations++;
    return this.#call(task, at, { kind: "ftruncate", offset: size, bytes: 0 }, 0);
  }

  fsync(task: TracedTask, at: number): number {
    return this.#call(task, at, { kind: "fsync", offset: null, bytes: null }, 0);
  }

  flush(): number {
    throw new Error("the flusher is not modelled");
  }

  saw(_from: "disk" | "cache" | "mapping", _offset: number, bytes: number): [number, number][] {
    const runs: [number, number][] = [];
    for (const token of this.#seen.slice(0, bytes / SECTOR)) {
      // What was there first is zeros, as far as a history knows.
      const isFirst = token === ZERO || token.startsWith("I(");
      const id = isFirst ? 0 : Number(/^S\((\d+)\)$/.exec(token)?.[1]);
      if (Number.isNaN(id)) throw new Error(`a read on the model of mainline returned ${token}, which nobody wrote`);
      const last = runs.at(-1);
      if (last !== undefined && last[1] === id) last[0]++;
      else runs.push([1, id]);
    }
    return runs;
  }

  /** Block of the device where a block of the file may be; behind the file as it was, there is room for more of it. */
  #placed(lblk: number, copy: number): number {
    const { first_block, size } = this.#spec.file;
    return first_block + copy * (size / PAGE) + lblk;
  }

  #ownerAt(lblk: number, copy: number): BlockOwner {
    return this.#run.ownerOf(this.#places.toOwn(this.#placed(lblk, copy)));
  }

  /** Where a block of the file is; null: nowhere. */
  #blockAt(lblk: number): number | null {
    if (lblk >= this.#spec.file.size / PAGE) return null;
    for (let copy = 0; copy < COPIES; copy++) {
      const owner = this.#ownerAt(lblk, copy);
      if (typeof owner === "object" && owner.lblk === lblk) return this.#placed(lblk, copy);
    }
    return null;
  }

  #isExtent(lblk: number, other: number): boolean {
    const [block, next] = [this.#blockAt(lblk), this.#blockAt(other)];
    return block !== null && next !== null && next - block === other - lblk;
  }

  #transfer(
    task: TracedTask,
    at: number,
    kind: "pread" | "pwrite",
    how: "direct" | "buffered",
    offset: number,
    bytes: number,
  ): number {
    const buffer = this.#run.memory.fill(kind === "pwrite" ? `S(${this.#idOf()})` : ZERO, bytes / SECTOR);
    const done = this.#call(task, at, { kind, offset, bytes, direct: how === "direct" }, bytes);
    this.#seen = buffer.tokens;
    return done;
  }

  /** @param at microseconds @param expected what it has to return @returns when it has, microseconds */
  #call(
    task: TracedTask,
    at: number,
    asked: Pick<RecordedCall, "kind" | "offset" | "bytes"> & Partial<RecordedCall>,
    expected: number,
    fault = NO_FAULT,
  ): number {
    const run = this.#run;
    const id = this.#idOf();
    const start = at * STEP;
    const direct = asked.direct === true;
    const call: RecordedCall = {
      id,
      recordingId: 1,
      syscall: "",
      dev: null,
      ino: this.#spec.file.ino,
      openFlags: direct ? O_RDWR | O_DIRECT : O_RDWR,
      direct,
      result: null,
      partOf: null,
      pid: task.pid,
      firstSeq: 0,
      lastSeq: 0,
      start,
      end: null,
      ...asked,
    };
    this.#last = Math.max(this.#last, start - STEP);
    run.run([{ call, requests: [], registers: new Map([["address", fault.address]]) }]);
    const failed = run.failures.get(id);
    const ended = run.ended.get(id);
    if (failed !== undefined || ended === undefined || run.results.get(id) !== expected) {
      const what = failed ?? (ended === undefined ? "it does not return" : `it returns ${run.results.get(id)}`);
      throw new Error(`operation ${id}: ${asked.kind} on the model of mainline: ${what}`);
    }
    this.#tell(task, { offset: asked.offset ?? 0, bytes: asked.bytes ?? 0, fault });
    run.ended.delete(id);
    run.results.delete(id);
    this.quietAt = Math.ceil(this.#last / STEP) + 2;
    return Math.ceil(ended / STEP);
  }

  /** Writes down what has been fired since the last call. */
  #tell(caller: TracedTask, about: About): void {
    const { log } = this.#run;
    const events = [...log.byCall.values()].flat().sort((a, b) => a.time - b.time);
    log.byCall.clear();
    for (const event of events) {
      const at = Math.ceil(event.time / STEP);
      const task = this.#taskOf(event, caller);
      const text = this.#textOf(event, task, about);
      this.#scribe.event(at, task, `${event.name}: ${text}`, this.#blockOf(event));
    }
  }

  #taskOf({ by, context, task, name }: PredictedEvent, caller: TracedTask): TracedTask {
    if (by === "call") return caller;
    if (context === "irq" || name === "block_rq_complete" || name === "block_io_done") {
      return this.#softirqs[caller.cpu];
    }
    return task.startsWith("jbd2") || /^jbd2_.*commit/.test(name) ? this.#journal : this.#worker;
  }

  #textOf({ name, fields }: PredictedEvent, { comm }: TracedTask, about: About): string {
    const { device, file } = this.#spec;
    const text = EVENT_TEXTS[name];
    if (text === undefined) throw new Error(`${name} of the model of mainline has no text`);
    return text(fields, {
      ...about,
      device,
      comm,
      ino: file.ino,
      size: this.#run.file(file.ino)!.inode.peekSize * SECTOR,
      blockOf: (lblk) => this.#blockAt(lblk) ?? this.#placed(lblk, 0),
      isExtent: (lblk, other) => this.#isExtent(lblk, other),
      sectorOf: (sector) => this.#sectorOf(sector),
    });
  }

  /** Sector of the real device. */
  #sectorOf(sector: number): number {
    return this.#places.toRealSector(sector, SECTORS_PER_PAGE) ?? sector % OWN_SECTORS;
  }

  #blockOf({ name, fields: { sector, bytes, rwbs, ret } }: PredictedEvent): BlockFact | null {
    const action = BLOCK_ACTIONS[name];
    if (action === undefined) return null;
    if (name === "block_bio_queue") this.#blocks.bios++;
    return {
      name: action,
      sector: Number(bytes) === 0 ? 0 : this.#sectorOf(Number(sector)),
      bytes: Number(bytes),
      rwbs: String(rwbs),
      error: Number(ret ?? 0),
    };
  }
}
