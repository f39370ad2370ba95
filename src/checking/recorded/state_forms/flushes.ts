/**
 * What fsync promises, by the bios behind it: data on the device, then a FLUSH behind it, and a journal's commit record
 * behind the blocks that it is about.
 *
 * @module
 */

import {
  type FileKey,
  operationText,
  type RecordedBio,
  type RecordedFinding,
  type RecordedOperation,
  type RecordedRun,
  timeText,
} from "../recorded_run.ts";

export interface FlushVerdict {
  readonly findings: readonly RecordedFinding[];
  /** What could not be judged, and why; a line each. */
  readonly notes: readonly string[];
}

export function flushesOfSyncs(run: RecordedRun): FlushVerdict {
  const notes: string[] = [];
  const findings: RecordedFinding[] = [];
  const writesOf = Map.groupBy(
    run.bios.filter(({ rwbs, bytes, file, completed }) =>
      file !== null && bytes > 0 && rwbs.includes("W") && completed !== null
    ),
    ({ file }) => file as FileKey,
  );
  /** Bios with a FLUSH in front of them, by device: an F before the W, or a flush alone. */
  const flushes = Map.groupBy(
    run.bios.filter(({ rwbs, completed }) => rwbs.startsWith("F") && completed !== null),
    ({ recordingId, dev }) => `${recordingId} ${dev}`,
  );
  const without = new Set<string>();
  for (const sync of run.operations) {
    if (!/^f(data)?sync$/.test(sync.kind) || sync.result !== 0 || sync.file === null || sync.end === null) continue;
    const data = (writesOf.get(sync.file) ?? []).filter((bio) => isBefore(bio, sync));
    if (data.length === 0) continue;
    const last = data.reduce((a, b) => b.completed! > a.completed! ? b : a);
    const own = flushes.get(`${last.recordingId} ${last.dev}`);
    if (own === undefined) {
      without.add(last.dev);
      continue;
    }
    const behind = own.some((flush) => begunAt(flush) >= last.completed! && flush.completed! <= sync.end!);
    if (!behind) findings.push(notFlushed(sync, last, run.originNs));
  }
  for (const dev of [...without].sort()) {
    notes.push(`${dev}: no FLUSH in the recording, so that fsync's are not judged: has the device no volatile cache?`);
  }
  const commits = misorderedCommits(run);
  if (commits.unsure > 0) {
    notes.push(
      `${commits.unsure} commit ${commits.unsure === 1 ? "record" : "records"}: completions of the blocks before may ` +
        "be among the events that are missing",
    );
  }
  return { findings: [...findings, ...commits.findings], notes };
}

const begunAt = ({ issued, queued }: RecordedBio): number => issued ?? queued ?? Infinity;

/** Data that the call has to make durable: on its way to the device before it, or sent by it. */
function isBefore(bio: RecordedBio, sync: RecordedOperation): boolean {
  return bio.completed! <= sync.start || (bio.operation === sync.id && bio.completed! <= sync.end!);
}

function notFlushed(sync: RecordedOperation, last: RecordedBio, originNs: bigint): RecordedFinding {
  return {
    anomaly: "PERSIST_LOST",
    severity: "data_loss",
    attributes: ["state", "flush"],
    operations: [`operation ${sync.id}`, ...last.operation === null ? [] : [`operation ${last.operation}`]],
    file: sync.file,
    fileName: null,
    sectors: [],
    time: sync.end,
    seqs: [sync.firstSeq, sync.lastSeq, last.firstSeq, last.lastSeq],
    text: `Operation ${sync.id} (${operationText(sync, originNs)}) returned 0, but no FLUSH was sent to ${last.dev} ` +
      `after bio ${last.id} of the file was complete (${
        timeText(last.completed!, originNs)
      }, event ${last.lastSeq}). What that bio wrote may be in the device's volatile cache only.`,
  };
}

/**
 * Commit records of jbd2: a write with FLUSH and FUA of a journal thread.
 *
 * @returns `unsure`: how many come behind blocks whose completion may have been recorded and is missing
 */
function misorderedCommits({ bios, originNs, withGaps }: RecordedRun): { findings: RecordedFinding[]; unsure: number } {
  const findings: RecordedFinding[] = [];
  let unsure = 0;
  const journals = Map.groupBy(
    bios.filter(({ role, rwbs }) => role === "journal" && rwbs.includes("W")),
    ({ recordingId, dev, pid }) => `${recordingId} ${dev} ${pid}`,
  );
  for (const own of journals.values()) {
    const ordered = own.filter(({ queued }) => queued !== null).sort((a, b) => a.queued! - b.queued! || a.id - b.id);
    let open: RecordedBio[] = [];
    for (const bio of ordered) {
      if (!bio.rwbs.startsWith("F")) {
        open.push(bio);
        continue;
      }
      const late = open.find(({ completed }) => completed !== null && completed > begunAt(bio)) ??
        open.find(({ completed }) => completed === null);
      if (late !== undefined && late.completed === null && withGaps.has(late.recordingId)) unsure++;
      else if (late !== undefined) findings.push(misordered(bio, late, originNs));
      open = [];
    }
  }
  return { findings, unsure };
}

function misordered(commit: RecordedBio, late: RecordedBio, originNs: bigint): RecordedFinding {
  return {
    anomaly: "PERSIST_LOST",
    severity: "data_loss",
    attributes: ["state", "commit"],
    operations: [],
    file: null,
    fileName: null,
    sectors: [],
    time: begunAt(commit),
    seqs: [commit.firstSeq, commit.lastSeq, late.firstSeq, late.lastSeq],
    text:
      `The commit record in bio ${commit.id} of ${commit.dev} was issued at ${
        timeText(begunAt(commit), originNs)
      } (events ${commit.firstSeq}..${commit.lastSeq}) while bio ${late.id} with blocks of its transaction was ` +
      `not complete (events ${late.firstSeq}..${late.lastSeq}). After a crash between the two, recovery replays a ` +
      "transaction that is not whole.",
  };
}
