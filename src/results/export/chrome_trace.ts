/**
 * The Trace Event Format that Perfetto's UI and chrome://tracing open: a track for every task, device and file, and flows
 * from an operation over its bios to their completion.
 *
 * In the format's words every group (tasks, devices, files, CPUs) is a process and every track a thread of it. Spans of
 * one track must not overlap, so what overlaps gets more lanes: `8:0`, `8:0 #2`. Flows bind to the span that encloses
 * their time on the track, hence the short spans for queueing and completion.
 *
 * Source: "Trace Event Format" (Chromium project), and what Perfetto's importer of it takes.
 *
 * @module
 */
import { Lanes } from "./lanes.ts";

/** Times are in ns, as in the tables. */
export interface TracedOperation {
  opId: bigint;
  task: string;
  pid: number | null;
  kind: string;
  direct: boolean | null;
  dev: string | null;
  ino: bigint | null;
  path: string | null;
  fileOffset: bigint | null;
  bytes: bigint | null;
  start: bigint;
  /** null: its return is not in the recording. */
  end: bigint | null;
  result: bigint | null;
}

/** One bio with the task that queued it and the CPU that completed it. */
export interface TracedBio {
  bioId: bigint;
  dev: string;
  sector: bigint | null;
  bytes: bigint | null;
  rwbs: string;
  /** queued, got a request, inserted, issued, completed; null where not recorded. */
  stages: readonly (bigint | null)[];
  pid: number | null;
  comm: string | null;
  opId: bigint | null;
  error: number | null;
  completedOn: number | null;
}

/** Something that happened to pages of a file. */
export interface TracedPageEvent {
  ts: bigint;
  kind: string;
  dev: string | null;
  ino: bigint | null;
  pageIndex: bigint | null;
  pages: bigint | null;
  cause: string | null;
}

/** What is drawn of one recording. */
export interface TracedRecording {
  recordingId: number;
  path: string;
  /** Everything that is not complete is drawn up to here. */
  lastNs: bigint;
  operations: readonly TracedOperation[];
  bios: readonly TracedBio[];
  pageEvents: Iterable<TracedPageEvent>;
}

/** Groups of tracks, in the order in which they are shown. */
const GROUPS = ["tasks", "files", "devices", "completions on CPUs"] as const;
type Group = (typeof GROUPS)[number];

/** Group numbers of one recording lie together. */
const GROUPS_A_RECORDING = 10;

/** Queueing and completion are moments; a flow needs a span to hold on to. */
const MOMENT_NS = 1n;

const STAGE_NAMES = ["Q2G", "G2I", "I2D", "D2C"];

/** Makes the events, each as the text of a JSON object. */
export class ChromeTrace {
  readonly #write: (event: string) => void;
  readonly #tracks = new Map<string, number>();
  readonly #trackCounts = new Map<number, number>();
  readonly #lanes = new Map<string, Lanes>();
  /** Paths by recording, device and inode, as the last operation on it names it. */
  readonly #paths = new Map<string, string>();
  #flow = 0;

  /** @param write takes one event after the other */
  constructor(write: (event: string) => void) {
    this.#write = write;
  }

