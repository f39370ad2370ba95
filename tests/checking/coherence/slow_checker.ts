/**
 * Coherence by trying everything: every subset of the writes that may not have been done, every order, every place of a
 * read among them. It shares no code with the checker, and is for histories of a few operations.
 *
 * @module
 */

import type { PlainHistory, PlainOperation } from "../../../src/checking/coherence/plain_history.ts";

interface W {
  readonly inv: number;
  readonly end: number;
  readonly value: string;
  readonly sure: boolean;
}

export interface R {
  readonly name: string;
  readonly inv: number;
  readonly end: number;
  readonly value: string;
  readonly cached: boolean;
}

/** What was done to one sector. */
export function onSector(history: PlainHistory, sector: number): { writes: W[]; reads: R[] } {
  const writes: W[] = [{ inv: -Infinity, end: -Infinity, value: history.initial(sector), sure: true }];
  const reads: R[] = [];
  for (const { name, inv, res, reads: seen, writes: written, zeroes } of history.operations) {
    for (const write of written) {
      if (write.sector !== sector) continue;
      const sure = write.certainty === "definite" && res !== null;
      writes.push({ inv, end: sure ? res! : Infinity, value: write.value, sure });
    }
    for (const { first, end, certainty } of zeroes) {
      if (sector < first || end !== null && sector >= end) continue;
      const sure = certainty === "definite" && res !== null;
      writes.push({ inv, end: sure ? res! : Infinity, value: history.zero, sure });
    }
    for (const read of seen) {
      if (read.sector !== sector || res === null) continue;
      reads.push({ name, inv, end: res, value: read.value, cached: read.way !== "direct" });
    }
  }
  return { writes, reads };
}

/** Reads that C1 forbids, straight from its definition. */
export function illegalReads({ writes, reads }: { writes: W[]; reads: R[] }): R[] {
  return reads.filter((r) =>
    !writes.some((w) =>
      w.value === r.value && !(r.end < w.inv) &&
      !writes.some((other) => other.sure && w.end < other.inv && other.end < r.inv)
    )
  );
}

/** Whether some order of the writes explains all reads; `apart`: reads of the two kinds need not agree. */
export function hasOrder({ writes, reads }: { writes: W[]; reads: R[] }, agreement: "apart" | "together"): boolean {
  const groups = agreement === "together" ? [reads] : [reads.filter((r) => r.cached), reads.filter((r) => !r.cached)];
  const unsure = writes.filter(({ sure }) => !sure);
  const sure = writes.filter(({ sure }) => sure);
  for (let subset = 0; subset < 1 << unsure.length; subset++) {
    const chosen = [...sure, ...unsure.filter((_, nth) => (subset >> nth & 1) === 1)];
    for (const order of extensions(chosen)) {
      if (groups.every((group) => canPlace(group, order, []))) return true;
    }
  }
  return false;
}

/** All orders in which nothing that began after another one's end comes before it. */
function* extensions(items: readonly W[], taken: readonly W[] = []): Iterable<readonly W[]> {
  if (items.length === 0) yield taken;
  for (const item of items) {
    const others = items.filter((other) => other !== item);
    if (!others.some((other) => other.end < item.inv)) yield* extensions(others, [...taken, item]);
  }
}

/** Puts each read behind the write that it saw; `places` of those placed already. */
function canPlace(reads: readonly R[], order: readonly W[], places: readonly { r: R; at: number }[]): boolean {
  if (reads.length === 0) return true;
  const [r, ...rest] = reads;
  for (let at = 0; at < order.length; at++) {
    if (order[at].value !== r.value) continue;
    const fits = order.every((w, place) => (!(w.end < r.inv) || place <= at) && (!(r.end < w.inv) || place > at)) &&
      places.every((p) => (!(p.r.end < r.inv) || p.at <= at) && (!(r.end < p.r.inv) || at <= p.at));
    if (fits && canPlace(rest, order, [...places, { r, at }])) return true;
  }
  return false;
}

/** A size, and how far each change has got. */
type SizeStep = PlainOperation["sizes"][number];

