/**
 * Makes a synthetic recording: threads do operations on a file one after the other, each for itself; an operation that
 * touches pages that another one changes waits for that one, as locks make it in the kernel.
 *
 * @module
 */
import { BlockLayer } from "./block_layer.ts";
import { type Calls, type DirectWriteOptions, FileCalls } from "./file_calls.ts";
import { MainlineCalls } from "./mainline_calls.ts";
import { ModelledFile, PAGE, SECTOR } from "./modelled_file.ts";
import { Random } from "./random.ts";
import { PageTurns } from "./page_turns.ts";
import { type RecordingSink, Scribe, type TracedTask, tracedTask } from "./scribe.ts";
import { type Action, ACTIONS, ANOMALIES, type PlantedAnomaly, type Spec } from "./spec.ts";
import { argumentText, type Thread, ThreadCalls } from "./thread_calls.ts";

/** Microseconds of the monotonic clock at which it begins. */
const BEGIN_US = 1_000_000_000;
const EIO = 5;
const O_RDWR = 2;
const O_DIRECT = 0o40000;
const BUFFER = 0x7f0000000000;
const MAPPINGS = 0x7e0000000000;
const MAPPING_APART = 0x100000000;

/** An anomaly that was planted, by the ids of the operations that show it. */
export interface Planted {
  readonly anomaly: PlantedAnomaly;
  /** Operation that the anomaly is in: the direct write. */
  readonly by: number;
  /** Operation that shows it: the read, or the write itself. */
  readonly shown: number;
  readonly file_offset: number;
  readonly bytes: number;
}

/** What was made. */
export interface Generated {
  readonly operations: number;
  readonly events: number;
  readonly bios: number;
  readonly lostEvents: number;
  readonly planted: readonly Planted[];
}

type Transfer = "direct_read" | "direct_write" | "buffered_read" | "buffered_write";

/** Makes the recording of a spec; the same spec gives the same bytes. */
export function generate(spec: Spec, sink: RecordingSink): Generated {
  return new Generator(spec, sink).run();
}

class Generator {
  readonly #spec: Spec;
  readonly #random: Random;
  readonly #scribe: Scribe;
  readonly #file: ModelledFile;
  readonly #blocks: BlockLayer;
  readonly #calls: Calls;
  readonly #threads: Thread[];
  readonly #flusher: TracedTask;
  readonly #turns: PageTurns;
  readonly #threadCalls: ThreadCalls;
  readonly #weights: readonly [Action, number][];
  readonly #planted: Planted[] = [];

  constructor(spec: Spec, sink: RecordingSink) {
    this.#spec = spec;
    this.#random = new Random(spec.seed);
    this.#scribe = new Scribe(spec, sink);
    this.#file = new ModelledFile(spec.file.size);
    this.#blocks = new BlockLayer(spec, this.#scribe, this.#random);
    this.#calls = spec.model === "mainline"
      ? new MainlineCalls(spec, this.#scribe, this.#blocks, this.#random, () => this.#threadCalls.id)
      : new FileCalls(spec, this.#scribe, this.#file, this.#blocks);
    this.#flusher = tracedTask("kworker/u8:3", 900, spec.cpus - 1, ".....");
    this.#turns = new PageTurns(this.#file.pages);
    this.#threadCalls = new ThreadCalls(spec, sink, this.#scribe, this.#random, {
      beginning: BEGIN_US,
      quietAt: () => this.#calls.quietAt,
    });
    this.#threads = Array.from({ length: spec.threads }, (_, number) => this.#thread(number));
    let sum = 0;
    this.#weights = ACTIONS.map((action) => [action, sum += spec.mix[action] ?? 0]);
  }

  #thread(number: number): Thread {
    const [comm, pid] = [`wl-t${number + 1}`, 1000 + number];
    return {
      task: tracedTask(comm, pid, number % this.#spec.cpus, "....."),
      number: number + 1,
      buffered: 10 + 2 * number,
      direct: 11 + 2 * number,
      mapping: MAPPINGS + number * MAPPING_APART,
      clock: BEGIN_US + 50 * number,
      position: 0,
    };
  }