  /** Draws one recording; counts what was drawn. */
  recording(recording: TracedRecording): { operations: number; bios: number; pageEvents: number } {
    GROUPS.forEach((group) => {
      const pid = this.#group(recording, group);
      const name = `${group}, recording ${recording.recordingId} (${recording.path})`;
      this.#event({ ph: "M", name: "process_name", pid, args: { name } });
      this.#event({ ph: "M", name: "process_sort_index", pid, args: { sort_index: pid } });
    });
    for (const { dev, ino, path } of recording.operations) {
      if (path !== null) this.#paths.set(`${recording.recordingId} ${dev} ${ino}`, path);
    }
    const operations = this.#operations(recording);
    this.#bios(recording, operations);
    return { operations: operations.size, bios: recording.bios.length, pageEvents: this.#pageEvents(recording) };
  }

  /** @returns where each operation is drawn among the tasks */
  #operations(recording: TracedRecording): Map<bigint, Place> {
    const places = new Map<bigint, Place>();
    for (const operation of recording.operations) {
      const end = operation.end ?? recording.lastNs;
      const args = {
        op_id: operation.opId,
        path: operation.path,
        dev: operation.dev,
        ino: operation.ino,
        file_offset: operation.fileOffset,
        bytes: operation.bytes,
        direct: operation.direct,
        result: operation.result,
        ...(operation.end === null ? { note: "its return is not in the recording" } : {}),
      };
      const span = { name: operationName(operation), cat: "operation", ts: operation.start, end, args };
      places.set(operation.opId, this.#span(recording, "tasks", operation.task, span));
      if (operation.ino !== null) this.#span(recording, "files", this.#fileName(recording, operation), span);
    }
    return places;
  }

  #bios(recording: TracedRecording, operations: ReadonlyMap<bigint, Place>): void {
    for (const bio of recording.bios) {
      const [queued, , , , completed] = bio.stages;
      const begin = bio.stages.find((ns) => ns !== null);
      if (begin === undefined || begin === null) continue;
      const name = `${bio.rwbs} ${bio.bytes ?? "?"}`;
      const args = {
        bio_id: bio.bioId,
        sector: bio.sector,
        bytes: bio.bytes,
        rwbs: bio.rwbs,
        op_id: bio.opId,
        error: bio.error,
        ...(completed === null ? { note: "its completion is not in the recording" } : {}),
      };
      const flow = ++this.#flow;
      const steps: Place[] = [];
      const owner = bio.opId === null ? undefined : operations.get(bio.opId);
      if (owner) steps.push(owner);
      if (queued !== null && bio.comm !== null) {
        const span = {
          name: `queue ${name}`,
          cat: "bio",
          ts: queued,
          end: queued + MOMENT_NS,
          args: { bio_id: bio.bioId },
        };
        steps.push(this.#moment(recording, "tasks", `${bio.comm}-${bio.pid}`, span));
      }
      const span = { name, cat: "bio", ts: begin, end: completed ?? recording.lastNs, args };
      const place = this.#span(recording, "devices", bio.dev, span);
      steps.push(place);
      this.#stages(place, bio);
      if (completed !== null && bio.completedOn !== null) {
        const done = { name: `complete ${name}`, cat: "bio", ts: completed, end: completed + MOMENT_NS, args };
        steps.push(this.#moment(recording, "completions on CPUs", `CPU ${bio.completedOn}`, done));
      }
      this.#flowOver(flow, steps);
    }
  }

  /** The stages of a bio lie inside of its span. */
  #stages({ pid, tid }: Place, { stages }: TracedBio): void {
    let from: number | null = null;
    stages.forEach((ns, stage) => {
      if (ns === null) return;
      if (from !== null && stages[from]! < ns) {
        // A stage that was not recorded is passed over: Q2D from queued to issued.
        const name = stage - from === 1 ? STAGE_NAMES[from] : `${"QGIDC"[from]}2${"QGIDC"[stage]}`;
        this.#slice(pid, tid, { name, cat: "stage", ts: stages[from]!, end: ns, args: {} });
      }
      from = stage;
    });
  }

  #pageEvents(recording: TracedRecording): number {
    let count = 0;
    const pid = this.#group(recording, "files");
    for (const event of recording.pageEvents) {
      const tid = this.#track(pid, `${this.#fileName(recording, event)} pages`);
      const name = event.pages === null ? event.kind : `${event.kind} ${event.pageIndex}+${event.pages}`;
      const args = { page_index: event.pageIndex, pages: event.pages, cause: event.cause };
      this.#event({ ph: "i", s: "t", name, cat: "page", pid, tid, ts: event.ts, args });
      count++;
    }
    return count;
  }