/** Whether what reads tell of the size fits some order of what changed it. */
export function sizesFit(operations: readonly PlainOperation[], initial: number): boolean {
  const items = operations.flatMap(({ inv, res, sizes }) =>
    sizes.map((step) => {
      const open = res === null || (step.kind !== "shows" && step.certainty === "possible");
      return { inv, end: open ? Infinity : res!, step };
    })
  ).filter(({ step, end }) => step.kind !== "shows" || end !== Infinity);
  const seen = new Set<string>();
  const holds = (step: SizeStep, size: number) =>
    step.kind === "shows" && size >= step.atLeast && (step.atMost === null || size <= step.atMost);
  const search = (size: number, left: readonly (typeof items)[number][]): boolean => {
    if (left.every(({ end }) => end === Infinity)) return true;
    const key = `${size} ${left.map((item) => items.indexOf(item)).join()}`;
    if (seen.has(key)) return false;
    seen.add(key);
    for (const item of left) {
      const others = left.filter((other) => other !== item);
      if (others.some((other) => other.end < item.inv)) continue;
      const { step } = item;
      if (step.kind === "shows") {
        if (holds(step, size) && search(size, others)) return true;
      } else if (step.kind === "sets") {
        if (search(step.to, others)) return true;
      } else {
        if (search(Math.max(size, step.to), others)) return true;
        for (let to = step.from + 1; to < step.to; to++) if (to > size && search(to, left)) return true;
      }
    }
    return false;
  };
  return search(initial, items);
}

/** What of an operation is done at once. */
export type Cut = "whole" | "by_page" | "by_sector";

/** A part of an operation that is done at once. */
interface Part {
  readonly inv: number;
  readonly end: number;
  readonly optional: boolean;
  readonly kind: "write" | "direct" | "cached";
  readonly sectors: Map<number, string>;
}

/** Whether the parts of all operations have an order in which each read sees what is there when its turn comes. */
export function partsHaveOrder(
  history: PlainHistory,
  sectors: number,
  cutOf: (way: string, does: "read" | "write") => Cut,
): boolean {
  const parts: Part[] = [];
  for (const { inv, res, reads, writes } of history.operations) {
    const made = new Map<string, Part>();
    const put = (does: "read" | "write", way: string, sector: number, value: string, sure: boolean) => {
      if (does === "read" && res === null) return;
      const cut = cutOf(way, does);
      const page = Math.floor(sector / history.sectorsPerPage);
      const key = !sure || cut === "by_sector"
        ? `${does} ${sector} ${value}`
        : cut === "whole"
        ? does
        : `${does} page ${page}`;
      let part = made.get(`${key} ${sure}`);
      if (part === undefined) {
        const kind = does === "write" ? "write" : way === "direct" ? "direct" : "cached";
        part = { inv, end: sure && res !== null ? res : Infinity, optional: !sure, kind, sectors: new Map() };
        made.set(`${key} ${sure}`, part);
        parts.push(part);
      }
      part.sectors.set(sector, value);
    };
    for (const { sector, value, way } of reads) put("read", way, sector, value, true);
    for (const { sector, value, way, certainty } of writes) {
      put("write", way, sector, value, certainty === "definite" && res !== null);
    }
  }
  const precedes = (a: Part, b: Part) =>
    a.end < b.inv && (a.kind === "write" || b.kind === "write" || a.kind === b.kind);
  const failed = new Set<string>();
  const search = (content: readonly string[], left: readonly Part[]): boolean => {
    if (left.every(({ optional }) => optional)) return true;
    const key = `${content.join()} ${left.map((part) => parts.indexOf(part)).join()}`;
    if (failed.has(key)) return false;
    failed.add(key);
    for (const part of left) {
      const others = left.filter((other) => other !== part);
      if (others.some((other) => precedes(other, part))) continue;
      if (part.kind === "write") {
        if (search(content.map((value, sector) => part.sectors.get(sector) ?? value), others)) return true;
      } else if ([...part.sectors].every(([sector, value]) => content[sector] === value) && search(content, others)) {
        return true;
      }
    }
    return false;
  };
  return search(Array.from({ length: sectors }, (_, sector) => history.initial(sector)), parts);
}
