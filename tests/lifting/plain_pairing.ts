/**
 * Bios paired from event rows once more, in the plainest way there is, to hold the real pairing against: for each queued
 * bio the events behind it are gone through, and each step is the first one that covers the bio's sectors and that no
 * other bio has for the same sectors.
 *
 * @module
 */

import type { Row } from "../recording/collect.ts";

/** A bio's steps, in nanoseconds. */
export interface PlainBio {
  dev: string;
  rwbs: string;
  sector: number;
  bytes: number;
  Q: bigint | null;
  G: bigint | null;
  I: bigint | null;
  D: bigint | null;
  C: bigint | null;
}

interface Step {
  ts: bigint;
  action: string;
  dev: string | null;
  rwbs: string;
  pid: number;
  start: number;
  end: number;
  newSector: number;
  /** Sectors that a bio has already claimed of this event. */
  claimed: [start: number, end: number][];
}

const ACTIONS = "QGIDCRMFX";

function stepsOf(rows: readonly Row[]): Step[] {
  return rows.filter((row) => row.action !== null && ACTIONS.includes(row.action) && row.dev !== null).map((row) => {
    const start = Number(row.sector ?? 0n);
    return {
      ts: row.ts,
      action: row.action!,
      dev: row.dev,
      rwbs: (row.rwbs ?? "").replace("FN", "FF"),
      pid: row.pid,
      start,
      end: start + Number(row.bytes ?? 0n) / 512,
      newSector: Number(row.raw.new_sector ?? -1),
      claimed: [],
    };
  });
}

/** R, W, D or F: the letter behind a flush that comes first. */
const operation = (rwbs: string) => rwbs === "FF" ? "F" : rwbs.replace(/^F/, "")[0];

function claim(step: Step, start: number, end: number): boolean {
  if (step.claimed.some(([from, to]) => start < to && from < end || (start === from && end === to))) return false;
  step.claimed.push([start, end]);
  return true;
}

/** Follows one bio, from the event behind its queue event on; parts that it is split into come after it in `out`. */
function follow(steps: Step[], at: number, bio: PlainBio, pid: number, out: PlainBio[]): void {
  out.push(bio);
  const start = bio.sector;
  let end = start + bio.bytes / 512;
  let inRequest = false;
  let rest: { from: number; bio: PlainBio } | null = null;
  for (let j = at; j < steps.length; j++) {
    const step = steps[j];
    if (step.dev !== bio.dev || operation(step.rwbs) !== operation(bio.rwbs)) continue;
    const isHere = step.start === start && step.end === end && step.pid === pid;
    const covers = step.start <= start && end <= step.end;
    if (step.action === "X" && !inRequest && step.start === start && step.pid === pid && claim(step, start, end)) {
      const restBytes = (end - step.newSector) * 512;
      rest = { from: j + 1, bio: { ...bio, sector: step.newSector, bytes: restBytes } };
      end = step.newSector;
      bio.bytes = (end - start) * 512;
    } else if (step.action === "G" && !inRequest && isHere && claim(step, start, end)) {
      bio.G = step.ts;
      inRequest = true;
    } else if ((step.action === "M" || step.action === "F") && !inRequest && isHere && claim(step, start, end)) {
      inRequest = true;
    } else if (step.action === "I" && covers && claim(step, start, end)) {
      bio.I = step.ts;
    } else if (step.action === "D" && bio.D === null && covers && claim(step, start, end)) {
      bio.D = step.ts;
    } else if (step.action === "R" && bio.D !== null && covers && claim(step, start, end)) {
      bio.D = null;
    } else if (step.action === "C" && step.start < end && end <= step.end && claim(step, start, end)) {
      bio.C = step.ts;
      // A write with FUA may be flushed behind its data: then it ends once more, with no data.
      if (/^F?W.*F/.test(bio.rwbs)) bio.C = flushed(steps, j + 1, bio) ?? bio.C;
      break;
    }
  }
  if (rest !== null) follow(steps, rest.from, rest.bio, pid, out);
}

function flushed(steps: Step[], at: number, bio: PlainBio): bigint | null {
  for (let j = at; j < steps.length; j++) {
    const step = steps[j];
    if (step.dev !== bio.dev || step.start !== bio.sector || operation(step.rwbs) !== "W") continue;
    if (step.action === "C" && step.end === step.start) return step.ts;
    if (step.end > step.start) return null;
  }
  return null;
}

/** A flush that a task asked for, or one that the block layer sent by itself: only the kind of step tells. */
function followEmpty(steps: Step[], at: number, bio: PlainBio, pid: number, out: PlainBio[]): void {
  out.push(bio);
  for (let j = at; j < steps.length; j++) {
    const step = steps[j];
    if (step.dev !== bio.dev || step.end !== step.start || operation(step.rwbs) !== operation(bio.rwbs)) continue;
    if (step.action === "G" && bio.G === null && step.pid === pid && claim(step, -1, 0)) bio.G = step.ts;
    else if (step.action === "C" && Math.max(step.start, 0) === bio.sector && claim(step, -1, 0)) {
      bio.C = step.ts;
      return;
    }
  }
}

/** Bios of a recording's rows, in order of time. */
export function plainPairing(rows: readonly Row[]): PlainBio[] {
  const steps = stepsOf(rows);
  const out: PlainBio[] = [];
  // Ends of writes that a flush follows are no ends of bare flushes; they are claimed first.
  const bare: [number, PlainBio, number][] = [];
  steps.forEach((step, i) => {
    const none = { G: null, I: null, D: null, C: null };
    const bio = { dev: step.dev!, rwbs: step.rwbs, sector: step.start, bytes: (step.end - step.start) * 512, ...none };
    if (step.action === "Q" && bio.bytes > 0) follow(steps, i + 1, { ...bio, Q: step.ts }, step.pid, out);
    else if (step.action === "Q") bare.push([i + 1, { ...bio, Q: step.ts }, step.pid]);
    else if (step.action === "D" && step.rwbs === "FF") {
      bare.push([i + 1, { ...bio, sector: 0, Q: null, D: step.ts }, step.pid]);
    }
  });
  for (const [at, bio, pid] of bare) followEmpty(steps, at, bio, pid, out);
  return out;
}