  run(): Generated {
    this.#openAll();
    this.#quiet();
    const plan = this.#plan();
    const losses = [...this.#spec.losses].sort((a, b) => a.after_operations - b.after_operations);
    for (let done = 0; done < this.#spec.operations; done++) {
      for (const anomaly of plan.get(done) ?? []) this.#plant(anomaly);
      while (losses.length > 0 && losses[0].after_operations <= done) {
        const { cpu, events } = losses.shift()!;
        this.#scribe.lose(cpu, events, this.#quiet());
      }
      this.#scribe.advance(this.#next().clock);
      this.#ordinary(this.#next());
      if (this.#file.dirtyPages >= this.#spec.dirty_pages) this.#flush();
    }
    for (const anomaly of plan.get(this.#spec.operations) ?? []) this.#plant(anomaly);
    this.#scribe.finish();
    const { events, lostEvents } = this.#scribe;
    return {
      operations: this.#threadCalls.operations,
      events,
      bios: this.#blocks.bios,
      lostEvents,
      planted: this.#planted,
    };
  }

  /** After how many operations what is planted, spread evenly. */
  #plan(): Map<number, PlantedAnomaly[]> {
    const plan = new Map<number, PlantedAnomaly[]>();
    for (const anomaly of ANOMALIES) {
      const times = this.#spec.anomalies[anomaly] ?? 0;
      for (let time = 1; time <= times; time++) {
        const after = Math.floor((this.#spec.operations * time) / (times + 1));
        plan.set(after, [...plan.get(after) ?? [], anomaly]);
      }
    }
    return plan;
  }

  #next(): Thread {
    let next = this.#threads[0];
    for (const thread of this.#threads) if (thread.clock < next.clock) next = thread;
    return next;
  }

  /** All threads wait until everything under way is over. @returns that time */
  #quiet(): number {
    const now = Math.max(this.#threadCalls.latest, ...this.#threads.map(({ clock }) => clock)) + 1;
    for (const thread of this.#threads) thread.clock = now;
    this.#scribe.advance(now);
    return now;
  }

  /** Every thread opens the file twice and maps it, where it loads and stores. */
  #openAll(): void {
    const steps = [
      (thread: Thread) => this.#open(thread, thread.buffered, O_RDWR),
      (thread: Thread) => this.#open(thread, thread.direct, O_RDWR | O_DIRECT),
      ...((this.#spec.mix.load ?? 0) + (this.#spec.mix.store ?? 0) > 0 ? [(thread: Thread) => this.#map(thread)] : []),
    ];
    const done = new Map(this.#threads.map((thread) => [thread, 0]));
    for (let left = steps.length * this.#threads.length; left > 0; left--) {
      const [first, ...others] = this.#threads.filter((thread) => done.get(thread)! < steps.length);
      const thread = others.reduce((next, each) => (each.clock < next.clock ? each : next), first);
      steps[done.get(thread)!](thread);
      done.set(thread, done.get(thread)! + 1);
    }
  }

  #open(thread: Thread, fd: number, flags: number): void {
    const { ino, size } = this.#spec.file;
    const call = `sys_openat(dfd: 0xffffff9c, filename: 0x7ffd2c315c03, flags: ${argumentText(flags)}, mode: 0)`;
    this.#threadCalls.call(thread, call, "sys_openat", (at) => [at + 5, fd], {
      op: "open",
      fd,
      direct: flags & O_DIRECT ? 1 : 0,
      ino,
      size,
      flags: `0x${flags.toString(16)}`,
    });
  }

  #map(thread: Thread): void {
    const { size } = this.#spec.file;
    const call = `sys_mmap(addr: 0, len: ${argumentText(size)}, prot: 3, flags: 1, fd: ${
      argumentText(thread.buffered)
    }, off: 0)`;
    const facts = { op: "mmap", fd: thread.buffered, direct: 0, off: 0, len: size, shared: 1 };
    this.#threadCalls.call(
      thread,
      call,
      "sys_mmap",
      (at) => [this.#calls.map(thread.task, at, thread.mapping), thread.mapping],
      {
        ...facts,
        addr: `0x${thread.mapping.toString(16)}`,
      },
    );
  }

  #ordinary(thread: Thread): void {
    const pick = this.#random.fraction() * this.#weights.at(-1)![1];
    const [action] = this.#weights.find(([, sum]) => pick < sum)!;
    if (action === "truncate") return this.#truncate(thread);
    if (action === "fsync") return this.#fsync(thread);
    const [offset, bytes] = this.#range(thread, action);
    if (action === "load" || action === "store") return this.#access(thread, action, offset);
    this.#transfer(thread, action, offset, bytes);
  }

  /** Where and how much: direct transfers in whole pages, others in whole sectors, within the file. */
  #range(thread: Thread, action: Action): [offset: number, bytes: number] {
    const { sizes, positions, file } = this.#spec;
    const unit = action.startsWith("direct") ? PAGE : SECTOR;
    const wanted = Array.isArray(sizes)
      ? sizes[this.#random.below(sizes.length)]
      : sizes.min + this.#random.below(sizes.max - sizes.min + 1);
    const bytes = Math.ceil(wanted / unit) * unit;
    const places = Math.floor((file.size - bytes) / unit) + 1;
    if (positions === "sequential") {
      const at = Math.ceil(thread.position / unit) * unit;
      const offset = at + bytes > file.size ? 0 : at;
      thread.position = offset + bytes;
      return [offset, bytes];
    }
    const share = this.#random.fraction();
    return [Math.floor((positions === "skewed" ? share ** 4 : share) * places) * unit, bytes];
  }

  #transfer(
    thread: Thread,
    action: Transfer,
    offset: number,
    bytes: number,
    planted: DirectWriteOptions = {},
  ): void {
    const isDirect = action.startsWith("direct");
    const isRead = action.endsWith("read");
    const fd = isDirect ? thread.direct : thread.buffered;
    const name = isRead ? "sys_pread64" : "sys_pwrite64";
    const { task } = thread;
    const id = this.#threadCalls.id;
    const [first, last] = [Math.floor(offset / PAGE), Math.floor((offset + bytes - 1) / PAGE)];
    const fails = planted.end === "io_error";
    const entry = `${name}(fd: ${argumentText(fd)}, buf: 0x${BUFFER.toString(16)}, count: ${
      argumentText(bytes)
    }, pos: ${argumentText(offset)})`;
    let seen: [number, number][] = [];
    const work = (at: number): [number, number] => {
      const missing = () => this.#file.cached.subarray(first, last + 1).includes(0);
      const dirty = () => this.#file.dirty.subarray(first, last + 1).includes(1);
      const how = isRead && !(isDirect ? dirty() : missing()) ? "reads" : "changes";
      const begin = this.#turns.begin(at, first, last, how);
      const done = action === "direct_read"
        ? this.#calls.directRead(task, begin, offset, bytes)
        : action === "direct_write"
        ? this.#calls.directWrite(task, begin, offset, bytes, id, planted)
        : action === "buffered_read"
        ? this.#calls.bufferedRead(task, begin, offset, bytes)
        : this.#calls.bufferedWrite(task, begin, offset, bytes, id);
      this.#turns.occupy(done, first, last, how);
      if (isRead) seen = this.#calls.saw(isDirect ? "disk" : "cache", offset, bytes);
      return [done, fails ? -EIO : bytes];
    };
    const facts = { op: isRead ? "pread" : "pwrite", fd, direct: isDirect ? 1 : 0, off: offset, len: bytes };
    this.#threadCalls.call(thread, entry, name, work, facts, isRead ? () => seen : undefined);
  }

  #access(thread: Thread, action: "load" | "store", offset: number): void {
    const page = Math.floor(offset / PAGE);
    const begin = this.#turns.begin(this.#threadCalls.turn(thread), page, page, "changes");
    const id = this.#threadCalls.id;
    const done = this.#calls.access(thread.task, begin, thread.mapping, offset, action === "store" ? id : null);
    this.#turns.occupy(done, page, page, "changes");
    const seen = action === "load" ? this.#calls.saw("mapping", offset, SECTOR) : undefined;
    const facts = { op: `mmap-${action}`, fd: thread.buffered, direct: 0, off: offset, len: SECTOR };
    const address = `0x${(thread.mapping + offset).toString(16)}`;
    this.#threadCalls.tell(thread, thread.clock, done, { ...facts, addr: address }, SECTOR, seen && (() => seen));
  }

  /** Shorter, and at once as long as before: what lies between reads as zeros from then on. */
  #truncate(thread: Thread): void {
    const { size } = this.#spec.file;
    const shorter = PAGE * (1 + this.#random.below(size / PAGE - 1));
    for (const length of [shorter, size]) {
      this.#quiet();
      const entry = `sys_ftruncate(fd: ${argumentText(thread.buffered)}, length: ${argumentText(length)})`;
      const work = (at: number): [number, number] => [this.#calls.truncate(thread.task, at, length), 0];
      const facts = { op: "ftruncate", fd: thread.buffered, direct: 0, len: length };
      this.#threadCalls.call(thread, entry, "sys_ftruncate", work, facts);
      this.#quiet();
    }
  }

  #fsync(thread: Thread): void {
    const entry = `sys_fsync(fd: ${argumentText(thread.buffered)})`;
    const work = (at: number): [number, number] => {
      const done = this.#writtenBack(at, (begin) => this.#calls.fsync(thread.task, begin));
      return [done, 0];
    };
    this.#threadCalls.call(thread, entry, "sys_fsync", work, { op: "fsync", fd: thread.buffered, direct: 0 });
  }

  #flush(): void {
    this.#writtenBack(this.#next().clock, (begin) => this.#calls.flush(this.#flusher, begin));
  }

