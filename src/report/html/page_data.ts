/**
 * What is embedded in pages as JSON: made on the command line, read in the browser.
 *
 * @module
 */

/** A file that operations, bios or page events are about. */
export interface ReportedFile {
  readonly recording: number;
  readonly dev: string;
  readonly ino: string;
  /** As opened, where the recording has it. */
  readonly path: string | null;
}

/** A kind of event together with who it is of, as events refer to it. */
export interface ReportedTag {
  readonly name: string;
  readonly dev: string | null;
  readonly rwbs: string | null;
  readonly cpu: number | null;
  /** Number of the task among the words of `tasks`. */
  readonly task: number;
  /** Inode number, where all its events have the same one. */
  readonly ino: string | null;
  /** What one unit of the position and of the length of its events is, bytes, sectors and bytes; null: not that. */
  readonly offsetUnit: number | null;
  readonly sectorUnit: number | null;
  readonly bytesUnit: number | null;
}

/** What the numbers in the packed tables stand for. */
export interface RecordingWords {
  /** Time 0 of the page on the clock of the first recording, ns. */
  readonly originNs: string;
  /** Length of all recordings together, ns. */
  readonly lengthNs: number;
  readonly pageSize: number;
  /** Name and thread id: `fio-1234`. */
  readonly tasks: readonly string[];
  readonly kinds: readonly string[];
  readonly syscalls: readonly string[];
  readonly executions: readonly string[];
  readonly attributions: readonly string[];
  readonly devices: readonly string[];
  readonly rwbs: readonly string[];
  readonly roles: readonly string[];
  readonly pageKinds: readonly string[];
  readonly causes: readonly string[];
  /** `IOLOCK EXCL`, `ILOCK SHARED`, ... */
  readonly locks: readonly string[];
  readonly files: readonly ReportedFile[];
  readonly tags: readonly ReportedTag[];
}

/** One step; numbers of tasks are places in {@linkcode ShownRun.tasks}. */
export interface ShownStep {
  readonly step: number;
  readonly task: number;
  /** What is done, by whom: a step can start others. */
  readonly notes: readonly (readonly [task: number, text: string, tone: "" | "named" | "begin"])[];
  readonly changes: readonly (readonly [thing: string, before: string, after: string])[];
  /** Of the task after the step. */
  readonly holds: readonly string[];
  /** What it cannot get, with the owners in brackets; null: it can go on. */
  readonly waits: string | null;
  /** Other tasks that cannot go on any more because of the step, or that now can: then they wait for nothing. */
  readonly others: readonly (readonly [task: number, holds: readonly string[], waits: string | null])[];
}

export interface ShownRun {
  readonly id: number;
  readonly scenario: string;
  readonly system: string;
  readonly flags: string;
  readonly kind: string;
  readonly outcome: string;
  /** What it is kept for: `STALE_DATA`, or an expectation. */
  readonly shows: string;
  readonly token: string;
  /** The scenario that the token replays, as YAML. */
  readonly text: string;
  /** What happens, in sentences; empty where no finding tells. */
  readonly explanation: readonly string[];
  readonly tasks: readonly string[];
  readonly steps: readonly ShownStep[];
}

/** What a finding of a recording points to. */
export interface FindingEvidence {
  /** event.seq of the events that show it. */
  readonly events: readonly number[];
  /** operation.op_id of the operations in it. */
  readonly operations: readonly number[];
  /** On the clock of the first recording, ns after the page's time 0; null where it has none. */
  readonly ts: number | null;
}

/** What the SQL page's script reads. */
export interface SqlPageData {
  readonly views: readonly { readonly name: string; readonly description: string; readonly example: string }[];
  /** Size of the results file, bytes. */
  readonly bytes: number;
}
