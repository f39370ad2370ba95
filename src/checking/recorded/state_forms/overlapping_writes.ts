/**
 * Writes of the same sectors that were in flight at the same time: which of them is last on the medium is anybody's guess.
 *
 * Of two direct writes either may be. Where one of them is writeback, what the page cache had of the range may come to
 * lie over a direct write's data, and be older than that: LOST_UPDATE, as far as one can tell without stamps.
 *
 * @module
 */

import type { RecordedBio, RecordedFinding, RecordedRun } from "../recorded_run.ts";
import { timeText } from "../recorded_run.ts";
import { rangesText, sectorsOf } from "../sector_ranges.ts";

/** Pairs that are told of: of writes to one place, many at a time, there are as many as the square of them. */
const PAIRS_MAX = 10_000;

export function overlappingWrites(
  { bios, originNs }: RecordedRun,
): { readonly findings: RecordedFinding[]; readonly notes: readonly string[] } {
  const writes = bios
    .filter(({ rwbs, bytes, issued, queued, completed }) =>
      rwbs.includes("W") && bytes > 0 && completed !== null && (issued ?? queued) !== null
    )
    .sort((a, b) => begunAt(a) - begunAt(b) || a.id - b.id);
  const findings: RecordedFinding[] = [];
  let more = 0;
  let inFlight: RecordedBio[] = [];
  for (const bio of writes) {
    inFlight = inFlight.filter(({ completed }) => completed! > begunAt(bio));
    for (const other of inFlight) {
      if (other.dev !== bio.dev || other.recordingId !== bio.recordingId) continue;
      const [start, end] = [Math.max(bio.sector, other.sector), Math.min(endOf(bio), endOf(other))];
      if (start >= end) continue;
      if (findings.length < PAIRS_MAX) findings.push(finding(other, bio, start, end, originNs));
      else more++;
    }
    inFlight.push(bio);
  }
  const note = `${more.toLocaleString("en")} more pairs of writes of the same sectors at the same time: the first ` +
    `${PAIRS_MAX.toLocaleString("en")} are told`;
  return { findings, notes: more === 0 ? [] : [note] };
}

const begunAt = ({ issued, queued }: RecordedBio): number => issued ?? queued!;
const endOf = ({ sector, bytes }: RecordedBio): number => sector + bytes / 512;

function finding(
  first: RecordedBio,
  second: RecordedBio,
  start: number,
  end: number,
  originNs: bigint,
): RecordedFinding {
  const name = (bio: RecordedBio): string =>
    `bio ${bio.id} (${bio.role}${bio.operation === null ? "" : ` of operation ${bio.operation}`}, ${
      timeText(begunAt(bio), originNs)
    }..${timeText(bio.completed!, originNs)}, events ${bio.firstSeq}..${bio.lastSeq})`;
  const at = first.offset === null ? [] : sectorsOf(
    first.offset + 512 * (start - first.sector),
    first.offset + 512 * (end - first.sector),
  );
  const operations = [...new Set([first.operation, second.operation])].filter((id) => id !== null);
  return {
    ...kindOf(first, second),
    severity: "warning",
    operations: operations.map((id) => `operation ${id}`),
    file: first.file,
    fileName: null,
    sectors: at,
    time: begunAt(second),
    seqs: [first.firstSeq, first.lastSeq, second.firstSeq, second.lastSeq],
    text: `${name(first)} and ${name(second)} wrote sectors ${rangesText([start])}..${end - 1} of ${first.dev} ` +
      "at the same time. The device may do them in any order, so either of them may be what is left.",
  };
}

function kindOf(first: RecordedBio, second: RecordedBio): Pick<RecordedFinding, "anomaly" | "attributes"> {
  const roles = [first.role, second.role];
  return roles.includes("writeback") && roles.includes("direct")
    ? { anomaly: "LOST_UPDATE", attributes: ["state", "possible"] }
    : { anomaly: "OVERLAP_MIX", attributes: ["state"] };
}