  /** Write-back of all dirty pages has them for itself. */
  #writtenBack(at: number, write: (begin: number) => number): number {
    const dirty = this.#file.allDirty();
    let begin = at;
    for (const page of dirty) begin = this.#turns.begin(begin, page, page, "changes");
    const done = write(begin);
    for (const page of dirty) this.#turns.occupy(done, page, page, "changes");
    this.#threadCalls.latest = Math.max(this.#threadCalls.latest, done + 1);
    return done;
  }

  /** A few operations of one thread on one page, while nobody else does anything, and after them a write that mends it. */
  #plant(anomaly: PlantedAnomaly): void {
    this.#quiet();
    const thread = this.#threads[this.#planted.length % this.#threads.length];
    const offset = PAGE * this.#random.below(this.#file.pages);
    const transfer = (action: Transfer, planted: DirectWriteOptions = {}) => {
      const id = this.#threadCalls.id;
      this.#transfer(thread, action, offset, PAGE, planted);
      return id;
    };
    let [by, shown] = [0, 0];
    if (anomaly === "stale_cache") {
      transfer("direct_write");
      transfer("buffered_read");
      by = transfer("direct_write", { pages: "left" });
      shown = transfer("buffered_read");
    } else if (anomaly === "lost_update") {
      transfer("buffered_write");
      by = transfer("direct_write", { pages: "left" });
      this.#fsync(thread);
      shown = transfer("direct_read");
    } else {
      by = shown = transfer("direct_write", { end: "io_error" });
    }
    this.#planted.push({ anomaly, by, shown, file_offset: offset, bytes: PAGE });
    transfer("direct_write");
    this.#quiet();
  }
}
