/**
 * What was lost, damaged or not understood: one row for each kind of trouble in a recording, with its count and the
 * place of the first one.
 *
 * @module
 */

/** `data_loss`: events that happened are missing. `error`: input is damaged. `warning`: doubtful. `info`: worth knowing. */
export type Severity = "info" | "warning" | "error" | "data_loss";

/** A row of table `diagnostic`, times as 64-bit halves. */
export interface Diagnostic {
  recordingId: number;
  severity: Severity;
  /** Short stable identifier, lower case with underscores. */
  code: string;
  count: number;
  /** `seq` of the first event at or after the place, null when there is none. */
  firstSeq: number | null;
  /** Time of the place where known: low and high half of the nanoseconds. */
  firstNs: [lo: number, hi: number] | null;
  message: string;
  /** File and byte or line of the first one. */
  position: string;
}

/** Where and how much; everything optional has a meaning when left out. */
export interface DiagnosticDetail {
  message: string;
  /** File and byte (`trace.dat, byte 4096`) or line (`trace.txt, line 12`). */
  position: string;
  /** How many things this report stands for; 1 when left out. */
  count?: number;
  /** Rows are gathered by code and this key, which stays out of the row itself. */
  key?: string;
  firstNs?: [lo: number, hi: number];
}

/** Gathers the diagnostics of one recording, one row for each code and key, in order of first appearance. */
export class Diagnostics {
  readonly rows: Diagnostic[] = [];
  readonly #byKey = new Map<string, Diagnostic>();
  readonly #recordingId: number;
  readonly #nextSeq: () => number;

  /** @param nextSeq gives the `seq` that the next event will get. */
  constructor(recordingId: number, nextSeq: () => number) {
    this.#recordingId = recordingId;
    this.#nextSeq = nextSeq;
  }

  /** Counts one or more occurrences; the first one's message, position and time are the row's. */
  add(severity: Severity, code: string, detail: DiagnosticDetail): void {
    const key = `${code}\0${detail.key ?? ""}`;
    const count = detail.count ?? 1;
    const known = this.#byKey.get(key);
    if (known !== undefined) {
      known.count += count;
      return;
    }
    const row: Diagnostic = {
      recordingId: this.#recordingId,
      severity,
      code,
      count,
      firstSeq: this.#nextSeq(),
      firstNs: detail.firstNs ?? null,
      message: detail.message,
      position: detail.position,
    };
    this.#byKey.set(key, row);
    this.rows.push(row);
  }
}