  /** A flow goes over two places at least. */
  #flowOver(id: number, steps: readonly Place[]): void {
    if (steps.length < 2) return;
    steps.forEach(({ pid, tid, ts }, index) => {
      const ph = index === 0 ? "s" : index === steps.length - 1 ? "f" : "t";
      this.#event({ ph, bp: "e", id, name: "bio", cat: "flow", pid, tid, ts });
    });
  }

  #span(recording: TracedRecording, group: Group, track: string, span: Span): Place {
    const pid = this.#group(recording, group);
    const key = `${pid} ${track}`;
    let lanes = this.#lanes.get(key);
    if (!lanes) this.#lanes.set(key, lanes = new Lanes());
    // Only its completion was recorded, or the clock did not move: something has to be there to hold on to.
    const end = span.end > span.ts ? span.end : span.ts + MOMENT_NS;
    const lane = lanes.take(span.ts, end);
    const tid = this.#track(pid, lane === 0 ? track : `${track} #${lane + 1}`);
    this.#slice(pid, tid, { ...span, end });
    return { pid, tid, ts: span.ts };
  }

  /** A moment lies inside of what goes on in its track. */
  #moment(recording: TracedRecording, group: Group, track: string, span: Span): Place {
    const pid = this.#group(recording, group);
    const tid = this.#track(pid, track);
    this.#slice(pid, tid, span);
    return { pid, tid, ts: span.ts };
  }

  #slice(pid: number, tid: number, { name, cat, ts, end, args }: Span): void {
    this.#event({ ph: "X", name, cat, pid, tid, ts, dur: end - ts, args });
  }

  #fileName({ recordingId }: TracedRecording, { dev, ino }: { dev: string | null; ino: bigint | null }): string {
    const path = this.#paths.get(`${recordingId} ${dev} ${ino}`);
    const file = `${dev ?? "?"} inode ${ino ?? "?"}`;
    return path === undefined ? file : `${file} ${path}`;
  }

  #group({ recordingId }: TracedRecording, group: Group): number {
    return recordingId * GROUPS_A_RECORDING + GROUPS.indexOf(group);
  }

  #track(pid: number, name: string): number {
    const key = `${pid} ${name}`;
    let tid = this.#tracks.get(key);
    if (tid === undefined) {
      tid = (this.#trackCounts.get(pid) ?? 0) + 1;
      this.#trackCounts.set(pid, tid);
      this.#tracks.set(key, tid);
      this.#event({ ph: "M", name: "thread_name", pid, tid, args: { name } });
    }
    return tid;
  }

  #event(event: Record<string, unknown>): void {
    const members = Object.entries(event).map(([name, value]) =>
      `${JSON.stringify(name)}:${name === "ts" || name === "dur" ? microseconds(value as bigint) : jsonOf(value)}`
    );
    this.#write(`{${members.join(",")}}`);
  }
}

/** Where a span lies, for flows. */
interface Place {
  pid: number;
  tid: number;
  ts: bigint;
}

interface Span {
  name: string;
  cat: string;
  ts: bigint;
  end: bigint;
  args: Record<string, unknown>;
}

/** The format counts in microseconds; all digits of the nanoseconds are kept. */
export function microseconds(ns: bigint): string {
  const positive = ns < 0n ? -ns : ns;
  return `${ns < 0n ? "-" : ""}${positive / 1000n}.${String(positive % 1000n).padStart(3, "0")}`;
}

/** JSON without members that are null; integers beyond 2^53 are strings. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_name, member) => {
    if (member === null) return undefined;
    if (typeof member !== "bigint") return member;
    const exact = member >= BigInt(Number.MIN_SAFE_INTEGER) && member <= BigInt(Number.MAX_SAFE_INTEGER);
    return exact ? Number(member) : String(member);
  });
}

function operationName({ kind, direct, fileOffset, bytes }: TracedOperation): string {
  const way = direct === true ? " direct" : "";
  return fileOffset === null || bytes === null ? `${kind}${way}` : `${kind}${way} ${fileOffset}+${bytes}`;
}
